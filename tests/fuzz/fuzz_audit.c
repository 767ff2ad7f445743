/* audit: any text of the kernel. The first byte picks what it is; whatever comes, every verdict is one, its
 * evidence is printable and fits, and the report is JSON and lines of 80 columns. */
#include "fuzz.h"

#include "kinglet/audit.h"
#include "kinglet/json.h"

static struct audit_facts facts;
static struct audit_process process[2];
static char report_bytes[1 << 18];

static void take(unsigned char kind, char *text, size_t size)
{
    switch (kind % 8) {
    case 0:
        audit_status_take(text, &process[0]);
        audit_init_take(&process[0], &facts);
        break;
    case 1:
        audit_core_take(text, &process[0]);
        break;
    case 2:
        audit_label_take(text, &process[0]);
        break;
    case 3:
        audit_environ_take(text, size, &facts, &process[0]);
        break;
    case 4:
        audit_mount_take(text, &facts);
        break;
    case 5:
        audit_limit_take(text, (enum audit_check)(AUDIT_MEMORY + size % 3), &facts);
        break;
    case 6:
        FUZZ_MUST(audit_cgroup_path(text) != NULL);
        break;
    default:
        audit_found_add(&facts.found[AUDIT_TOOLS], text);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned count[FINDINGS], sum = 0;
    struct json json;
    struct text report;

    memset(&facts, 0, sizeof facts);
    memset(process, 0, sizeof process);
    facts.process[0] = &process[0];
    facts.process[1] = &process[1];
    facts.count = 2;
    process[0].pid = 1;
    process[1].pid = 2;
    /* pieces are separated by 0xFE, which is in no text of the kernel */
    while (size > 1) {
        const uint8_t *end = memchr(data + 1, 0xFE, size - 1);
        size_t len = end == NULL ? size - 1 : (size_t)(end - data - 1);
        char *text = fuzz_string(data + 1, len);
        facts.restricted = data[0] >= 128;
        take(data[0], text, len);
        free(text);
        size -= len + 1 + (end != NULL);
        data += len + 1 + (end != NULL);
    }
    text_init(&report, report_bytes, sizeof report_bytes);
    audit_report(&facts, AUDIT_JSON, &report, count);
    FUZZ_MUST(!report.cut);
    json_begin(&json, NULL, 0);
    json_feed(&json, report.at, report.len);
    FUZZ_MUST(json_end(&json) == 0);
    text_init(&report, report_bytes, sizeof report_bytes);
    audit_report(&facts, AUDIT_PLAIN, &report, count);
    FUZZ_MUST(!report.cut);
    for (size_t i = 0; i < FINDINGS; i++)
        sum += count[i];
    FUZZ_MUST(sum == AUDIT_CHECKS);
    for (size_t i = 0, column = 0; i < report.len; i++) {
        column = report.at[i] == '\n' ? 0 : column + 1;
        FUZZ_MUST(column <= 80 && (report.at[i] == '\n' || (unsigned char)report.at[i] >= 0x20));
    }
    return 0;
}

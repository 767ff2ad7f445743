/* audit: the command. See kinglet/audit.h. */
#include "kinglet/audit.h"

#include "kinglet/arena.h"
#include "kinglet/expand.h"
#include "kinglet/log.h"
#include "kinglet/options.h"
#include "kinglet/output.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { FOUND_BAD = 1, MIN_UID = 10001, REPORT_BYTES = 512 * 1024 };

#define AT(member) offsetof(struct audit_options, member)

static const struct option table[] = {
    {"min-uid", 0, OPTION_NUMBER, AT(min_uid), NULL},
    {"policy", 0, OPTION_CHOICE, AT(policy), "default|restricted"},
    {"fail-on", 0, OPTION_CHOICE, AT(fail_on), "fail|warn"},
    {"format", 0, OPTION_CHOICE, AT(format), "text|json"},
    {"help", 'h', OPTION_FLAG, AT(help), NULL},
};

static const char help[] = "usage: kinglet audit [--policy default|restricted] [--min-uid 10001]\n"
                           "                     [--format text|json] [--fail-on fail|warn]\n";

/* Colours are for a terminal, and not for who sets NO_COLOR (no-color.org). */
static bool wants_colour(char *const *env)
{
    const char *no = expand_lookup(env, "NO_COLOR", 8);

    return (no == NULL || *no == '\0') && isatty(STDOUT_FILENO) != 0;
}

int audit_command(char *const *argv, char *const *env)
{
    char reasons[PIPE_BUF];
    struct audit_options options = {.min_uid = MIN_UID};
    struct audit_facts *facts = arena_take(sizeof *facts);
    char *bytes = arena_take(REPORT_BYTES);
    unsigned count[FINDINGS];
    struct text faults, report;
    int first;

    text_init(&faults, reasons, sizeof reasons);
    first = options_parse(table, sizeof table / sizeof table[0], &options, argv, env, &faults);
    if (options.help)
        return output_string(help) == 0 ? 0 : FOUND_BAD;
    if (faults.len == 0 && argv[first] != NULL)
        text_format(&faults, "audit: %s: nothing is expected behind it", argv[first]);
    if (faults.len == 0 && (facts == NULL || bytes == NULL))
        text_put(&faults, "out of memory");
    if (faults.len > 0) {
        log_line(LOG_ERROR, "%s", faults.at);
        return FOUND_BAD;
    }
    facts->min_uid = options.min_uid;
    facts->restricted = options.policy == 1;
    audit_read(facts);
    text_init(&report, bytes, REPORT_BYTES);
    audit_report(facts, &options, wants_colour(env), &report, count);
    if (output_bytes(report.at, report.len) != 0)
        return FOUND_BAD;
    return count[FINDING_FAIL] > 0 || (options.fail_on == 1 && count[FINDING_WARN] > 0) ? FOUND_BAD : 0;
}

/* audit: the command. See kinglet/audit.h. */
#include "kinglet/audit.h"

#include "kinglet/expand.h"
#include "kinglet/log.h"
#include "kinglet/options.h"
#include "kinglet/output.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { FOUND_BAD = 1, MIN_UID = 10001, REPORT_BYTES = 512 * 1024 };

struct audit_options {
    unsigned fail_on, format; /* indices of fail|warn, text|json */
    bool help;
    struct audit_facts facts;
};

#define AT(member) offsetof(struct audit_options, member)

#define OPTIONS(X)                                                                                           \
    X("min-uid", 0, OPTION_NUMBER, facts.min_uid)                                                            \
    X("policy\0default|restricted", 0, OPTION_CHOICE, facts.restricted)                                      \
    X("fail-on\0fail|warn", 0, OPTION_CHOICE, fail_on)                                                       \
    X("format\0text|json", 0, OPTION_CHOICE, format)                                                         \
    X("help", 'h', OPTION_FLAG, help)

static const char names[] = OPTIONS(OPTION_NAME);
static const struct option rows[] = {OPTIONS(OPTION_ROW){0, OPTION_END, 0}};

static const char help[] = "usage: kinglet audit [--policy default|restricted] [--min-uid 10001]\t"
                           "[--format text|json] [--fail-on fail|warn]\n";

/* Of lines: colours are for a terminal, and not for who sets NO_COLOR (no-color.org). */
static enum audit_form form(char *const *env)
{
    const char *no = expand_lookup(env, "NO_COLOR", 8);

    return (no == NULL || *no == '\0') && isatty(STDOUT_FILENO) != 0 ? AUDIT_COLOURED : AUDIT_PLAIN;
}

int audit_command(char *const *argv, char *const *env)
{
    static struct audit_options options;
    static char report[REPORT_BYTES];
    unsigned count[FINDINGS];
    struct text t;
    int first;

    options.facts.min_uid = MIN_UID;
    text_init(&t, report, sizeof report);
    first = options_parse(names, rows, &options, argv, env, &t);
    if (options.help)
        return output_help(help) == 0 ? 0 : FOUND_BAD;
    if (argv[first] != NULL)
        text_fault(&t, "%s: unknown option", argv[first]);
    if (t.len > 0) {
        log_line(LOG_ERROR, "audit: %s", t.at);
        return FOUND_BAD;
    }
    audit_read(&options.facts);
    audit_report(&options.facts, options.format == 1 ? AUDIT_JSON : form(env), &t, count);
    if (output_bytes(t.at, t.len) != 0 || count[FINDING_FAIL] > 0)
        return FOUND_BAD;
    return options.fail_on == 1 && count[FINDING_WARN] > 0 ? FOUND_BAD : 0;
}

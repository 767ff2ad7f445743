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

struct audit_options {
    unsigned min_uid;
    unsigned policy, fail_on, format; /* indices of default|restricted, fail|warn, text|json */
    bool help;
};

#define AT(member) offsetof(struct audit_options, member)

#define OPTIONS(X)                                                                                           \
    X("min-uid", 0, OPTION_NUMBER, min_uid)                                                                  \
    X("policy\0default|restricted", 0, OPTION_CHOICE, policy)                                                \
    X("fail-on\0fail|warn", 0, OPTION_CHOICE, fail_on)                                                       \
    X("format\0text|json", 0, OPTION_CHOICE, format)                                                         \
    X("help", 'h', OPTION_FLAG, help)

static const char names[] = OPTIONS(OPTION_NAME);
static const struct option rows[] = {OPTIONS(OPTION_ROW){0, OPTION_END, 0}};

static const char help[] = "usage: kinglet audit [--policy default|restricted] [--min-uid 10001]\t"
                           "[--format text|json] [--fail-on fail|warn]\n";

/* Colours are for a terminal, and not for who sets NO_COLOR (no-color.org). */
static bool wants_colour(char *const *env)
{
    const char *no = expand_lookup(env, "NO_COLOR", 8);

    return (no == NULL || *no == '\0') && isatty(STDOUT_FILENO) != 0;
}

int audit_command(char *const *argv, char *const *env)
{
    struct room {
        struct audit_facts facts;
        char faults[PIPE_BUF], report[REPORT_BYTES];
    } *room = arena_take(sizeof *room);
    struct audit_options options = {.min_uid = MIN_UID};
    unsigned count[FINDINGS];
    struct text t;
    int first;

    if (room == NULL)
        return FOUND_BAD;
    text_init(&t, room->faults, sizeof room->faults);
    first = options_parse(names, rows, &options, argv, env, &t);
    if (options.help)
        return output_help(help) == 0 ? 0 : FOUND_BAD;
    if (argv[first] != NULL)
        text_fault(&t, "%s: unknown option", argv[first]);
    if (t.len > 0) {
        log_line(LOG_ERROR, "audit: %s", t.at);
        return FOUND_BAD;
    }
    room->facts.min_uid = options.min_uid;
    room->facts.restricted = options.policy == 1;
    audit_read(&room->facts);
    text_init(&t, room->report, sizeof room->report);
    audit_report(&room->facts, options.format == 1, wants_colour(env), &t, count);
    if (output_bytes(t.at, t.len) != 0 || count[FINDING_FAIL] > 0)
        return FOUND_BAD;
    return options.fail_on == 1 && count[FINDING_WARN] > 0 ? FOUND_BAD : 0;
}

/* personality: see kinglet/personality.h. Pure but for the arena. */
#include "kinglet/personality.h"

#include "kinglet/expand.h"
#include "kinglet/number.h"
#include "kinglet/options.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum kind { TINI, CATATONIT, DUMB_INIT, GOSU };

#define AT(member) offsetof(struct run_options, member)

static const struct personality personalities[] = {
    [TINI] = {.kind = TINI,
              .options = "spvwgelhV",
              .version = "tini version 0.19.0",
              .head = "[@ tini (#)] ",
              .says_on = STDOUT_FILENO,
              .verbose = 1,
              .failure = {LAUNCH_TOLD_EXEC, 1, 126, 127}},
    [CATATONIT] = {.kind = CATATONIT,
                   .options = "ghLPV",
                   .other_case = 'l',
                   .version = "tini version 0.1.7_catatonit",
                   .head = "@ (catatonit:#): ",
                   .says_on = STDOUT_FILENO,
                   .levels = 1,
                   .subreaper = true,
                   .verbose = 2,
                   .failure = {LAUNCH_TOLD_EXEC, 1, 1, 1}},
    [DUMB_INIT] = {.kind = DUMB_INIT,
                   .options = "crvhV",
                   .version = "dumb-init v1.2.5",
                   .head = "[dumb-init] ",
                   .says_on = STDERR_FILENO,
                   .session = LAUNCH_SESSION,
                   .verbose = 2,
                   .failure = {LAUNCH_TOLD_NAME, 1, 2, 2}},
    [GOSU] = {.kind = GOSU,
              .options = "hv",
              .other_case = 'v',
              .version = "1.14",
              .head = "error: ",
              .says_on = STDOUT_FILENO,
              .session = LAUNCH_AS_WE_ARE,
              .failure = {LAUNCH_TOLD_NAME, 1, 1, 1}},
};

const char personality_levels[2][4][6] = {{"FATAL", "WARN ", "INFO ", "DEBUG"},
                                          {"ERROR", "WARN", "INFO", "DEBUG"}};

/* What stands for an option: a variable that holds just this, or whatever it holds. The number that
 * TINI_VERBOSITY holds is the level. */
static const char variables[] = "TINI_SUBREAPER\0TINI_KILL_PROCESS_GROUP\0TINI_VERBOSITY\0DUMB_INIT_DEBUG\0"
                                "DUMB_INIT_SETSID\0CATATONIT_DEBUG";
static const struct {
    unsigned char kind;
    char holds;
    unsigned char at;
} meant[] = {{TINI, 0, AT(subreaper)},    {TINI, 0, AT(group)},         {TINI, 0, AT(log_level)},
             {DUMB_INIT, '1', AT(debug)}, {DUMB_INIT, '0', AT(single)}, {CATATONIT, 0, AT(debug)}};

const char *personality_name(const char *argv0)
{
    const char *slash = strrchr(argv0, '/');

    return slash == NULL ? argv0 : slash + 1;
}

const struct personality *personality_find(const char *argv0)
{
    static const unsigned char kinds[] = {TINI, TINI, TINI, DUMB_INIT, CATATONIT, CATATONIT, GOSU, GOSU};
    /* our own name first, since it is the most frequent */
    int i =
        options_choice("kinglet|tini|tini-static|docker-init|dumb-init|catatonit|podman-init|gosu|su-exec",
                       personality_name(argv0));

    return i <= 0 ? NULL : &personalities[kinds[i - 1]];
}

/* Its options, out of those that Kinglet has. */
static void pick(const struct personality *p, struct option to[RUN_OPTIONS])
{
    memcpy(to, run_option_rows, sizeof run_option_rows);
    for (; to->kind != OPTION_END; to++) {
        if ((to->letter | 0x20) == p->other_case)
            to->letter ^= 0x20;
        to->kind |= OPTION_HIDDEN;
        if (to->letter != 0 && strchr(p->options, to->letter) != NULL)
            to->kind ^= OPTION_HIDDEN;
    }
}

static void obey_variables(const struct personality *p, char *const *env, struct run_options *options)
{
    const char *name = variables;

    for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++, name = text_after(name)) {
        const char *value = expand_lookup(env, name, strlen(name));
        uint64_t number = 0;

        if (value == NULL || p->kind != meant[i].kind)
            continue;
        if (meant[i].at == AT(log_level)) {
            number_scan(&value, UINT16_MAX, &number);
            options->log_level = (unsigned)number;
        } else if (meant[i].holds == '\0' || (value[0] == meant[i].holds && value[1] == '\0')) {
            *((bool *)options + meant[i].at) = true;
        }
    }
}

int personality_options(const struct personality *p, char *const *argv, char *const *env,
                        struct run_options *options, struct text *faults)
{
    struct option rows[RUN_OPTIONS];
    int first;

    pick(p, rows);
    first = run_options_parse(rows, argv, NULL, options, faults);
    options->log_level = LOG_WARN;
    obey_variables(p, env, options);
    return first;
}

void personality_usage(const struct personality *p, const char *name, struct text *t)
{
    text_fault(t, "usage: %s [-%s] %s PROGRAM [ARG...]", name, p->options,
               p->session == LAUNCH_AS_WE_ARE ? "UID[:GID]" : "[--]");
}

void personality_version(const struct personality *p, struct text *t)
{
    text_format(t, "%s (kinglet " KINGLET_VERSION ")", p->version);
}

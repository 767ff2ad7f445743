/* personality: see kinglet/personality.h. Pure but for the arena. */
#include "kinglet/personality.h"

#include "kinglet/expand.h"
#include "kinglet/number.h"
#include "kinglet/options.h"

#include <stddef.h>
#include <string.h>

enum kind { TINI, CATATONIT, DUMB_INIT, GOSU };

#define AT(member) offsetof(struct run_options, member)

static const struct personality personalities[] = {
    [TINI] = {.options = "spvwgelhV",
              .version = "tini version 0.19.0",
              .head = "[@ tini (#)] ",
              .verbose = 1,
              .failure = {LAUNCH_TOLD_EXEC, 1, 126, 127}},
    [CATATONIT] = {.options = "ghLPV",
                   .renamed = "Ll",
                   .version = "tini version 0.1.7_catatonit",
                   .head = "@ (catatonit:#): ",
                   .levels = 1,
                   .subreaper = true,
                   .failure = {LAUNCH_TOLD_EXEC, 1, 1, 1}},
    [DUMB_INIT] = {.options = "crvhV",
                   .version = "dumb-init v1.2.5",
                   .head = "[dumb-init] ",
                   .says_on_stderr = true,
                   .session = LAUNCH_SESSION,
                   .verbose = 2,
                   .failure = {LAUNCH_TOLD_NAME, 1, 2, 2}},
    [GOSU] = {.options = "hv",
              .renamed = "vV",
              .version = "1.14",
              .head = "error: ",
              .session = LAUNCH_AS_WE_ARE,
              .failure = {LAUNCH_TOLD_NAME, 1, 1, 1}},
};

const char personality_levels[2][4][6] = {{"FATAL", "WARN ", "INFO ", "DEBUG"},
                                          {"ERROR", "WARN", "INFO", "DEBUG"}};

static const struct {
    char name[12];
    unsigned char kind;
} names[] = {
    {"tini", TINI},           {"tini-static", TINI},      {"docker-init", TINI}, {"dumb-init", DUMB_INIT},
    {"catatonit", CATATONIT}, {"podman-init", CATATONIT}, {"gosu", GOSU},        {"su-exec", GOSU},
};

/* What stands for an option: a variable that holds just this, or whatever it holds. The number that
 * TINI_VERBOSITY holds is the level. */
static const struct {
    char name[24];
    unsigned char kind;
    char holds;
    unsigned short at;
} variables[] = {
    {"TINI_SUBREAPER", TINI, 0, AT(subreaper)},       {"TINI_KILL_PROCESS_GROUP", TINI, 0, AT(group)},
    {"TINI_VERBOSITY", TINI, 0, AT(log_level)},       {"DUMB_INIT_DEBUG", DUMB_INIT, '1', AT(debug)},
    {"DUMB_INIT_SETSID", DUMB_INIT, '0', AT(single)}, {"CATATONIT_DEBUG", CATATONIT, 0, AT(debug)},
};

const char *personality_name(const char *argv0)
{
    const char *slash = strrchr(argv0, '/');

    return slash == NULL ? argv0 : slash + 1;
}

const struct personality *personality_find(const char *argv0)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(personality_name(argv0), names[i].name) == 0)
            return &personalities[names[i].kind];
    return NULL;
}

/* Its options, out of those that Kinglet has. */
static void pick(const struct personality *p, struct option to[RUN_OPTIONS])
{
    memcpy(to, run_option_rows, sizeof run_option_rows);
    for (; to->kind != OPTION_END; to++) {
        if (to->letter == p->renamed[1])
            to->letter = p->renamed[0];
        else if (to->letter == p->renamed[0])
            to->letter = 0;
        to->kind |= OPTION_HIDDEN;
        if (to->letter != 0 && strchr(p->options, to->letter) != NULL)
            to->kind ^= OPTION_HIDDEN;
    }
}

static void obey_variables(const struct personality *p, char *const *env, struct run_options *options)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = expand_lookup(env, variables[i].name, strlen(variables[i].name));
        uint64_t number = 0;

        if (value == NULL || p != &personalities[variables[i].kind])
            continue;
        if (variables[i].at == AT(log_level)) {
            number_parse(value, strlen(value), UINT16_MAX, &number);
            options->log_level = (unsigned)number;
        } else if (variables[i].holds == '\0' || (value[0] == variables[i].holds && value[1] == '\0')) {
            *(bool *)((char *)options + variables[i].at) = true;
        }
    }
}

int personality_options(const struct personality *p, char *const *argv, char *const *env,
                        struct run_options *options, struct text *faults)
{
    struct option rows[RUN_OPTIONS];

    run_options_init(options);
    options->log_level = LOG_WARN;
    obey_variables(p, env, options);
    pick(p, rows);
    return options_parse(run_option_names, rows, options, argv, NULL, faults);
}

void personality_usage(const struct personality *p, const char *name, struct text *t)
{
    text_format(t, "usage: %s [-%s] %s PROGRAM [ARG...]", name, p->options,
                p->session == LAUNCH_AS_WE_ARE ? "UID[:GID]" : "[--]");
}

void personality_version(const struct personality *p, struct text *t)
{
    text_put(t, p->version);
    text_put(t, " (kinglet " KINGLET_VERSION ")");
}

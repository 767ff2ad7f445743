/* personality: see kinglet/personality.h. Pure but for the arena. */
#include "kinglet/personality.h"

#include "kinglet/number.h"
#include "kinglet/options.h"

#include <stddef.h>
#include <string.h>

enum kind { TINI, CATATONIT, DUMB_INIT, GOSU, SU_EXEC };
enum { OPTIONS_MAX = sizeof((struct personality *)0)->options };

#define AT(member) offsetof(struct run_options, member)

static const struct personality personalities[] = {
    [TINI] = {.options = "spvwgelhV",
              .version = "tini version 0.19.0",
              .head = "[@ tini (#)] ",
              .levels = {"FATAL", "WARN ", "INFO ", "DEBUG"},
              .verbose = 1,
              .failure = {LAUNCH_TOLD_EXEC, 1, 126, 127}},
    [CATATONIT] = {.options = "ghlPV",
                   .renamed = "lL",
                   .version = "tini version 0.1.7_catatonit",
                   .head = "@ (catatonit:#): ",
                   .levels = {"ERROR", "WARN", "INFO", "DEBUG"},
                   .subreaper = true,
                   .failure = {LAUNCH_TOLD_EXEC, 1, 1, 1}},
    [DUMB_INIT] = {.options = "crvhV",
                   .version = "dumb-init v1.2.5",
                   .head = "[dumb-init] ",
                   .says_on_stderr = true,
                   .session = LAUNCH_SESSION,
                   .verbose = 2,
                   .failure = {LAUNCH_TOLD_NAME, 1, 2, 2}},
    [GOSU] = {.options = "hV",
              .renamed = "Vv",
              .version = "1.14",
              .head = "error: ",
              .session = LAUNCH_AS_WE_ARE,
              .failure = {LAUNCH_TOLD_NAME, 1, 1, 1}},
    [SU_EXEC] = {.options = "hV",
                 .version = "su-exec 0.2",
                 .head = "su-exec: ",
                 .session = LAUNCH_AS_WE_ARE,
                 .failure = {LAUNCH_TOLD_NAME, 1, 1, 1}},
};

static const struct {
    char name[12];
    unsigned char kind;
} names[] = {
    {"tini", TINI},           {"tini-static", TINI},      {"docker-init", TINI}, {"dumb-init", DUMB_INIT},
    {"catatonit", CATATONIT}, {"podman-init", CATATONIT}, {"gosu", GOSU},        {"su-exec", SU_EXEC},
};

/* What stands for an option: a variable that is there, whatever it holds (up to =), or that holds just this.
 * The value of TINI_VERBOSITY counts. */
static const struct {
    char text[25];
    unsigned char kind;
    unsigned short at;
} variables[] = {
    {"TINI_SUBREAPER=", TINI, AT(subreaper)},      {"TINI_KILL_PROCESS_GROUP=", TINI, AT(group)},
    {"TINI_VERBOSITY=", TINI, AT(log_level)},      {"DUMB_INIT_DEBUG=1", DUMB_INIT, AT(debug)},
    {"DUMB_INIT_SETSID=0", DUMB_INIT, AT(single)}, {"CATATONIT_DEBUG=", CATATONIT, AT(debug)},
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

/* Its options, out of those that Kinglet has. Returns how many. */
static size_t pick(const struct personality *p, struct option to[OPTIONS_MAX])
{
    static const struct option pause = {"pause", 'P', OPTION_FLAG, AT(pause), NULL};
    size_t count = 0;

    for (const char *letter = p->options; *letter != '\0'; letter++, count++) {
        to[count] = *letter == 'P' ? pause : *run_option(*letter);
        if (*letter == p->renamed[0])
            to[count].short_name = p->renamed[1];
    }
    return count;
}

static void obey_variable(const char *variable, const struct personality *p, struct run_options *options)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        size_t len = strlen(variables[i].text);
        const char *value = variable + len;
        uint64_t number = 0;

        if (p != &personalities[variables[i].kind] || strncmp(variable, variables[i].text, len) != 0)
            continue;
        if (variables[i].at == AT(log_level)) {
            number_parse(value, strlen(value), LOG_DEBUG, &number);
            options->log_level = (unsigned)number;
        } else if (value[-1] == '=' || *value == '\0') {
            *(bool *)((char *)options + variables[i].at) = true;
        }
    }
}

int personality_options(const struct personality *p, char *const *argv, char *const *env,
                        struct run_options *options, struct text *faults)
{
    struct option table[OPTIONS_MAX];

    run_options_init(options);
    options->log_level = LOG_WARN;
    for (; *env != NULL; env++)
        obey_variable(*env, p, options);
    return options_parse(table, pick(p, table), options, argv, NULL, faults);
}

void personality_usage(const struct personality *p, const char *name, struct text *t)
{
    text_format(t, "usage: %s %s PROGRAM [ARG...]", name,
                p->session == LAUNCH_AS_WE_ARE ? "UID[:GID]" : "[OPTION...] [--]");
}

void personality_help(const struct personality *p, const char *name, struct text *t)
{
    struct option table[OPTIONS_MAX];
    size_t count = pick(p, table);

    personality_usage(p, name, t);
    for (size_t i = 0; i < count; i++)
        text_format(t, "%c  -%c --%s", '\n', table[i].short_name, table[i].name);
    text_put(t, "\nSee kinglet(1).\n");
}

void personality_version(const struct personality *p, struct text *t)
{
    text_put(t, p->version);
    text_put(t, " (kinglet " KINGLET_VERSION ")\n");
}

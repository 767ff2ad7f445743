/* run_options: the options of `kinglet PROGRAM`. See kinglet/run.h. Pure but for the arena. */
#include "kinglet/log.h"
#include "kinglet/options.h"
#include "kinglet/run.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct run_options, member)

#define OPTIONS(X)                                                                                           \
    X("user", 'u', OPTION_STRING, identity.user)                                                             \
    X("groups", 0, OPTION_COMMAS, identity.groups)                                                           \
    X("own", 0, OPTION_LIST, own)                                                                            \
    X("keep-cap", 0, OPTION_COMMAS, identity.keep_caps)                                                      \
    X("allow-new-privs", 0, OPTION_FLAG, identity.allow_new_privs)                                           \
    X("allow-root", 0, OPTION_FLAG, identity.allow_root)                                                     \
    X("strict-user", 0, OPTION_FLAG, identity.strict_user)                                                   \
    X("write", 0, OPTION_LIST, write)                                                                        \
    X("write-strict", 0, OPTION_FLAG, write_strict)                                                          \
    X("require", 0, OPTION_COMMAS, environment.require)                                                      \
    X("default", 0, OPTION_LIST, environment.defaults)                                                       \
    X("unset", 0, OPTION_COMMAS, environment.unset)                                                          \
    X("env-file", 0, OPTION_LIST, environment.env_files)                                                     \
    X("secret", 0, OPTION_COMMAS, environment.secrets)                                                       \
    X("expand", 0, OPTION_FLAG, expand)                                                                      \
    X("wait-for", 0, OPTION_LIST, wait_for)                                                                  \
    X("wait-timeout", 0, OPTION_DURATION, rules.wait_timeout)                                                \
    X("stop-signal", 0, OPTION_SIGNAL, rules.stop_signal)                                                    \
    X("stop-delay", 0, OPTION_DURATION, rules.stop_delay)                                                    \
    X("stop-timeout", 0, OPTION_DURATION, rules.stop_timeout)                                                \
    X("sweep-timeout", 0, OPTION_DURATION, rules.sweep_timeout)                                              \
    X("rewrite", 'r', OPTION_COMMAS, rewrite)                                                                \
    X("group", 'g', OPTION_FLAG, group)                                                                      \
    X("single-child", 'c', OPTION_FLAG, single)                                                              \
    X("success", 'e', OPTION_COMMAS, success)                                                                \
    X("parent-death-signal", 'p', OPTION_SIGNAL, death_signal)                                               \
    X("subreaper", 's', OPTION_FLAG, subreaper)                                                              \
    X("warn-reaped", 'w', OPTION_FLAG, tell_reaped)                                                          \
    X("verbose", 'v', OPTION_COUNT, verbose)                                                                 \
    X("health", 0, OPTION_LIST, health)                                                                      \
    X("health-interval", 0, OPTION_DURATION, rules.interval)                                                 \
    X("health-timeout", 0, OPTION_DURATION, rules.timeout)                                                   \
    X("health-retries", 0, OPTION_NUMBER, rules.retries)                                                     \
    X("health-start-period", 0, OPTION_DURATION, rules.start_period)                                         \
    X("health-start-interval", 0, OPTION_DURATION, rules.start_interval)                                     \
    X("health-on-failure\0none|stop|restart|kill", 0, OPTION_CHOICE, rules.on_unhealthy)                     \
    X("restart", 0, OPTION_STRING, restart)                                                                  \
    X("log-level\0error|warn|info|debug", 0, OPTION_CHOICE, log_level)                                       \
    X("log-format\0text|json", 0, OPTION_CHOICE, log_format)                                                 \
    X("termination-log", 0, OPTION_STRING, termination_log)                                                  \
    X("", 'l', OPTION_FLAG, licence)                                                                         \
    X("help", 'h', OPTION_FLAG, help)                                                                        \
    X("version", 'V', OPTION_FLAG, version)

/* catatonit's -P is here for it to find. */
static const char names[] = OPTIONS(OPTION_NAME) "pause";
const struct option run_option_rows[] = {OPTIONS(OPTION_ROW){'P', OPTION_FLAG | OPTION_HIDDEN, AT(pause)},
                                         {0, OPTION_END, 0}};

int run_options_parse(const struct option *rows, char *const *argv, char *const *env,
                      struct run_options *options, struct text *faults)
{
    memset(options, 0, sizeof *options);
    options->rules.stop_signal = SIGTERM;
    options->rules.stop_timeout = CLOCK_NONE;
    options->rules.sweep_timeout = 2000000;
    options->log_level = LOG_INFO;
    options->restart = "no";
    return options_parse(names, rows, options, argv, env, faults);
}

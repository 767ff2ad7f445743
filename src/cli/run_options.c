/* run_options: the options of `kinglet PROGRAM`. See kinglet/run.h. Pure but for the arena. */
#include "kinglet/log.h"
#include "kinglet/options.h"
#include "kinglet/run.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct run_options, member)

static const struct option table[] = {
    {"user", 'u', OPTION_STRING, AT(identity.user)},
    {"groups", 0, OPTION_COMMAS, AT(identity.groups)},
    {"own", 0, OPTION_LIST, AT(own)},
    {"keep-cap", 0, OPTION_COMMAS, AT(identity.keep_caps)},
    {"allow-new-privs", 0, OPTION_FLAG, AT(identity.allow_new_privs)},
    {"allow-root", 0, OPTION_FLAG, AT(identity.allow_root)},
    {"strict-user", 0, OPTION_FLAG, AT(identity.strict_user)},
    {"write", 0, OPTION_LIST, AT(write)},
    {"write-strict", 0, OPTION_FLAG, AT(write_strict)},
    {"require", 0, OPTION_COMMAS, AT(environment.require)},
    {"default", 0, OPTION_LIST, AT(environment.defaults)},
    {"unset", 0, OPTION_COMMAS, AT(environment.unset)},
    {"env-file", 0, OPTION_LIST, AT(environment.env_files)},
    {"secret", 0, OPTION_COMMAS, AT(environment.secrets)},
    {"expand", 0, OPTION_FLAG, AT(expand)},
    {"wait-for", 0, OPTION_LIST, AT(wait_for)},
    {"wait-timeout", 0, OPTION_DURATION, AT(rules.wait_timeout)},
    {"stop-signal", 0, OPTION_SIGNAL, AT(rules.stop_signal)},
    {"stop-delay", 0, OPTION_DURATION, AT(rules.stop_delay)},
    {"stop-timeout", 0, OPTION_DURATION, AT(rules.stop_timeout)},
    {"sweep-timeout", 0, OPTION_DURATION, AT(rules.sweep_timeout)},
    {"rewrite", 'r', OPTION_COMMAS, AT(rewrite)},
    {"group", 'g', OPTION_FLAG, AT(group)},
    {"single-child", 'c', OPTION_FLAG, AT(single)},
    {"success", 'e', OPTION_COMMAS, AT(success)},
    {"parent-death-signal", 'p', OPTION_SIGNAL, AT(death_signal)},
    {"subreaper", 's', OPTION_FLAG, AT(subreaper)},
    {"warn-reaped", 'w', OPTION_FLAG, AT(tell_reaped)},
    {"verbose", 'v', OPTION_COUNT, AT(verbose)},
    {"health", 0, OPTION_LIST, AT(health)},
    {"health-interval", 0, OPTION_DURATION, AT(rules.interval)},
    {"health-timeout", 0, OPTION_DURATION, AT(rules.timeout)},
    {"health-retries", 0, OPTION_NUMBER, AT(rules.retries)},
    {"health-start-period", 0, OPTION_DURATION, AT(rules.start_period)},
    {"health-start-interval", 0, OPTION_DURATION, AT(rules.start_interval)},
    {"health-on-failure", 0, OPTION_CHOICE, AT(rules.on_unhealthy)},
    {"none|stop|restart|kill", 0, OPTION_WORDS, 0},
    {"restart", 0, OPTION_STRING, AT(restart)},
    {"log-level", 0, OPTION_CHOICE, AT(log_level)},
    {"error|warn|info|debug", 0, OPTION_WORDS, 0},
    {"log-format", 0, OPTION_CHOICE, AT(log_format)},
    {"text|json", 0, OPTION_WORDS, 0},
    {"termination-log", 0, OPTION_STRING, AT(termination_log)},
    {"", 'l', OPTION_FLAG, AT(licence)},
    {"help", 'h', OPTION_FLAG, AT(help)},
    {"version", 'V', OPTION_FLAG, AT(version)},
};

void run_options_init(struct run_options *options)
{
    memset(options, 0, sizeof *options);
    options->rules.stop_signal = SIGTERM;
    options->rules.stop_timeout = CLOCK_NONE;
    options->rules.sweep_timeout = 2000000;
    options->log_level = LOG_INFO;
    options->restart = "no";
}

const struct option *run_option(char letter)
{
    size_t i = 0;

    while (table[i].short_name != letter)
        i++;
    return &table[i];
}

int run_options_parse(char *const *argv, char *const *env, struct run_options *options, struct text *faults)
{
    run_options_init(options);
    return options_parse(table, sizeof table / sizeof table[0], options, argv, env, faults);
}

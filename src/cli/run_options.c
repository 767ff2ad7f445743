/* run_options: the options of `kinglet PROGRAM`. See kinglet/run.h. Pure but for the arena. */
#include "kinglet/log.h"
#include "kinglet/options.h"
#include "kinglet/run.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct run_options, member)

static const struct option table[] = {
    {"user", 'u', OPTION_STRING, AT(identity.user), NULL},
    {"groups", 0, OPTION_COMMAS, AT(identity.groups), NULL},
    {"own", 0, OPTION_LIST, AT(own), NULL},
    {"keep-cap", 0, OPTION_COMMAS, AT(identity.keep_caps), NULL},
    {"allow-new-privs", 0, OPTION_FLAG, AT(identity.allow_new_privs), NULL},
    {"allow-root", 0, OPTION_FLAG, AT(identity.allow_root), NULL},
    {"strict-user", 0, OPTION_FLAG, AT(identity.strict_user), NULL},
    {"write", 0, OPTION_LIST, AT(write), NULL},
    {"write-strict", 0, OPTION_FLAG, AT(write_strict), NULL},
    {"require", 0, OPTION_COMMAS, AT(environment.require), NULL},
    {"default", 0, OPTION_LIST, AT(environment.defaults), NULL},
    {"unset", 0, OPTION_COMMAS, AT(environment.unset), NULL},
    {"env-file", 0, OPTION_LIST, AT(environment.env_files), NULL},
    {"secret", 0, OPTION_COMMAS, AT(environment.secrets), NULL},
    {"expand", 0, OPTION_FLAG, AT(expand), NULL},
    {"wait-for", 0, OPTION_LIST, AT(wait_for), NULL},
    {"wait-timeout", 0, OPTION_DURATION, AT(wait_timeout), NULL},
    {"stop-signal", 0, OPTION_SIGNAL, AT(stop_signal), NULL},
    {"stop-delay", 0, OPTION_DURATION, AT(stop_delay), NULL},
    {"stop-timeout", 0, OPTION_DURATION, AT(stop_timeout), NULL},
    {"sweep-timeout", 0, OPTION_DURATION, AT(sweep_timeout), NULL},
    {"rewrite", 'r', OPTION_COMMAS, AT(rewrite), NULL},
    {"group", 'g', OPTION_FLAG, AT(group), NULL},
    {"single-child", 'c', OPTION_FLAG, AT(single), NULL},
    {"success", 'e', OPTION_COMMAS, AT(success), NULL},
    {"parent-death-signal", 'p', OPTION_SIGNAL, AT(death_signal), NULL},
    {"subreaper", 's', OPTION_FLAG, AT(subreaper), NULL},
    {"warn-reaped", 'w', OPTION_FLAG, AT(tell_reaped), NULL},
    {"verbose", 'v', OPTION_COUNT, AT(verbose), NULL},
    {"health", 0, OPTION_LIST, AT(health), NULL},
    {"health-interval", 0, OPTION_DURATION, AT(health_interval), NULL},
    {"health-timeout", 0, OPTION_DURATION, AT(health_timeout), NULL},
    {"health-retries", 0, OPTION_NUMBER, AT(health_retries), NULL},
    {"health-start-period", 0, OPTION_DURATION, AT(health_start_period), NULL},
    {"health-start-interval", 0, OPTION_DURATION, AT(health_start_interval), NULL},
    {"health-on-failure", 0, OPTION_CHOICE, AT(health_on_failure), "none|stop|restart|kill"},
    {"restart", 0, OPTION_STRING, AT(restart), NULL},
    {"log-level", 0, OPTION_CHOICE, AT(log_level), "error|warn|info|debug"},
    {"log-format", 0, OPTION_CHOICE, AT(log_format), "text|json"},
    {"termination-log", 0, OPTION_STRING, AT(termination_log), NULL},
    {"", 'l', OPTION_FLAG, AT(licence), NULL},
    {"help", 'h', OPTION_FLAG, AT(help), NULL},
    {"version", 'V', OPTION_FLAG, AT(version), NULL},
};

void run_options_init(struct run_options *options)
{
    memset(options, 0, sizeof *options);
    options->stop_signal = SIGTERM;
    options->stop_timeout = CLOCK_NONE;
    options->sweep_timeout = 2000000;
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

/* run: the start of a container, in order. See kinglet/run.h.
 *
 * Everything that can be known to be wrong is found before anything is done, and told in one
 * message. Then what needs root is done, privileges are dropped and confined, and supervise takes over.
 */
#include "kinglet/run.h"

#include "kinglet/confine.h"
#include "kinglet/descriptors.h"
#include "kinglet/help.h"
#include "kinglet/log.h"
#include "kinglet/own.h"
#include "kinglet/probe.h"
#include "kinglet/refusal.h"
#include "kinglet/supervise.h"

#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { WAIT_FOR_ATTEMPT = 2000000 /* of one attempt to reach a dependency; then it is tried again */ };

struct start {
    const struct run_options *options;
    char **argv; /* PROGRAM's */
    char **env;  /* PROGRAM's */
    struct identity identity;
    struct probe_plan health, wait;
    struct confine confine;
    struct supervise_plan plan;
};

/* Reads, checks and prepares; changes nothing outside this process. */
static void prepare(struct start *s, char **env, struct text *faults)
{
    const struct run_options *o = s->options;
    struct probe_options health = {.brief = true}, wait = {.brief = true, .timeout = WAIT_FOR_ATTEMPT};

    if (s->argv[0] == NULL) {
        text_fault(faults, "PROGRAM is missing (kinglet [OPTION...] [--] PROGRAM [ARG...])");
    }
    run_rules(o, &s->plan.rules, faults);
    health.timeout = s->plan.rules.timeout;
    wait.wait = s->plan.rules.wait_timeout;
    identity_parse(&o->identity, &s->identity, faults);
    own_check(&o->own, faults);
    confine_check(&o->write, faults);
    s->env = env;
    if (environment_check(&o->environment, faults) == 0)
        environment_prepare(&o->environment, env, &s->env, faults);
    if (s->identity.wanted) /* going on as another user, where we are not root (identity_drop) */
        environment_home(geteuid() == 0 ? s->identity.uid : geteuid(), false, &s->env);
    if (o->expand)
        environment_expand(s->argv, s->env, faults);
    if (o->health.count > 0)
        probe_prepare(&health, &o->health, s->env, &s->health, faults);
    if (o->wait_for.count > 0)
        probe_prepare(&wait, &o->wait_for, s->env, &s->wait, faults);
}

/* What only root can do, and then never again. */
static void drop(struct start *s, struct text *faults)
{
    const struct run_options *o = s->options;
    struct list own = o->own;
    bool root = geteuid() == 0;

    descriptors_close(s->env);
    refusal_open(o->termination_log);
    if (s->identity.wanted)
        descriptors_own_stdio(s->identity.uid);
    if (root && own.count > 0)
        own_apply(&own, s->identity.uid, s->identity.gid, faults);
    if (o->write.count > 0) {
        confine_prepare(&o->write, o->write_strict, &s->confine, faults);
        s->plan.launch.confine = &s->confine;
    }
    if (faults->len == 0 && identity_drop(&s->identity, faults) == 0)
        own_verify(&own, root, faults);
}

static void become_reaper(void)
{
    if (getpid() != 1 && prctl(PR_SET_CHILD_SUBREAPER, 1UL) != 0)
        log_line(LOG_WARN, "neither PID 1 nor able to become a subreaper: orphans will not be reaped here");
}

int run_program(struct supervise_plan *plan, const struct run_options *options, char **argv, char **env)
{
    plan->pid1 = getpid() == 1;
    plan->group |= options->group;
    plan->tell_reaped = options->tell_reaped;
    plan->launch.argv = argv;
    plan->launch.env = env;
    plan->launch.listen_pid = descriptors_listen_pid(env);
    plan->launch.death_signal = options->death_signal;
    launch_find_terminal(&plan->launch);
    if (options->death_signal != 0) /* after the change of user, which clears it */
        prctl(PR_SET_PDEATHSIG, (unsigned long)options->death_signal);
    return supervise(plan);
}

static enum log_level level(const struct run_options *o)
{
    unsigned wanted = o->log_level + o->verbose;

    return wanted > LOG_DEBUG ? LOG_DEBUG : (enum log_level)wanted;
}

int run_command(char **argv, char **env, struct launch *launch)
{
    char reasons[PIPE_BUF];
    struct run_options options;
    struct start s = {.options = &options, .plan.launch = *launch};
    struct text faults;

    text_init(&faults, reasons, sizeof reasons);
    s.argv = argv + run_options_parse(run_option_rows, argv, env, &options, &faults);
    log_setup("kinglet", level(&options), options.log_format == 1);
    if (options.help || options.version || options.licence)
        return help_print(options.help ? HELP_RUN : options.version ? HELP_VERSION : HELP_LICENCE);
    prepare(&s, env, &faults);
    if (s.plan.rules.health) /* what comes before PROGRAM may take its time */
        supervise_publish(VERDICT_STARTING);
    if (faults.len == 0)
        drop(&s, &faults);
    if (faults.len > 0) {
        refusal_open(options.termination_log);
        refuse("%s", faults.at);
        return STATUS_REFUSED;
    }
    s.plan.health = &s.health;
    s.plan.wait = &s.wait;
    become_reaper();
    return run_program(&s.plan, &options, s.argv, s.env);
}

/* run: the start of a container, in order. See kinglet/run.h.
 *
 * Everything that can be known to be wrong is found before anything is done, and told in one
 * message. Then what needs root is done, privileges are dropped and confined, and supervise takes over.
 */
#include "kinglet/run.h"

#include "kinglet/descriptors.h"
#include "kinglet/help.h"
#include "kinglet/log.h"
#include "kinglet/own.h"
#include "kinglet/refusal.h"

#include <sys/prctl.h>
#include <unistd.h>

/* Reads, checks and prepares; changes nothing outside this process. */
static void prepare(struct run *r)
{
    struct run_options *o = &r->options;
    struct text *faults = &r->faults;
    struct probe_options probe = {.brief = true}; /* one attempt to reach a dependency takes PROBE_TIMEOUT */

    if (r->argv[0] == NULL)
        text_fault(faults, "PROGRAM is missing (kinglet [OPTION...] [--] PROGRAM [ARG...])");
    run_rules(o, faults);
    identity_parse(&o->identity, &r->identity, faults);
    own_check(&o->own, faults);
    confine_check(&o->write, faults);
    if (environment_check(&o->environment, faults) == 0)
        environment_prepare(&o->environment, r->env, &r->env, faults);
    if (r->identity.wanted) /* going on as another user, where we are not root (identity_drop) */
        environment_home(r->root ? r->identity.uid : geteuid(), false, &r->env);
    if (o->expand)
        environment_expand(r->argv, r->env, faults);
    probe.wait = o->rules.wait_timeout;
    probe_prepare(&probe, &o->wait_for, r->env, &r->wait, faults);
    probe.wait = 0;
    probe.timeout = o->rules.timeout;
    probe_prepare(&probe, &o->health, r->env, &r->health, faults);
}

/* What only root can do, and then never again. */
static void drop(struct run *r)
{
    struct run_options *o = &r->options;
    struct text *faults = &r->faults;

    descriptors_close(r->env);
    refusal_open(o->termination_log);
    if (r->identity.wanted)
        descriptors_own_stdio(r->identity.uid);
    if (r->root && o->own.count > 0)
        own_apply(&o->own, r->identity.uid, r->identity.gid, faults);
    if (o->write.count > 0) {
        confine_prepare(&o->write, o->write_strict, &r->confine, faults);
        r->plan.launch.confine = &r->confine;
    }
    if (faults->len == 0 && identity_drop(&r->identity, faults) == 0)
        own_verify(&o->own, r->root, faults);
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
    plan->life.rules = &options->rules;
    plan->launch.argv = argv;
    plan->launch.env = env;
    plan->launch.listen_pid = descriptors_listen_pid(env);
    plan->launch.death_signal = options->death_signal;
    launch_find_terminal(&plan->launch);
    if (options->death_signal != 0) /* after the change of user, which clears it */
        prctl(PR_SET_PDEATHSIG, (unsigned long)options->death_signal);
    return supervise(plan);
}

int run_command(char **argv, char **env, struct run *r)
{
    struct run_options *o = &r->options;

    text_init(&r->faults, r->reasons, sizeof r->reasons);
    r->argv = argv + run_options_parse(run_option_rows, argv, env, o, &r->faults);
    r->env = env;
    r->root = geteuid() == 0;
    log_setup(o->log_level + o->verbose, o->log_format == 1 ? LOG_JSON : NULL, NULL);
    if (o->help || o->version || o->licence)
        return help_print(o->help ? HELP_RUN : o->version ? HELP_VERSION : HELP_LICENCE);
    prepare(r);
    if (o->rules.health) /* what comes before PROGRAM may take its time */
        supervise_publish(VERDICT_STARTING);
    if (r->faults.len == 0)
        drop(r);
    if (r->faults.len > 0) {
        refusal_open(o->termination_log);
        refuse("%s", r->reasons);
        return STATUS_REFUSED;
    }
    r->plan.health = &r->health;
    r->plan.wait = &r->wait;
    become_reaper();
    return run_program(&r->plan, o, r->argv, r->env);
}

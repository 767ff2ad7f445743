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

struct start {
    char **argv; /* PROGRAM's */
    char **env;  /* PROGRAM's */
    bool root;
    struct run_options options;
    struct identity identity;
    struct probe_plan health, wait;
    struct confine confine;
};

/* Not on the stack, and in one page with what is in use anyway (idle.order). */
static struct start prepared;
static char reasons[PIPE_BUF];

/* Reads, checks and prepares; changes nothing outside this process. */
static void prepare(struct start *s, struct text *faults)
{
    struct run_options *o = &s->options;
    struct probe_options probe = {.brief = true}; /* one attempt to reach a dependency takes PROBE_TIMEOUT */

    if (s->argv[0] == NULL)
        text_fault(faults, "PROGRAM is missing (kinglet [OPTION...] [--] PROGRAM [ARG...])");
    run_rules(o, faults);
    identity_parse(&o->identity, &s->identity, faults);
    own_check(&o->own, faults);
    confine_check(&o->write, faults);
    if (environment_check(&o->environment, faults) == 0)
        environment_prepare(&o->environment, s->env, &s->env, faults);
    if (s->identity.wanted) /* going on as another user, where we are not root (identity_drop) */
        environment_home(s->root ? s->identity.uid : geteuid(), false, &s->env);
    if (o->expand)
        environment_expand(s->argv, s->env, faults);
    probe.wait = o->rules.wait_timeout;
    probe_prepare(&probe, &o->wait_for, s->env, &s->wait, faults);
    probe.wait = 0;
    probe.timeout = o->rules.timeout;
    probe_prepare(&probe, &o->health, s->env, &s->health, faults);
}

/* What only root can do, and then never again. */
static void drop(struct start *s, struct launch *launch, struct text *faults)
{
    struct run_options *o = &s->options;

    descriptors_close(s->env);
    launch->listen_pid = descriptors_listen_pid(s->env);
    refusal_open(o->termination_log);
    if (s->identity.wanted)
        descriptors_own_stdio(s->identity.uid);
    if (s->root && o->own.count > 0)
        own_apply(&o->own, s->identity.uid, s->identity.gid, faults);
    if (o->write.count > 0) {
        confine_prepare(&o->write, o->write_strict, &s->confine, faults);
        launch->confine = &s->confine;
    }
    if (faults->len == 0 && identity_drop(&s->identity, faults) == 0)
        own_verify(&o->own, s->root, faults);
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
    plan->launch.death_signal = options->death_signal;
    launch_find_terminal(&plan->launch);
    if (options->death_signal != 0) /* after the change of user, which clears it */
        prctl(PR_SET_PDEATHSIG, (unsigned long)options->death_signal);
    return supervise(plan);
}

int run_command(char **argv, char **env, struct supervise_plan *plan)
{
    struct start *s = &prepared;
    struct run_options *o = &s->options;
    struct text faults;

    text_init(&faults, reasons, sizeof reasons);
    s->argv = argv + run_options_parse(argv, env, o, &faults);
    s->env = env;
    s->root = geteuid() == 0;
    log_setup(o->log_level + o->verbose, o->log_format == 1 ? LOG_JSON : NULL, NULL);
    if (o->help || o->version || o->licence)
        return help_print(o->help ? HELP_RUN : o->version ? HELP_VERSION : HELP_LICENCE);
    prepare(s, &faults);
    if (o->rules.health) /* what comes before PROGRAM may take its time */
        supervise_publish(VERDICT_STARTING);
    if (faults.len == 0)
        drop(s, &plan->launch, &faults);
    if (faults.len > 0) {
        refusal_open(o->termination_log);
        refuse("%s", reasons);
        return STATUS_REFUSED;
    }
    plan->health = &s->health;
    plan->wait = &s->wait;
    become_reaper();
    return run_program(plan, o, s->argv, s->env);
}

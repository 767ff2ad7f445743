/* drop_in: in place of another init, or of a program that changes the user. See kinglet/run.h.
 *
 * What a personality says becomes the same options, rules and plan that Kinglet's own command makes, and the
 * same life follows. Privileges, environment and working directory are left as they came, and so is
 * everything that only Kinglet's own options ask for: whoever replaces a file finds nothing else changed.
 */
#include "kinglet/commands.h"
#include "kinglet/help.h"
#include "kinglet/personality.h"
#include "kinglet/supervise.h"

#include <limits.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* So that PROGRAM's session can have the terminal. It sends SIGHUP and SIGCONT to the one that led its
 * session, which mean nothing; to ignore a signal is to forget a pending one (sigaction(2)). */
static void give_up_terminal(void)
{
    if (syscall(SYS_ioctl, STDIN_FILENO, TIOCNOTTY) != 0 || syscall(SYS_getsid, 0) != getpid())
        return;
    launch_dispose(SIGHUP, true);
    launch_dispose(SIGCONT, true);
}

static void reset_signals(struct launch *launch)
{
    for (int i = 1; i <= SIGNAL_MAX; i++)
        launch_dispose(i, false);
    launch->ignored_child = false;
    launch->mask = (struct sigmask){{0}};
}

/* A session of its own has no terminal above that could stop it by name of a shell: what would is made
 * SIGSTOP, which nothing ignores. */
static void prepare_session(struct run *r)
{
    static const unsigned char stops[] = {SIGTSTP, SIGTTIN, SIGTTOU, 0};
    unsigned char *rewrite = r->options.rules.rewrite;

    r->plan.launch.terminal = STDIN_FILENO;
    r->plan.group = true;
    for (const unsigned char *s = stops; *s != 0; s++)
        if (rewrite[*s] == *s)
            rewrite[*s] = SIGSTOP;
    give_up_terminal();
}

static void become_reaper(const struct personality *p, const struct run_options *options)
{
    if (p->subreaper || options->subreaper)
        prctl(PR_SET_CHILD_SUBREAPER, 1UL);
    else if (p->session == LAUNCH_GROUP)
        log_line(LOG_WARN, "neither PID 1 nor a subreaper (-s): zombie reaping won't work");
}

/* Only the ids change: sudo, ping and the like go on working. */
static void become_user(struct run *r, char **argv, char **env)
{
    struct identity *id = &r->identity;

    if (identity_parse_user("", argv[0], id, &r->faults) != 0)
        return;
    id->group[0] = id->gid;
    id->group_count = 1;
    if (identity_switch(id, &r->faults) != 0)
        return;
    environment_home(id->uid, true, &env);
    r->plan.launch.argv = argv + 1;
    r->plan.launch.env = env;
    launch_exec(&r->plan.launch);
}

int drop_in_command(const struct personality *p, char **argv, char **env, struct run *r)
{
    struct run_options *o = &r->options;
    struct supervise_plan *plan = &r->plan;
    struct text *t = &r->faults;
    bool switches_user = p->session == LAUNCH_AS_WE_ARE;
    const char *name = personality_name(argv[0]);
    bool says;

    text_init(t, r->reasons, sizeof r->reasons);
    argv += personality_options(p, argv, env, o, t);
    log_setup(o->log_level + (o->verbose + o->debug) * p->verbose, p->head, personality_levels[p->levels]);
    if (o->licence)
        return help_print(HELP_LICENCE);
    says = o->help || o->version;
    if (says)
        t->len = 0;
    else if (o->pause && t->len == 0)
        return pause_wait();
    if (o->help || (!says && (argv[0] == NULL || (switches_user && argv[1] == NULL))))
        personality_usage(p, name, t);
    else if (says)
        personality_version(p, t);
    if (says) {
        r->reasons[t->len++] = '\n';
        return write(p->says_on, r->reasons, t->len) > 0 ? 0 : p->failure.refused;
    }
    plan->launch.failure = p->failure;
    plan->launch.session = o->single ? LAUNCH_AS_WE_ARE : p->session;
    if (switches_user && t->len == 0)
        become_user(r, argv, env);
    run_rules(o, t);
    if (t->len > 0) {
        log_line(LOG_ERROR, "%s", r->reasons);
        return p->failure.refused;
    }
    if (plan->launch.session == LAUNCH_SESSION)
        prepare_session(r);
    plan->suspend = p->session == LAUNCH_SESSION;
    if (plan->suspend)
        reset_signals(&plan->launch);
    plan->leave = getpid() != 1;
    if (plan->leave)
        become_reaper(p, o);
    return run_program(plan, o, argv, env);
}

/* drop_in: in place of another init, or of a program that changes the user. See kinglet/run.h.
 *
 * What a personality says becomes the same options, rules and plan that Kinglet's own command makes, and the
 * same life follows. Privileges, environment and working directory are left as they came, and so is
 * everything that only Kinglet's own options ask for: whoever replaces a file finds nothing else changed.
 */
#include "kinglet/commands.h"
#include "kinglet/descriptors.h"
#include "kinglet/help.h"
#include "kinglet/output.h"
#include "kinglet/personality.h"
#include "kinglet/supervise.h"

#include <limits.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

/* So that PROGRAM's session can have the terminal. It sends SIGHUP and SIGCONT to the one that led its
 * session, which mean nothing; to ignore a signal is to forget a pending one (sigaction(2)). */
static void give_up_terminal(void)
{
    if (ioctl(STDIN_FILENO, TIOCNOTTY) != 0 || getsid(0) != getpid())
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
static void prepare_session(struct supervise_plan *plan)
{
    static const unsigned char stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};

    plan->launch.terminal = STDIN_FILENO;
    plan->group = true;
    for (size_t i = 0; i < sizeof stops; i++)
        if (plan->rules.rewrite[stops[i]] == stops[i])
            plan->rules.rewrite[stops[i]] = SIGSTOP;
    give_up_terminal();
}

static void become_reaper(const struct personality *p, const struct run_options *options)
{
    if (p->subreaper || options->subreaper)
        prctl(PR_SET_CHILD_SUBREAPER, 1UL);
    else if (p->session == LAUNCH_GROUP)
        log_line(LOG_WARN, "Tini is not running as PID 1 and isn't registered as a child subreaper (-s): "
                           "zombie reaping won't work");
}

/* Only the ids change: sudo, ping and the like go on working. */
static void become_user(const char *user, struct launch *launch, char **env, struct text *faults)
{
    struct identity id = {.group_count = 1};
    int status;

    if (identity_parse_user("", user, &id, faults) != 0)
        return;
    id.group[0] = id.gid;
    if (identity_switch(&id, faults) != 0)
        return;
    environment_home(id.uid, true, &env);
    launch->env = env;
    launch_exec(launch, &status);
}

static int tell(const struct personality *p, const struct run_options *options, const char *name)
{
    char words[512];
    struct text t;

    if (p->says_on_stderr)
        dup2(STDERR_FILENO, STDOUT_FILENO);
    text_init(&t, words, sizeof words);
    if (options->help)
        personality_help(p, name, &t);
    else
        personality_version(p, &t);
    return output_string(words) == 0 ? 0 : p->failure.refused;
}

int drop_in_command(const struct personality *p, char **argv, char **env, struct launch *launch)
{
    char reasons[PIPE_BUF];
    struct run_options options;
    static struct supervise_plan plan;
    struct text faults;
    bool switches_user = p->session == LAUNCH_AS_WE_ARE;
    unsigned level;

    plan.launch = *launch;
    plan.pid1 = getpid() == 1;
    text_init(&faults, reasons, sizeof reasons);
    plan.launch.argv = argv + personality_options(p, argv, env, &options, &faults);
    level = options.debug ? LOG_DEBUG : options.log_level + options.verbose * p->verbose;
    log_setup("kinglet", level > LOG_DEBUG ? LOG_DEBUG : (enum log_level)level, false);
    log_setup_head(p->head, p->levels);
    if (options.licence)
        return help_print(HELP_LICENCE);
    if (options.help || options.version)
        return tell(p, &options, personality_name(argv[0]));
    if (options.pause && faults.len == 0)
        return pause_wait();
    if (plan.launch.argv[0] == NULL || (switches_user && plan.launch.argv[1] == NULL)) {
        text_next(&faults);
        personality_usage(p, personality_name(argv[0]), &faults);
    }
    plan.launch.failure = p->failure;
    plan.launch.env = env;
    plan.launch.session = options.single ? LAUNCH_AS_WE_ARE : p->session;
    if (switches_user && faults.len == 0)
        become_user(*plan.launch.argv++, &plan.launch, env, &faults);
    run_rules(&options, &plan.rules, &faults);
    if (faults.len > 0) {
        log_line(LOG_ERROR, "%s", reasons);
        return p->failure.refused;
    }
    plan.group = options.group;
    plan.tell_reaped = options.tell_reaped;
    plan.leave = !plan.pid1;
    plan.suspend = p->session == LAUNCH_SESSION;
    plan.launch.listen_pid = descriptors_listen_pid(env);
    if (plan.launch.session == LAUNCH_GROUP)
        launch_find_terminal(&plan.launch);
    else if (plan.launch.session == LAUNCH_SESSION)
        prepare_session(&plan);
    if (plan.suspend)
        reset_signals(&plan.launch);
    if (!plan.pid1)
        become_reaper(p, &options);
    plan.launch.death_signal = options.death_signal;
    if (options.death_signal != 0)
        prctl(PR_SET_PDEATHSIG, (unsigned long)options.death_signal);
    return supervise(&plan);
}

/* supervise: see kinglet/supervise.h. */
#include "kinglet/supervise.h"

#include "kinglet/descriptors.h"
#include "kinglet/log.h"
#include "kinglet/memory.h"
#include "kinglet/process.h"
#include "kinglet/refusal.h"
#include "kinglet/sweep.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long PROGRAM has to run before what start-up touched is given back: not worth it for one that ends at
 * once. */
enum { SETTLE = 20000 };

/* Words of the line that is being written. Not on the stack, which would be guarded in each place. */
static char said[40];

/* --- orders --- */

void supervise_publish(enum verdict verdict)
{
    static const char names[][15] = {
        [VERDICT_STARTING] = "init:starting",
        [VERDICT_HEALTHY] = "init:healthy",
        [VERDICT_UNHEALTHY] = "init:unhealthy",
        [VERDICT_STOPPING] = "init:stopping",
    };

    prctl(PR_SET_NAME, names[verdict]);
}

/* Sends to PROGRAM, or to its group where it has one. PROGRAM has not been reaped, so neither the pid nor
 * the group's id can have been given to anybody else. */
static void signal_program(const struct supervise_plan *s, int signal_number)
{
    if (s->program == 0)
        return;
    if (s->group && kill(-s->program, signal_number) == 0)
        return;
    if (kill(s->program, signal_number) != 0) {
        struct text t;
        text_init(&t, said, sizeof said);
        signal_put(&t, signal_number);
        log_line(LOG_WARN, "%s could not be passed on: %s%s", said, log_errno(errno),
                 errno == EPERM ? ": PROGRAM runs as another user; add the capability KILL" : "");
    }
}

/* A probe's end as a line: at debug, but for a change of the verdict, and for a wait that failed, which is a
 * refusal. */
static void tell_probe(const struct life *l, bool bad, const char *line)
{
    enum log_level level = LOG_DEBUG;

    if (l->phase == LIFE_WAITING && bad) {
        refuse("not started, because what it waits for did not answer: %s", line);
        return;
    }
    if (l->phase != LIFE_WAITING && life_would_turn(l, !bad))
        level = bad ? LOG_WARN : LOG_INFO;
    log_line(level, "%s", line);
}

/* In the child. What it says is what PID 1 will conclude from its exit status. */
static _Noreturn void be_probe(const struct supervise_plan *s)
{
    static char line[PIPE_BUF];
    struct text report;
    int bad;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "kinglet:probe");
    text_init(&report, line, sizeof line);
    bad = probe_run(s->life.phase == LIFE_WAITING ? s->wait : s->health, &report);
    tell_probe(&s->life, bad, line);
    _exit(bad);
}

/* The working directory and the descriptors that are passed on are PROGRAM's business once it runs, unless it
 * may be started again: a mount could not be unmounted, and a socket would not be closed, for as long as we
 * held them too. */
static void let_go(const struct life_rules *rules)
{
    int ignored;

    if (rules->restart != RESTART_NO || rules->on_unhealthy == HEALTH_RESTART)
        return;
    ignored = chdir("/");
    (void)ignored;
    descriptors_close_all();
}

/* Returns 0, or the status to report. */
static int start_program(struct supervise_plan *s)
{
    pid_t pid = launch_start(&s->launch);

    if (pid < 0)
        return -pid;
    s->program = pid;
    /* These lines, and the ones on children, are dumb-init's: its users' tools look for them. */
    log_line(LOG_DEBUG, "Child spawned with PID %d.", pid);
    if (s->launch.session == LAUNCH_SESSION)
        log_line(LOG_DEBUG, "setsid complete.");
    let_go(s->life.rules);
    s->settle_at = clock_us() + SETTLE;
    return 0;
}

static void tell(const struct life *l)
{
    static const char lines[] = "stopping\0"
                                "PROGRAM has exited: asking what it left to stop\0"
                                "processes that PROGRAM left do not stop: killing them\0"
                                "the stop time-out has passed: killing what is left\0"
                                "a process outlives SIGKILL: not waiting for it\0"
                                "PROGRAM is started again in \0"
                                "stopping\0"
                                "restarting\0"
                                "killing";
    const char *line = lines;
    unsigned note = l->orders.note;
    struct text t;

    if (note == NOTE_NONE)
        return;
    text_init(&t, said, sizeof said);
    if (note == NOTE_RESTARTING)
        text_duration(&t, l->backoff);
    if (note == NOTE_UNHEALTHY) {
        note += l->rules->on_unhealthy - HEALTH_STOP;
        text_put(&t, " PROGRAM because it is unhealthy");
    }
    for (unsigned i = NOTE_STOPPING; i < note; i++)
        line = text_after(line);
    log_line(note > NOTE_SWEEPING                        ? LOG_WARN
             : note == NOTE_STOPPING && l->rules->health ? LOG_INFO
                                                         : LOG_DEBUG,
             "%s%s", line, said);
}

/* Feeds one event and performs what follows. What is to be started is answered by an event in turn; that
 * chain is two steps long. */
static void feed(struct supervise_plan *s, enum life_event event, int value)
{
    struct life *l = &s->life;

    life_step(l, event, value, clock_us());
    tell(l);
    if (l->rules->health)
        supervise_publish(l->verdict);
    if (s->probe != 0 && !l->probing) {
        kill(s->probe, SIGKILL);
        s->probe = 0; /* an orphan from now on */
    }
    if (l->orders.pass != 0) {
        signal_program(s, l->orders.pass);
        log_line(LOG_DEBUG, "Forwarded signal %d to children.", l->orders.pass);
        if (l->orders.cont)
            signal_program(s, SIGCONT);
    }
    if (l->orders.sweep != 0)
        sweep_signal(s->pid1, l->orders.sweep);
    if (s->probe == 0 && l->probing) {
        s->probe = process_fork();
        if (s->probe == 0)
            be_probe(s);
        if (s->probe < 0) {
            s->probe = 0;
            log_line(l->phase == LIFE_WAITING ? LOG_ERROR : LOG_WARN, "a probe could not be started: %s",
                     log_errno(errno));
            feed(s, LIFE_PROBED, -1);
        }
    }
    if (l->phase == LIFE_STARTING)
        feed(s, LIFE_STARTED, start_program(s));
}

/* --- events --- */

/* PROGRAM was stopped by its terminal. As PID 1 there is no shell above us that could continue it, and
 * without an init it could not have been stopped at all: continue it. Under a shell we stop as well,
 * so that the shell takes over, and continue it when the shell continues us. */
static void stopped_by_terminal(struct supervise_plan *s, int signal_number)
{
    bool passed;

    if (s->launch.terminal < 0)
        return;
    if (!s->pid1)
        kill(getpid(), SIGSTOP);
    passed = launch_pass_terminal(&s->launch, 0, s->program);
    if (passed || !s->pid1 || signal_number == SIGTSTP) /* otherwise it would only be stopped again */
        kill(-s->program, SIGCONT);
}

static bool is_terminal_stop(int signal_number)
{
    return signal_number == SIGTSTP || signal_number == SIGTTIN || signal_number == SIGTTOU;
}

/* Reaps until nothing is left to reap: several SIGCHLD may have come as one. */
static void reap(struct supervise_plan *s)
{
    int program_status = -1, probe_status = -1; /* has not exited */
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        int by = WTERMSIG(status); /* 0: it exited; 0x7F: it was stopped */
        int code = WEXITSTATUS(status);
        if (by == 0x7F) {
            if (pid == s->program && is_terminal_stop(code))
                stopped_by_terminal(s, code);
            continue;
        }
        if (by != 0)
            code = by;
        log_line(LOG_DEBUG, "A child with PID %d %s %d.", pid,
                 by != 0 ? "was terminated by signal" : "exited with exit status", code);
        if (by != 0)
            code += STATUS_SIGNAL;
        if (pid == s->program) {
            launch_pass_terminal(&s->launch, pid, 0);
            /* Where others are left in that session its id is still theirs. */
            if (s->leave && s->launch.session == LAUNCH_SESSION)
                kill(-pid, SIGTERM);
            s->program = 0;
            program_status = code;
        } else if (pid == s->probe) {
            s->probe = 0;
            probe_status = code;
        } else if (s->tell_reaped) {
            log_line(LOG_WARN, "Reaped zombie process with pid=%d", pid);
        }
    }
    /* PROGRAM first: a probe that failed because PROGRAM was ending says nothing. */
    if (program_status >= 0)
        feed(s, pid == 0 && !s->leave ? LIFE_LEFT : LIFE_EXITED, program_status);
    if (probe_status >= 0 && s->life.probing) {
        if (probe_status >= STATUS_SIGNAL)
            tell_probe(&s->life, true, "unhealthy: a probe was killed (for memory?)");
        feed(s, LIFE_PROBED, probe_status);
    }
    if (pid < 0)
        feed(s, LIFE_NOTHING_LEFT, 0);
}

static void take_signal(struct supervise_plan *s, int signal_number)
{
    log_line(LOG_DEBUG, "Received signal %d.", signal_number);
    feed(s, LIFE_SIGNAL, signal_number);
    if (s->suspend && is_terminal_stop(signal_number))
        kill(getpid(), SIGSTOP); /* which PID 1 does not notice */
}

static bool is_due(int64_t deadline)
{
    return deadline != CLOCK_NONE && clock_us() >= deadline;
}

int supervise(struct supervise_plan *s)
{
    struct life *l = &s->life;

    s->settle_at = CLOCK_NONE;
    feed(s, LIFE_BEGIN, 0);
    while (l->phase != LIFE_ENDED) {
        int signal_number = sigmask_wait(clock_earlier(l->deadline, s->settle_at));
        if (is_due(s->settle_at)) {
            memory_give_back();
            s->settle_at = CLOCK_NONE;
        }
        if (signal_number != 0 && signal_number != SIGCHLD)
            take_signal(s, signal_number);
        reap(s);
        if (is_due(l->deadline)) {
            if (l->probing)
                tell_probe(l, true, "unhealthy: a probe did not end in time and was killed");
            feed(s, LIFE_TIME, 0);
        }
    }
    log_line(LOG_DEBUG, "Child exited with status %d. Goodbye.", l->status);
    return l->status;
}

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

struct supervisor {
    const struct supervise_plan *plan;
    int64_t settled_at; /* CLOCK_NONE: it has been */
    struct life life;
    pid_t program; /* 0: none */
    pid_t probe;   /* 0: none that counts */
};

static void step(struct supervisor *s, struct life_event event);

/* --- orders --- */

void supervise_publish(enum verdict verdict)
{
    static const char names[][16] = {
        [VERDICT_NONE] = "kinglet",           [VERDICT_STARTING] = "init:starting",
        [VERDICT_HEALTHY] = "init:healthy",   [VERDICT_UNHEALTHY] = "init:unhealthy",
        [VERDICT_STOPPING] = "init:stopping",
    };

    prctl(PR_SET_NAME, names[verdict]);
}

/* Sends to PROGRAM, or to its group where it has one. PROGRAM has not been reaped, so neither the pid nor
 * the group's id can have been given to anybody else. */
static void signal_program(const struct supervisor *s, int signal_number)
{
    if (s->program == 0)
        return;
    if (s->plan->group && kill(-s->program, signal_number) == 0)
        return;
    if (kill(s->program, signal_number) != 0) {
        char name[16];
        struct text t;
        text_init(&t, name, sizeof name);
        signal_put(&t, signal_number);
        log_line(LOG_WARN, "%s could not be passed on: %s%s", name, log_errno(errno),
                 errno == EPERM ? ": PROGRAM runs as another user; add the capability KILL" : "");
    }
}

/* These lines, and the ones on children, are dumb-init's: its users' tools look for them. */
static void pass(const struct supervisor *s, int signal_number)
{
    signal_program(s, signal_number);
    log_line(LOG_DEBUG, "Forwarded signal %d to children.", signal_number);
}

#define NOT_ANSWERED "not started, because what it waits for did not answer: %s"

/* A probe's end as a line: at debug, but for a change of the verdict, and for a wait that failed, which is a
 * refusal. */
static void tell_probe(const struct supervisor *s, bool bad, const char *line)
{
    bool turns = life_would_turn(&s->plan->rules, &s->life, !bad);

    if (s->life.phase == LIFE_WAITING && bad)
        refuse(NOT_ANSWERED, line);
    else
        log_line(s->life.phase == LIFE_WAITING || !turns ? LOG_DEBUG : bad ? LOG_WARN : LOG_INFO, "%s", line);
}

/* In the child. What it says is what PID 1 will conclude from its exit status. */
static _Noreturn void be_probe(const struct supervisor *s, bool wait)
{
    char line[PIPE_BUF];
    struct text report;
    int bad;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "kinglet:probe");
    text_init(&report, line, sizeof line);
    bad = probe_run(wait ? s->plan->wait : s->plan->health, &report);
    tell_probe(s, bad, line);
    _exit(bad);
}

static void start_probe(struct supervisor *s, bool wait)
{
    pid_t pid = process_fork();

    if (pid == 0)
        be_probe(s, wait);
    if (pid < 0) {
        log_line(wait ? LOG_ERROR : LOG_WARN, "a probe could not be started: %s", log_errno(errno));
        step(s, (struct life_event){.kind = LIFE_NOT_PROBED});
        return;
    }
    s->probe = pid;
}

static bool may_start_again(const struct life_rules *rules)
{
    return rules->restart != RESTART_NO || rules->on_unhealthy == HEALTH_RESTART;
}

/* The working directory and the descriptors that are passed on are PROGRAM's business once it runs: a mount
 * could not be unmounted, and a socket would not be closed, for as long as we held them too. */
static void let_go(void)
{
    int ignored = chdir("/");

    (void)ignored;
    descriptors_close_all();
}

static void start_program(struct supervisor *s)
{
    int status = STATUS_REFUSED;
    pid_t pid = launch_start(&s->plan->launch, &status);

    if (pid < 0) {
        step(s, (struct life_event){.kind = LIFE_NOT_STARTED, .value = status});
        return;
    }
    s->program = pid;
    log_line(LOG_DEBUG, "Child spawned with PID %d.", pid);
    if (s->plan->launch.session == LAUNCH_SESSION)
        log_line(LOG_DEBUG, "setsid complete.");
    if (!may_start_again(&s->plan->rules))
        let_go();
    s->settled_at = clock_us() + SETTLE;
    step(s, (struct life_event){.kind = LIFE_STARTED});
}

static void tell(const struct supervisor *s, enum life_note note, const struct life_orders *orders)
{
    static const char overran[] = "unhealthy: a probe did not end in time and was killed";
    static const char acting[][11] = {
        [HEALTH_STOP] = "stopping", [HEALTH_RESTART] = "restarting", [HEALTH_KILL] = "killing"};
    const struct life_rules *rules = &s->plan->rules;
    char words[32];
    struct text delay;

    switch (note) {
    case NOTE_NONE:
        break;
    case NOTE_OVERRAN:
        log_line(LOG_DEBUG, "%s", overran);
        break;
    case NOTE_TURNED_BAD:
        log_line(LOG_WARN, "%s", overran);
        if (rules->on_unhealthy == HEALTH_NONE)
            break;
        __attribute__((fallthrough));
    case NOTE_UNHEALTHY_STOP:
        log_line(LOG_WARN, "%s PROGRAM because it is unhealthy", acting[rules->on_unhealthy]);
        break;
    case NOTE_STOPPING:
        log_line(rules->health ? LOG_INFO : LOG_DEBUG, "stopping");
        break;
    case NOTE_KILLING:
        log_line(LOG_WARN, "the stop time-out has passed: killing what is left");
        break;
    case NOTE_SWEEPING:
        log_line(LOG_DEBUG, "PROGRAM has exited: asking the processes it left to stop");
        break;
    case NOTE_PURGING:
        log_line(LOG_WARN, "PROGRAM has exited, and processes it left do not stop: killing them");
        break;
    case NOTE_UNKILLABLE:
        log_line(LOG_WARN, "a process outlives SIGKILL: not waiting for it");
        break;
    case NOTE_RESTARTING:
        text_init(&delay, words, sizeof words);
        text_duration(&delay, orders->delay);
        log_line(LOG_WARN, "PROGRAM is started again in %s", words);
        break;
    case NOTE_WAIT_OVERRAN:
        refuse(NOT_ANSWERED, overran);
        break;
    }
}

static void perform(struct supervisor *s, const struct life_orders *o)
{
    tell(s, o->note, o);
    if (o->publish != VERDICT_NONE)
        supervise_publish(o->publish);
    if (o->kill_probe && s->probe != 0) {
        kill(s->probe, SIGKILL);
        s->probe = 0;
    }
    if (o->pass != 0)
        pass(s, o->pass);
    if (o->pass != 0 && o->cont)
        signal_program(s, SIGCONT);
    if (o->sweep != 0) {
        sweep_signal(s->plan->pid1, o->sweep);
        if (o->sweep != SIGKILL)
            sweep_signal(s->plan->pid1, SIGCONT);
    }
    if (o->wait || o->probe)
        start_probe(s, o->wait);
    if (o->start)
        start_program(s);
}

/* Feeds one event and performs what follows. An order to start is answered by an event in turn; that
 * chain is two steps long. */
static void step(struct supervisor *s, struct life_event event)
{
    struct life_orders orders;

    life_step(&s->plan->rules, &s->life, event, clock_us(), &orders);
    perform(s, &orders);
}

/* --- events --- */

/* PROGRAM was stopped by its terminal. As PID 1 there is no shell above us that could continue it, and
 * without an init it could not have been stopped at all: continue it. Under a shell we stop as well,
 * so that the shell takes over, and continue it when the shell continues us. */
static void stopped_by_terminal(struct supervisor *s, int signal_number)
{
    if (s->plan->launch.terminal < 0)
        return;
    if (!s->plan->pid1) {
        kill(getpid(), SIGSTOP);
        launch_pass_terminal(&s->plan->launch, 0, s->program);
    } else if (signal_number != SIGTSTP && !launch_pass_terminal(&s->plan->launch, 0, s->program)) {
        return; /* it would only be stopped again */
    }
    kill(-s->program, SIGCONT);
}

static int exit_status(pid_t pid, int wait_status)
{
    bool killed = WIFSIGNALED(wait_status);
    int value = killed ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status);

    log_line(LOG_DEBUG, "A child with PID %d %s %d.", pid,
             killed ? "was terminated by signal" : "exited with exit status", value);
    return killed ? STATUS_SIGNAL + value : value;
}

/* Reaps until nothing is left to reap: several SIGCHLD may have come as one. */
static void reap(struct supervisor *s)
{
    const struct supervise_plan *plan = s->plan;
    bool program_exited = false, probe_exited = false;
    int program_status = 0, probe_status = 0;
    int status, code = 0;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) != 0) {
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid < 0)
            break;
        if (!WIFSTOPPED(status))
            code = exit_status(pid, status);
        if (WIFSTOPPED(status)) {
            int why = WSTOPSIG(status);
            if (pid == s->program && (why == SIGTSTP || why == SIGTTIN || why == SIGTTOU))
                stopped_by_terminal(s, why);
        } else if (pid == s->program) {
            launch_pass_terminal(&plan->launch, pid, 0);
            /* Where others are left in that session its id is still theirs. */
            if (plan->leave && plan->launch.session == LAUNCH_SESSION)
                kill(-pid, SIGTERM);
            s->program = 0;
            program_exited = true;
            program_status = code;
        } else if (pid == s->probe) {
            s->probe = 0;
            probe_exited = true;
            probe_status = code;
        } else if (plan->tell_reaped) {
            log_line(LOG_WARN, "Reaped zombie process with pid=%d", pid);
        }
    }
    /* PROGRAM first: a probe that failed because PROGRAM was ending says nothing. */
    if (program_exited)
        step(s, (struct life_event){
                    .kind = LIFE_EXITED, .value = program_status, .left = pid == 0 && !plan->leave});
    if (probe_exited && probe_status >= STATUS_SIGNAL && !program_exited)
        tell_probe(s, true, "unhealthy: a probe was killed (for memory?)");
    if (probe_exited)
        step(s, (struct life_event){.kind = LIFE_PROBED, .value = probe_status});
    if (pid < 0 && !program_exited)
        step(s, (struct life_event){.kind = LIFE_NOTHING_LEFT});
}

/* Waits for a signal or for the deadline. Returns the signal, or 0. */
static int next_signal(int64_t deadline)
{
    pid_t sender = 0;
    int signal_number = sigmask_wait(deadline, &sender);

    /* The SIGPIPE of a line that we wrote to a closed standard error is nobody's but ours. */
    return signal_number == SIGPIPE && sender == getpid() ? 0 : signal_number;
}

static void take_signal(struct supervisor *s, int signal_number)
{
    log_line(LOG_DEBUG, "Received signal %d.", signal_number);
    step(s, (struct life_event){.kind = LIFE_SIGNAL, .value = signal_number});
    if (s->plan->suspend &&
        (signal_number == SIGTSTP || signal_number == SIGTTIN || signal_number == SIGTTOU))
        kill(getpid(), SIGSTOP); /* which PID 1 does not notice */
}

int supervise(const struct supervise_plan *plan)
{
    struct supervisor s = {.plan = plan, .settled_at = CLOCK_NONE};

    step(&s, (struct life_event){.kind = LIFE_BEGIN});
    while (s.life.phase != LIFE_ENDED) {
        int64_t deadline = life_deadline(&s.life);
        int signal_number = next_signal(deadline < s.settled_at ? deadline : s.settled_at);
        if (s.settled_at != CLOCK_NONE && clock_us() >= s.settled_at) {
            memory_give_back();
            s.settled_at = CLOCK_NONE;
        }
        if (signal_number != 0 && signal_number != SIGCHLD)
            take_signal(&s, signal_number);
        reap(&s);
        if (life_deadline(&s.life) != CLOCK_NONE && clock_us() >= life_deadline(&s.life))
            step(&s, (struct life_event){.kind = LIFE_TIME});
    }
    log_line(LOG_DEBUG, "Child exited with status %d. Goodbye.", s.life.status);
    return s.life.status;
}

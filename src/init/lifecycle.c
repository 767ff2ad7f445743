/* lifecycle: see kinglet/lifecycle.h. Pure: what it does not know it is told by an event.
 *
 * Each event has one function to what follows from it in each phase. `enter` is the only way from one part of
 * a life to the next.
 */
#include "kinglet/lifecycle.h"

#include <signal.h>

enum {
    BACKOFF_FIRST = 100000,    /* docker's: 100 ms, doubling */
    BACKOFF_MAX = 60000000,    /* to a minute */
    RAN_WELL = 10000000,       /* and back to the first once PROGRAM has run for 10 s */
    UNHEALTHY_STOP = 10000000, /* a stop that no orchestrator watches needs a time-out of its own */
    UNKILLABLE = 2000000,      /* what SIGKILL may take; after that it is not waited for */
    PROBE_SLACK = 1000000,     /* a probe ends by its own deadline; so much later it is killed */
};

void life_rules_init(struct life_rules *rules)
{
    for (int i = 0; i <= SIGNAL_MAX; i++)
        rules->rewrite[i] = (unsigned char)i;
}

/* A probe that ran in the phase before is of no interest any more. Inlined it would be half as long again, in
 * a dozen places. */
__attribute__((noinline)) static void enter(struct life *l, enum life_phase phase, int64_t duration)
{
    l->phase = phase;
    l->deadline = duration == CLOCK_NONE ? CLOCK_NONE : l->now + duration;
    l->probing = false;
}

static void end(struct life *l, int status)
{
    l->status = status;
    enter(l, LIFE_ENDED, CLOCK_NONE);
}

static void start(struct life *l)
{
    l->started_at = l->now;
    l->unhealthy = false;
    enter(l, LIFE_STARTING, CLOCK_NONE);
}

/* Passes the stop signal on. */
static void stop(struct life *l, int64_t timeout)
{
    const struct life_rules *r = l->rules;

    l->orders.pass = r->rewrite[r->stop_signal];
    if (l->orders.pass == 0) /* swallowed when it comes from outside; bad health is not */
        l->orders.pass = (unsigned char)r->stop_signal;
    l->orders.cont = true;
    enter(l, LIFE_STOPPING, timeout);
}

static void kill_all(struct life *l, enum life_phase phase)
{
    l->orders.sweep = SIGKILL;
    enter(l, phase, UNKILLABLE);
}

/* PROGRAM and all that it left are gone. */
static void finish(struct life *l)
{
    if (!l->again) {
        end(l, l->status);
        return;
    }
    l->restarts++;
    l->orders.note = NOTE_RESTARTING;
    enter(l, LIFE_BACKOFF, l->backoff);
}

static bool wants_restart(const struct life *l, bool failed)
{
    const struct life_rules *r = l->rules;

    /* RESTART_ALWAYS is more than RESTART_ON_FAILURE, and so is that with a failure */
    return !l->ending && (r->restart_max == 0 || l->restarts < r->restart_max) &&
           ((l->unhealthy && r->on_unhealthy == HEALTH_RESTART) || r->restart + failed > RESTART_ON_FAILURE);
}

static void exited(struct life *l, unsigned status, bool left)
{
    const struct life_rules *r = l->rules;
    int64_t kill_at = l->phase == LIFE_STOPPING ? l->deadline : CLOCK_NONE;

    if (r->success[status / 8] >> status % 8 & 1)
        status = 0;
    l->again = wants_restart(l, status != 0);
    if (l->unhealthy && status == 0)
        status = STATUS_UNHEALTHY;
    l->status = (int)status;
    if (l->now - l->started_at >= RAN_WELL)
        l->backoff = BACKOFF_FIRST;
    if (!left) {
        finish(l);
    } else if (l->phase == LIFE_KILLING || r->sweep_timeout == 0) {
        kill_all(l, LIFE_PURGING);
    } else {
        l->orders.sweep = SIGTERM;
        l->orders.note = NOTE_SWEEPING;
        enter(l, LIFE_SWEEPING, r->sweep_timeout);
        l->deadline = clock_earlier(l->deadline, kill_at);
    }
}

/* --- health, by the rules of dockerd's monitor --- */

static bool in_start_period(const struct life *l)
{
    return l->verdict == VERDICT_STARTING && l->now - l->started_at < l->rules->start_period;
}

/* Until the next probe, where there is one. */
static void rest(struct life *l)
{
    const struct life_rules *r = l->rules;

    enter(l, LIFE_RUNNING, !r->health ? CLOCK_NONE : in_start_period(l) ? r->start_interval : r->interval);
}

static void probe(struct life *l, enum life_phase phase, int64_t timeout)
{
    enter(l, phase, timeout + PROBE_SLACK);
    l->probing = true;
    l->counts = !in_start_period(l);
}

bool life_would_turn(const struct life *l, bool ok)
{
    if (ok)
        return l->verdict != VERDICT_HEALTHY;
    return l->verdict != VERDICT_UNHEALTHY && l->counts && l->streak + 1 >= l->rules->retries;
}

static void probed(struct life *l, bool ok)
{
    const struct life_rules *r = l->rules;
    bool turns = life_would_turn(l, ok);

    if (ok)
        l->streak = 0;
    else if (l->counts && l->streak < r->retries)
        l->streak++;
    if (turns)
        l->verdict = ok ? VERDICT_HEALTHY : VERDICT_UNHEALTHY;
    rest(l);
    if (!turns || ok || r->on_unhealthy == HEALTH_NONE)
        return;
    l->unhealthy = true;
    l->ending |= r->on_unhealthy == HEALTH_STOP;
    l->orders.note = NOTE_UNHEALTHY;
    if (r->on_unhealthy == HEALTH_KILL)
        kill_all(l, LIFE_KILLING);
    else
        stop(l, r->stop_timeout == CLOCK_NONE ? UNHEALTHY_STOP : r->stop_timeout);
}

/* --- the events --- */

static void begin(struct life *l)
{
    l->again = true;
    l->backoff = BACKOFF_FIRST;
    if (l->rules->wait)
        probe(l, LIFE_WAITING, l->rules->wait_timeout);
    else
        start(l);
}

/* A first start that fails refuses the container. A later one is an exit like any other: nothing is fatal
 * then. */
static void started(struct life *l, int status)
{
    if (status != 0 && l->ran) {
        exited(l, (unsigned)status, false);
    } else if (status != 0) {
        end(l, status);
    } else {
        l->ran = true;
        l->again = false;
        l->streak = 0;
        rest(l);
    }
}

/* While PROGRAM is there. Before and between its runs there is nobody to pass a signal on to: those that
 * would have ended it end the container, the others mean nothing. */
static void signalled(struct life *l, int number)
{
    const struct life_rules *r = l->rules;
    bool stops = number == r->stop_signal;

    if (l->phase >= LIFE_RUNNING) {
        l->orders.pass = r->rewrite[number];
        if (!stops || l->orders.pass == 0)
            return;
        l->ending = l->orders.cont = true;
        if (l->phase > LIFE_DELAYING)
            return;
        l->orders.note = NOTE_STOPPING;
        if (l->phase == LIFE_DELAYING || r->stop_delay == 0) {
            stop(l, r->stop_timeout);
        } else {
            l->orders.pass = l->orders.cont = 0;
            enter(l, LIFE_DELAYING, r->stop_delay);
        }
    } else if (stops || number == SIGTERM || number == SIGINT || number == SIGQUIT || number == SIGHUP) {
        l->again = false;
        if (l->phase <= LIFE_BACKOFF)
            end(l, l->phase == LIFE_WAITING ? STATUS_SIGNAL + number : l->status);
    }
}

static void probe_ended(struct life *l, int value)
{
    if (!l->probing)
        return;
    if (l->phase == LIFE_RUNNING && value < 0)
        rest(l); /* it says nothing of PROGRAM */
    else if (l->phase == LIFE_RUNNING)
        probed(l, value == 0);
    else if (value == 0)
        start(l);
    else
        end(l, STATUS_REFUSED);
}

static void time_is_up(struct life *l)
{
    switch (l->phase) {
    case LIFE_WAITING:
        end(l, STATUS_REFUSED);
        break;
    case LIFE_BACKOFF:
        l->backoff = l->backoff > BACKOFF_MAX / 2 ? BACKOFF_MAX : l->backoff * 2;
        start(l);
        break;
    case LIFE_SWEEPING:
        l->orders.note = NOTE_PURGING;
        kill_all(l, LIFE_PURGING);
        break;
    case LIFE_PURGING:
        finish(l);
        l->orders.note = NOTE_UNKILLABLE;
        break;
    case LIFE_RUNNING:
        if (l->probing)
            probed(l, false);
        else
            probe(l, LIFE_RUNNING, l->rules->timeout);
        break;
    case LIFE_DELAYING:
        stop(l, l->rules->stop_timeout);
        break;
    case LIFE_STOPPING:
        l->orders.note = NOTE_KILLING;
        kill_all(l, LIFE_KILLING);
        break;
    case LIFE_KILLING:
        l->orders.note = NOTE_UNKILLABLE;
        end(l, STATUS_SIGNAL + SIGKILL);
        break;
    case LIFE_NEW:
    case LIFE_STARTING:
    case LIFE_ENDED:
        break;
    }
}

#define IN(phase) (1U << LIFE_##phase)
#define ALIVE     (IN(RUNNING) | IN(DELAYING) | IN(STOPPING) | IN(KILLING))
#define CLEARING  (IN(SWEEPING) | IN(PURGING))

void life_step(struct life *l, enum life_event event, int value, int64_t now)
{
    /* the phases in which an event can happen */
    static const unsigned short heard[] = {
        [LIFE_BEGIN] = IN(NEW),
        [LIFE_STARTED] = IN(STARTING),
        [LIFE_EXITED] = ALIVE,
        [LIFE_LEFT] = ALIVE,
        [LIFE_NOTHING_LEFT] = CLEARING,
        [LIFE_SIGNAL] = IN(WAITING) | IN(BACKOFF) | CLEARING | ALIVE,
        [LIFE_PROBED] = IN(WAITING) | IN(RUNNING),
        [LIFE_TIME] = IN(WAITING) | IN(BACKOFF) | CLEARING | ALIVE,
    };

    l->now = now;
    l->orders = (struct life_orders){0};
    if ((heard[event] >> l->phase & 1) == 0)
        return;
    switch (event) {
    case LIFE_BEGIN:
        begin(l);
        break;
    case LIFE_STARTED:
        started(l, value);
        break;
    case LIFE_EXITED:
    case LIFE_LEFT:
        exited(l, (unsigned)value, event == LIFE_LEFT);
        break;
    case LIFE_NOTHING_LEFT:
        finish(l);
        break;
    case LIFE_SIGNAL:
        signalled(l, value);
        break;
    case LIFE_PROBED:
        probe_ended(l, value);
        break;
    case LIFE_TIME:
        if (l->deadline != CLOCK_NONE && now >= l->deadline)
            time_is_up(l);
        break;
    }
    if (l->phase != LIFE_RUNNING)
        l->verdict = l->again ? VERDICT_STARTING : VERDICT_STOPPING;
}

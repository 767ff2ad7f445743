/* lifecycle: see kinglet/lifecycle.h. Pure: what it does not know it is told by an event.
 *
 * Each phase has one function from an event to what follows. `stop`, `kill_all`, `sweep` and
 * `finish` are the only ways from one part of a life to the next.
 */
#include "kinglet/lifecycle.h"

#include <signal.h>
#include <string.h>

enum {
    BACKOFF_FIRST = 100000,    /* docker's: 100 ms, doubling */
    BACKOFF_MAX = 60000000,    /* to a minute */
    RAN_WELL = 10000000,       /* and back to the first once PROGRAM has run for 10 s */
    UNHEALTHY_STOP = 10000000, /* a stop that no orchestrator watches needs a time-out of its own */
    UNKILLABLE = 2000000,      /* what SIGKILL may take; after that it is not waited for */
    PROBE_SLACK = 1000000,     /* a probe ends by its own deadline; so much later it is killed */
};

struct step {
    const struct life_rules *rules;
    struct life *life;
    int64_t now;
    struct life_orders *orders;
};

void life_rules_init(struct life_rules *rules)
{
    memset(rules, 0, sizeof *rules);
    rules->stop_signal = SIGTERM;
    for (int i = 0; i <= SIGNAL_MAX; i++)
        rules->rewrite[i] = (unsigned char)i;
    rules->stop_timeout = CLOCK_NONE;
}

static int64_t after(int64_t now, int64_t duration)
{
    return duration >= CLOCK_NONE - now ? CLOCK_NONE : now + duration;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void enter(struct step *s, enum life_phase phase, int64_t deadline)
{
    s->life->phase = phase;
    s->life->deadline = deadline;
}

static void publish(struct step *s, enum verdict verdict)
{
    if (s->rules->health && s->life->verdict != verdict) {
        s->life->verdict = verdict;
        s->orders->publish = verdict;
    }
}

static void stop_probing(struct step *s)
{
    s->orders->kill_probe = s->life->probe_until != CLOCK_NONE;
    s->life->probe_until = CLOCK_NONE;
    s->life->probe_at = CLOCK_NONE;
}

static void end(struct step *s, int status)
{
    enter(s, LIFE_ENDED, CLOCK_NONE);
    s->life->status = status;
    s->orders->end = true;
    s->orders->status = status;
}

static void start(struct step *s)
{
    enter(s, LIFE_STARTING, CLOCK_NONE);
    s->life->started_at = s->now;
    s->life->kill_at = CLOCK_NONE;
    s->life->unhealthy = false;
    s->life->again = false;
    s->orders->start = true;
}

/* Passes the stop signal on. */
static void stop(struct step *s, int64_t timeout)
{
    stop_probing(s);
    publish(s, VERDICT_STOPPING);
    s->orders->pass = s->rules->rewrite[s->rules->stop_signal];
    if (s->orders->pass == 0) /* swallowed when it comes from outside; bad health is not */
        s->orders->pass = s->rules->stop_signal;
    s->orders->cont = true;
    s->life->kill_at = after(s->now, timeout);
    enter(s, LIFE_STOPPING, s->life->kill_at);
}

static void kill_all(struct step *s)
{
    stop_probing(s);
    publish(s, VERDICT_STOPPING);
    s->orders->sweep = SIGKILL;
    enter(s, LIFE_KILLING, after(s->now, UNKILLABLE));
}

/* PROGRAM and all that it left are gone. */
static void finish(struct step *s)
{
    struct life *l = s->life;

    if (!l->again || l->ending) {
        end(s, l->status);
        return;
    }
    enter(s, LIFE_BACKOFF, after(s->now, l->backoff));
    s->orders->note = NOTE_RESTARTING;
    s->orders->delay = l->backoff;
    l->backoff = earlier(l->backoff * 2, BACKOFF_MAX);
    if (s->rules->restart_max > 0)
        l->restarts++;
}

static void purge(struct step *s)
{
    s->orders->sweep = SIGKILL;
    enter(s, LIFE_PURGING, after(s->now, UNKILLABLE));
}

static bool wants_restart(const struct step *s, int status)
{
    const struct life_rules *r = s->rules;

    if (s->life->ending || (r->restart_max > 0 && s->life->restarts >= r->restart_max))
        return false;
    if (s->life->unhealthy && r->on_unhealthy == HEALTH_RESTART)
        return true;
    return r->restart == RESTART_ALWAYS || (r->restart == RESTART_ON_FAILURE && status != 0);
}

static void exited(struct step *s, int status, bool left)
{
    struct life *l = s->life;
    bool killed = l->phase == LIFE_KILLING;

    if (s->rules->success[status / 8] >> status % 8 & 1)
        status = 0;
    l->again = wants_restart(s, status);
    if (l->unhealthy && status == 0)
        status = STATUS_UNHEALTHY;
    l->status = status;
    if (s->now - l->started_at >= RAN_WELL)
        l->backoff = BACKOFF_FIRST;
    stop_probing(s);
    publish(s, l->again ? VERDICT_STARTING : VERDICT_STOPPING);
    if (!left) {
        finish(s);
    } else if (killed || s->rules->sweep_timeout == 0) {
        purge(s);
    } else {
        s->orders->sweep = SIGTERM;
        s->orders->note = NOTE_SWEEPING;
        enter(s, LIFE_SWEEPING, earlier(after(s->now, s->rules->sweep_timeout), l->kill_at));
    }
}

/* --- health, by the rules of dockerd's monitor --- */

static bool in_start_period(const struct step *s)
{
    return s->life->verdict == VERDICT_STARTING && s->now - s->life->started_at < s->rules->start_period;
}

static void plan_probe(struct step *s)
{
    s->life->probe_until = CLOCK_NONE;
    s->life->probe_at = after(s->now, in_start_period(s) ? s->rules->start_interval : s->rules->interval);
}

static void probe(struct step *s)
{
    s->life->probe_at = CLOCK_NONE;
    s->life->probe_until = after(s->now, after(s->rules->timeout, PROBE_SLACK));
    s->life->probe_counts = !in_start_period(s);
    s->orders->probe = true;
}

static void became_unhealthy(struct step *s)
{
    const struct life_rules *r = s->rules;

    publish(s, VERDICT_UNHEALTHY);
    if (r->on_unhealthy == HEALTH_NONE)
        return;
    s->life->unhealthy = true;
    s->life->ending = s->life->ending || r->on_unhealthy == HEALTH_STOP;
    if (s->orders->note == NOTE_NONE)
        s->orders->note = NOTE_UNHEALTHY_STOP;
    if (r->on_unhealthy == HEALTH_KILL)
        kill_all(s);
    else
        stop(s, r->stop_timeout == CLOCK_NONE ? UNHEALTHY_STOP : r->stop_timeout);
}

bool life_would_turn(const struct life_rules *rules, const struct life *life, bool ok)
{
    if (ok)
        return life->verdict != VERDICT_HEALTHY;
    return life->verdict != VERDICT_UNHEALTHY && life->probe_counts && life->streak + 1 >= rules->retries;
}

static void probed(struct step *s, bool ok)
{
    struct life *l = s->life;
    bool turns = life_would_turn(s->rules, l, ok);

    l->streak = ok ? 0 : l->probe_counts && l->streak < s->rules->retries ? l->streak + 1 : l->streak;
    if (turns && ok)
        publish(s, VERDICT_HEALTHY);
    plan_probe(s);
    if (turns && !ok)
        became_unhealthy(s);
}

static void health_time(struct step *s)
{
    struct life *l = s->life;

    if (s->now >= l->probe_until) {
        s->orders->note = life_would_turn(s->rules, l, false) ? NOTE_TURNED_BAD : NOTE_OVERRAN;
        probed(s, false);
        s->orders->kill_probe = true;
    } else if (s->now >= l->probe_at) {
        probe(s);
    }
}

/* --- the phases --- */

/* Before and between runs of PROGRAM there is nobody to pass a signal on to: those that
 * would have ended it end the container, the others mean nothing. */
static bool ends_idle_container(const struct step *s, int signal_number)
{
    return signal_number == s->rules->stop_signal || signal_number == SIGTERM || signal_number == SIGINT ||
           signal_number == SIGQUIT || signal_number == SIGHUP;
}

static void waiting(struct step *s, struct life_event e)
{
    bool over = e.kind == LIFE_TIME && s->now >= s->life->deadline;

    if (e.kind == LIFE_PROBED && e.value == 0) {
        s->life->probe_until = CLOCK_NONE;
        start(s);
    } else if (e.kind == LIFE_PROBED || e.kind == LIFE_NOT_PROBED) {
        s->life->probe_until = CLOCK_NONE;
        end(s, STATUS_REFUSED);
    } else if (over) {
        s->orders->note = NOTE_WAIT_OVERRAN;
        stop_probing(s);
        end(s, STATUS_REFUSED);
    } else if (e.kind == LIFE_SIGNAL && ends_idle_container(s, e.value)) {
        stop_probing(s);
        end(s, STATUS_SIGNAL + e.value);
    }
}

static void started(struct step *s)
{
    struct life *l = s->life;

    enter(s, LIFE_RUNNING, CLOCK_NONE);
    l->ran = true;
    l->streak = 0;
    if (s->rules->health) {
        publish(s, VERDICT_STARTING);
        plan_probe(s);
    }
}

/* A first start that fails refuses the container. A later one is an exit like any other: nothing is fatal
 * then. */
static void starting(struct step *s, struct life_event e)
{
    if (e.kind == LIFE_STARTED)
        started(s);
    else if (e.kind == LIFE_NOT_STARTED && !s->life->ran)
        end(s, e.value);
    else if (e.kind == LIFE_NOT_STARTED)
        exited(s, e.value, false);
}

/* RUNNING, DELAYING, STOPPING, KILLING: PROGRAM is there. */
static void alive(struct step *s, struct life_event e)
{
    struct life *l = s->life;
    bool due = e.kind == LIFE_TIME && s->now >= l->deadline;

    if (e.kind == LIFE_EXITED) {
        exited(s, e.value, e.left);
    } else if (e.kind == LIFE_SIGNAL && e.value == s->rules->stop_signal && s->rules->rewrite[e.value] != 0) {
        l->ending = true;
        if (l->phase == LIFE_RUNNING && s->rules->stop_delay > 0) {
            stop_probing(s);
            publish(s, VERDICT_STOPPING);
            s->orders->note = NOTE_STOPPING;
            enter(s, LIFE_DELAYING, after(s->now, s->rules->stop_delay));
        } else if (l->phase == LIFE_RUNNING || l->phase == LIFE_DELAYING) {
            s->orders->note = NOTE_STOPPING;
            stop(s, s->rules->stop_timeout);
        } else {
            s->orders->pass = s->rules->rewrite[e.value];
            s->orders->cont = true;
        }
    } else if (e.kind == LIFE_SIGNAL) {
        s->orders->pass = s->rules->rewrite[e.value];
    } else if (due && l->phase == LIFE_DELAYING) {
        stop(s, s->rules->stop_timeout);
    } else if (due && l->phase == LIFE_STOPPING) {
        s->orders->note = NOTE_KILLING;
        kill_all(s);
    } else if (due && l->phase == LIFE_KILLING) {
        s->orders->note = NOTE_UNKILLABLE;
        end(s, STATUS_SIGNAL + SIGKILL);
    } else if (l->phase == LIFE_RUNNING && e.kind == LIFE_TIME) {
        health_time(s);
    } else if (l->phase == LIFE_RUNNING && l->probe_until != CLOCK_NONE && e.kind == LIFE_PROBED) {
        probed(s, e.value == 0);
    } else if (l->phase == LIFE_RUNNING && l->probe_until != CLOCK_NONE && e.kind == LIFE_NOT_PROBED) {
        plan_probe(s); /* it says nothing of PROGRAM */
    }
}

/* SWEEPING, PURGING: PROGRAM is gone, something it started is not. */
static void clearing(struct step *s, struct life_event e)
{
    struct life *l = s->life;

    if (e.kind == LIFE_NOTHING_LEFT) {
        finish(s);
    } else if (e.kind == LIFE_SIGNAL && ends_idle_container(s, e.value)) {
        l->ending = true;
        publish(s, VERDICT_STOPPING);
    } else if (e.kind == LIFE_TIME && s->now >= l->deadline && l->phase == LIFE_SWEEPING) {
        s->orders->note = NOTE_PURGING;
        purge(s);
    } else if (e.kind == LIFE_TIME && s->now >= l->deadline) {
        finish(s);
        s->orders->note = NOTE_UNKILLABLE;
    }
}

static void backoff(struct step *s, struct life_event e)
{
    if (e.kind == LIFE_TIME && s->now >= s->life->deadline)
        start(s);
    else if (e.kind == LIFE_SIGNAL && ends_idle_container(s, e.value))
        end(s, s->life->status);
}

static void begin(struct step *s)
{
    struct life *l = s->life;

    memset(l, 0, sizeof *l);
    l->kill_at = l->probe_at = l->probe_until = CLOCK_NONE;
    l->backoff = BACKOFF_FIRST;
    publish(s, VERDICT_STARTING);
    if (s->rules->wait) {
        s->orders->wait = true;
        l->probe_until = after(s->now, after(s->rules->wait_timeout, PROBE_SLACK));
        enter(s, LIFE_WAITING, l->probe_until);
    } else {
        start(s);
    }
}

void life_step(const struct life_rules *rules, struct life *life, struct life_event event, int64_t now,
               struct life_orders *orders)
{
    struct step s = {rules, life, now, orders};

    memset(orders, 0, sizeof *orders);
    switch (life->phase) {
    case LIFE_NEW:
        begin(&s);
        break;
    case LIFE_WAITING:
        waiting(&s, event);
        break;
    case LIFE_STARTING:
        starting(&s, event);
        break;
    case LIFE_RUNNING:
    case LIFE_DELAYING:
    case LIFE_STOPPING:
    case LIFE_KILLING:
        alive(&s, event);
        break;
    case LIFE_SWEEPING:
    case LIFE_PURGING:
        clearing(&s, event);
        break;
    case LIFE_BACKOFF:
        backoff(&s, event);
        break;
    case LIFE_ENDED:
        break;
    }
}

int64_t life_deadline(const struct life *life)
{
    return earlier(life->deadline, earlier(life->probe_at, life->probe_until));
}

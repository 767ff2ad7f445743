/* The life of a container, explored.
 *
 * For each of a set of rules every sequence of events that can happen is played, breadth first,
 * states that have been seen before left out, until no new state turns up or the time is over. A small model
 * of the world (is PROGRAM there, is anything left, is a probe running) says which events can happen, and
 * checks each order against what it knows: the promises of a PID 1, as invariants.
 */
#include "kinglet/lifecycle.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { S = 1000000, OTHER_SIGNAL = SIGUSR1, QUANTUM = 3 * S, HORIZON = 90 * S };

struct world {
    struct life life;
    int64_t now;
    bool program, orphans, probe, wait_probe;
    bool owed;   /* a stop signal was accepted and has not reached PROGRAM */
    bool asked;  /* a stop signal has come */
    bool killed; /* SIGKILL has been sent to everything since PROGRAM was started */
    bool ended;
    int status; /* PROGRAM's own last one, -1 before the first */
};

static const char *failure;

#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition) && failure == NULL)                                                                 \
            failure = #condition;                                                                            \
    } while (0)

/* What PID 1 says about PROGRAM is what it does about it. */
static bool verdict_fits(const struct life *l)
{
    switch (l->phase) {
    case LIFE_WAITING:
    case LIFE_STARTING:
        return l->verdict == VERDICT_STARTING;
    case LIFE_RUNNING:
        return l->verdict != VERDICT_STOPPING;
    case LIFE_DELAYING:
    case LIFE_STOPPING:
    case LIFE_KILLING:
        return l->verdict == VERDICT_STOPPING;
    case LIFE_SWEEPING:
    case LIFE_PURGING:
    case LIFE_BACKOFF:
        return l->verdict == (l->again && !l->ending ? VERDICT_STARTING : VERDICT_STOPPING);
    case LIFE_NEW:
    case LIFE_ENDED:
        break;
    }
    return true;
}

static void feed(const struct life_rules *r, struct world *w, enum life_event e, int value)
{
    const struct life *l = &w->life;
    const struct life_orders *o = &l->orders;
    struct life before;
    bool probes, starts_probe;

    if (e == LIFE_EXITED || e == LIFE_LEFT) {
        w->program = false;
        w->status = value;
        w->owed = false;
        w->orphans = e == LIFE_LEFT;
    }
    if (e == LIFE_NOTHING_LEFT)
        w->orphans = false;
    if (e == LIFE_PROBED)
        w->probe = w->wait_probe = false;
    if (e == LIFE_STARTED && value != 0) {
        w->status = value;
    } else if (e == LIFE_STARTED) {
        w->program = true;
        w->killed = false;
    }
    if (e == LIFE_SIGNAL && value == r->stop_signal && (r->rewrite[value] != 0 || !w->program))
        w->asked = true;
    w->life.rules = r;
    before = w->life;
    probes = w->probe || w->wait_probe;
    life_step(&w->life, e, value, w->now);
    starts_probe = l->probing && !probes;
    MUST(!w->ended);
    MUST(o->pass == 0 || w->program);
    MUST(!o->cont || o->pass != 0);
    MUST(o->sweep == 0 || o->sweep == SIGTERM || o->sweep == SIGKILL);
    MUST(o->sweep == 0 || w->program || w->orphans);
    MUST(o->sweep != SIGTERM || !w->program);
    /* a probe that runs is left alone or killed: none takes its place, and its time is its own */
    MUST(!(probes && l->probing) || (l->deadline == before.deadline && l->phase == before.phase));
    MUST(!l->probing || l->phase == LIFE_WAITING || (l->phase == LIFE_RUNNING && r->health && w->program));
    MUST(l->phase != LIFE_STARTING || !w->program);
    MUST(!r->health || verdict_fits(l));
    MUST(!r->health || l->verdict != VERDICT_HEALTHY || before.verdict == VERDICT_HEALTHY ||
         (e == LIFE_PROBED && value == 0));
    MUST(!(l->phase == LIFE_STARTING || starts_probe) || !w->asked);
    MUST(r->restart_max == 0 || l->restarts <= r->restart_max);
    MUST(l->status != STATUS_UNHEALTHY || r->on_unhealthy != HEALTH_NONE);
    MUST(o->note != NOTE_RESTARTING || (l->backoff >= S / 10 && l->backoff <= 60 * S));
    MUST(o->note != NOTE_RESTARTING || (l->phase == LIFE_BACKOFF && l->deadline == w->now + l->backoff));
    if (e == LIFE_SIGNAL && value == r->stop_signal && w->program && r->rewrite[value] != 0)
        w->owed = true;
    if (o->pass != 0 && o->pass == r->rewrite[r->stop_signal])
        w->owed = false;
    if (o->sweep == SIGKILL) {
        w->owed = false;
        w->killed = true;
    }
    w->wait_probe = l->probing && l->phase == LIFE_WAITING;
    w->probe = l->probing && l->phase != LIFE_WAITING;
    if (l->phase == LIFE_ENDED) {
        MUST(!w->program || w->killed);
        MUST(!w->owed);
        MUST(l->status >= 0 && l->status <= 255);
        MUST(l->deadline == CLOCK_NONE);
        MUST(w->program || w->status < 0 || l->status == w->status || r->success[w->status / 8] != 0 ||
             (w->status == 0 && l->status == STATUS_UNHEALTHY));
        w->ended = true;
    }
}

/* When it wants to be woken. */
static int64_t due(const struct life *l)
{
    return l->deadline == CLOCK_NONE ? INT64_MAX : l->deadline;
}

static void pass_time(const struct life_rules *r, struct world *w)
{
    int64_t until = due(&w->life);

    if (until > w->now)
        w->now = until;
    feed(r, w, LIFE_TIME, 0);
    /* a deadline that stays in the past would be a loop that never sleeps */
    for (int i = 0; i < 3 && !w->ended && due(&w->life) <= w->now; i++)
        feed(r, w, LIFE_TIME, 0);
    MUST(w->ended || w->life.phase == LIFE_STARTING || due(&w->life) > w->now);
}

enum { MOVES = 18 };

/* Plays move `m`; returns whether it can happen here. */
static bool play(const struct life_rules *r, struct world *w, int m)
{
    static const int codes[] = {0, 1, STATUS_SIGNAL + SIGKILL};
    bool starting = w->life.phase == LIFE_STARTING;

    if (w->ended)
        return false;
    if (starting && m > 2)
        return false;
    switch (m) {
    case 0:
        if (starting)
            feed(r, w, LIFE_STARTED, 0);
        return starting;
    case 1:
    case 2:
        if (starting)
            feed(r, w, LIFE_STARTED, m == 1 ? STATUS_NOT_FOUND : STATUS_REFUSED);
        return starting;
    case 3:
    case 4:
    case 5:
        if (!w->program)
            return false;
        feed(r, w, w->probe ? LIFE_LEFT : LIFE_EXITED, codes[m - 3]);
        return true;
    case 6:
    case 7:
        if (!w->program)
            return false;
        feed(r, w, LIFE_LEFT, codes[m - 6]);
        return true;
    case 8:
        if (w->program || !w->orphans)
            return false;
        feed(r, w, LIFE_NOTHING_LEFT, 0);
        return true;
    case 9:
        feed(r, w, LIFE_SIGNAL, r->stop_signal);
        return true;
    case 10:
        feed(r, w, LIFE_SIGNAL, OTHER_SIGNAL);
        return true;
    case 11:
        feed(r, w, LIFE_SIGNAL, SIGINT);
        return true;
    case 12:
    case 13:
        if (!w->probe && !w->wait_probe)
            return false;
        feed(r, w, LIFE_PROBED, m - 12);
        return true;
    case 14:
        if (!w->probe && !w->wait_probe)
            return false;
        w->probe = w->wait_probe = false;
        feed(r, w, LIFE_PROBED, -1);
        return true;
    case 15:
        if (w->life.deadline == CLOCK_NONE)
            return false;
        pass_time(r, w);
        return true;
    case 16: /* some time, but not up to a deadline */
        if (due(&w->life) - w->now <= QUANTUM)
            return false;
        w->now += QUANTUM;
        return true;
    case 17: /* an event with nothing due: a spurious wake-up */
        feed(r, w, LIFE_TIME, 0);
        return true;
    default:
        return false;
    }
}

/* The state with all times relative to now, those that make no difference any more made equal. */
static struct world canonical(const struct world *w)
{
    struct world c;

    memset(&c, 0, sizeof c);
    memcpy(&c, w, sizeof c);
    if (c.life.deadline != CLOCK_NONE)
        c.life.deadline -= c.now;
    if (c.life.rules->restart_max == 0)
        c.life.restarts = 0;
    c.life.started_at =
        c.now - c.life.started_at > HORIZON || c.life.started_at == 0 ? HORIZON : c.now - c.life.started_at;
    c.now = c.life.now = 0;
    memset(&c.life.orders, 0, sizeof c.life.orders);
    return c;
}

static uint64_t hash(const void *bytes, size_t len)
{
    const unsigned char *b = bytes;
    uint64_t h = 14695981039346656037U;

    for (size_t i = 0; i < len; i++)
        h = (h ^ b[i]) * 1099511628211U;
    return h ^ h >> 29;
}

/* From here the stop signal and the passing of time must lead to the end: with processes that obey, and,
 * where there is a stop time-out, with processes that obey nothing. */
static void must_end(const struct life_rules *r, struct world w, bool obey)
{
    if (w.life.phase == LIFE_STARTING)
        feed(r, &w, LIFE_STARTED, 0);
    if (!w.ended)
        feed(r, &w, LIFE_SIGNAL, r->stop_signal);
    for (int i = 0; i < 40 && !w.ended; i++) {
        if (obey && w.program && !w.owed && w.life.phase != LIFE_DELAYING)
            feed(r, &w, w.orphans ? LIFE_LEFT : LIFE_EXITED, 0);
        else if (obey && !w.program && w.orphans)
            feed(r, &w, LIFE_NOTHING_LEFT, 0);
        else if (w.life.deadline != CLOCK_NONE)
            pass_time(r, &w);
        else
            break;
    }
    MUST(w.ended);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t all_states, all_transitions;

static void explore(const char *name, const struct life_rules *r)
{
    enum { MAX_STATES = 1 << 20, SLOTS = MAX_STATES * 2 };
    struct node {
        struct world world;
        size_t parent;
        int move, depth;
    } *nodes = calloc(MAX_STATES, sizeof *nodes);
    uint64_t *seen = calloc(SLOTS, sizeof *seen);
    size_t count = 1, transitions = 0;
    double until = seconds() + 4;
    bool complete = true;
    int depth = 0;

    assert_true(nodes != NULL && seen != NULL);
    nodes[0].world.status = -1;
    nodes[0].world.now = 1000 * (int64_t)S;
    feed(r, &nodes[0].world, LIFE_BEGIN, 0);
    for (size_t at = 0; at < count && failure == NULL; at++) {
        if (count + MOVES >= MAX_STATES || ((at & 1023) == 0 && seconds() > until)) {
            complete = false;
            break;
        }
        depth = nodes[at].depth;
        for (int m = 0; m < MOVES; m++) {
            struct world next = nodes[at].world, key;
            uint64_t h;
            size_t slot;
            if (!play(r, &next, m))
                continue;
            transitions++;
            key = canonical(&next);
            h = hash(&key, sizeof key) | 1;
            for (slot = h % SLOTS; seen[slot] != 0 && seen[slot] != h; slot = (slot + 1) % SLOTS)
                continue;
            if (seen[slot] == h && failure == NULL)
                continue;
            seen[slot] = h;
            nodes[count].world = next;
            nodes[count].parent = at;
            nodes[count].move = m;
            nodes[count].depth = depth + 1;
            if (failure == NULL && !next.ended) {
                must_end(r, next, true);
                if (r->stop_timeout != CLOCK_NONE)
                    must_end(r, next, false);
            }
            count++;
            if (failure != NULL)
                break;
        }
    }
    if (failure != NULL) {
        printf("%s: does not hold: %s\n  moves, last first:", name, failure);
        for (size_t n = count - 1; n != 0; n = nodes[n].parent)
            printf(" %d", nodes[n].move);
        printf("\n");
    }
    printf("%-34s %7zu states %8zu transitions, depth %3d%s\n", name, count, transitions, depth,
           complete ? ", all there are" : "");
    all_states += count;
    all_transitions += transitions;
    free(nodes);
    free(seen);
    assert_null(failure);
}

static struct life_rules plain(void)
{
    struct life_rules r;

    memset(&r, 0, sizeof r);
    life_rules_init(&r);
    r.stop_signal = SIGTERM;
    r.stop_timeout = CLOCK_NONE;
    r.sweep_timeout = 2 * S;
    return r;
}

static struct life_rules with_health(enum health_action action)
{
    struct life_rules r = plain();

    r.health = true;
    r.interval = 5 * S;
    r.timeout = 1 * S;
    r.retries = 2;
    r.start_period = 7 * S;
    r.start_interval = 1 * S;
    r.on_unhealthy = action;
    return r;
}

static void test_explore(void **state)
{
    struct life_rules r = plain();

    (void)state;
    explore("plain", &r);
    r.stop_delay = 2 * S;
    explore("stop delay", &r);
    r.stop_timeout = 3 * S;
    explore("stop delay and time-out", &r);
    r.wait = true;
    r.wait_timeout = 5 * S;
    explore("the same, and dependencies", &r);
    r = plain();
    r.sweep_timeout = 0;
    r.stop_timeout = 0;
    explore("no patience", &r);
    r = plain();
    r.rewrite[SIGTERM] = SIGQUIT;
    r.rewrite[OTHER_SIGNAL] = 0;
    explore("rewritten stop signal", &r);
    r = plain();
    r.restart = RESTART_ALWAYS;
    r.stop_timeout = 3 * S;
    explore("restart always", &r);
    r.stop_delay = 2 * S;
    r.restart = RESTART_ON_FAILURE;
    r.restart_max = 2;
    explore("restart on-failure:2, stop delay", &r);
    r = with_health(HEALTH_NONE);
    explore("health", &r);
    r.stop_delay = 2 * S;
    r.stop_timeout = 3 * S;
    explore("health, stop delay and time-out", &r);
    r = with_health(HEALTH_STOP);
    explore("health, stop", &r);
    r = with_health(HEALTH_KILL);
    explore("health, kill", &r);
    r.restart = RESTART_ON_FAILURE;
    r.restart_max = 2;
    explore("health, kill, on-failure:2", &r);
    r = with_health(HEALTH_RESTART);
    r.restart_max = 2;
    r.restart = RESTART_ON_FAILURE;
    explore("health, restart, on-failure:2", &r);
    r.stop_timeout = 3 * S;
    r.wait = true;
    r.wait_timeout = 5 * S;
    r.restart = RESTART_ALWAYS;
    r.restart_max = 0;
    explore("everything", &r);
    printf("%zu states, %zu transitions\n", all_states, all_transitions);
}

/* --- the particular promises, one by one --- */

static struct world begun(const struct life_rules *r)
{
    struct world w;

    memset(&w, 0, sizeof w);
    w.now = 1000 * (int64_t)S;
    w.status = -1;
    failure = NULL;
    feed(r, &w, LIFE_BEGIN, 0);
    if (w.life.phase == LIFE_STARTING)
        feed(r, &w, LIFE_STARTED, 0);
    return w;
}

/* What has become of it. */
static struct life give(const struct life_rules *r, struct world *w, enum life_event kind, int value)
{
    w->life.rules = r;
    life_step(&w->life, kind, value, w->now);
    return w->life;
}

static void test_second_stop_signal_ends_the_delay(void **state)
{
    struct life_rules r = plain();
    struct world w;
    struct life o;

    (void)state;
    r.stop_delay = 60 * S;
    w = begun(&r);
    assert_int_equal(give(&r, &w, LIFE_SIGNAL, SIGTERM).orders.pass, 0);
    assert_int_equal(w.life.phase, LIFE_DELAYING);
    assert_int_equal(give(&r, &w, LIFE_SIGNAL, SIGUSR2).orders.pass, SIGUSR2);
    o = give(&r, &w, LIFE_SIGNAL, SIGTERM);
    assert_int_equal(o.orders.pass, SIGTERM);
    assert_true(o.orders.cont);
}

static void test_backoff_is_dockers(void **state)
{
    static const int64_t want[] = {100000,  200000,   400000,   800000,   1600000,  3200000,
                                   6400000, 12800000, 25600000, 51200000, 60000000, 60000000};
    struct life_rules r = plain();
    struct world w;

    (void)state;
    r.restart = RESTART_ALWAYS;
    w = begun(&r);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct life o = give(&r, &w, LIFE_EXITED, 0);
        assert_int_equal(o.orders.note, NOTE_RESTARTING);
        assert_int_equal(w.life.deadline - w.now, want[i]);
        w.now = w.life.deadline;
        assert_int_equal(give(&r, &w, LIFE_TIME, 0).phase, LIFE_STARTING);
        give(&r, &w, LIFE_STARTED, 0);
    }
    w.now += 10 * S;
    give(&r, &w, LIFE_EXITED, 0);
    assert_int_equal(w.life.deadline - w.now, 100000);
}

static void test_restart_max_then_own_status(void **state)
{
    struct life_rules r = plain();
    struct world w;

    (void)state;
    r.restart = RESTART_ON_FAILURE;
    r.restart_max = 3;
    w = begun(&r);
    for (int i = 0; i < 3; i++) {
        assert_int_not_equal(give(&r, &w, LIFE_EXITED, 7).phase, LIFE_ENDED);
        w.now = w.life.deadline;
        assert_int_equal(give(&r, &w, LIFE_TIME, 0).phase, LIFE_STARTING);
        give(&r, &w, LIFE_STARTED, 0);
    }
    struct life o = give(&r, &w, LIFE_EXITED, 7);
    assert_int_equal(o.phase, LIFE_ENDED);
    assert_int_equal(o.status, 7);
}

static void test_success_code_counts_as_zero(void **state)
{
    struct life_rules r = plain();
    struct world w;

    (void)state;
    r.success[143 / 8] |= 1U << 143 % 8;
    r.restart = RESTART_ON_FAILURE;
    w = begun(&r);
    struct life o = give(&r, &w, LIFE_EXITED, 143);
    assert_int_equal(o.phase, LIFE_ENDED);
    assert_int_equal(o.status, 0);
}

static void test_failures_in_the_start_period_do_not_count(void **state)
{
    struct life_rules r = with_health(HEALTH_STOP);
    struct world w = begun(&r);

    (void)state;
    /* 7 s at an interval of 1 s: six failures, none of which counts */
    while (w.now - w.life.started_at < r.start_period - r.start_interval) {
        w.now = w.life.deadline;
        assert_true(give(&r, &w, LIFE_TIME, 0).probing);
        assert_int_equal(give(&r, &w, LIFE_PROBED, 1).verdict, VERDICT_STARTING);
        assert_int_equal(w.life.streak, 0);
    }
    /* the first success ends the grace */
    w.now = w.life.deadline;
    give(&r, &w, LIFE_TIME, 0);
    assert_int_equal(give(&r, &w, LIFE_PROBED, 0).verdict, VERDICT_HEALTHY);
    assert_int_equal(w.life.deadline - w.now, r.interval);
    for (int i = 0; i < 2; i++) {
        w.now = w.life.deadline;
        give(&r, &w, LIFE_TIME, 0);
        assert_int_equal(life_would_turn(&w.life, false), i == 1);
        struct life o = give(&r, &w, LIFE_PROBED, 1);
        assert_int_equal(o.orders.pass, i == 1 ? SIGTERM : 0);
    }
    assert_int_equal(w.life.deadline - w.now, 10 * S);
    struct life o = give(&r, &w, LIFE_EXITED, 0);
    assert_int_equal(o.phase, LIFE_ENDED);
    assert_int_equal(o.status, STATUS_UNHEALTHY);
}

/* A PROGRAM that has vanished exits with 127 as often as it is started; the pause grows all the same. */
static void test_backoff_grows_over_starts_that_fail(void **state)
{
    struct life_rules r = plain();
    struct world w;
    int64_t pause = 0;

    (void)state;
    r.restart = RESTART_ON_FAILURE;
    w = begun(&r);
    give(&r, &w, LIFE_EXITED, 1);
    for (int i = 0; i < 12; i++) {
        assert_true(w.life.deadline - w.now >= pause);
        pause = w.life.deadline - w.now;
        w.now = w.life.deadline;
        assert_int_equal(give(&r, &w, LIFE_TIME, 0).phase, LIFE_STARTING);
        give(&r, &w, LIFE_STARTED, STATUS_NOT_FOUND);
    }
    assert_int_equal(pause, 60 * S);
}

/* Plays probes that fail until the verdict has been acted upon; returns those orders. */
static struct life fall_ill(const struct life_rules *r, struct world *w)
{
    struct life o;

    do {
        w->now = w->life.deadline;
        give(r, w, LIFE_TIME, 0);
        o = give(r, w, LIFE_PROBED, 1);
    } while (w->life.phase == LIFE_RUNNING && w->life.verdict != VERDICT_UNHEALTHY);
    return o;
}

static void test_health_restart(void **state)
{
    struct life_rules r = with_health(HEALTH_RESTART);
    struct world w;
    struct life o;

    (void)state;
    r.restart_max = 2;
    w = begun(&r);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fall_ill(&r, &w).orders.pass, SIGTERM);
        o = give(&r, &w, LIFE_EXITED, 0);
        assert_int_not_equal(o.phase, LIFE_ENDED);
        assert_int_equal(o.verdict, VERDICT_STARTING);
        assert_int_equal(o.orders.note, NOTE_RESTARTING);
        w.now = w.life.deadline;
        assert_int_equal(give(&r, &w, LIFE_TIME, 0).phase, LIFE_STARTING);
        give(&r, &w, LIFE_STARTED, 0);
        /* the start period is a new one, and no failure of the last run counts */
        assert_int_equal(w.life.deadline - w.now, r.start_interval);
        assert_int_equal(w.life.streak, 0);
    }
    fall_ill(&r, &w);
    o = give(&r, &w, LIFE_EXITED, 0);
    assert_int_equal(o.phase, LIFE_ENDED);
    assert_int_equal(o.status, STATUS_UNHEALTHY);
}

static void test_stop_signal_wins_over_health_restart(void **state)
{
    struct life_rules r = with_health(HEALTH_RESTART);
    struct world w = begun(&r);
    struct life o;

    (void)state;
    fall_ill(&r, &w);
    assert_int_equal(give(&r, &w, LIFE_SIGNAL, SIGTERM).orders.pass, SIGTERM);
    assert_int_equal(give(&r, &w, LIFE_EXITED, 5).phase, LIFE_ENDED);
    w = begun(&r); /* and while what PROGRAM left is swept */
    fall_ill(&r, &w);
    o = give(&r, &w, LIFE_LEFT, 0);
    assert_int_equal(o.verdict, VERDICT_STARTING);
    assert_int_equal(give(&r, &w, LIFE_SIGNAL, SIGTERM).verdict, VERDICT_STOPPING);
    assert_int_equal(give(&r, &w, LIFE_NOTHING_LEFT, 0).phase, LIFE_ENDED);
}

static void test_health_stop_and_kill(void **state)
{
    struct life_rules r = with_health(HEALTH_STOP);
    struct world w;
    struct life o;

    (void)state;
    r.restart = RESTART_ALWAYS; /* which is PROGRAM's; this ends the container */
    w = begun(&r);
    o = fall_ill(&r, &w);
    assert_int_equal(o.verdict, VERDICT_STOPPING);
    assert_int_equal(o.orders.pass, SIGTERM);
    o = give(&r, &w, LIFE_EXITED, 7);
    assert_int_equal(o.phase, LIFE_ENDED);
    assert_int_equal(o.status, 7);
    r = with_health(HEALTH_KILL);
    w = begun(&r);
    o = fall_ill(&r, &w);
    assert_int_equal(o.orders.sweep, SIGKILL);
    assert_int_equal(o.orders.pass, 0);
    o = give(&r, &w, LIFE_EXITED, STATUS_SIGNAL + SIGKILL);
    assert_int_equal(o.phase, LIFE_ENDED);
    assert_int_equal(o.status, STATUS_SIGNAL + SIGKILL);
}

/* From the end of a probe, not from its start; and a failure that began in the start period does not count
 * when it comes later. */
static void test_interval_counts_from_the_end_of_a_probe(void **state)
{
    struct life_rules r = with_health(HEALTH_NONE);
    struct world w;

    (void)state;
    r.timeout = 4 * S;
    w = begun(&r);
    assert_int_equal(w.life.verdict, VERDICT_STARTING);
    while (w.now - w.life.started_at < r.start_period - r.start_interval) {
        w.now = w.life.deadline;
        assert_true(give(&r, &w, LIFE_TIME, 0).probing);
        w.now += 3 * S;
        give(&r, &w, LIFE_PROBED, 1);
        assert_int_equal(w.life.streak, 0);
    }
    assert_int_equal(w.life.deadline - w.now, r.interval);
    w.now = w.life.deadline;
    give(&r, &w, LIFE_TIME, 0);
    w.now += 2 * S;
    give(&r, &w, LIFE_PROBED, 1);
    assert_int_equal(w.life.streak, 1);
    assert_int_equal(w.life.deadline - w.now, r.interval);
}

static void test_supervision_is_told_from_the_beginning(void **state)
{
    struct life_rules r = with_health(HEALTH_NONE);
    struct life life;

    (void)state;
    for (int wait = 0; wait < 2; wait++) {
        r.wait = wait;
        r.wait_timeout = S;
        memset(&life, 0, sizeof life);
        life.rules = &r;
        life_step(&life, LIFE_BEGIN, 0, S);
        assert_int_equal(life.verdict, VERDICT_STARTING);
    }
}

static void test_stop_signal_wins_over_restart(void **state)
{
    struct life_rules r = plain();
    struct world w;
    struct life o;

    (void)state;
    r.restart = RESTART_ALWAYS;
    w = begun(&r);
    give(&r, &w, LIFE_EXITED, 3);
    o = give(&r, &w, LIFE_SIGNAL, SIGTERM);
    assert_int_equal(o.phase, LIFE_ENDED);
    assert_int_equal(o.status, 3);
    w = begun(&r);
    give(&r, &w, LIFE_SIGNAL, SIGTERM);
    assert_int_equal(give(&r, &w, LIFE_EXITED, 0).phase, LIFE_ENDED);
}

static void test_probe_that_overruns_is_killed_and_counts(void **state)
{
    struct life_rules r = with_health(HEALTH_NONE);
    struct world w;

    (void)state;
    r.start_period = 0;
    w = begun(&r);
    for (int i = 0; i < 2; i++) {
        w.now = w.life.deadline;
        assert_true(give(&r, &w, LIFE_TIME, 0).probing);
        w.now = w.life.deadline;
        struct life o = give(&r, &w, LIFE_TIME, 0);
        assert_false(o.probing);
        assert_int_equal(o.verdict, i == 0 ? VERDICT_STARTING : VERDICT_UNHEALTHY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_explore),
        cmocka_unit_test(test_second_stop_signal_ends_the_delay),
        cmocka_unit_test(test_backoff_is_dockers),
        cmocka_unit_test(test_restart_max_then_own_status),
        cmocka_unit_test(test_success_code_counts_as_zero),
        cmocka_unit_test(test_failures_in_the_start_period_do_not_count),
        cmocka_unit_test(test_backoff_grows_over_starts_that_fail),
        cmocka_unit_test(test_health_restart),
        cmocka_unit_test(test_stop_signal_wins_over_health_restart),
        cmocka_unit_test(test_health_stop_and_kill),
        cmocka_unit_test(test_interval_counts_from_the_end_of_a_probe),
        cmocka_unit_test(test_supervision_is_told_from_the_beginning),
        cmocka_unit_test(test_stop_signal_wins_over_restart),
        cmocka_unit_test(test_probe_that_overruns_is_killed_and_counts),
    };

    return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}

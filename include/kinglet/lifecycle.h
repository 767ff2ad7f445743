/* lifecycle: the life of a container as a pure state machine.
 *
 * (rules, state, event, time) to orders: no system call, no clock, no allocation. Whatever is
 * decided about starting, stopping, restarting, health and the end is decided here and nowhere
 * else; supervise performs the orders and reports events. Times are microseconds of one monotonic
 * clock; a deadline that never comes is CLOCK_NONE.
 */
#ifndef KINGLET_LIFECYCLE_H
#define KINGLET_LIFECYCLE_H

#include "kinglet/clock.h"
#include "kinglet/signals.h"
#include "kinglet/status.h"

#include <stdbool.h>
#include <stdint.h>

enum restart_policy { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };
enum health_action { HEALTH_NONE, HEALTH_STOP, HEALTH_RESTART, HEALTH_KILL };
enum verdict { VERDICT_NONE, VERDICT_STARTING, VERDICT_HEALTHY, VERDICT_UNHEALTHY, VERDICT_STOPPING };

/* What never changes while the container lives. */
struct life_rules {
    int stop_signal;                       /* what asks for a stop */
    unsigned char rewrite[SIGNAL_MAX + 1]; /* what to pass on for each signal; 0 drops it */
    unsigned char success[256 / 8];        /* bit set: this exit code counts as 0 */
    int64_t stop_delay;                    /* keep serving so long after the stop signal */
    int64_t stop_timeout;                  /* from passing it on to SIGKILL; CLOCK_NONE: never */
    int64_t sweep_timeout;                 /* what stragglers get between SIGTERM and SIGKILL */
    bool wait;                             /* dependencies are waited for before the start */
    int64_t wait_timeout;
    enum restart_policy restart;
    unsigned restart_max; /* 0: no limit */
    bool health;          /* PROGRAM's health is supervised, by the five that follow (dockerd's rules) */
    int64_t interval, timeout, start_period, start_interval;
    unsigned retries;
    enum health_action on_unhealthy;
};

/* A rule set in which nothing is rewritten, no code remapped, and nothing is supervised. */
void life_rules_init(struct life_rules *rules);

enum life_phase {
    LIFE_NEW,
    LIFE_WAITING,  /* for dependencies; PROGRAM not started */
    LIFE_STARTING, /* the order to start is out */
    LIFE_RUNNING,
    LIFE_DELAYING, /* a stop was asked for; PROGRAM serves on */
    LIFE_STOPPING, /* the stop signal has been passed on */
    LIFE_KILLING,  /* everything has been sent SIGKILL; PROGRAM not reaped yet */
    LIFE_SWEEPING, /* PROGRAM is gone, stragglers have been asked to stop */
    LIFE_PURGING,  /* stragglers have been sent SIGKILL */
    LIFE_BACKOFF,  /* before PROGRAM is started again */
    LIFE_ENDED,
};

struct life {
    enum life_phase phase;
    int64_t deadline; /* of the phase */
    int64_t kill_at;  /* when a stop in progress turns into SIGKILL */
    bool ending;      /* no restart any more */
    bool unhealthy;   /* the stop in progress was ordered for bad health */
    bool again;       /* PROGRAM is to be started again after the sweep */
    bool ran;         /* PROGRAM has been started at least once */
    int status;       /* what to report, once PROGRAM has exited */
    int64_t started_at;
    int64_t backoff; /* the next one */
    unsigned restarts;
    enum verdict verdict;
    unsigned streak;     /* failures in a row that count */
    int64_t probe_at;    /* the next probe, or CLOCK_NONE */
    int64_t probe_until; /* when the running probe is killed; CLOCK_NONE: none runs */
    bool probe_counts;   /* whether the running probe's failure will count */
};

enum life_event_kind {
    LIFE_BEGIN,
    LIFE_STARTED,      /* the order to start has been carried out */
    LIFE_NOT_STARTED,  /* it could not be; `value` is the status to report */
    LIFE_EXITED,       /* PROGRAM has been reaped; `value` is its status, 0 to 255 */
    LIFE_NOTHING_LEFT, /* there is no child any more */
    LIFE_SIGNAL,       /* `value` has come for the container */
    LIFE_PROBED,       /* the probe ended; `value` is 0 for healthy */
    LIFE_NOT_PROBED,   /* it could not be started */
    LIFE_TIME,         /* time has passed */
};

struct life_event {
    enum life_event_kind kind;
    int value;
    bool left; /* LIFE_EXITED: children are left */
};

/* What happened that a log should tell. */
enum life_note {
    NOTE_NONE,
    NOTE_OVERRAN,    /* a probe was killed at its deadline */
    NOTE_TURNED_BAD, /* the same, and by it the verdict became unhealthy */
    NOTE_STOPPING,
    NOTE_UNHEALTHY_STOP, /* acting on bad health */
    NOTE_KILLING,        /* the stop time-out has passed */
    NOTE_SWEEPING,       /* stragglers are asked to stop */
    NOTE_PURGING,        /* stragglers are killed */
    NOTE_UNKILLABLE,     /* something outlives SIGKILL; the end does not wait for it */
    NOTE_RESTARTING,     /* `delay` says when */
    NOTE_WAIT_OVERRAN,
};

/* Orders, to be carried out in the order of these fields. */
struct life_orders {
    enum verdict publish; /* VERDICT_NONE: as it is */
    bool kill_probe;      /* and forget it: it is an orphan from now on */
    int pass;             /* a signal for PROGRAM, 0: none */
    bool cont;            /* SIGCONT behind it, so that a stopped process can obey */
    int sweep;            /* SIGTERM or SIGKILL for everything that is left, 0: none */
    bool wait;            /* start the probe of the dependencies */
    bool probe;           /* start a probe of PROGRAM's health */
    bool start;           /* start PROGRAM, and tell by LIFE_STARTED or LIFE_NOT_STARTED */
    bool end;             /* end with `status` */
    int status;
    enum life_note note;
    int64_t delay;
};

/* One step. `orders` is overwritten. */
void life_step(const struct life_rules *rules, struct life *life, struct life_event event, int64_t now,
               struct life_orders *orders);

/* When LIFE_TIME is due, or CLOCK_NONE. */
int64_t life_deadline(const struct life *life);

/* Whether the verdict would change if the running probe ended with `ok`: what the probe, which
 * knows the reason, is to say. */
bool life_would_turn(const struct life_rules *rules, const struct life *life, bool ok);

#endif

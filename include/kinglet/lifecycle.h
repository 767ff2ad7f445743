/* lifecycle: the life of a container as a pure state machine.
 *
 * (state, event, time) to the next state and orders: no system call, no clock, no allocation. Whatever is
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
enum verdict { VERDICT_STARTING, VERDICT_HEALTHY, VERDICT_UNHEALTHY, VERDICT_STOPPING };

/* What never changes while the container lives. */
struct life_rules {
    int64_t stop_delay;    /* keep serving so long after the stop signal */
    int64_t stop_timeout;  /* from passing it on to SIGKILL; CLOCK_NONE: never */
    int64_t sweep_timeout; /* what stragglers get between SIGTERM and SIGKILL */
    int64_t wait_timeout;
    int64_t interval, timeout, start_period, start_interval; /* of probes (dockerd's rules) */
    unsigned retries;
    unsigned on_unhealthy;                 /* enum health_action */
    unsigned restart_max;                  /* 0: no limit */
    int stop_signal;                       /* what asks for a stop */
    bool wait;                             /* dependencies are waited for before the start */
    bool health;                           /* PROGRAM's health is supervised */
    unsigned char restart;                 /* enum restart_policy */
    unsigned char rewrite[SIGNAL_MAX + 1]; /* what to pass on for each signal; 0 drops it */
    unsigned char success[256 / 8];        /* bit set: this exit code counts as 0 */
};

/* Nothing is rewritten. */
void life_rules_init(struct life_rules *rules);

enum life_phase {
    LIFE_NEW,
    LIFE_WAITING,  /* for dependencies; PROGRAM not started */
    LIFE_BACKOFF,  /* before PROGRAM is started again */
    LIFE_STARTING, /* PROGRAM is to be started, which LIFE_STARTED answers */
    LIFE_SWEEPING, /* PROGRAM is gone, stragglers have been asked to stop */
    LIFE_PURGING,  /* stragglers have been sent SIGKILL */
    LIFE_RUNNING,
    LIFE_DELAYING, /* a stop was asked for; PROGRAM serves on */
    LIFE_STOPPING, /* the stop signal has been passed on */
    LIFE_KILLING,  /* everything has been sent SIGKILL; PROGRAM not reaped yet */
    LIFE_ENDED,    /* with `status` */
};

/* What happened that a log should tell. */
enum life_note {
    NOTE_NONE,
    NOTE_STOPPING,
    NOTE_SWEEPING,   /* stragglers are asked to stop */
    NOTE_PURGING,    /* stragglers are killed */
    NOTE_KILLING,    /* the stop time-out has passed */
    NOTE_UNKILLABLE, /* something outlives SIGKILL; the end does not wait for it */
    NOTE_RESTARTING, /* after `backoff` */
    NOTE_UNHEALTHY,  /* acting on bad health */
};

/* To be carried out once, in the order of these fields. */
struct life_orders {
    unsigned char note;  /* enum life_note */
    unsigned char pass;  /* a signal for PROGRAM, 0: none */
    bool cont;           /* SIGCONT behind it, so that a stopped process can obey */
    unsigned char sweep; /* SIGTERM or SIGKILL for everything that is left, 0: none */
};

/* Zeroed but for the rules it is LIFE_NEW. */
struct life {
    const struct life_rules *rules;
    int64_t now;      /* of the last step */
    int64_t deadline; /* of the phase, or of its probe: when LIFE_TIME is due */
    int64_t started_at;
    int64_t backoff; /* the next one */
    enum life_phase phase : 8;
    enum verdict verdict : 8; /* to be published where health is supervised */
    struct life_orders orders;
    bool probing;   /* a probe is to be running: of the dependencies while waiting, of PROGRAM afterwards */
    bool counts;    /* whether that probe's failure will count */
    bool ending;    /* no restart any more */
    bool unhealthy; /* the stop in progress was ordered for bad health */
    bool again;     /* PROGRAM is to be started, the first time or once more */
    bool ran;       /* PROGRAM has been started at least once */
    int status;     /* what to report, once PROGRAM has exited */
    unsigned restarts;
    unsigned streak; /* failures in a row that count */
};

enum life_event {
    LIFE_BEGIN,
    LIFE_STARTED,      /* PROGRAM has been started; or could not be, and `value` is the status to report */
    LIFE_EXITED,       /* PROGRAM has been reaped, and nothing is left; `value` is its status, 0 to 255 */
    LIFE_LEFT,         /* the same, but there are other children */
    LIFE_NOTHING_LEFT, /* there is no child any more */
    LIFE_SIGNAL,       /* `value` has come for the container */
    LIFE_PROBED,       /* the probe ended; `value` is 0 for healthy, negative where it could not be started */
    LIFE_TIME,         /* time has passed */
};

/* One step. An event that cannot happen in this phase changes nothing. */
void life_step(struct life *life, enum life_event event, int value, int64_t now);

/* Whether the verdict would change if the running probe ended with `ok`: what the probe, which
 * knows the reason, is to say. */
bool life_would_turn(const struct life *life, bool ok);

#endif

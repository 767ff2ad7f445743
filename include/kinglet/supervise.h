/* supervise: the loop that waits for signals and deadlines, feeds the lifecycle and performs
 * what it orders.
 *
 * It decides nothing, and after PROGRAM has been started nothing that happens here ends the
 * process but the lifecycle's own order. It reads no byte that came over a network: probes are
 * forked children, and their exit status is the verdict.
 */
#ifndef KINGLET_SUPERVISE_H
#define KINGLET_SUPERVISE_H

#include "kinglet/launch.h"
#include "kinglet/lifecycle.h"
#include "kinglet/probe.h"

/* What is to be done, and how far it is. */
struct supervise_plan {
    struct life life; /* its rules are given */
    pid_t program;    /* 0: none */
    pid_t probe;      /* 0: none that counts */
    int64_t settle_at;
    bool group;       /* signals go to PROGRAM's process group */
    bool pid1;        /* we are PID 1 of this namespace */
    bool tell_reaped; /* a warning for each orphan */
    bool leave;       /* what PROGRAM leaves is not swept, but for its session, which is asked to stop */
    bool suspend;     /* stop ourselves too when a terminal, or a shell, stops PROGRAM through us */
    const struct probe_plan *health;
    const struct probe_plan *wait;
    struct launch launch;
};

/* Makes the verdict this process's name, which as /proc/1/comm everybody can read and, by the kernel's rule
 * (proc(5)), nobody else can write. */
void supervise_publish(enum verdict verdict);

/* Runs the container's life, which is LIFE_NEW. All signals are blocked (launch_block_signals). Returns the
 * exit status. */
int supervise(struct supervise_plan *s);

#endif

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

struct supervise_plan {
    struct launch launch;
    bool group;       /* signals go to PROGRAM's process group */
    bool pid1;        /* we are PID 1 of this namespace */
    bool tell_reaped; /* a warning for each orphan */
    bool leave;       /* what PROGRAM leaves is not swept, but for its session, which is asked to stop */
    bool suspend;     /* stop ourselves too when a terminal, or a shell, stops PROGRAM through us */
    const struct probe_plan *health;
    const struct probe_plan *wait;
    struct life_rules rules;
};

/* Makes the verdict this process's name, which as /proc/1/comm everybody can read and, by the kernel's rule
 * (proc(5)), nobody else can write. */
void supervise_publish(enum verdict verdict);

/* Runs the container's life. All signals are blocked (launch_block_signals). Returns the exit status. */
int supervise(const struct supervise_plan *plan);

#endif

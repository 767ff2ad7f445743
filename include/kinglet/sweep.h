/* sweep: signals for all that is left of a container's processes. */
#ifndef KINGLET_SWEEP_H
#define KINGLET_SWEEP_H

#include <stdbool.h>

/* Sends `signal_number` to every process but ourselves: as PID 1 to the whole PID namespace (kill(2), -1);
 * otherwise to our descendants, by /proc, since others live in that namespace too. SIGCONT
 * follows, so that a stopped process can obey. A process that cannot be signalled is passed over. */
void sweep_signal(bool pid1, int signal_number);

#endif

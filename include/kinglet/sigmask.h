/* sigmask: blocking and waiting for signals, all 64 of them.
 *
 * The C library's sigfillset(3) leaves out the first real-time signals, which it uses for its threads. We
 * have no threads, and a signal that is not blocked in PID 1 is lost; so these are the system calls
 * themselves (sigprocmask(2), rt_sigtimedwait(2)), with the kernel's mask of eight bytes.
 */
#ifndef KINGLET_SIGMASK_H
#define KINGLET_SIGMASK_H

#include <stdint.h>

struct sigmask {
    unsigned long word[8 / sizeof(unsigned long)];
};

/* Blocks every signal; what was blocked before goes to *before. */
void sigmask_block_all(struct sigmask *before);

/* Makes `mask` the mask. Safe after vfork(2). */
void sigmask_set(const struct sigmask *mask);

/* Takes one pending signal, waiting until `deadline` (of clock.h; CLOCK_NONE: for ever) where there is none.
 * Returns it; or 0 once the deadline has passed, for nothing (EINTR), or for a SIGPIPE of our own. All
 * signals must be blocked. */
int sigmask_wait(int64_t deadline);

#endif

/* sigmask: see kinglet/sigmask.h. */
#include "kinglet/sigmask.h"

#include "kinglet/clock.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fill(struct sigmask *mask)
{
    memset(mask, 0xFF, sizeof *mask);
}

void sigmask_block_all(struct sigmask *before)
{
    struct sigmask all;

    fill(&all);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, before, sizeof all);
}

void sigmask_set(const struct sigmask *mask)
{
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, sizeof *mask);
}

int sigmask_wait(int64_t deadline)
{
    struct sigmask all;
    siginfo_t info;
    long timeout[2]; /* the kernel's own timespec for this call, on 32 bits too */
    long taken;

    fill(&all);
    if (deadline != CLOCK_NONE) {
        int64_t left = deadline - clock_us();
        if (left < 0)
            left = 0;
        timeout[0] = (long)(left / 1000000);
        timeout[1] = (long)(left % 1000000 * 1000);
    }
    taken = syscall(SYS_rt_sigtimedwait, &all, &info, deadline == CLOCK_NONE ? NULL : timeout, sizeof all);
    /* The SIGPIPE of a line that we wrote to a closed standard error is nobody's but ours. */
    return taken <= 0 || (taken == SIGPIPE && info.si_pid == getpid()) ? 0 : (int)taken;
}

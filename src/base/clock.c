/* clock: see kinglet/clock.h. The system call itself: the C library's function parses the vDSO first, which
 * costs more than the few calls that we make. */
#include "kinglet/clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t read_clock(int clock)
{
#ifdef SYS_clock_gettime64 /* 32 bits: the call of this name has 64-bit fields (y2038) */
    int64_t now[2] = {0, 0};
    long before_2038[2] = {0, 0};
    /* not there before Linux 5.1, and refused by seccomp profiles older than that: a clock that stands would
     * hold every deadline up */
    if (syscall(SYS_clock_gettime64, clock, now) != 0) {
        syscall(SYS_clock_gettime32, clock, before_2038);
        now[0] = before_2038[0];
        now[1] = before_2038[1];
    }
#else
    long now[2] = {0, 0};
    syscall(SYS_clock_gettime, clock, now);
#endif
    return (int64_t)now[0] * 1000000 + (int64_t)now[1] / 1000;
}

int64_t clock_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

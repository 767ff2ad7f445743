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
    syscall(SYS_clock_gettime64, clock, now);
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

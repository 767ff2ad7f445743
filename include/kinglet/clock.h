/* clock: the monotonic clock, in microseconds. Every deadline and duration in this
 * program is an int64_t of microseconds; CLOCK_NONE is a deadline that never comes. */
#ifndef KINGLET_CLOCK_H
#define KINGLET_CLOCK_H

#include <stdint.h>

#define CLOCK_NONE INT64_C(-1)

/* The earlier deadline: as an unsigned number CLOCK_NONE is later than all others. */
static inline int64_t clock_earlier(int64_t a, int64_t b)
{
    return (uint64_t)a < (uint64_t)b ? a : b;
}

/* Microseconds since some fixed moment (CLOCK_MONOTONIC; clock_gettime(2)). */
int64_t clock_us(void);

/* Microseconds since 1970 (CLOCK_REALTIME). For showing, and for comparing with what a file system says. */
int64_t clock_wall_us(void);

#endif

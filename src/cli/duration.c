/* duration: see kinglet/duration.h. Pure. */
#include "kinglet/duration.h"

#include "kinglet/number.h"

#include <stddef.h>

/* The unit that `*at` begins with, in microseconds, `*at` moved behind it; 0 for none. */
static int64_t scan_unit(const char **at)
{
    static const struct {
        char name[3];
        int64_t us;
    } units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", INT64_C(3600000000)}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t n = 0;
        while (units[i].name[n] != '\0' && (*at)[n] == units[i].name[n])
            n++;
        if (units[i].name[n] == '\0') {
            *at += n;
            return units[i].us;
        }
    }
    return 0;
}

const char *duration_parse(const char *word, int64_t *us)
{
    const char *at = word;
    int64_t total = 0;

    do {
        uint64_t whole;
        int64_t unit, micro = 0;
        int64_t scale = 100000; /* of the next digit of the fraction */

        if (*at < '0' || *at > '9')
            return "is not a duration (like 250ms, 5s, 2m, 1h)";
        if (number_scan(&at, DURATION_MAX, &whole) != 0)
            return "is too long a duration";
        if (*at == '.') {
            at++;
            if (*at < '0' || *at > '9')
                return "is not a duration (like 0.5s)";
            for (; *at >= '0' && *at <= '9'; at++, scale /= 10)
                micro += (*at - '0') * scale;
        }
        unit = *at == '\0' && total == 0 ? 1000000 : scan_unit(&at);
        if (unit == 0)
            return "has a unit that does not exist (us, ms, s, m and h do)";
        if (whole > (uint64_t)(DURATION_MAX / unit))
            return "is too long a duration";
        total += (int64_t)whole * unit + micro * unit / 1000000;
        if (total > DURATION_MAX)
            return "is too long a duration";
    } while (*at != '\0');
    *us = total;
    return NULL;
}

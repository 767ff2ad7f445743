/* duration: see kinglet/duration.h. Pure. */
#include "kinglet/duration.h"

#include "kinglet/number.h"

#include <stddef.h>

/* The unit that `*at` begins with, in microseconds, `*at` moved behind it; 0 for none. */
static unsigned scan_unit(const char **at)
{
    switch (*(*at)++) {
    case 'h':
        return 3600000000;
    case 'm':
        if (**at != 's')
            return 60000000;
        ++*at;
        return 1000;
    case 's':
        return 1000000;
    case 'u':
        return *(*at)++ == 's';
    default:
        return 0;
    }
}

static const char *skip_digits(const char *at)
{
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

const char *duration_parse(const char *word, int64_t *us)
{
    int64_t total = 0;

    do {
        const char *dot = skip_digits(word), *end = *dot == '.' ? skip_digits(dot + 1) : dot;
        const char *at = end;
        unsigned unit = *at == '\0' && total == 0 ? 1000000 : scan_unit(&at);
        uint64_t whole;

        if (dot == word || end == dot + 1 || unit == 0)
            return "is not a duration (like 100us, 250ms, 0.5s, 2m, 1h)";
        if (number_parse(word, (size_t)(dot - word), (uint64_t)DURATION_MAX / unit, &whole) != 0)
            return "is too long a duration";
        total += (int64_t)whole * unit;
        while (++dot < end) {
            unit /= 10;
            total += (int64_t)unit * (*dot - '0');
        }
        if (total > DURATION_MAX)
            return "is too long a duration";
        word = at;
    } while (*word != '\0');
    *us = total;
    return NULL;
}

/* number: see kinglet/number.h. Pure. */
#include "kinglet/number.h"

int number_parse(const char *bytes, size_t len, uint64_t max, uint64_t *value)
{
    uint64_t n = 0;

    if (len == 0)
        return -1;
    for (; len > 0; len--) {
        unsigned digit = (unsigned char)*bytes++ - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n) || n > max)
            return -1;
    }
    *value = n;
    return 0;
}

int number_scan(const char **at, uint64_t max, uint64_t *value)
{
    size_t len = 0;

    while ((unsigned char)(*at)[len] - (unsigned)'0' <= 9)
        len++;
    if (number_parse(*at, len, max, value) != 0)
        return -1;
    *at += len;
    return 0;
}

/* number: see kinglet/number.h. Pure. */
#include "kinglet/number.h"

int number_parse(const char *bytes, size_t len, uint64_t max, uint64_t *value)
{
    uint64_t n = 0;

    if (len == 0)
        return -1;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned char)bytes[i] - (unsigned)'0';
        if (digit > 9 || n > (max - digit) / 10 || digit > max)
            return -1;
        n = n * 10 + digit;
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

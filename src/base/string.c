/* string: what we use of <string.h>, in place of the C library's own. Pure.
 *
 * Our strings are short, and each is gone through once. musl's functions are made for long ones: they take a
 * word of memory at a time and are five times as big (but for memcpy, which is the machine's own). Under
 * glibc, where the tests run, the sanitizers watch the library's own.
 */
#include <stdint.h>
#include <string.h>

#ifndef __GLIBC__
/* or the compiler would make a call of each function out of itself */
#pragma GCC optimize "no-tree-loop-distribute-patterns"

void *memset(void *to, int byte, size_t len)
{
    for (char *t = to; len > 0; len--)
        *t++ = (char)byte;
    return to;
}

void *memchr(const void *bytes, int byte, size_t len)
{
    for (const char *b = bytes; len > 0; len--, b++)
        if (*b == (char)byte)
            return (void *)b;
    return NULL;
}

int memcmp(const void *left, const void *right, size_t len)
{
    const unsigned char *l = left, *r = right;
    int difference = 0;

    for (; len > 0 && difference == 0; len--)
        difference = *l++ - *r++;
    return difference;
}

size_t strlen(const char *s)
{
    const char *end = s;

    while (*end != '\0')
        end++;
    return (size_t)(end - s);
}

size_t strnlen(const char *s, size_t max)
{
    size_t len = 0;

    while (len < max && s[len] != '\0')
        len++;
    return len;
}

int strcmp(const char *left, const char *right)
{
    return strncmp(left, right, PTRDIFF_MAX);
}

int strncmp(const char *left, const char *right, size_t max)
{
    for (; max > 0; max--, left++, right++)
        if (*left != *right || *left == '\0')
            return (unsigned char)*left - (unsigned char)*right;
    return 0;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++)
        if (*s == '\0')
            return NULL;
    return (char *)s;
}

char *strrchr(const char *s, int c)
{
    const char *found = NULL;

    do
        if (*s == (char)c)
            found = s;
    while (*s++ != '\0');
    return (char *)found;
}

size_t strspn(const char *s, const char *set)
{
    size_t len = 0;

    while (s[len] != '\0' && strchr(set, s[len]) != NULL)
        len++;
    return len;
}

size_t strcspn(const char *s, const char *set)
{
    const char *end = s;

    if (set[0] != '\0' && set[1] == '\0')
        while (*end != '\0' && *end != set[0])
            end++;
    else
        while (strchr(set, *end) == NULL) /* which finds the NUL too */
            end++;
    return (size_t)(end - s);
}
#endif

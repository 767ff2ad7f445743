/* dns: see kinglet/dns.h. */
#include "kinglet/dns.h"

#include <string.h>

enum { HEADER = 12, TYPE_CNAME = 5, CLASS_IN = 1, ALIASES = 8 };

size_t dns_question(unsigned char query[DNS_QUERY_MAX], const char *name)
{
    unsigned char *to = query + HEADER;

    memset(query, 0, HEADER);
    query[2] = 1; /* recursion desired */
    query[5] = 1; /* one question */
    do {
        size_t len = strcspn(name, ".");
        if (len == 0 || len > 63 || (size_t)(to - query) + len + 2 > HEADER + DNS_NAME_MAX)
            return 0;
        *to++ = (unsigned char)len;
        memcpy(to, name, len);
        to += len;
        name += len;
        name += *name == '.';
    } while (*name != '\0');
    *to++ = 0;
    *to++ = 0;
    *to++ = DNS_A;
    *to++ = 0;
    *to++ = CLASS_IN;
    return (size_t)(to - query);
}

static unsigned number(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* Writes the name at `at` without compression, in lower case. Every pointer has to lead to before the one
 * that led here, so that there is an end. Returns where the name ends in the message, or 0. */
static size_t expand(const unsigned char *message, size_t len, size_t at, unsigned char name[DNS_NAME_MAX])
{
    size_t limit = at, end = 0, n = 0;

    while (at < len) {
        unsigned char label = message[at];
        if (label >= 0xC0) {
            if (at + 1 >= len)
                return 0;
            if (end == 0)
                end = at + 2;
            at = number(message + at) & 0x3FFF;
            if (at >= limit)
                return 0;
            limit = at;
            continue;
        }
        if (label > 63 || n + label >= DNS_NAME_MAX || at + label >= len)
            return 0;
        for (unsigned i = 0; i <= label; i++)
            name[n++] = (unsigned char)text_lower((char)message[at++]);
        if (label == 0)
            return end == 0 ? at : end;
    }
    return 0;
}

static bool same_name(const unsigned char *a, const unsigned char *b)
{
    while (*a != 0) { /* the length of a label, which is compared with the label */
        if (*a != *b || memcmp(a, b, *a + 1U) != 0)
            return false;
        b += *a + 1U;
        a += *a + 1U;
    }
    return *b == 0;
}

/* Goes through the answers once. `name` is what is looked for, and becomes what it is an alias of. Returns 1
 * where it became something else, 0 where not, -1 for a message that is broken. */
static int pass(const unsigned char *message, size_t len, size_t at, bool v6,
                unsigned char name[DNS_NAME_MAX], struct addresses *found)
{
    unsigned char owner[DNS_NAME_MAX];
    int moved = 0;

    for (unsigned left = number(message + 6); left > 0; left--) {
        const unsigned char *record;
        size_t size;
        at = expand(message, len, at, owner);
        if (at == 0 || at + 10 > len)
            return -1;
        record = message + at;
        size = number(record + 8);
        at += 10 + size;
        if (at > len)
            return -1;
        if (number(record + 2) != CLASS_IN || !same_name(owner, name))
            continue;
        if (number(record) == TYPE_CNAME) {
            if (expand(message, at, at - size, name) == 0)
                return -1;
            moved = 1;
        } else if (number(record) == (v6 ? DNS_AAAA : DNS_A) && size == (v6 ? 16 : 4)) {
            address_add(found, v6, record + 10);
        }
    }
    return moved;
}

enum dns_answer dns_answer(const unsigned char *message, size_t len, const unsigned char *query,
                           size_t query_len, struct addresses *found)
{
    unsigned char name[DNS_NAME_MAX];
    bool v6 = query[query_len - 3] == DNS_AAAA;
    int moved = 1;

    /* A label is shorter than 'A', so nothing but letters is changed by text_lower(). */
    for (size_t i = HEADER; i < query_len; i++)
        if (len < query_len || text_lower((char)message[i]) != text_lower((char)query[i]))
            return DNS_FOREIGN;
    if (memcmp(message, query, 2) != 0 || (message[2] & 0xF8) != 0x80 || number(message + 4) != 1)
        return DNS_FOREIGN;
    if ((message[3] & 0x0F) != 0)
        return (message[3] & 0x0F) == 3 ? DNS_NO_NAME : DNS_FAILED;
    found->count = 0;
    if (expand(query, query_len, HEADER, name) == 0)
        return DNS_FOREIGN;
    for (int i = 0; i <= ALIASES && moved > 0 && found->count == 0; i++)
        moved = pass(message, len, query_len, v6, name, found);
    if ((message[2] & 0x02) != 0)
        return DNS_CUT;
    return found->count > 0 ? DNS_FOUND : moved == 0 ? DNS_NOTHING : DNS_FAILED;
}

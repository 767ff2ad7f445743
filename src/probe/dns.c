/* dns: see kinglet/dns.h. */
#include "kinglet/dns.h"

#include "kinglet/wire.h"

#include <string.h>

enum { HEADER = 12, TYPE_CNAME = 5, CLASS_IN = 1, ALIASES = 8 };

size_t dns_question(unsigned char query[DNS_QUERY_MAX], const char *name)
{
    static const unsigned char tail[] = {0, 0, DNS_A, 0, CLASS_IN}; /* the root, type and class */
    unsigned char *label = query + HEADER, *to = label + 1;

    memset(query, 0, HEADER);
    query[2] = 1; /* recursion desired */
    query[5] = 1; /* one question */
    for (;; name++) {
        if (*name != '.' && *name != '\0') {
            if (to - query == HEADER + DNS_NAME_MAX - 1)
                return 0;
            *to++ = (unsigned char)text_lower(*name);
            continue;
        }
        *label = (unsigned char)(to - label - 1);
        if (to - label < 2 || to - label > 64)
            return 0;
        label = to++;
        if (name[*name == '.'] == '\0')
            break;
    }
    memcpy(label, tail, sizeof tail);
    return (size_t)(label - query) + sizeof tail;
}

static unsigned number(const unsigned char *at, unsigned width)
{
    return wire_get((const char *)at, width);
}

/* Writes the name at `at` without compression, in lower case and with zeros behind it, so that names can be
 * compared. Every pointer has to lead to before the one that led here, so that there is an end. Returns where
 * the name ends in the message, or 0. */
static unsigned expand(const unsigned char *message, unsigned len, unsigned at,
                       unsigned char name[DNS_NAME_MAX])
{
    unsigned limit = at, end = 0, n = 0, left = 0;

    memset(name, 0, DNS_NAME_MAX);
    while (at < len && n < DNS_NAME_MAX) {
        unsigned byte = message[at++];
        if (left > 0) {
            left--;
        } else if (byte == 0) {
            return end == 0 ? at : end;
        } else if (byte < 64) {
            left = byte;
        } else {
            if (byte < 0xC0 || at == len || (byte = number(message + at - 1, 2) & 0x3FFF) >= limit)
                return 0;
            if (end == 0)
                end = at + 1;
            at = limit = byte;
            continue;
        }
        name[n++] = (unsigned char)text_lower((char)byte);
    }
    return 0;
}

enum dns_answer dns_answer(const unsigned char *message, size_t size, const unsigned char *query,
                           size_t query_size, struct addresses *found)
{
    unsigned char name[DNS_NAME_MAX], owner[DNS_NAME_MAX];
    unsigned len = (unsigned)size, query_len = (unsigned)query_size, kind = number(query + query_len - 4, 4),
             flags;
    unsigned at = expand(message, len, HEADER, name);
    bool v6 = kind >> 16 == DNS_AAAA;
    int moved = 1;

    if (at == 0 || at + 4 != query_len || query_len > len || number(message + at, 4) != kind ||
        memcmp(name, query + HEADER, at - HEADER) != 0 || memcmp(message, query, 2) != 0)
        return DNS_FOREIGN;
    flags = number(message + 2, 4);
    if ((flags & 0xF800FFFF) != 0x80000001) /* an answer to a query, with one question */
        return DNS_FOREIGN;
    flags >>= 16;
    if ((flags & 0x000F) != 0)
        return (flags & 0x000F) == 3 ? DNS_NO_NAME : DNS_FAILED;
    found->count = 0;
    /* The answers are gone through until `name` is no longer found to be an alias of another. */
    for (int i = 0; i <= ALIASES && moved > 0 && found->count == 0; i++) {
        unsigned end = query_len;
        moved = 0;
        for (unsigned left = number(message + 6, 2); left > 0 && moved >= 0; left--) {
            const unsigned char *record;
            unsigned what;
            at = expand(message, len, end, owner);
            record = message + at;
            if (at == 0 || at + 10 > len || (end = at + 10 + number(record + 8, 2)) > len) {
                moved = -1;
                break;
            }
            if (memcmp(owner, name, sizeof name) != 0)
                continue;
            what = number(record, 4);
            if (what == (TYPE_CNAME << 16 | CLASS_IN))
                moved = expand(message, end, at + 10, name) == 0 ? -1 : 1;
            else if (what == kind && end - at == (v6 ? 26 : 14))
                address_add(found, v6, record + 10);
        }
    }
    if ((flags & 0x0200) != 0)
        return DNS_CUT;
    return found->count > 0 ? DNS_FOUND : moved == 0 ? DNS_NOTHING : DNS_FAILED;
}

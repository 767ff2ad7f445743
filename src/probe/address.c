/* address: IPv4 and IPv6 addresses, read and written. Pure. See kinglet/address.h. */
#include "kinglet/address.h"

#include <string.h>

static int parse_v4(const char *word, unsigned char bytes[4])
{
    for (int i = 0; i < 4; i++) {
        const char *digits = word;
        unsigned n = 0;
        for (; *word >= '0' && *word <= '9' && n <= 255; word++)
            n = n * 10 + (unsigned)(*word - '0');
        if (word == digits || n > 255 || *word++ != (i < 3 ? '.' : '\0'))
            return -1;
        bytes[i] = (unsigned char)n;
    }
    return 0;
}

static int parse_v6(const char *word, unsigned char bytes[16])
{
    int count = 0, gap = -1; /* bytes so far; where :: stands */

    if (word[0] == ':' && *++word != ':')
        return -1;
    while (*word != '\0') { /* a group begins, or the second colon of two */
        unsigned group = 0;
        int digits = 0, digit;
        if (*word == ':') {
            if (gap >= 0)
                return -1;
            gap = count;
            word++;
            continue;
        }
        if (count >= 16)
            return -1;
        if (word[strcspn(word, ".:")] == '.') {
            if (count > 12 || parse_v4(word, bytes + count) != 0)
                return -1;
            count += 4;
            break;
        }
        for (; (digit = text_hex(*word)) >= 0; word++, digits++)
            group = group << 4 | (unsigned)digit;
        if (digits == 0 || digits > 4 || (*word == ':' ? *++word == '\0' : *word != '\0'))
            return -1;
        bytes[count++] = (unsigned char)(group >> 8);
        bytes[count++] = (unsigned char)group;
    }
    if (gap < 0 ? count != 16 : count > 14)
        return -1;
    if (gap >= 0) {
        memmove(bytes + 16 - (count - gap), bytes + gap, (size_t)(count - gap));
        memset(bytes + gap, 0, (size_t)(16 - count));
    }
    return 0;
}

int address_parse(const char *word, struct address *address)
{
    memset(address, 0, sizeof *address);
    address->v6 = strchr(word, ':') != NULL;
    return address->v6 ? parse_v6(word, address->bytes) : parse_v4(word, address->bytes);
}

void address_put(struct text *t, const struct address *address)
{
    const unsigned char *b = address->bytes;
    int last = -1, best = 1,
        n = 0; /* where the longest run of zero groups ends, its length (RFC 5952, 4.2) */

    if (!address->v6) {
        text_format(t, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        return;
    }
    for (int i = 0; i < 8; i++) {
        n = (b[2 * i] | b[2 * i + 1]) == 0 ? n + 1 : 0;
        if (n > best) {
            best = n;
            last = i;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == last - best + 1) {
            text_put(t, "::");
            i = last;
            continue;
        }
        if (i > 0 && i != last + 1)
            text_put(t, ":");
        text_number(t, (unsigned)(b[2 * i] << 8 | b[2 * i + 1]), 16);
    }
}

void address_add(struct addresses *list, bool v6, const void *bytes)
{
    struct address *a = &list->at[list->count];

    if (list->count == ADDRESSES)
        return;
    list->count++;
    a->v6 = v6;
    memcpy(a->bytes, bytes, v6 ? 16 : 4);
}

bool address_literal(const char *host, struct addresses *result)
{
    result->count = 1;
    if (strcmp(host, "localhost") == 0) {
        address_parse("127.0.0.1", &result->at[0]);
        address_parse("::1", &result->at[1]);
        result->count = 2;
        return true;
    }
    return address_parse(host, &result->at[0]) == 0;
}

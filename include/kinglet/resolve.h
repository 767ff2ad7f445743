/* resolve: from a host to addresses. */
#ifndef KINGLET_RESOLVE_H
#define KINGLET_RESOLVE_H

#include "kinglet/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { ADDRESSES = 8 };

struct address {
    bool v6;
    unsigned char bytes[16]; /* network order; the first 4 for IPv4 */
};

struct addresses {
    struct address at[ADDRESSES];
    unsigned count;
};

/* An IPv4 address in dotted decimal, or an IPv6 address (RFC 4291, 2.2). Returns 0 or -1. Pure. */
int address_parse(const char *word, struct address *address);

/* Appends it as one writes it. Pure. */
void address_put(struct text *t, const struct address *address);

/* Addresses that need no look-up: a literal, or localhost, which is 127.0.0.1 and then ::1 whatever
 * /etc/hosts says, since servers that listen on one of them are the commonest case there is. Returns whether
 * `host` is such a one. Pure. */
bool resolve_literal(const char *host, struct addresses *result);

/* Looks `host` up until `deadline`: /etc/hosts, then the name servers of /etc/resolv.conf (resolv.conf(5):
 * nameserver, search, ndots), A and AAAA. Returns 0 with at least one address, or -1 with the reason appended
 * to `why`. */
int resolve_name(const char *host, int64_t deadline, struct addresses *result, struct text *why);

#endif

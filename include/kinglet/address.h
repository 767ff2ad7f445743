/* address: IPv4 and IPv6 addresses, read, written and connected to. */
#ifndef KINGLET_ADDRESS_H
#define KINGLET_ADDRESS_H

#include "kinglet/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { ADDRESSES = 8 };

struct address {
    bool v6;
    unsigned char bytes[16]; /* network order; the first 4 for IPv4 */
};

struct addresses {
    unsigned count;
    struct address at[ADDRESSES];
};

/* An IPv4 address in dotted decimal, or an IPv6 address (RFC 4291, 2.2). Returns 0 or -1. Pure. */
int address_parse(const char *word, struct address *address);

/* Appends it as one writes it. Pure. */
void address_put(struct text *t, const struct address *address);

/* Addresses that need no look-up: a literal, or localhost, which is 127.0.0.1 and then ::1 whatever
 * /etc/hosts says, since servers that listen on one of them are the commonest case there is. Returns whether
 * `host` is such a one. Pure. */
bool address_literal(const char *host, struct addresses *result);

/* Adds the address whose bytes are at `bytes`; more than ADDRESSES are left out. Pure. */
void address_add(struct addresses *list, bool v6, const void *bytes);

/* A non-blocking socket of `type` (SOCK_STREAM, SOCK_DGRAM), connected or on its way to `port` there, or to
 * the socket at `path` (at most 107 bytes) where it is not NULL. Or -1 and errno (socket(2), connect(2)). */
int address_connect(const struct address *address, const char *path, unsigned port, int type);

#endif

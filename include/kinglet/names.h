/* names: the lines of /etc/hosts (hosts(5)) and /etc/resolv.conf (resolv.conf(5)), and the names that a
 * search list makes of one. Pure.
 */
#ifndef KINGLET_NAMES_H
#define KINGLET_NAMES_H

#include "kinglet/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAMES_SERVERS = 3, NAMES_SEARCH = 1024, NAMES_LONGEST = 254 /* with a dot at its end */ };

struct names_config {
    unsigned char servers;
    unsigned char ndots, attempts;
    unsigned char timeout; /* of one try, seconds */
    struct address server[NAMES_SERVERS];
    char search[NAMES_SEARCH]; /* domains, each with its NUL */
};

/* What holds where the file says nothing: no server yet, ndots 1, 2 attempts, 5 seconds, no search. */
void names_begin(struct names_config *config);

/* Takes a line of resolv.conf, which is changed: nameserver, search, domain, options with ndots, timeout and
 * attempts. Anything else is passed over. */
void names_config_line(struct names_config *config, char *line);

/* The file is over: without a server, it is the one at 127.0.0.1; attempts and timeout are at least 1. */
void names_end(struct names_config *config);

/* Takes a line of hosts, which is changed. Where it names `host`, in either case, its address is added to
 * found[0] (IPv4) or found[1] (IPv6). */
void names_hosts_line(char *line, const char *host, struct addresses found[2]);

/* Writes the `n`th name, from 0, that is to be looked up for `host`: as it is first where it has `ndots`
 * dots, last otherwise, and alone where it ends with one. Returns whether there is an nth; one that would be
 * too long comes out empty. */
bool names_candidate(const struct names_config *config, const char *host, unsigned n,
                     char name[NAMES_LONGEST + 1]);

#endif

/* dns: one question to a name server, and the answer to it (RFC 1035, RFC 3596). Pure.
 *
 * Whatever an answer holds, it is read within its bytes, with a bounded number of steps, and into memory of
 * the caller's alone. Names are followed through CNAMEs in any order, and an address counts only where it
 * belongs to the name that was asked for, or to what that is an alias of.
 */
#ifndef KINGLET_DNS_H
#define KINGLET_DNS_H

#include "kinglet/address.h"

#include <stddef.h>

enum {
    DNS_NAME_MAX = 255,                    /* bytes of a name in a message, the root's included */
    DNS_QUERY_MAX = 12 + DNS_NAME_MAX + 4, /* header, name, type, class */
    DNS_MESSAGE_MAX = 1024, /* of an answer this much is looked at: more than any over UDP, and enough for
                               the first ADDRESSES behind any alias that is in use */
};

enum dns_type { DNS_A = 1, DNS_AAAA = 28 };

enum dns_answer {
    DNS_FOREIGN, /* not the answer to this question: to be ignored */
    DNS_FOUND,
    DNS_NOTHING, /* the name exists, but has no address of this kind */
    DNS_NO_NAME,
    DNS_CUT,    /* did not fit into a datagram: ask again over TCP */
    DNS_FAILED, /* the server cannot say, or talks rubbish */
};

/* Writes the question for the IPv4 addresses of `name`, which is dotted, with or without a dot at its end,
 * in lower case. The caller puts an id into the first two bytes, and may make it DNS_AAAA in the third last.
 * Returns its length, or 0 where `name` is none (labels of 1 to 63 bytes, 253 altogether). */
size_t dns_question(unsigned char query[DNS_QUERY_MAX], const char *name);

/* Reads an answer to `query`. The addresses are added to `found`, on DNS_CUT too. */
enum dns_answer dns_answer(const unsigned char *message, size_t size, const unsigned char *query,
                           size_t query_size, struct addresses *found);

#endif

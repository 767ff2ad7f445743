/* tls: a ClientHello and the first record that comes back (RFC 8446; RFC 5246). Pure, and without
 * cryptography.
 *
 * It offers TLS 1.3 and 1.2 with a key share that is random bytes, any of which are a point of X25519. A
 * server that answers with a ServerHello, or refuses with an alert, is alive; which certificate it would have
 * shown is not looked at.
 */
#ifndef KINGLET_TLS_H
#define KINGLET_TLS_H

#include "kinglet/answer.h"
#include "kinglet/target.h"

enum { TLS_RANDOM = 64 };

struct tls {
    unsigned char at;
    unsigned char
        record[7]; /* type, version, length; and of the first message type or level and description */
};

/* Writes the ClientHello, with the name of the server unless the target has an address. */
void tls_begin(const struct target *target, const unsigned char random[TLS_RANDOM], struct text *out);

/* Takes the next byte. `s` begins zeroed. */
enum answer tls_take(struct tls *s, unsigned char byte, struct text *why);

#endif

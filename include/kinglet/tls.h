/* tls: a ClientHello and the first record that comes back (RFC 8446, RFC 5246). Pure.
 *
 * No cryptography: it offers TLS 1.3 and 1.2 with a key share that is random bytes, any of which are a point
 * of X25519. A server that answers with a ServerHello, or refuses with an alert, is alive; which certificate
 * it would have shown is not looked at.
 */
#ifndef KINGLET_TLS_H
#define KINGLET_TLS_H

#include "kinglet/answer.h"
#include "kinglet/target.h"
#include "kinglet/wire.h"

enum { TLS_RANDOM = 64 };

/* The form of the ClientHello, with the server's name unless the target has an address. Sets its parts; the
 * first is the random bytes until then. */
const char *tls_request(const struct target *target, struct wire_part parts[WIRE_PARTS]);

/* What the bytes say that have come so far: see protocol.h. */
const char *tls_answer(const struct target *target, const char *bytes, size_t len, struct text *why);

#endif

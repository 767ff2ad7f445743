/* grpc: grpc.health.v1.Health/Check over HTTP/2 in the clear (RFC 9113), one call in one connection. Pure.
 *
 * All that a call needs is sent at once. As the header table is set to no size, a server's headers (RFC 7541)
 * refer to nothing that came before, and :status and grpc-status are found in them with no table and no
 * state, Huffman's code included. An index into a table that is not there, headers that go on in a
 * CONTINUATION (none that fit do), or a message that is no HealthCheckResponse is an error.
 */
#ifndef KINGLET_GRPC_H
#define KINGLET_GRPC_H

#include "kinglet/answer.h"
#include "kinglet/target.h"
#include "kinglet/wire.h"

/* The form of the call. The service is the target's path. Sets its parts. */
const char *grpc_request(const struct target *target, struct wire_part parts[WIRE_PARTS]);

/* What the bytes say that have come so far: see protocol.h. */
const char *grpc_answer(const struct target *target, const char *bytes, size_t len, struct text *why);

#endif

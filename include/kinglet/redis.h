/* redis: PING and the reply to it (RESP, the Redis serialization protocol). Pure.
 *
 * +PONG is healthy, and so is a server that wants to know first who asks (-NOAUTH, -NOPERM). Every other
 * error is not: -LOADING, -MASTERDOWN, -MISCONF, -BUSY, "-ERR max number of clients reached", a password that
 * is refused.
 */
#ifndef KINGLET_REDIS_H
#define KINGLET_REDIS_H

#include "kinglet/answer.h"
#include "kinglet/target.h"
#include "kinglet/wire.h"

/* The form of PING, after AUTH where the target names a password. Sets its parts. */
const char *redis_request(const struct target *target, struct wire_part parts[WIRE_PARTS]);

/* What the bytes say that have come so far: see protocol.h. */
const char *redis_answer(const struct target *target, const char *bytes, size_t len, struct text *why);

#endif

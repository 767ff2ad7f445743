/* redis: PING and the reply to it (RESP, the Redis serialization protocol), after AUTH where the target names
 * a password. Pure.
 *
 * +PONG is healthy, and so is a server that answers but wants to know who asks first (-NOAUTH, -NOPERM).
 * Every other error is not: -LOADING, -MASTERDOWN, -MISCONF, -BUSY, "-ERR max number of clients reached", a
 * password refused.
 */
#ifndef KINGLET_REDIS_H
#define KINGLET_REDIS_H

#include "kinglet/answer.h"
#include "kinglet/target.h"

struct redis {
    bool auth; /* the reply to AUTH is still to come */
    unsigned char len;
    char line[96];
};

/* Writes the commands. `r` is zeroed. */
void redis_begin(struct redis *r, const struct target *target, struct text *out);

/* Takes the next byte. */
enum answer redis_take(struct redis *r, unsigned char byte, struct text *why);

#endif

/* protocol: what the kinds of targets have in common. Pure.
 *
 * Every probe is one message sent, and then bytes taken until something is decided. A protocol is an encoder
 * of that message and a parser that takes the answer in any split.
 */
#ifndef KINGLET_PROTOCOL_H
#define KINGLET_PROTOCOL_H

#include "kinglet/answer.h"
#include "kinglet/fcgi.h"
#include "kinglet/grpc.h"
#include "kinglet/http.h"
#include "kinglet/postgres.h"
#include "kinglet/redis.h"
#include "kinglet/target.h"
#include "kinglet/tls.h"

enum { PROTOCOL_REQUEST_MAX = 4096 };

struct protocol {
    enum target_kind kind;
    unsigned taken;         /* bytes of the answer; HTTP counts its own */
    unsigned char first[5]; /* of them: no answer of any protocol is shorter */
    union {
        struct http http;
        struct grpc grpc;
        struct postgres postgres;
        struct redis redis;
        struct fcgi fcgi;
        struct tls tls;
    } state;
};

/* Readies the parser and writes the message to send (nothing for TARGET_CONNECT). Messages that do not fit
 * are cut: out->cut. The random bytes are for TARGET_TLS alone, and the same bytes make the same message. */
void protocol_begin(struct protocol *p, const struct target *target, const struct http_want *want,
                    const unsigned char random[TLS_RANDOM], struct text *out);

/* Takes the next bytes; len 0: the server has closed. What was decided, and why, is appended to `why`. */
enum answer protocol_feed(struct protocol *p, const char *bytes, size_t len, struct text *why);

#endif

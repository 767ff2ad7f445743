/* protocol: from a target's kind to its encoder and parser. See kinglet/protocol.h. */
#include "kinglet/protocol.h"

#include "kinglet/fcgi.h"
#include "kinglet/grpc.h"
#include "kinglet/postgres.h"
#include "kinglet/redis.h"

#include <string.h>

enum {
    ANSWER_MIN = 5 /* no answer of any protocol is shorter, and it is enough to know some strangers by */
};

void protocol_begin(struct protocol *p, const struct target *target, const struct http_want *want,
                    const unsigned char random[TLS_RANDOM], struct text *out)
{
    struct wire_part parts[WIRE_PARTS];
    const char *form = WIRE;

    p->target = target;
    p->len = 0;
    switch (target->kind) {
    case TARGET_HTTP:
        http_begin(&p->state.http, want);
        http_request(target, want, out);
        break;
    case TARGET_GRPC:
        form = grpc_request(target, parts);
        break;
    case TARGET_POSTGRES:
        form = postgres_request(target, parts);
        break;
    case TARGET_REDIS:
        form = redis_request(target, parts);
        break;
    case TARGET_FCGI:
        form = fcgi_request(target, parts);
        break;
    case TARGET_TLS:
        form = tls_request(target, random, parts);
        break;
    case TARGET_CONNECT:
    case TARGET_FILE:
        break;
    }
    wire_put(out, form, parts);
}

static const char *parse(const struct target *target, const char *bytes, size_t len, struct text *why)
{
    switch (target->kind) {
    case TARGET_GRPC:
        return grpc_answer(target, bytes, len, why);
    case TARGET_POSTGRES:
        return postgres_answer(target, bytes, len, why);
    case TARGET_REDIS:
        return redis_answer(target, bytes, len, why);
    case TARGET_FCGI:
        return fcgi_answer(target, bytes, len, why);
    case TARGET_TLS:
        return tls_answer(target, bytes, len, why);
    case TARGET_HTTP:
    case TARGET_CONNECT:
    case TARGET_FILE:
        break;
    }
    return ALIEN;
}

enum answer protocol_feed(struct protocol *p, const char *bytes, size_t len, struct text *why)
{
    static const char names[][11] = {
        [TARGET_GRPC] = "gRPC",   [TARGET_POSTGRES] = "PostgreSQL",
        [TARGET_REDIS] = "Redis", [TARGET_FCGI] = "FastCGI",
        [TARGET_TLS] = "TLS",
    };
    char *all = p->state.bytes;
    size_t room = sizeof p->state.bytes - 1 - p->len;
    const char *words = NULL, *stranger = "";

    if (p->target->kind == TARGET_HTTP)
        return http_feed(&p->state.http, bytes, len, why);
    if (len > room)
        len = room;
    if (len > 0)
        memcpy(all + p->len, bytes, len);
    p->len += len;
    all[p->len] = '\0';
    if (p->len >= ANSWER_MIN) {
        if (memcmp(all, "HTTP/", ANSWER_MIN) == 0)
            stranger = " but HTTP/1";
        else if (memcmp(all, "\x15\3", 2) == 0 && p->target->kind != TARGET_TLS)
            stranger = " but TLS";
        words = *stranger != '\0' ? ALIEN : parse(p->target, all, p->len, why);
    }
    if (words == NULL && (len == 0 || len == room))
        words = len > 0       ? BAD "too long an answer"
                : p->len == 0 ? BAD "the connection was closed without an answer"
                              : BAD "the connection was closed in the middle of the answer";
    if (words == NULL)
        return ANSWER_MORE;
    if (*words == '\0') {
        text_format(why, "not %s%s", names[p->target->kind], stranger);
        return ANSWER_BAD;
    }
    text_put(why, words + 1);
    return *words == '+' ? ANSWER_GOOD : ANSWER_BAD;
}

/* protocol: from a target's kind to its encoder and parser. See kinglet/protocol.h. */
#include "kinglet/protocol.h"

#include <string.h>

enum { TAKEN_MAX = 1 << 16 /* no health answer of a binary protocol is larger */ };

void protocol_begin(struct protocol *p, const struct target *target, const struct http_want *want,
                    const unsigned char random[TLS_RANDOM], struct text *out)
{
    if (target->kind != TARGET_HTTP)
        memset(p, 0, sizeof *p);
    p->kind = target->kind;
    switch (p->kind) {
    case TARGET_HTTP:
        http_begin(&p->state.http, want);
        http_request(target, want, out);
        break;
    case TARGET_GRPC:
        grpc_begin(&p->state.grpc, target, out);
        break;
    case TARGET_POSTGRES:
        postgres_begin(target, out);
        break;
    case TARGET_REDIS:
        redis_begin(&p->state.redis, target, out);
        break;
    case TARGET_FCGI:
        fcgi_begin(&p->state.fcgi, target, out);
        break;
    case TARGET_TLS:
        tls_begin(target, random, out);
        break;
    case TARGET_CONNECT:
    case TARGET_FILE:
        break;
    }
}

static enum answer take(struct protocol *p, unsigned char byte, struct text *why)
{
    switch (p->kind) {
    case TARGET_GRPC:
        return grpc_take(&p->state.grpc, byte, why);
    case TARGET_POSTGRES:
        return postgres_take(&p->state.postgres, byte, why);
    case TARGET_REDIS:
        return redis_take(&p->state.redis, byte, why);
    case TARGET_FCGI:
        return fcgi_take(&p->state.fcgi, byte, why);
    case TARGET_TLS:
        return tls_take(&p->state.tls, byte, why);
    case TARGET_HTTP:
    case TARGET_CONNECT:
    case TARGET_FILE:
        break;
    }
    return ANSWER_ALIEN;
}

/* Says what came instead, as far as the first bytes tell. */
static enum answer alien(const struct protocol *p, struct text *why)
{
    static const char names[][11] = {
        [TARGET_GRPC] = "gRPC",   [TARGET_POSTGRES] = "PostgreSQL",
        [TARGET_REDIS] = "Redis", [TARGET_FCGI] = "FastCGI",
        [TARGET_TLS] = "TLS",
    };

    text_put(why, "not ");
    text_put(why, names[p->kind]);
    if (memcmp(p->first, "HTTP/", sizeof p->first) == 0)
        text_put(why, " but HTTP/1");
    else if (p->kind != TARGET_TLS && memcmp(p->first, "\x15\3", 2) == 0)
        text_put(why, " but TLS");
    return ANSWER_BAD;
}

/* The first bytes are kept until it is clear what they are, and then go on to the parser. */
static enum answer take_first(struct protocol *p, struct text *why)
{
    enum answer answer = ANSWER_MORE;

    if (memcmp(p->first, "HTTP/", sizeof p->first) == 0)
        return ANSWER_ALIEN;
    for (size_t i = 0; i < sizeof p->first && answer == ANSWER_MORE; i++)
        answer = take(p, p->first[i], why);
    return answer;
}

enum answer protocol_feed(struct protocol *p, const char *bytes, size_t len, struct text *why)
{
    enum answer answer = ANSWER_MORE;

    if (p->kind == TARGET_HTTP)
        return http_feed(&p->state.http, bytes, len, why);
    if (len == 0) {
        text_put(why, p->taken == 0 ? "the connection was closed without an answer"
                                    : "the connection was closed in the middle of the answer");
        return ANSWER_BAD;
    }
    for (size_t i = 0; i < len && answer == ANSWER_MORE; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (p->taken < sizeof p->first)
            p->first[p->taken] = byte;
        p->taken++;
        if (p->taken > sizeof p->first)
            answer = take(p, byte, why);
        else if (p->taken == sizeof p->first)
            answer = take_first(p, why);
        if (answer == ANSWER_MORE && p->taken == TAKEN_MAX) {
            text_put(why, "too long an answer");
            return ANSWER_BAD;
        }
    }
    return answer == ANSWER_ALIEN ? alien(p, why) : answer;
}

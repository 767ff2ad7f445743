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

struct wire_part protocol_name(const struct target *target)
{
    const char *name = target->path + (target->path[0] == '/');

    return (struct wire_part){name, strcspn(name, "?")};
}

void protocol_begin(struct protocol *p, const struct target *target, const struct http_want *want,
                    const unsigned char random[TLS_RANDOM], struct text *out)
{
    struct wire_part parts[WIRE_PARTS];
    const char *(*request)(const struct target *, struct wire_part[WIRE_PARTS]);

    parts[0].at = (const char *)random;
    p->target = target;
    text_init(&p->taken, p->state.bytes, sizeof p->state.bytes);
    switch (target->kind) {
    case TARGET_HTTP:
        http_begin(&p->state.http, want);
        http_request(target, want, out);
        return;
    case TARGET_GRPC:
        request = grpc_request;
        p->answer = grpc_answer;
        break;
    case TARGET_POSTGRES:
        request = postgres_request;
        p->answer = postgres_answer;
        break;
    case TARGET_REDIS:
        request = redis_request;
        p->answer = redis_answer;
        break;
    case TARGET_FCGI:
        request = fcgi_request;
        p->answer = fcgi_answer;
        break;
    case TARGET_TLS:
        request = tls_request;
        p->answer = tls_answer;
        break;
    case TARGET_CONNECT:
    case TARGET_FILE:
    default:
        return;
    }
    wire_put(out, request(target, parts), parts);
}

enum answer protocol_feed(struct protocol *p, const char *bytes, size_t len, struct text *why)
{
    const enum target_kind kind = p->target->kind;
    const char *all = p->taken.at, *words = NULL, *stranger = "";
    /* of the kinds from TARGET_GRPC on */
    const char *name = "gRPC\0PostgreSQL\0Redis\0FastCGI\0TLS";

    if (kind == TARGET_HTTP)
        return http_feed(&p->state.http, bytes, len, why);
    text_raw(&p->taken, bytes, len);
    if (p->taken.len >= ANSWER_MIN) {
        if (memcmp(all, "HTTP/", ANSWER_MIN) == 0)
            stranger = " but HTTP/1";
        else if (all[0] == 0x15 && all[1] == 3 && kind != TARGET_TLS)
            stranger = " but TLS";
        words = *stranger != '\0' ? ALIEN : p->answer(p->target, all, p->taken.len, why);
    }
    if (words == NULL) {
        if (len > 0 && !p->taken.cut)
            return ANSWER_MORE;
        words = len > 0             ? BAD "too long an answer"
                : p->taken.len == 0 ? BAD "the connection was closed without an answer"
                                    : BAD "the connection was closed in the middle of the answer";
    }
    if (*words == '\0') {
        for (int i = TARGET_GRPC; i < (int)kind; i++)
            name = text_after(name);
        text_format(why, "not %s%s", name, stranger);
        return ANSWER_BAD;
    }
    text_put(why, words + 1);
    return *words == GOOD[0] ? ANSWER_GOOD : ANSWER_BAD;
}

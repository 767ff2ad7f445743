/* protocol: from a target's kind to its encoder and parser. See kinglet/protocol.h. */
#include "kinglet/protocol.h"

void protocol_begin(struct protocol *p, const struct target *target, const struct http_want *want,
                    struct text *out)
{
    p->kind = target->kind;
    switch (p->kind) {
    case TARGET_HTTP:
        http_begin(&p->state.http, want);
        http_request(target, want, out);
        break;
    case TARGET_GRPC:
    case TARGET_POSTGRES:
    case TARGET_REDIS:
    case TARGET_FCGI:
    case TARGET_TLS:
    case TARGET_CONNECT:
    case TARGET_FILE:
        break;
    }
}

enum answer protocol_feed(struct protocol *p, const char *bytes, size_t len, struct text *why)
{
    switch (p->kind) {
    case TARGET_HTTP:
        return http_feed(&p->state.http, bytes, len, why);
    case TARGET_GRPC:
    case TARGET_POSTGRES:
    case TARGET_REDIS:
    case TARGET_FCGI:
    case TARGET_TLS:
    case TARGET_CONNECT:
    case TARGET_FILE:
        break;
    }
    return ANSWER_GOOD;
}

/* plan: from words to a plan that can be run. Pure but for the arena. See kinglet/probe.h. */
#include "kinglet/probe.h"

#include "kinglet/dns.h"
#include "kinglet/expand.h"
#include "kinglet/protocol.h"

#include <string.h>

enum { LONG = PROTOCOL_REQUEST_MAX / 8 };

static void options(const struct probe_options *o, struct http_want *want, struct text *faults)
{
    want->status = o->status == NULL ? "200-399" : o->status;
    if (http_status_in(want->status, 0) < 0)
        text_fault(faults, "--status: '%s' is not a list of HTTP statuses (like 200-299,429)", want->status);
    want->head = o->method == 1;
    want->headers = o->headers.item;
    want->header_count = o->headers.count;
    for (size_t i = 0; i < o->headers.count; i++)
        if (!http_header_is_valid(o->headers.item[i])) {
            const char *header = o->headers.item[i]; /* its value may be a credential */
            text_fault(faults, "--header: '%.*s' is not 'Name: value'", (int)strcspn(header, ":"), header);
        }
    want->body = o->body == NULL || o->body[0] == '\0' ? NULL : o->body;
    if (want->head && (want->body != NULL || o->json.count > 0)) {
        text_fault(faults, "--method HEAD has no body for --body and --json to look at");
    }
    for (size_t i = 0; i < o->json.count; i++) {
        const char *wrong = i < JSON_ASSERTIONS ? json_assertion_parse(o->json.item[i], &want->json[i])
                                                : "is one assertion too many (8 are taken)";
        if (wrong != NULL) {
            text_fault(faults, "--json: '%s' %s", o->json.item[i], wrong);
            break;
        }
        want->json_count++;
    }
}

/* Whether it can be an address or a name at all: what ends in a number has to be an IPv4 address. */
static bool is_host(const char *host)
{
    unsigned char query[DNS_QUERY_MAX];
    struct addresses ignored;
    const char *last = strrchr(host, '.');

    if (address_literal(host, &ignored))
        return true;
    last = last == NULL ? host : last + 1;
    return strchr(host, ':') == NULL && (*last == '\0' || last[strspn(last, "0123456789")] != '\0') &&
           dns_question(query, host) != 0;
}

static void target(const char *word, char *const *env, struct probe_plan *plan, struct text *faults)
{
    static const unsigned char random[TLS_RANDOM];
    char buffer[PROTOCOL_REQUEST_MAX];
    const char *whole = word;
    struct protocol protocol;
    struct target *t = &plan->target[plan->count];
    struct text out;

    if (strchr(word, '$') != NULL) {
        char *copy;
        text_init(&out, buffer, 2048);
        if (expand_put(&out, word, env, faults) != 0)
            return;
        copy = arena_take(out.len + 1);
        if (copy != NULL)
            memcpy(copy, buffer, out.len);
        whole = copy == NULL ? word : copy;
    }
    if (target_parse(whole, t, faults) != 0)
        return;
    if (t->host != NULL && !t->is_unix && !is_host(t->host)) {
        text_fault(faults, "target '%s' has a bad host", t->shown);
        return;
    }
    text_init(&out, buffer, sizeof buffer);
    if (plan->want.header_count > 0 || strlen(whole) > LONG) /* no message repeats its target so often */
        protocol_begin(&protocol, t, &plan->want, random, &out);
    if (out.cut) {
        text_fault(faults, "target '%s' and its headers are too long (4096 bytes)", t->shown);
        return;
    }
    plan->count++;
}

static bool asks_http(const struct probe_options *o)
{
    return o->status != NULL || o->headers.count > 0 || o->method != 0 || o->body != NULL ||
           o->json.count > 0;
}

int probe_prepare(const struct probe_options *o, const struct list *targets, char *const *env,
                  struct probe_plan *plan, struct text *faults)
{
    size_t before = faults->len;
    bool http = false;

    memset(plan, 0, sizeof *plan);
    plan->timeout = o->timeout == 0 ? PROBE_TIMEOUT : o->timeout;
    plan->wait = o->wait;
    plan->verbose = o->verbose;
    plan->brief = o->brief;
    options(o, &plan->want, faults);
    plan->target = arena_take((targets->count + 1) * sizeof *plan->target);
    if (targets->count > PROBE_TARGETS || plan->target == NULL) {
        text_fault(faults, "more than %d targets", PROBE_TARGETS);
        return -1;
    }
    for (size_t i = 0; i < targets->count; i++)
        target(targets->item[i], env, plan, faults);
    for (size_t i = 0; i < plan->count; i++)
        http = http || plan->target[i].kind == TARGET_HTTP;
    if (faults->len == before && !http && asks_http(o))
        text_put(faults,
                 "--status, --header, --method, --body and --json are for HTTP targets, and there is none");
    return faults->len == before ? 0 : -1;
}

/* plan: from words to a plan that can be run. Pure but for the arena. See kinglet/probe.h. */
#include "kinglet/probe.h"

#include "kinglet/dns.h"
#include "kinglet/expand.h"
#include "kinglet/protocol.h"

#include <string.h>

enum { LONG = PROTOCOL_REQUEST_MAX / 8, EXPANDED_MAX = 2048 };

static void options(const struct probe_options *o, struct http_want *want, struct text *faults)
{
    want->status = o->status == NULL ? "200-399" : o->status;
    if (http_status_in(want->status, 0) < 0)
        text_fault(faults, "--status: '%s' is not a list of HTTP statuses (like 200-299,429)", want->status);
    want->head = o->method == 1;
    want->headers = o->headers.item;
    want->header_count = o->headers.count;
    for (size_t i = 0; i < o->headers.count; i++) {
        const char *header = o->headers.item[i]; /* its value may be a credential */
        if (!http_header_is_valid(header))
            text_fault(faults, "--header: '%.*s' is not 'Name: value'", (int)strcspn(header, ":"), header);
    }
    want->body = o->body == NULL || o->body[0] == '\0' ? NULL : o->body;
    if (want->head && (want->body != NULL || o->json.count > 0))
        text_fault(faults, "--method HEAD has no body for --body and --json to look at");
    for (size_t i = 0; i < o->json.count; i++) {
        const char *word = o->json.item[i];
        const char *wrong = i < JSON_ASSERTIONS ? json_assertion_parse(word, &want->json[i])
                                                : "is one assertion too many (8 are taken)";
        if (wrong != NULL) {
            text_fault(faults, "--json: '%s' %s", word, wrong);
            break;
        }
        want->json_count++;
    }
}

/* Whether it can be an address or a name at all: what ends in a number has to be an IPv4 address. */
static bool is_host(const char *host, char *buffer)
{
    struct addresses ignored;
    const char *last;

    if (address_literal(host, &ignored))
        return true;
    last = strrchr(host, '.');
    last = last == NULL ? host : last + 1;
    return strchr(host, ':') == NULL && (*last == '\0' || last[strspn(last, "0123456789")] != '\0') &&
           dns_question((unsigned char *)buffer, host) != 0;
}

static void target(const char *word, char *const *env, const struct http_want *want, struct target *t,
                   struct text *faults)
{
    static unsigned char random[TLS_RANDOM];
    static char buffer[PROTOCOL_REQUEST_MAX];
    static struct protocol protocol;
    char *expanded = strchr(word, '$') == NULL ? NULL : arena_take(EXPANDED_MAX);
    const char *wrong = NULL;
    struct text out;

    if (expanded != NULL) {
        text_init(&out, expanded, EXPANDED_MAX);
        if (expand_put(&out, word, env, faults) != 0)
            return;
        word = expanded;
    }
    if (target_parse(word, t, faults) != 0)
        return;
    if (t->host != NULL && !t->is_unix && !is_host(t->host, buffer))
        wrong = "has a bad host";
    if (want->header_count > 0 || strlen(word) > LONG) { /* no message repeats its target so often */
        text_init(&out, buffer, sizeof buffer);
        protocol_begin(&protocol, t, want, random, &out);
        if (out.cut)
            wrong = "and its headers are too long (4096 bytes)";
    }
    if (wrong != NULL)
        text_fault(faults, "target '%s' %s", t->shown, wrong);
}

static bool asks_http(const struct probe_options *o)
{
    return o->status != NULL || o->body != NULL || (o->headers.count | o->json.count | o->method) != 0;
}

void probe_prepare(const struct probe_options *o, const struct list *targets, char *const *env,
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
    plan->target = arena_take(PROBE_TARGETS * sizeof *plan->target);
    plan->count = targets->count;
    if (plan->count > PROBE_TARGETS || plan->target == NULL) {
        text_fault(faults, "more than %d targets", PROBE_TARGETS);
        return;
    }
    for (size_t i = 0; i < plan->count; i++) {
        struct target *t = &plan->target[i];
        target(targets->item[i], env, &plan->want, t, faults);
        http |= t->kind == TARGET_HTTP;
    }
    if (!http && faults->len == before && asks_http(o))
        text_fault(faults,
                   "--status, --header, --method, --body and --json are for HTTP targets, and there is none");
}

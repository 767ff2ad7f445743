/* http: see kinglet/http.h. */
#include "kinglet/http.h"

#include "kinglet/number.h"

#include <string.h>

enum phase {
    STATUS,
    INFORMATIONAL /* headers of a 1xx */,
    HEADERS,
    TRAILERS,
    CHUNK_SIZE,
    CHUNK_END,
    CHUNK_DATA,
    BODY
};
enum {
    STATUS_LEN = 13,      /* "HTTP/1.1 200" and what must follow it */
    TAKEN_MAX = 16 << 20, /* no health answer is larger */
};

#define UNTIL_CLOSE UINT64_MAX

/* --- the request --- */

int http_status_in(const char *list, unsigned status)
{
    uint64_t first, last;
    int in = 0;

    do {
        if (number_scan(&list, 999, &first) != 0)
            return -1;
        last = first;
        if (*list == '-') {
            list++;
            if (number_scan(&list, 999, &last) != 0)
                return -1;
        }
        if (first < 100 || last < first)
            return -1;
        in |= status >= first && status <= last;
        if (*list == '\0')
            return in;
    } while (*list++ == ',');
    return -1;
}

bool http_header_is_valid(const char *header)
{
    const char *c = header;

    while (text_is_alnum(*c) || (*c != '\0' && strchr("!#$%&'*+-.^_`|~", *c) != NULL))
        c++;
    if (c == header || *c != ':')
        return false;
    for (; *c != '\0'; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7F)
            return false;
    return true;
}

static void put_base64(struct text *out, const char *bytes)
{
    unsigned n = 0;

    for (; bytes[n * 6 / 8] != '\0'; n++) {
        const unsigned char *at = (const unsigned char *)bytes + n * 6 / 8;
        unsigned two = (unsigned)at[0] << 8 | at[1];
        text_raw(
            out,
            &"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[two >> (10 - n * 6 % 8) & 63],
            1);
    }
    for (; n % 4 != 0; n++)
        text_put(out, "=");
}

static void put_host(struct text *out, const struct target *t)
{
    const char *host = t->is_unix ? "localhost" : t->host;

    text_format(out, strchr(host, ':') == NULL ? "%s" : "[%s]", host);
    if (t->port != 80 && !t->is_unix)
        text_format(out, ":%u", t->port);
}

static void put_header(struct text *out, const char *header)
{
    text_put(out, "\r\n");
    text_put(out, header);
}

static bool overridden(const struct http_want *want, const char *header)
{
    size_t name = strcspn(header, ":");

    for (size_t i = 0; i < want->header_count; i++)
        if (text_same(want->headers[i], header) > name)
            return true;
    return false;
}

void http_request(const struct target *target, const struct http_want *want, struct text *out)
{
    const char *ours = "Host: \0User-Agent: kinglet/" KINGLET_VERSION
                       "\0Accept: */*\0Connection: close\0Authorization: Basic \0";

    text_put(out, want->head ? "HEAD " : "GET ");
    text_put(out, target->path[0] == '\0' ? "/" : target->path);
    text_put(out, " HTTP/1.1");
    for (; *ours != '\0'; ours = text_after(ours)) {
        bool is_credential = ours[1] == 'u';
        if (overridden(want, ours) || (is_credential && target->userinfo == NULL))
            continue;
        put_header(out, ours);
        if (is_credential)
            put_base64(out, target->userinfo);
        else if (ours[0] == 'H')
            put_host(out, target);
    }
    for (size_t i = 0; i < want->header_count; i++)
        put_header(out, want->headers[i]);
    put_header(out, "\r\n");
}

/* --- the answer --- */

void http_begin(struct http *h, const struct http_want *want)
{
    h->want = want;
    h->phase = STATUS;
    h->len = 0;
    h->taken = h->matched = 0;
    if (want->json_count > 0)
        json_begin(&h->json, want->json, want->json_count);
}

static enum answer bad(struct text *why, const char *words)
{
    text_put(why, words);
    return ANSWER_BAD;
}

/* The first bytes are there: `HTTP/1.x NNN` and a space or the end of the line. */
static enum answer status_line(struct http *h, struct text *why)
{
    const char *s = h->line;
    uint64_t status;
    bool healthy;

    if (memcmp(s, "HTTP/1.", 7) != 0)
        return bad(why, memcmp(s, "\x15\x03", 2) == 0             ? "not HTTP but TLS"
                        : memcmp(s + 3, "\x04\0\0\0\0\0", 6) == 0 ? "not HTTP/1 but HTTP/2"
                                                                  : "not HTTP/1");
    if ((s[7] != '0' && s[7] != '1') || s[8] != ' ' || number_parse(s + 9, 3, 999, &status) != 0 ||
        status < 100 || memchr(" \r\n", s[12], 3) == NULL)
        return bad(why, "a bad HTTP status line");
    if (s[12] == '\n')
        h->len = 0;
    h->status = (unsigned)status;
    h->chunked = false;
    h->left = UNTIL_CLOSE;
    h->phase = HEADERS; /* the rest of the line passes for one */
    if (status < 200 && status != 101) {
        h->phase = INFORMATIONAL;
        return ANSWER_MORE;
    }
    healthy = http_status_in(h->want->status, h->status) > 0;
    if (healthy && (h->want->body != NULL || h->want->json_count > 0))
        return ANSWER_MORE;
    text_u64(why, status);
    return healthy ? ANSWER_GOOD : ANSWER_BAD;
}

static bool found(const struct http *h)
{
    return h->want->body == NULL || h->want->body[h->matched] == '\0';
}

static enum answer body_over(struct http *h, struct text *why)
{
    const struct http_want *want = h->want;
    int failed = want->json_count > 0 ? json_end(&h->json) : 0;

    text_u64(why, h->status);
    if (failed < 0)
        return bad(why, ", but the body is not valid JSON");
    if (!found(h))
        return bad(why, ", but the body does not hold what --body asks for");
    if ((unsigned)failed < want->json_count) {
        const struct json_assertion *a = &want->json[failed];
        text_format(why, ", but %.*s is not %.*s", a->path_len, a->path, (int)a->value_len, a->value);
        return ANSWER_BAD;
    }
    return ANSWER_GOOD;
}

/* The value in `line` where that is header `name` (lower case), or NULL. */
static const char *value_of(const char *line, const char *name)
{
    size_t n = text_same(line, name);

    return name[n] == '\0' ? line + n + strspn(line + n, " \t") : NULL;
}

/* A header's line is complete in `line`, without its end. */
static enum answer header(struct http *h, struct text *why)
{
    const char *value;

    if (h->line[0] == '\0') {
        if (h->status == 204 || h->status == 304 || (!h->chunked && h->left == 0))
            return body_over(h, why);
        h->phase = h->chunked ? CHUNK_SIZE : BODY;
        return ANSWER_MORE;
    }
    value = value_of(h->line, "content-length:");
    if (value != NULL && !h->chunked &&
        number_parse(value, strcspn(value, " \t"), UNTIL_CLOSE / 2, &h->left) != 0)
        return bad(why, "a bad Content-Length");
    value = value_of(h->line, "transfer-encoding:");
    if (value != NULL && value_of(value, "chunked") != NULL)
        h->chunked = true;
    return ANSWER_MORE;
}

static enum answer chunk_size(struct http *h, struct text *why)
{
    const char *at = h->line;
    int digit;

    for (h->left = 0; digit = text_hex(*at), digit >= 0; at++)
        h->left = h->left << 4 | (unsigned)digit;
    if (at == h->line || at > h->line + 15 || strchr(" \t;", *at) == NULL)
        return bad(why, "a bad chunk");
    h->phase = h->left == 0 ? TRAILERS : CHUNK_DATA;
    return ANSWER_MORE;
}

/* A byte more of the body. Where it is not what want->body goes on with, the longest end of what has matched
 * that is also its beginning, and is gone on with, is found. */
static void search(struct http *h, char c)
{
    const char *needle = h->want->body;
    unsigned n = h->matched + 1;

    while (n > 0 && (needle[n - 1] != c || memcmp(needle, needle + h->matched - (n - 1), n - 1) != 0))
        n--;
    h->matched = n;
}

static enum answer body(struct http *h, const char *byte, struct text *why)
{
    if (!found(h))
        search(h, *byte);
    if (h->want->json_count > 0 ? json_feed(&h->json, byte, 1) != 0 : found(h))
        return body_over(h, why);
    if (--h->left > 0)
        return ANSWER_MORE;
    if (h->phase == BODY)
        return body_over(h, why);
    h->phase = CHUNK_END;
    return ANSWER_MORE;
}

/* Collects a line; whatever does not fit is of no interest. Returns whether it is complete. */
static bool line(struct http *h, char c)
{
    if (c != '\n') {
        if (h->len < sizeof h->line - 1)
            h->line[h->len++] = c == '\0' ? ' ' : c; /* a NUL would end the line here, but not there */
        return false;
    }
    if (h->len > 0 && h->line[h->len - 1] == '\r')
        h->len--;
    h->line[h->len] = '\0';
    h->len = 0;
    return true;
}

static enum answer take(struct http *h, const char *byte, struct text *why)
{
    if (h->phase == STATUS) {
        h->line[h->len++] = *byte;
        return h->len < STATUS_LEN ? ANSWER_MORE : status_line(h, why);
    }
    if (h->phase >= CHUNK_DATA)
        return body(h, byte, why);
    if (!line(h, *byte))
        return ANSWER_MORE;
    if (h->phase == HEADERS)
        return header(h, why);
    if (h->phase == CHUNK_SIZE)
        return chunk_size(h, why);
    if (h->phase == CHUNK_END)
        h->phase = CHUNK_SIZE;
    else if (h->line[0] != '\0')
        ;
    else if (h->phase == TRAILERS)
        return body_over(h, why);
    else
        h->phase = STATUS;
    return ANSWER_MORE;
}

enum answer http_feed(struct http *h, const char *bytes, size_t len, struct text *why)
{
    enum answer answer = ANSWER_MORE;

    if (len == 0) {
        if (h->phase == BODY && h->left > UNTIL_CLOSE / 2)
            return body_over(h, why);
        return bad(why, h->taken == 0 ? "the connection was closed without an answer"
                                      : "the connection was closed in the middle of the answer");
    }
    for (; len > 0 && answer == ANSWER_MORE; len--) {
        answer = take(h, bytes++, why);
        if (++h->taken > TAKEN_MAX && answer == ANSWER_MORE)
            return bad(why, "the answer is too large");
    }
    return answer;
}

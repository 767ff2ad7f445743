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
    STATUS_RANGES = 8,    /* in a list */
    STATUS_LEN = 13,      /* "HTTP/1.1 200" and what must follow it */
    TAKEN_MAX = 16 << 20, /* no health answer is larger */
};

#define UNTIL_CLOSE UINT64_MAX

/* --- the request --- */

int http_status_in(const char *list, unsigned status)
{
    unsigned first = 0, last = 0;
    int in = 0;

    for (int ranges = 0; ranges < STATUS_RANGES; list++) {
        unsigned digit = (unsigned char)*list - (unsigned)'0';
        if (digit <= 9) {
            last = last * 10 + digit;
            if (last > 999)
                break;
            continue;
        }
        if (last < 100 || last < first)
            break;
        if (*list == '-' && first == 0) {
            first = last;
        } else {
            in |= status <= last && status >= (first == 0 ? last : first);
            if (*list == '\0')
                return in;
            if (*list != ',')
                break;
            ranges++;
            first = 0;
        }
        last = 0;
    }
    return -1;
}

bool http_header_is_valid(const char *header)
{
    const char *c = header;

    while (text_is_alnum(*c) || (*c != '\0' && strchr("!#$%&'*+-.^_`|~", *c) != NULL))
        c++;
    if (c == header || *c != ':')
        return false;
    while (*c == '\t' || ((unsigned char)*c >= 0x20 && *c != 0x7F))
        c++;
    return *c == '\0';
}

/* Every six bits as a digit (RFC 4648, 4). */
static void put_base64(struct text *out, const char *bytes)
{
    unsigned n = 0;

    for (; bytes[n * 6 / 8] != '\0'; n++) {
        const unsigned char *at = (const unsigned char *)bytes + n * 6 / 8;
        int six = (at[0] << 8 | at[1]) >> (10 - n * 6 % 8) & 63;
        six += six < 26 ? 'A' : six < 52 ? 'a' - 26 : six < 62 ? '0' - 52 : six < 63 ? '+' - 62 : '/' - 63;
        text_format(out, "%c", six);
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
        if (overridden(want, ours) || (ours[1] == 'u' && target->userinfo == NULL))
            continue;
        put_header(out, ours);
        if (ours[1] == 'u')
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
    h->needle = want->body == NULL ? "" : want->body;
    h->phase = STATUS;
    h->len = h->taken = 0;
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
    static const char behind[] = {' ', '\r', '\n'};
    const char *s = h->line;
    uint64_t status;
    bool healthy;

    if (memcmp(s, "HTTP/1.", 7) != 0)
        return bad(why, s[0] == 0x15 && s[1] == 3 ? "not HTTP but TLS"      /* an alert */
                        : s[0] == 0 && s[3] == 4  ? "not HTTP/1 but HTTP/2" /* SETTINGS */
                                                  : "not HTTP/1");
    if ((s[7] != '0' && s[7] != '1') || s[8] != ' ' || s[9] == '0' ||
        number_parse(s + 9, 3, 999, &status) != 0 || memchr(behind, s[12], sizeof behind) == NULL)
        return bad(why, "a bad HTTP status line");
    if (s[12] == '\n')
        h->len = 0;
    h->status = (unsigned)status;
    h->chunked = false;
    h->left = UNTIL_CLOSE;
    h->phase = HEADERS; /* the rest of the line passes for one */
    if (h->status < 200 && h->status != 101) {
        h->phase = INFORMATIONAL;
        return ANSWER_MORE;
    }
    healthy = http_status_in(h->want->status, h->status) > 0;
    if (healthy && (*h->needle != '\0' || h->want->json_count > 0))
        return ANSWER_MORE;
    text_u64(why, h->status);
    return healthy ? ANSWER_GOOD : ANSWER_BAD;
}

static enum answer body_over(struct http *h, struct text *why)
{
    const struct http_want *want = h->want;
    int failed = want->json_count > 0 ? json_end(&h->json) : 0;

    text_u64(why, h->status);
    if (failed < 0)
        return bad(why, ", but the body is not valid JSON");
    if (*h->needle != '\0')
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
    uint64_t size = 0;
    int digit;

    for (; digit = text_hex(*at), digit >= 0; at++)
        size = size << 4 | (unsigned)digit;
    if (at == h->line || at > h->line + 15 || strchr(" \t;", *at) == NULL)
        return bad(why, "a bad chunk");
    h->left = size;
    h->phase = h->left == 0 ? TRAILERS : CHUNK_DATA;
    return ANSWER_MORE;
}

/* A byte more of the body. Where it is not what want->body goes on with, the longest end of what has matched
 * that is also its beginning, and is gone on with, is found. */
static void search(struct http *h, char c)
{
    const char *whole = h->want->body, *matched = h->needle + 1;

    for (; matched > whole; matched--) {
        size_t len = (size_t)(matched - whole) - 1;
        if (whole[len] == c && memcmp(whole, h->needle - len, len) == 0)
            break;
    }
    h->needle = matched;
}

static enum answer body(struct http *h, const char *byte, struct text *why)
{
    if (*h->needle != '\0')
        search(h, *byte);
    if (h->want->json_count > 0 ? json_feed(&h->json, byte, 1) != 0 : *h->needle == '\0')
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

/* Not inlined: the loop around it would make all of its jumps long ones. */
__attribute__((noinline)) static enum answer take(struct http *h, const char *byte, struct text *why)
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

    h->taken += (unsigned)len;
    if (len == 0 && h->phase == BODY && h->left > UNTIL_CLOSE / 2)
        return body_over(h, why);
    for (size_t i = 0; i < len && answer == ANSWER_MORE; i++)
        answer = take(h, bytes + i, why);
    if (answer != ANSWER_MORE || (len > 0 && h->taken <= TAKEN_MAX))
        return answer;
    return bad(why, len > 0         ? "the answer is too large"
                    : h->taken == 0 ? "the connection was closed without an answer"
                                    : "the connection was closed in the middle of the answer");
}

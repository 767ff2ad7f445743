/* http: see kinglet/http.h. */
#include "kinglet/http.h"

#include "kinglet/number.h"

#include <string.h>

enum phase { STATUS, STATUS_REST, HEADERS, BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILERS, DONE };
enum body { UNTIL_CLOSE, LENGTH, CHUNKED };
enum {
    STATUS_LEN = 13,      /* "HTTP/1.1 200" and what must follow it */
    TAKEN_MAX = 16 << 20, /* no health answer is larger */
};

/* --- the request --- */

int http_status_parse(const char *word, struct http_want *want)
{
    for (want->status_count = 0; want->status_count < STATUS_RANGES;) {
        struct status_range *range = &want->status[want->status_count++];
        uint64_t first, last;
        if (number_scan(&word, 999, &first) != 0 || first < 100)
            return -1;
        last = first;
        if (*word == '-') {
            word++;
            if (number_scan(&word, 999, &last) != 0 || last < first)
                return -1;
        }
        range->first = (uint16_t)first;
        range->last = (uint16_t)last;
        if (*word == '\0')
            return 0;
        if (*word++ != ',')
            return -1;
    }
    return -1;
}

bool http_header_is_valid(const char *header)
{
    size_t name = strcspn(header, ":");

    if (name == 0 || header[name] != ':')
        return false;
    for (size_t i = 0; i < name; i++)
        if (!text_is_alnum(header[i]) && strchr("!#$%&'*+-.^_`|~", header[i]) == NULL)
            return false;
    for (; *header != '\0'; header++)
        if (((unsigned char)*header < 0x20 && *header != '\t') || *header == 0x7F)
            return false;
    return true;
}

/* Whether `line` begins with `name` (lower case), whatever its case. */
static bool begins(const char *line, const char *name)
{
    return name[text_same(line, name)] == '\0';
}

static void put_base64(struct text *out, const char *bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(bytes);

    for (size_t i = 0; i < len; i += 3) {
        unsigned long group = (unsigned long)(unsigned char)bytes[i] << 16;
        char four[4];
        if (i + 1 < len)
            group |= (unsigned long)(unsigned char)bytes[i + 1] << 8;
        if (i + 2 < len)
            group |= (unsigned char)bytes[i + 2];
        for (int d = 0; d < 4; d++)
            four[d] = (size_t)d > len - i ? '=' : digits[group >> (18 - 6 * d) & 63];
        text_raw(out, four, 4);
    }
}

static bool overridden(const struct http_want *want, const char *name)
{
    for (size_t i = 0; i < want->header_count; i++)
        if (begins(want->headers[i], name))
            return true;
    return false;
}

static void put_host(const struct target *t, struct text *out)
{
    bool v6 = strchr(t->host, ':') != NULL;

    if (t->is_unix) {
        text_put(out, "localhost");
        return;
    }
    if (v6)
        text_put(out, "[");
    text_put(out, t->host);
    if (v6)
        text_put(out, "]");
    if (t->port != 80) {
        text_put(out, ":");
        text_u64(out, t->port);
    }
}

void http_request(const struct target *target, const struct http_want *want, struct text *out)
{
    text_put(out, want->head ? "HEAD " : "GET ");
    text_put(out, target->path[0] == '\0' ? "/" : target->path);
    text_put(out, " HTTP/1.1");
    if (!overridden(want, "host:")) {
        text_put(out, "\r\nHost: ");
        put_host(target, out);
    }
    if (!overridden(want, "user-agent:"))
        text_put(out, "\r\nUser-Agent: kinglet/" KINGLET_VERSION);
    if (!overridden(want, "accept:"))
        text_put(out, "\r\nAccept: */*");
    if (!overridden(want, "connection:"))
        text_put(out, "\r\nConnection: close");
    if (target->userinfo != NULL && !overridden(want, "authorization:")) {
        text_put(out, "\r\nAuthorization: Basic ");
        put_base64(out, target->userinfo);
    }
    for (size_t i = 0; i < want->header_count; i++) {
        text_put(out, "\r\n");
        text_put(out, want->headers[i]);
    }
    text_put(out, "\r\n\r\n");
}

/* --- the answer --- */

void http_begin(struct http *h, const struct http_want *want)
{
    h->want = want;
    h->phase = STATUS;
    h->informational = h->cut = h->found = false;
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

static bool digits(const char *s)
{
    for (int i = 0; i < 3; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

static bool in_range(const struct http *h)
{
    for (size_t i = 0; i < h->want->status_count; i++)
        if (h->status >= h->want->status[i].first && h->status <= h->want->status[i].last)
            return true;
    return false;
}

/* The first bytes are there: `HTTP/1.x NNN` and a space or the end of the line. */
static enum answer status_line(struct http *h, struct text *why)
{
    const char *s = h->line;

    if (memcmp(s, "HTTP/1.", 7) != 0 || (s[7] != '0' && s[7] != '1') || s[8] != ' ' || !digits(s + 9) ||
        (s[12] != ' ' && s[12] != '\r' && s[12] != '\n'))
        return bad(why, memcmp(s, "\x15\x03", 2) == 0             ? "not HTTP but TLS"
                        : memcmp(s, "HTTP/1.", 7) == 0            ? "a bad HTTP status line"
                        : memcmp(s + 3, "\x04\0\0\0\0\0", 6) == 0 ? "not HTTP/1 but HTTP/2"
                                                                  : "not HTTP/1");
    h->status = (unsigned short)((s[9] - '0') * 100 + (s[10] - '0') * 10 + (s[11] - '0'));
    if (h->status < 100)
        return bad(why, "a bad HTTP status line");
    h->informational = h->status < 200 && h->status != 101;
    h->phase = s[12] == '\n' ? HEADERS : STATUS_REST;
    h->len = 0;
    h->cut = false;
    h->body = UNTIL_CLOSE;
    if (h->informational)
        return ANSWER_MORE;
    text_u64(why, h->status);
    if (!in_range(h))
        return ANSWER_BAD;
    if (h->want->body == NULL && h->want->json_count == 0)
        return ANSWER_GOOD;
    why->len = 0;
    why->at[0] = '\0';
    return ANSWER_MORE;
}

static enum answer body_over(struct http *h, struct text *why)
{
    h->phase = DONE;
    text_u64(why, h->status);
    if (h->want->body != NULL && !h->found)
        return bad(why, ", but the body does not hold what --body asks for");
    if (h->want->json_count > 0) {
        int failed = json_end(&h->json);
        if (failed < 0)
            return bad(why, ", but the body is not valid JSON");
        if ((size_t)failed < h->want->json_count) {
            const struct json_assertion *a = &h->want->json[failed];
            text_format(why, ", but %.*s is not %.*s", a->path_len, a->path, (int)a->value_len,
                        a->value);
            return ANSWER_BAD;
        }
    }
    return ANSWER_GOOD;
}

/* A header's line is complete in `line`, without its end. */
static enum answer header(struct http *h, struct text *why)
{
    const char *value = h->line + strcspn(h->line, ":");

    value += *value == ':';
    value += strspn(value, " \t");
    if (h->line[0] != '\0') {
        if (h->phase == TRAILERS || h->informational)
            return ANSWER_MORE;
        if (begins(h->line, "content-length:") && h->body != CHUNKED) {
            if (number_parse(value, strcspn(value, " \t"), UINT64_MAX / 2, &h->left) != 0)
                return bad(why, "a bad Content-Length");
            h->body = LENGTH;
        } else if (begins(h->line, "transfer-encoding:") && begins(value, "chunked")) {
            h->body = CHUNKED;
        }
        return ANSWER_MORE;
    }
    if (h->informational) {
        h->phase = STATUS;
        return ANSWER_MORE;
    }
    if (h->phase == TRAILERS || h->want->head || h->status == 204 || h->status == 304 ||
        (h->body == LENGTH && h->left == 0))
        return body_over(h, why);
    h->phase = h->body == CHUNKED ? CHUNK_SIZE : BODY;
    return ANSWER_MORE;
}

static enum answer chunk_size(struct http *h, struct text *why)
{
    uint64_t size = 0;
    size_t n = 0;

    for (; text_hex(h->line[n]) >= 0; n++)
        size = size << 4 | (unsigned)text_hex(h->line[n]);
    if (n == 0 || n > 15 || strchr(" \t;", h->line[n]) == NULL)
        return bad(why, "a bad chunk");
    h->left = size;
    h->phase = size == 0 ? TRAILERS : CHUNK_DATA;
    return ANSWER_MORE;
}

/* Looks for want->body in a stream: on a mismatch the longest end of what has matched that is also its
 * beginning is gone on from. */
static void search(struct http *h, const char *bytes, size_t len)
{
    const char *needle = h->want->body;
    size_t needle_len = strlen(needle);

    for (size_t i = 0; i < len && !h->found; i++) {
        while (h->matched > 0 && needle[h->matched] != bytes[i]) {
            size_t shorter = h->matched - 1;
            while (shorter > 0 && memcmp(needle, needle + h->matched - shorter, shorter) != 0)
                shorter--;
            h->matched = shorter;
        }
        h->matched += needle[h->matched] == bytes[i];
        h->found = h->matched == needle_len;
    }
}

static enum answer body(struct http *h, const char *bytes, size_t len, struct text *why)
{
    if (h->want->body != NULL && !h->found)
        search(h, bytes, len);
    if (h->want->json_count > 0 && json_feed(&h->json, bytes, len) != 0) {
        text_u64(why, h->status);
        return bad(why, ", but the body is not valid JSON");
    }
    if (h->found && h->want->json_count == 0)
        return body_over(h, why);
    return ANSWER_MORE;
}

/* Collects a line; whatever does not fit is of no interest. Returns whether it is complete. */
static bool line(struct http *h, char c)
{
    if (c != '\n') {
        if (h->len < sizeof h->line - 1)
            h->line[h->len++] = c == '\0' ? ' ' : c; /* a NUL would end the line here, but not there */
        else
            h->cut = true;
        return false;
    }
    if (h->len > 0 && !h->cut && h->line[h->len - 1] == '\r')
        h->len--;
    h->line[h->len] = '\0';
    h->len = 0;
    h->cut = false;
    return true;
}

static enum answer closed(struct http *h, struct text *why)
{
    if (h->phase == BODY && h->body == UNTIL_CLOSE)
        return body_over(h, why);
    if (h->phase == STATUS && h->len == 0 && !h->informational)
        return bad(why, "the connection was closed without an answer");
    return bad(why, "the connection was closed in the middle of the answer");
}

enum answer http_feed(struct http *h, const char *bytes, size_t len, struct text *why)
{
    enum answer answer = ANSWER_MORE;

    if (len == 0)
        return closed(h, why);
    h->taken += len;
    for (size_t i = 0; i < len && answer == ANSWER_MORE;) {
        size_t some = len - i;
        switch ((enum phase)h->phase) {
        case STATUS:
            if (some > STATUS_LEN - (size_t)h->len)
                some = STATUS_LEN - (size_t)h->len;
            memcpy(h->line + h->len, bytes + i, some);
            h->len += (unsigned char)some;
            i += some;
            if (h->len == STATUS_LEN)
                answer = status_line(h, why);
            break;
        case STATUS_REST:
            if (bytes[i++] == '\n')
                h->phase = HEADERS;
            break;
        case HEADERS:
        case TRAILERS:
            if (line(h, bytes[i++]))
                answer = header(h, why);
            break;
        case CHUNK_SIZE:
            if (line(h, bytes[i++]))
                answer = chunk_size(h, why);
            break;
        case CHUNK_END:
            if (line(h, bytes[i++]))
                h->phase = CHUNK_SIZE;
            break;
        case CHUNK_DATA:
        case BODY:
            if (h->body != UNTIL_CLOSE && some > h->left)
                some = (size_t)h->left;
            answer = body(h, bytes + i, some, why);
            i += some;
            h->left -= h->body == UNTIL_CLOSE ? 0 : some;
            if (answer == ANSWER_MORE && h->body != UNTIL_CLOSE && h->left == 0) {
                if (h->phase == CHUNK_DATA)
                    h->phase = CHUNK_END;
                else
                    answer = body_over(h, why);
            }
            break;
        case DONE:
            i = len;
            break;
        }
    }
    if (answer == ANSWER_MORE && h->taken > TAKEN_MAX)
        return bad(why, "the answer is too large");
    return answer;
}

/* grpc: see kinglet/grpc.h. Pure. Sections are those of RFC 9113 (HTTP/2) and RFC 7541 (HPACK). */
#include "kinglet/grpc.h"

#include "kinglet/number.h"
#include "kinglet/protocol.h"

#include <limits.h>
#include <string.h>

enum { DATA, HEADERS, RST_STREAM = 3, PUSH_PROMISE = 5, GOAWAY = 7, CONTINUATION = 9 }; /* frames */
enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8, PRIORITY = 32 };                    /* their flags */
enum { HEAD = 9, FRAME_MAX = 16384 /* SETTINGS_MAX_FRAME_SIZE where nothing else is said, 6.5.2 */ };
enum { STATUS_FIRST = 8, STATUS_LAST = 14, STATIC_LAST = 61 }; /* :status in the static table, and its end */
enum { NOT_FOUND = 5, UNIMPLEMENTED = 12 };                    /* grpc-status */
enum { NO_NUMBER = 1000 };

/* --- the call --- */

const char *grpc_request(const struct target *target, struct wire_part parts[WIRE_PARTS])
{
    static const char form[] =
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        /* SETTINGS: HEADER_TABLE_SIZE 0, ENABLE_PUSH 0 */
        "\0\0\x0c\4\0\0\0\0\0"
        "\0\1\0\0\0\0\0\2\0\0\0\0"
        /* HEADERS, END_HEADERS, stream 1; :method POST, :scheme http, :path, :authority */
        WIRE "c\1\4\0\0\0\1"
        "\x83\x86\4\x1c/grpc.health.v1.Health/Check\1" WIRE " \1\x7f" WIRE "\x80" WIRE "1"
        "\x0f\x10\x10"
        "application/grpc" /* content-type */
        "\0\2te\x08trailers"
        "\x0f\x2b\7kinglet" /* user-agent */
        WIRE "y"
        /* DATA, END_STREAM, stream 1; not compressed, a length, field 1 a string */
        WIRE "c\0\1\0\0\0\1"
        "\0" WIRE "d" WIRE "\"\3\x0a" WIRE "\x82" WIRE "2" WIRE "t" WIRE "y" WIRE;
    static char host[264];
    struct text authority;

    text_init(&authority, host, sizeof host);
    if (target->is_unix)
        text_put(&authority, "localhost");
    else
        text_format(&authority, strchr(target->host, ':') != NULL ? "[%s]:%u" : "%s:%u", target->host,
                    target->port);
    parts[1] = (struct wire_part){host, authority.len};
    /* the length of a literal, which is one byte below 127, or else that and the rest (RFC 7541, 5.1) */
    parts[0] = (struct wire_part){NULL, authority.len};
    if (authority.len >= 127)
        parts[0] = (struct wire_part){host, authority.len - 127};
    parts[2] = protocol_name(target);
    if (parts[2].len == 0)
        parts[2].at = NULL;
    return form;
}

/* --- headers --- */

/* What the server's frames have said so far, and what is left of the present one. The numbers and 1; 0:
 * nothing yet. */
struct reply {
    const unsigned char *at, *end;
    unsigned status, result; /* :status, grpc-status */
    unsigned len;
    unsigned char message[7]; /* with its prefix */
};

struct string {
    const char *at;
    int len;
    bool huffman;
};

/* An integer with a prefix of the bits of `mask` (5.1). One that does not end or is too large comes out as
 * larger than anything that is allowed. */
static int integer(struct reply *r, int mask)
{
    int value = *r->at++ & mask;

    if (value < mask)
        return value;
    for (int shift = 0; shift < 21 && r->at < r->end; shift += 7) {
        value += (*r->at & 127) << shift;
        if (*r->at++ < 128)
            return value;
    }
    return INT_MAX;
}

/* Returns whether there is a string: the byte behind a frame is there, and is no part of it. */
static bool string(struct reply *r, struct string *s)
{
    s->huffman = *r->at >= 128;
    s->len = integer(r, 127);
    s->at = (const char *)r->at;
    if (s->len > r->end - r->at)
        return false;
    r->at += s->len;
    return true;
}

/* The number of up to three digits that the string is: in Huffman's code 0 to 2 take 5 bits and 3 to 9 take
 * 6, and ones fill up the last byte (5.2, appendix B). NO_NUMBER for anything else. */
static unsigned number(const struct string *s)
{
    uint32_t rest; /* of the bits, each of them turned */
    uint64_t plain = NO_NUMBER;
    unsigned n = 0, left = 8 * (unsigned)s->len;

    if (!s->huffman)
        number_parse(s->at, (size_t)s->len, NO_NUMBER - 1, &plain);
    if (!s->huffman || left - 1 > 23)
        return (unsigned)plain;
    rest = ~wire_get(s->at, (unsigned)s->len) << (32 - left);
    while (rest != 0) {
        unsigned width = 5, digit = ~rest >> 27;
        if (digit > 2) {
            width = 6;
            digit = (~rest >> 26) - 0x16;
        }
        if (digit > 9)
            return NO_NUMBER;
        n = n * 10 + digit;
        left -= width;
        rest <<= width;
    }
    return left < 8 && n < NO_NUMBER ? n : NO_NUMBER;
}

/* Whether a name is grpc-status, in either way of writing it. */
static bool is_result(const char *name)
{
    return strncmp(name, "\x0bgrpc-status", 12) == 0 ||
           strncmp(name, "\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f", 9) == 0;
}

/* Takes what is looked for from a block of headers. Returns false for one that cannot be, or has a field
 * twice. */
static bool read_block(struct reply *r)
{
    static const uint16_t known[] = {200, 204, 206, 304, 400, 404, 500};

    while (r->at < r->end) {
        unsigned first = *r->at, value = 0, other = 0, *field = &other, index;
        struct string s;
        if (first >> 5 == 1) { /* the size of the table (6.3), which is none */
            if (integer(r, 31) != 0)
                return false;
            continue;
        }
        /* from the table whole (6.1); a literal that would go into it (6.2.1); any other (6.2.2, 6.2.3) */
        index = (unsigned)integer(r, first >= 0x80 ? 127 : first >= 0x40 ? 63 : 15);
        if (index > STATIC_LAST)
            return false;
        if (index - STATUS_FIRST <= STATUS_LAST - STATUS_FIRST) {
            field = &r->status;
            value = known[index - STATUS_FIRST];
        }
        if (first >= 0x80) {
            if (index == 0)
                return false;
        } else {
            do { /* the name, where it is not the table's, and the value */
                if (index == 0 && is_result((const char *)r->at))
                    field = &r->result;
                if (!string(r, &s))
                    return false;
            } while (index-- == 0);
            value = number(&s);
        }
        if (*field != 0)
            return false;
        *field = value + 1;
    }
    return true;
}

/* --- the answer --- */

/* The call is over. */
static const char *verdict(const struct target *target, const struct reply *r, struct text *why)
{
    /* HealthCheckResponse.ServingStatus, and what is none */
    const char *words = BAD "UNKNOWN\0" GOOD "SERVING\0" BAD "NOT_SERVING\0" BAD "SERVICE_UNKNOWN\0" BAD
                            "not a health answer";
    enum { NONE = 4 };
    /* not compressed, a length in 4 bytes, field 1 a varint or nothing */
    const unsigned char *m = r->message;
    unsigned result = r->result - 1, status = m[6];

    if (r->result == 0)
        return BAD "no gRPC status";
    if (result == UNIMPLEMENTED)
        return BAD "no health service";
    if (result == NOT_FOUND) {
        struct wire_part service = protocol_name(target);
        text_format(why, "unknown service '%.*s'", (int)service.len, service.at);
        return BAD;
    }
    if (result != 0) {
        text_format(why, "gRPC status %u", result);
        return BAD;
    }
    if (wire_get((const char *)m, 4) != 0 || m[4] + 5U != r->len || m[5] != m[4] * 4 || status > NONE)
        status = NONE;
    while (status-- > 0)
        words = text_after(words);
    return words;
}

/* One frame of our stream, or a GOAWAY. */
static const char *frame(const struct target *target, struct reply *r, const char *head, struct text *why)
{
    unsigned type = (unsigned char)head[3], flags = (unsigned char)head[4], len;
    bool ends = flags & END_STREAM;

    r->at = (const unsigned char *)head + HEAD;
    if (type == RST_STREAM || type == GOAWAY) {
        r->at +=
            type == GOAWAY ? 8 : 4; /* the number of a stream, and an error code (6.8); or that alone (6.4) */
        if (r->at > r->end)
            return BAD "a bad HTTP/2 frame";
        text_format(why, "%s by the server (HTTP/2 error %u)", type == GOAWAY ? "closed" : "reset",
                    (unsigned)wire_get((const char *)r->at - 4, 4));
        return BAD;
    }
    if (type > HEADERS)
        return type == PUSH_PROMISE || type == CONTINUATION ? BAD "a bad HTTP/2 frame" : NULL;
    if (flags & PADDED)
        r->end -= *r->at++;
    if (type == HEADERS && flags & PRIORITY)
        r->at += 5;
    if (r->at > r->end)
        return BAD "a bad HTTP/2 frame";
    if (type == DATA) {
        len = (unsigned)(r->end - r->at);
        if (r->len + len > sizeof r->message)
            return BAD "not a health answer";
        memcpy(r->message + r->len, r->at, len);
        r->len += len;
    } else {
        if (!(flags & END_HEADERS) || !read_block(r) || r->status == 0)
            return BAD "bad HTTP/2 headers";
        if (r->status <= 200 && !ends) { /* an interim answer, 8.1 */
            r->status = 0;
        } else if (r->status != 201) {
            text_format(why, "HTTP status %u", r->status - 1);
            return BAD;
        }
    }
    return ends ? verdict(target, r, why) : NULL;
}

const char *grpc_answer(const struct target *target, const char *bytes, size_t len, struct text *why)
{
    struct reply reply;
    const char *words = NULL;

    if (len < HEAD)
        return NULL;
    if (bytes[0] != 0 || memcmp(bytes + 3, "\4\0\0\0\0", 6) != 0) /* SETTINGS come first, 3.4 */
        return ALIEN;
    memset(&reply, 0, sizeof reply);
    while (len >= HEAD && words == NULL) {
        size_t size = wire_get(bytes, 3);
        if (size > FRAME_MAX)
            return BAD "a bad HTTP/2 frame";
        size += HEAD;
        if (len < size)
            break;
        reply.end = (const unsigned char *)bytes + size;
        if (bytes[3] == GOAWAY || wire_get(bytes + 5, 4) << 1 == 2)
            words = frame(target, &reply, bytes, why);
        bytes += size;
        len -= size;
    }
    return words;
}

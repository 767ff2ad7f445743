/* grpc: see kinglet/grpc.h. Pure. Sections are those of RFC 9113 (HTTP/2) and RFC 7541 (HPACK). */
#include "kinglet/grpc.h"

#include "kinglet/number.h"
#include "kinglet/wire.h"

#include <string.h>

enum { DATA, HEADERS, RST_STREAM = 3, PUSH_PROMISE = 5, GOAWAY = 7, CONTINUATION = 9 }; /* frames */
enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8, PRIORITY = 32 };                    /* their flags */
enum { HEAD = 9, FRAME_MAX = 16384 /* SETTINGS_MAX_FRAME_SIZE where nothing else is said, 6.5.2 */ };
enum { STATUS_FIRST = 8, STATUS_LAST = 14, STATIC_LAST = 61 }; /* :status in the static table, and its end */
enum { NOT_FOUND = 5, UNIMPLEMENTED = 12 };                    /* grpc-status */
enum { NO_NUMBER = 1000, SERVING = 1 };

/* --- the call --- */

void grpc_request(const struct target *target, struct text *out)
{
    static const char form[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                               /* SETTINGS: HEADER_TABLE_SIZE 0, ENABLE_PUSH 0 */
                               "\0\0\x0c\4\0\0\0\0\0"
                               "\0\1\0\0\0\0\0\2\0\0\0\0"
        /* HEADERS, END_HEADERS, stream 1; :method POST, :scheme http, :path, :authority */
        WIRE "c\1\4\0\0\0\1"
                               "\x83\x86\4\x1c/grpc.health.v1.Health/Check\1" WIRE "0"
                               "\x0f\x10\x10"
                               "application/grpc" /* content-type */
                               "\0\2te\x08trailers"
                               "\x0f\x2b\7kinglet" /* user-agent */
        WIRE "y"
        /* DATA, END_STREAM, stream 1; not compressed, a length, field 1 a string */
        WIRE "c\0\1\0\0\0\1"
                               "\0" WIRE "d" WIRE "1" WIRE "2" WIRE "t" WIRE "y";
    enum { ROOM = 2 }; /* for the length of a literal (5.2), which is one byte below 127 */
    char host[ROOM + 255], field[] = {0x0A, 0, 0};
    const char *path = target->path + (target->path[0] == '/');
    size_t service = strcspn(path, "?");
    struct text authority;
    bool large;

    text_init(&authority, host + ROOM, sizeof host - ROOM);
    if (target->is_unix)
        text_put(&authority, "localhost");
    else
        text_format(&authority, strchr(target->host, ':') != NULL ? "[%s]:%u" : "%s:%u", target->host,
                    target->port);
    large = authority.len >= 127;
    host[0] = 127;
    host[1] = (char)(authority.len - (large ? 127 : 0));
    out->cut = out->cut || authority.cut;
    field[1] = (char)(service < 128 ? service : service | 0x80);
    field[2] = (char)(service >> 7);
    wire_put(out, form, sizeof form - 1,
             (const struct wire_part[]){{host + !large, authority.len + 1 + large},
                                        {field, service == 0    ? 0
                                                : service < 128 ? 2
                                                                : 3},
                                        {path, service}});
}

/* --- headers --- */

struct block {
    const unsigned char *at, *end;
};

struct string {
    const char *at;
    size_t len;
    bool huffman;
};

/* What the server's frames have said so far. The numbers and 1; 0: nothing yet. */
struct reply {
    unsigned status, result; /* :status, grpc-status */
    size_t len;
    unsigned char message[7]; /* with its prefix */
};

/* An integer with a prefix of the bits of `mask` (5.1). One that does not end or is too large comes out as
 * larger than anything that is allowed. */
static size_t integer(struct block *b, unsigned mask)
{
    size_t value = *b->at++ & mask;

    if (value < mask)
        return value;
    for (unsigned shift = 0; shift < 21 && b->at < b->end; shift += 7) {
        value += (size_t)(*b->at & 127) << shift;
        if (*b->at++ < 128)
            return value;
    }
    return SIZE_MAX;
}

/* Returns whether there is a string. */
static bool string(struct block *b, struct string *s)
{
    if (b->at >= b->end)
        return false;
    s->huffman = *b->at >= 128;
    s->len = integer(b, 127);
    s->at = (const char *)b->at;
    if (s->len > (size_t)(b->end - b->at))
        return false;
    b->at += s->len;
    return true;
}

/* The number of up to three digits that the string is: in Huffman's code 0 to 2 take 5 bits and 3 to 9 take
 * 6, and ones fill up the last byte (5.2, appendix B). NO_NUMBER for anything else. */
static unsigned number(const struct string *s)
{
    uint32_t bits = 0;
    uint64_t plain = NO_NUMBER;
    unsigned n = 0, left = 8 * (unsigned)s->len;

    if (!s->huffman)
        number_parse(s->at, s->len, NO_NUMBER - 1, &plain);
    if (!s->huffman || s->len == 0 || s->len > 3)
        return (unsigned)plain;
    bits = ~(~wire_get(s->at, (unsigned)s->len) << (32 - left));
    while (bits != UINT32_MAX) {
        unsigned width = bits >> 27 < 3 ? 5 : 6, digit = (bits >> (32 - width)) - (width == 5 ? 0 : 0x16);
        if (digit > 9)
            return NO_NUMBER;
        n = n * 10 + digit;
        left -= width;
        bits = ~(~bits << width);
    }
    return left < 8 && n < NO_NUMBER ? n : NO_NUMBER;
}

/* Whether `name` is grpc-status. */
static bool is_result(const struct string *name)
{
    static const char plain[] = "grpc-status", coded[] = "\x9a\xca\xc8\xb2\x12\x34\xda\x8f";

    return name->huffman ? name->len == sizeof coded - 1 && memcmp(name->at, coded, sizeof coded - 1) == 0
                         : name->len == sizeof plain - 1 && memcmp(name->at, plain, sizeof plain - 1) == 0;
}

/* Takes what is looked for from a block of headers. Returns false for one that cannot be, or has a field
 * twice. */
static bool read_block(struct block *b, struct reply *r)
{
    static const uint16_t known[] = {200, 204, 206, 304, 400, 404, 500};

    while (b->at < b->end) {
        unsigned first = *b->at, value, other = 0, *field = &other;
        struct string s;
        size_t index;
        if (first >> 5 == 1) { /* the size of the table (6.3), which is none */
            if (integer(b, 31) != 0)
                return false;
            continue;
        }
        /* from the table whole (6.1); a literal that would go into it (6.2.1); any other (6.2.2, 6.2.3) */
        index = integer(b, first >= 0x80 ? 127 : first >= 0x40 ? 63 : 15);
        if (index > STATIC_LAST)
            return false;
        if (index >= STATUS_FIRST && index <= STATUS_LAST)
            field = &r->status;
        if (first >= 0x80) {
            if (index == 0)
                return false;
            value = field == &other ? 0 : known[index - STATUS_FIRST];
        } else {
            if (index == 0) {
                if (!string(b, &s))
                    return false;
                if (is_result(&s))
                    field = &r->result;
            }
            if (!string(b, &s))
                return false;
            value = number(&s);
        }
        if (*field != 0)
            return false;
        *field = value + 1;
    }
    return true;
}

/* --- the answer --- */

static enum answer bad(struct text *why, const char *words)
{
    text_put(why, words);
    return ANSWER_BAD;
}

/* The call is over. */
static enum answer verdict(const struct target *target, const struct reply *r, struct text *why)
{
    /* HealthCheckResponse.ServingStatus, and what is none */
    static const char words[][20] = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN",
                                     "not a health answer"};
    enum { NONE = 4 };
    const unsigned char *m =
        r->message; /* not compressed, a length in 4 bytes, field 1 a varint or nothing */
    const char *service = target->path + (target->path[0] == '/');
    unsigned result = r->result - 1, status = m[6];

    if (r->result == 0)
        return bad(why, "no gRPC status");
    if (result == NOT_FOUND)
        text_format(why, "unknown service '%.*s'", (int)strcspn(service, "?"), service);
    else if (result == UNIMPLEMENTED)
        text_put(why, "no health service");
    else if (result != 0)
        text_format(why, "gRPC status %u", result);
    if (result != 0)
        return ANSWER_BAD;
    if (memcmp(m, "\0\0\0", 4) != 0 || m[4] + 5U != r->len || m[5] != (r->len > 5 ? 8 : 0) || status > NONE)
        status = NONE;
    text_put(why, words[status]);
    return status == SERVING ? ANSWER_GOOD : ANSWER_BAD;
}

/* One frame of our stream, or a GOAWAY. */
static enum answer frame(const struct target *target, struct reply *r, const char *head, struct text *why)
{
    const unsigned char *at = (const unsigned char *)head + HEAD;
    struct block b = {at, at + wire_get(head, 3)};
    unsigned type = (unsigned char)head[3], flags = (unsigned char)head[4], status;
    bool ends = flags & END_STREAM;

    if (type <= HEADERS) {
        if (flags & PADDED)
            b.end -= *b.at++;
        if (type == HEADERS && flags & PRIORITY)
            b.at += 5;
    }
    if (b.at > b.end)
        return bad(why, "a bad HTTP/2 frame");
    switch (type) {
    case DATA:
        if (r->len + (size_t)(b.end - b.at) > sizeof r->message)
            return bad(why, "not a health answer");
        memcpy(r->message + r->len, b.at, (size_t)(b.end - b.at));
        r->len += (size_t)(b.end - b.at);
        break;
    case HEADERS:
        if (!(flags & END_HEADERS) || !read_block(&b, r) || r->status == 0)
            return bad(why, "bad HTTP/2 headers");
        status = r->status - 1;
        if (status < 200 && !ends) { /* an interim answer, 8.1 */
            r->status = 0;
        } else if (status != 200) {
            text_format(why, "HTTP status %u", status);
            return ANSWER_BAD;
        }
        break;
    case GOAWAY: /* the number of a stream, and an error code (6.8) */
        b.at += 4;
        /* fall through */
    case RST_STREAM: /* an error code (6.4) */
        if (b.at + 4 > b.end)
            return bad(why, "a bad HTTP/2 frame");
        text_format(why, "%s by the server (HTTP/2 error %u)", type == GOAWAY ? "closed" : "reset",
                    (unsigned)wire_get((const char *)b.at, 4));
        return ANSWER_BAD;
    case PUSH_PROMISE:
    case CONTINUATION:
        return bad(why, "a bad HTTP/2 frame");
    default:
        return ANSWER_MORE;
    }
    return ends ? verdict(target, r, why) : ANSWER_MORE;
}

enum answer grpc_answer(const struct target *target, const char *bytes, size_t len, struct text *why)
{
    struct reply reply = {0, 0, 0, {0}};

    if (len < HEAD)
        return ANSWER_MORE;
    if (bytes[0] != 0 || memcmp(bytes + 3, "\4\0\0\0\0", 6) != 0) /* SETTINGS come first, 3.4 */
        return ANSWER_ALIEN;
    while (len >= HEAD) {
        size_t size = wire_get(bytes, 3);
        enum answer answer = ANSWER_MORE;
        if (size > FRAME_MAX)
            return bad(why, "a bad HTTP/2 frame");
        size += HEAD;
        if (len < size)
            break;
        if (bytes[3] == GOAWAY || wire_get(bytes + 5, 4) << 1 == 2)
            answer = frame(target, &reply, bytes, why);
        if (answer != ANSWER_MORE)
            return answer;
        bytes += size;
        len -= size;
    }
    return ANSWER_MORE;
}

/* grpc: see kinglet/grpc.h. Pure. Sections are those of RFC 9113 (HTTP/2) and RFC 7541 (HPACK). */
#include "kinglet/grpc.h"

#include "kinglet/number.h"
#include "kinglet/wire.h"

#include <string.h>

enum frame {
    DATA,
    HEADERS,
    RST_STREAM = 3,
    SETTINGS,
    PUSH_PROMISE,
    GOAWAY = 7,
    CONTINUATION = 9,
    IGNORED = 0xFF, /* known or not: not our stream's */
};

enum {
    END_STREAM = 1, /* flags of frames */
    ACK = 1,
    END_HEADERS = 4,
    PADDED = 8,
    PRIORITY = 0x20,
    HEAD = 9,
    FRAME_MAX = 16384, /* SETTINGS_MAX_FRAME_SIZE where nothing else is said (6.5.2) */
    HEADERS_AT = 45,   /* in what we send */
};

enum { STATUS_FIRST = 8, STATUS_LAST = 14, STATIC_LAST = 61 }; /* :status in the static table, and its end */
enum { FIELD, INDEX, LENGTH, LENGTH_MORE, STRING };            /* what comes next in a block of headers */
enum { OTHER, STATUS, RESULT };                                /* fields */
enum { NO_NUMBER = 1000 };
enum { NOT_FOUND = 5, UNIMPLEMENTED = 12 }; /* grpc-status */
enum { SERVING = 1, WORDS = 4 };

static const char BAD_FRAME[] = "a bad HTTP/2 frame";
static const char BAD_HEADERS[] = "bad HTTP/2 headers";
static const char NO_STATUS[] = "no gRPC status";

/* --- the call --- */

/* Seven bits a byte, the least significant first: of HPACK and of protobuf. */
static void put_varint(struct text *out, size_t n)
{
    for (; n > 127; n >>= 7)
        wire_put(out, n | 128, 1);
    wire_put(out, n, 1);
}

/* A string literal, not in Huffman's code (5.2). */
static void put_literal(struct text *out, const char *string)
{
    size_t len = strlen(string);

    wire_put(out, len < 127 ? len : 127, 1);
    if (len >= 127)
        put_varint(out, len - 127);
    text_put(out, string);
}

void grpc_begin(struct grpc *g, const struct target *target, struct text *out)
{
    /* SETTINGS of HEADER_TABLE_SIZE 0 and ENABLE_PUSH 0; the head of HEADERS, with END_HEADERS, of stream 1
     */
    static const char begin[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                "\0\0\x0c\4\0\0\0\0\0"
                                "\0\1\0\0\0\0\0\2\0\0\0\0"
                                "\0\0\0\1\4\0\0\0\1"
                                "\x83\x86"                           /* :method POST, :scheme http */
                                "\4\x1c/grpc.health.v1.Health/Check" /* :path, as all that follow a literal */
                                "\x0f\x10\x10"
                                "application/grpc" /* content-type */
                                "\0\2te\x08trailers"
                                "\1" /* :authority */;
    static const char data[] = "\0\0\0\0\1\0\0\0\1"
                               "\0\0\0\0\0";
    char host[300];
    struct text authority;
    size_t start = out->len, message, len;

    text_init(&authority, host, sizeof host);
    if (target->is_unix)
        text_put(&authority, "localhost");
    else
        text_format(&authority, strchr(target->host, ':') != NULL ? "[%s]:%u" : "%s:%u", target->host,
                    target->port);
    text_raw(out, begin, sizeof begin - 1);
    put_literal(out, authority.at);
    text_raw(out, "\x0f\x2b", 2); /* user-agent */
    put_literal(out, "kinglet/" KINGLET_VERSION);
    wire_length(out, start + HEADERS_AT, 3, start + HEADERS_AT + HEAD);
    message = out->len;
    text_raw(out, data, sizeof data - 1);
    g->service = target->path + (target->path[0] == '/');
    len = strcspn(g->service, "?");
    if (len > 0) {
        text_put(out, "\x0a");
        put_varint(out, len);
        text_raw(out, g->service, len);
    }
    wire_length(out, message, 3, message + HEAD);
    wire_length(out, message + HEAD + 1, 4, message + HEAD + 5);
}

/* --- headers --- */

/* The number of up to three digits that the string is, or NO_NUMBER: in Huffman's code 0 to 2 take 5 bits and
 * 3 to 9 take 6, and ones fill up the last byte (5.2, appendix B). */
static unsigned number(const struct grpc *g)
{
    uint32_t bits = 0;
    uint64_t plain;
    unsigned n = 0, used = 0, all = 8 * g->taken;

    if (g->taken == 0 || g->taken > 3)
        return NO_NUMBER;
    if (!g->huffman)
        return number_parse((const char *)g->text, g->taken, NO_NUMBER, &plain) == 0 ? (unsigned)plain
                                                                                     : NO_NUMBER;
    for (unsigned i = 0; i < 4; i++)
        bits = bits << 8 | (i < g->taken ? g->text[i] : 0xFFU);
    while (bits != UINT32_MAX) {
        unsigned digit = bits >> 27, width = 5;
        if (digit > 2) {
            digit = (bits >> 26) - 0x16;
            width = 6;
        }
        if (digit > 9)
            return NO_NUMBER;
        n = n * 10 + digit;
        used += width;
        bits = ~(~bits << width);
    }
    return used <= all && used + 8 > all && n < NO_NUMBER ? n : NO_NUMBER;
}

/* These return whether what they were given can be. */
static bool assign(struct grpc *g, unsigned field, unsigned number)
{
    bool fresh = field == OTHER || g->value[field] == 0;

    g->value[field] = number + 1;
    return fresh;
}

static bool string_over(struct grpc *g)
{
    static const char plain[] = "grpc-status", coded[] = "\x9a\xca\xc8\xb2\x12\x34\xda\x8f";
    size_t len = g->huffman ? sizeof coded - 1 : sizeof plain - 1;

    if (g->is_value) {
        g->state = FIELD;
        return assign(g, g->field, number(g));
    }
    g->field = g->taken == len && memcmp(g->text, g->huffman ? coded : plain, len) == 0 ? RESULT : OTHER;
    g->is_value = true;
    g->state = LENGTH;
    return true;
}

/* The index of a literal's name in the static table (appendix A), or 0: the name follows. */
static bool name_index(struct grpc *g, unsigned index)
{
    g->field = index >= STATUS_FIRST && index <= STATUS_LAST ? STATUS : OTHER;
    g->is_value = index != 0;
    g->state = LENGTH;
    return index <= STATIC_LAST;
}

static bool header_byte(struct grpc *g, unsigned char byte)
{
    static const uint16_t known[] = {200, 204, 206, 304, 400, 404, 500};
    unsigned index = byte & 0x7F;

    switch (g->state) {
    case FIELD:
        if (byte >= 0x80) { /* a field of the table, 6.1 */
            bool status = index >= STATUS_FIRST && index <= STATUS_LAST;
            return index != 0 && index <= STATIC_LAST &&
                   (!status || assign(g, STATUS, known[index - STATUS_FIRST]));
        }
        if (byte >= 0x40) /* a literal that would be put into the table if that had room, 6.2.1 */
            return name_index(g, byte & 0x3F);
        if (byte >= 0x20) /* the table's size, 6.3 */
            return byte == 0x20;
        if ((byte & 0x0F) != 0x0F) /* a literal, 6.2.2 and 6.2.3 */
            return name_index(g, byte & 0x0F);
        g->state = INDEX;
        return true;
    case INDEX:
        return name_index(g, 15U + byte);
    case LENGTH:
        g->huffman = byte >= 0x80;
        g->length = index;
        g->taken = g->shift = 0;
        g->state = index == 127 ? LENGTH_MORE : STRING;
        return index > 0 || string_over(g);
    case LENGTH_MORE:
        g->length += index << g->shift;
        g->shift += 7;
        if (byte < 0x80)
            g->state = STRING;
        return byte < 0x80 || g->shift < 14;
    default:
        if (g->taken < sizeof g->text)
            g->text[g->taken] = byte;
        return ++g->taken < g->length || string_over(g);
    }
}

/* --- the answer --- */

static enum answer bad(struct text *why, const char *words)
{
    text_put(why, words);
    return ANSWER_BAD;
}

/* The call is over, with a grpc-status. */
static enum answer verdict(const struct grpc *g, struct text *why)
{
    /* HealthCheckResponse.ServingStatus, and what is none */
    static const char words[][20] = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN",
                                     "not a health answer"};
    const unsigned char *m = g->message; /* a byte 0, a length in 4, and field 1 as a varint, or nothing */
    unsigned result = g->value[RESULT] - 1, status = m[6];

    if (result == NOT_FOUND)
        text_format(why, "unknown service '%.*s'", (int)strcspn(g->service, "?"), g->service);
    else if (result == UNIMPLEMENTED)
        text_put(why, "no health service");
    else if (result != 0)
        text_format(why, "gRPC status %u", result);
    if (result != 0)
        return ANSWER_BAD;
    if (memcmp(m, "\0\0\0", 4) != 0 || m[4] + 5 != g->message_len || m[5] != (g->message_len > 5 ? 8 : 0) ||
        status > WORDS)
        status = WORDS;
    text_put(why, words[status]);
    return status == SERVING ? ANSWER_GOOD : ANSWER_BAD;
}

static enum answer block_over(struct grpc *g, struct text *why)
{
    unsigned status = g->value[STATUS] - 1;

    if (g->state != FIELD || g->value[STATUS] == 0)
        return bad(why, BAD_HEADERS);
    g->in_block = false;
    if (status >= 100 && status < 200 && !g->ends) { /* an interim answer, 8.1 */
        g->value[STATUS] = 0;
        return ANSWER_MORE;
    }
    if (status != 200) {
        text_format(why, "HTTP status %u", status);
        return ANSWER_BAD;
    }
    if (!g->ends)
        return ANSWER_MORE;
    return g->value[RESULT] == 0 ? bad(why, NO_STATUS) : verdict(g, why);
}

static enum answer frame_over(struct grpc *g, struct text *why)
{
    unsigned char flags = g->head[4];

    g->at = 0;
    switch (g->type) {
    case DATA:
        return flags & END_STREAM ? bad(why, NO_STATUS) : ANSWER_MORE;
    case HEADERS:
    case CONTINUATION:
        return flags & END_HEADERS ? block_over(g, why) : ANSWER_MORE;
    case RST_STREAM:
    case GOAWAY:
        text_format(why, "%s (HTTP/2 error %u)",
                    g->type == GOAWAY ? "the server goes away" : "the call was reset", g->error);
        return ANSWER_BAD;
    default:
        return ANSWER_MORE;
    }
}

/* The head of a frame is there (4.1). */
static enum answer frame_begins(struct grpc *g, struct text *why)
{
    const unsigned char *h = g->head;
    uint32_t stream = (h[5] & 0x7FU) << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[7] << 8 | h[8];

    g->left = (uint32_t)h[0] << 16 | (uint32_t)h[1] << 8 | h[2];
    g->type = h[3];
    g->error = g->error_len = g->skip = 0;
    g->padding = 0;
    if (!g->settled &&
        (g->type != SETTINGS || stream != 0 || h[4] & ACK || g->left % 6 != 0 || g->left > FRAME_MAX))
        return ANSWER_ALIEN; /* 3.4 */
    g->settled = true;
    if (g->left > FRAME_MAX || g->type == PUSH_PROMISE || (g->type == CONTINUATION) != g->in_block ||
        (g->in_block && stream != 1) || (g->type == DATA && stream == 1 && g->value[STATUS] == 0))
        return bad(why, BAD_FRAME);
    if (stream != 1 && g->type != GOAWAY)
        g->type = IGNORED;
    g->padded = g->type <= HEADERS && h[4] & PADDED;
    if (g->type == HEADERS) {
        g->in_block = true;
        g->ends = h[4] & END_STREAM;
        g->skip = h[4] & PRIORITY ? 5 : 0;
    }
    if (g->left < (unsigned)g->padded + g->skip)
        return bad(why, BAD_FRAME);
    return g->left == 0 ? frame_over(g, why) : ANSWER_MORE;
}

static enum answer payload(struct grpc *g, unsigned char byte, struct text *why)
{
    g->left--;
    if (g->padded) {
        g->padded = false;
        g->padding = byte;
        return g->left < (unsigned)g->padding + g->skip ? bad(why, BAD_FRAME) : ANSWER_MORE;
    }
    if (g->skip > 0) {
        g->skip--;
        return ANSWER_MORE;
    }
    if (g->left < g->padding)
        return ANSWER_MORE;
    switch (g->type) {
    case DATA:
        if (g->message_len == sizeof g->message)
            return bad(why, "not a health answer");
        g->message[g->message_len++] = byte;
        return ANSWER_MORE;
    case HEADERS:
    case CONTINUATION:
        return header_byte(g, byte) ? ANSWER_MORE : bad(why, BAD_HEADERS);
    default: /* of RST_STREAM the whole is an error code; of GOAWAY it comes after another number (6.4, 6.8)
              */
        if (g->error_len < 8) {
            g->error = g->error << 8 | byte;
            g->error_len++;
        }
        return ANSWER_MORE;
    }
}

enum answer grpc_take(struct grpc *g, unsigned char byte, struct text *why)
{
    enum answer answer;

    if (g->at < HEAD) {
        g->head[g->at++] = byte;
        return g->at == HEAD ? frame_begins(g, why) : ANSWER_MORE;
    }
    answer = payload(g, byte, why);
    return g->left == 0 && answer == ANSWER_MORE ? frame_over(g, why) : answer;
}

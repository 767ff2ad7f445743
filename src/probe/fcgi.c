/* fcgi: see kinglet/fcgi.h. Pure. */
#include "kinglet/fcgi.h"

#include "kinglet/number.h"
#include "kinglet/wire.h"

#include <string.h>

enum {
    BEGIN_REQUEST = 1,
    END_REQUEST = 3,
    STDOUT = 6,
    GET_VALUES_RESULT = 10,
    UNKNOWN_TYPE = 11,
    OVERLOADED = 2, /* protocolStatus */
};

/* A name and a value: each a length of one byte, or of four and the highest bit, and then the bytes. */
static void put_param(struct text *out, const char *name, const char *value, size_t len)
{
    wire_put(out, strlen(name), 1);
    wire_put(out, len < 128 ? len : len | 0x80000000U, len < 128 ? 1 : 4);
    text_put(out, name);
    text_raw(out, value, len);
}

void fcgi_begin(struct fcgi *f, const struct target *target, struct text *out)
{
    /* FCGI_GET_VALUES of FCGI_MPXS_CONNS */
    static const char values[] = "\1\x09\0\0\0\x11\0\0\x0f\0FCGI_MPXS_CONNS";
    /* FCGI_BEGIN_REQUEST 1 as a responder, FCGI_PARAMS with what is the same for all */
    static const char request[] = "\1\1\0\1\0\x08\0\0\0\1\0\0\0\0\0\0"
                                  "\1\4\0\1\0\0\0\0"
                                  "\x11\7GATEWAY_INTERFACECGI/1.1"
                                  "\x0f\x08SERVER_PROTOCOLHTTP/1.1"
                                  "\x0b\x09SERVER_NAMElocalhost"
                                  "\x0b\2SERVER_PORT80"
                                  "\x0e\3REQUEST_METHODGET";
    /* the end of FCGI_PARAMS, and of an empty FCGI_STDIN */
    static const char end[] = "\1\4\0\1\0\0\0\0"
                              "\1\5\0\1\0\0\0\0";
    const char *path = target->path;
    size_t start = out->len, whole = strlen(path), len = strcspn(path, "?");

    f->get = whole > 0;
    if (!f->get) {
        text_raw(out, values, sizeof values - 1);
        return;
    }
    text_raw(out, request, sizeof request - 1);
    put_param(out, "SCRIPT_NAME", path, len);
    put_param(out, "SCRIPT_FILENAME", path, len);
    put_param(out, "REQUEST_URI", path, whole);
    len += len < whole;
    put_param(out, "QUERY_STRING", path + len, whole - len);
    wire_length(out, start + 20, 2, start + 24);
    text_raw(out, end, sizeof end - 1);
}

/* A line of the CGI header is there. */
static enum answer line_over(struct fcgi *f, struct text *why)
{
    static const char name[] = "status:";
    const char *at = f->line;
    size_t same = 0;
    uint64_t status;

    if (f->len > 0 && f->line[f->len - 1] == '\r')
        f->len--;
    if (f->len == 0 && f->status != 0) {
        text_u64(why, f->status);
        return f->status >= 200 && f->status < 300 ? ANSWER_GOOD : ANSWER_BAD;
    }
    f->line[f->len] = '\0';
    while (name[same] != '\0' && (at[same] | 0x20) == name[same])
        same++;
    if (f->status == 0)
        f->status = 200;
    if (name[same] == '\0') {
        at += same + strspn(at + same, " \t");
        if (number_scan(&at, 999, &status) != 0 || status < 100 || (*at != ' ' && *at != '\0'))
            f->colon = false;
        else
            f->status = (uint16_t)status;
    }
    if (!f->colon) {
        text_put(why, "a bad CGI header");
        return ANSWER_BAD;
    }
    f->colon = false;
    f->len = 0;
    return ANSWER_MORE;
}

static enum answer content(struct fcgi *f, unsigned char byte, struct text *why)
{
    if (f->head[1] == END_REQUEST && f->left == 3)
        f->ended = byte;
    if (f->head[1] != STDOUT)
        return ANSWER_MORE;
    if (byte == '\n')
        return line_over(f, why);
    f->colon = f->colon || byte == ':';
    if (f->len < sizeof f->line - 1)
        f->line[f->len++] = (char)byte;
    return ANSWER_MORE;
}

static enum answer record_over(struct fcgi *f, struct text *why)
{
    f->at = 0;
    if (!f->get) {
        if (f->head[1] != GET_VALUES_RESULT && f->head[1] != UNKNOWN_TYPE)
            return ANSWER_ALIEN;
        text_put(why, "FastCGI answers");
        return ANSWER_GOOD;
    }
    if (f->head[1] != END_REQUEST)
        return ANSWER_MORE;
    text_put(why, f->ended == OVERLOADED ? "overloaded" : "ended without an answer");
    return ANSWER_BAD;
}

enum answer fcgi_take(struct fcgi *f, unsigned char byte, struct text *why)
{
    enum answer answer = ANSWER_MORE;

    if (f->at < sizeof f->head) {
        f->head[f->at++] = byte;
        if (f->at < sizeof f->head)
            return ANSWER_MORE;
        if (f->head[0] != 1 || f->head[2] != 0 || f->head[3] != (f->get ? 1 : 0))
            return ANSWER_ALIEN;
        f->left = (uint16_t)(f->head[4] << 8 | f->head[5]);
        f->padding = f->head[6];
    } else if (f->left > 0) {
        answer = content(f, byte, why);
        f->left--;
    } else {
        f->padding--;
    }
    return answer == ANSWER_MORE && f->left == 0 && f->padding == 0 ? record_over(f, why) : answer;
}

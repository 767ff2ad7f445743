/* fcgi: see kinglet/fcgi.h. Pure. */
#include "kinglet/fcgi.h"

#include "kinglet/number.h"
#include "kinglet/protocol.h"
#include "kinglet/wire.h"

#include <string.h>

enum { END_REQUEST = 3, STDOUT = 6, GET_VALUES_RESULT = 10, UNKNOWN_TYPE = 11 };
enum { HEAD = 8, OVERLOADED = 2 /* protocolStatus */ };

void fcgi_request(const struct target *target, struct text *out)
{
    /* FCGI_GET_VALUES of FCGI_MPXS_CONNS */
    static const char values[] = "\1\x09\0\0\0\x11\0\0\x0f\0FCGI_MPXS_CONNS";
    /* FCGI_BEGIN_REQUEST as a responder; FCGI_PARAMS, and their end; the end of FCGI_STDIN */
    static const char get[] = "\1\1\0\1\0\x08\0\0\0\1\0\0\0\0\0\0"
                              "\1\4\0\1" WIRE "b\0\0"
                              "\x11\7GATEWAY_INTERFACECGI/1.1"
                              "\x0f\x08SERVER_PROTOCOLHTTP/1.1"
                              "\x0b\x09SERVER_NAMElocalhost"
                              "\x0b\2SERVER_PORT80"
                              "\x0e\3REQUEST_METHODGET"
                              "\x0b" WIRE "PSCRIPT_NAME" WIRE "0"
                              "\x0f" WIRE "PSCRIPT_FILENAME" WIRE "0"
                              "\x0b" WIRE "QREQUEST_URI" WIRE "1"
                              "\x0c" WIRE "RQUERY_STRING" WIRE "2" WIRE "t"
                              "\1\4\0\1\0\0\0\0"
                              "\1\5\0\1\0\0\0\0";
    const char *path = target->path;
    size_t script = strcspn(path, "?"), whole = strlen(path), query = script + (script < whole);
    bool any = whole > 0;

    wire_put(out, any ? get : values, any ? sizeof get - 1 : sizeof values - 1,
             (const struct wire_part[]){{path, script}, {path, whole}, {path + query, whole - query}});
}

/* The header of a CGI response (RFC 3875, 6.3), as much of it as is there. */
static enum answer header(const char *line, struct text *why)
{
    static const char name[] = "status:";
    uint64_t status = 0;
    const char *end;

    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t len = (size_t)(end - line), same = 0;
        const char *at;
        if (status != 0 && len == (line[0] == '\r')) {
            text_u64(why, status);
            return status >= 200 && status < 300 ? ANSWER_GOOD : ANSWER_BAD;
        }
        status = status == 0 ? 200 : status;
        while (name[same] != '\0' && (line[same] | 0x20) == name[same])
            same++;
        at = line + same + strspn(line + same, " \t");
        if (memchr(line, ':', len) == NULL || (name[same] == '\0' && number_scan(&at, 999, &status) != 0)) {
            text_put(why, "a bad CGI header");
            return ANSWER_BAD;
        }
    }
    return ANSWER_MORE;
}

enum answer fcgi_answer(const struct target *target, const char *bytes, size_t len, struct text *why)
{
    bool get = target->path[0] != '\0';
    char output[PROTOCOL_ANSWER_MAX];
    struct text out;

    text_init(&out, output, sizeof output);
    while (len >= HEAD) {
        size_t size = wire_get(bytes + 4, 2), all = HEAD + size + (unsigned char)bytes[6];
        char type = bytes[1];
        if (bytes[0] != 1 || wire_get(bytes + 2, 2) != get ||
            (!get && type != GET_VALUES_RESULT && type != UNKNOWN_TYPE))
            return ANSWER_ALIEN;
        if (!get) {
            text_put(why, "FastCGI answers");
            return ANSWER_GOOD;
        }
        if (type == STDOUT) {
            enum answer answer;
            text_raw(&out, bytes + HEAD, size < len - HEAD ? size : len - HEAD);
            answer = header(output, why);
            if (answer != ANSWER_MORE)
                return answer;
        }
        if (len < all)
            break;
        if (type == END_REQUEST) {
            text_put(why,
                     size > 4 && bytes[HEAD + 4] == OVERLOADED ? "overloaded" : "ended without an answer");
            return ANSWER_BAD;
        }
        bytes += all;
        len -= all;
    }
    return ANSWER_MORE;
}

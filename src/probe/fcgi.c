/* fcgi: see kinglet/fcgi.h. Pure. */
#include "kinglet/fcgi.h"

#include "kinglet/number.h"
#include "kinglet/protocol.h"

#include <string.h>

enum { END_REQUEST = 3, STDOUT = 6, GET_VALUES_RESULT = 10, UNKNOWN_TYPE = 11 };
enum { HEAD = 8, OVERLOADED = 2 /* protocolStatus */ };

const char *fcgi_request(const struct target *target, struct wire_part parts[WIRE_PARTS])
{
    /* FCGI_GET_VALUES of FCGI_MPXS_CONNS */
    static const char values[] = "\1\x09\0\0\0\x11\0\0\x0f\0FCGI_MPXS_CONNS" WIRE;
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
                              "\1\5\0\1\0\0\0\0" WIRE;
    const char *path = target->path;
    size_t script = strcspn(path, "?"), whole = strlen(path), query = script + (script < whole);

    parts[0] = (struct wire_part){path, script};
    parts[1] = (struct wire_part){path, whole};
    parts[2] = (struct wire_part){path + query, whole - query};
    return whole > 0 ? get : values;
}

/* The header of a CGI response (RFC 3875, 6.3), as much of it as is there. */
static const char *header(const char *line, struct text *why)
{
    static const char name[] = "status:";
    uint64_t status = 0;
    const char *end;

    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        const char *at = line + text_same(line, name);
        bool good = line[strcspn(line, ":\n")] == ':';
        if (status != 0 && line + (*line == '\r') == end) {
            text_u64(why, status);
            return status >= 200 && status < 300 ? GOOD : BAD;
        }
        if (status == 0)
            status = 200;
        if (at == line + sizeof name - 1) {
            at += strspn(at, " \t");
            good = number_scan(&at, 999, &status) == 0;
        }
        if (!good)
            return BAD "a bad CGI header";
    }
    return NULL;
}

const char *fcgi_answer(const struct target *target, const char *bytes, size_t len, struct text *why)
{
    static char output[PROTOCOL_ANSWER_MAX];
    bool get = target->path[0] != '\0';
    struct text out;

    text_init(&out, output, sizeof output);
    while (len >= HEAD) {
        size_t size = wire_get(bytes + 4, 2), all = HEAD + size + (unsigned char)bytes[6];
        char type = bytes[1];
        if (bytes[0] != 1 || wire_get(bytes + 2, 2) != get)
            return ALIEN;
        if (!get)
            return type == GET_VALUES_RESULT || type == UNKNOWN_TYPE ? GOOD "FastCGI answers" : ALIEN;
        if (type == STDOUT) {
            const char *words;
            text_raw(&out, bytes + HEAD, size < len - HEAD ? size : len - HEAD);
            words = header(output, why);
            if (words != NULL)
                return words;
        }
        if (len < all)
            break;
        if (type == END_REQUEST)
            return size > 4 && bytes[HEAD + 4] == OVERLOADED ? BAD "overloaded"
                                                             : BAD "ended without an answer";
        bytes += all;
        len -= all;
    }
    return NULL;
}

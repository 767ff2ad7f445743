/* postgres: see kinglet/postgres.h. Pure. */
#include "kinglet/postgres.h"

#include "kinglet/wire.h"

#include <string.h>

enum {
    MESSAGE_MIN = 8,
    /* As libpq: what is longer is an error of protocol 2, the letter E and text up to a NUL. A server that
     * cannot fork still says it so. */
    MESSAGE_MAX = 30000,
};

void postgres_request(const struct target *target, struct text *out)
{
    static const char form[] =
        WIRE "d\0\3\0\0application_name\0kinglet\0user\0" WIRE "0\0database\0" WIRE "1\0\0" WIRE "p";
    const char *user = target->userinfo == NULL ? "" : target->userinfo;
    struct wire_part parts[2] = {{user, strcspn(user, ":")}};

    if (parts[0].len == 0)
        parts[0] = (struct wire_part){"postgres", 8};
    parts[1] = parts[0];
    if (target->path[0] != '\0' && target->path[1] != '\0')
        parts[1] = (struct wire_part){target->path + 1, strcspn(target->path + 1, "?")};
    wire_put(out, form, sizeof form - 1, parts);
}

enum answer postgres_answer(const struct target *target, const char *bytes, size_t len, struct text *why)
{
    uint32_t size = wire_get(bytes + 1, 4);
    const char *at, *end = bytes + len, *words = bytes + 1;
    bool accepts = false, code = false, told = false;

    (void)target;
    if (bytes[0] == 'R' && size >= MESSAGE_MIN && size <= MESSAGE_MAX) {
        accepts = true;
    } else if (bytes[0] != 'E' || size < MESSAGE_MIN) {
        return ANSWER_ALIEN;
    } else if (size > MESSAGE_MAX) {
        if (strlen(words) == len - 1)
            return ANSWER_MORE;
    } else {
        /* Fields of a letter and a string each, and a NUL at the end: the code and the words of all that is
         * wrong. */
        for (words = "", at = bytes + 5; !accepts && !(code && told); at += strlen(at) + 1) {
            if (at >= end || at + strlen(at) == end)
                return ANSWER_MORE;
            if (*at == '\0')
                break;
            if (*at == 'M') {
                words = at + 1;
                told = true;
            }
            if (*at == 'C') {
                code = true;
                accepts = strlen(at + 1) == 5 && strcmp(at + 1, "57P03") != 0;
            }
        }
    }
    if (accepts) {
        text_put(why, "accepting connections");
        return ANSWER_GOOD;
    }
    text_format(why, "rejecting connections: %s", words);
    return ANSWER_BAD;
}

/* postgres: see kinglet/postgres.h. Pure. */
#include "kinglet/postgres.h"

#include "kinglet/protocol.h"

#include <string.h>

enum {
    MESSAGE_MIN = 8,
    /* As libpq: what is longer is an error of protocol 2, the letter E and text up to a NUL. A server that
     * cannot fork still says it so. */
    MESSAGE_MAX = 30000,
};

const char *postgres_request(const struct target *target, struct wire_part parts[WIRE_PARTS])
{
    const char *user = target->userinfo;
    struct wire_part name = protocol_name(target);

    parts[0] = (struct wire_part){user, user == NULL ? 0 : strcspn(user, ":")};
    if (parts[0].len == 0)
        parts[0] = (struct wire_part){"postgres", 8};
    parts[1] = name.len == 0 ? parts[0] : name;
    return WIRE "d\0\3\0\0application_name\0kinglet\0user\0" WIRE "0\0database\0" WIRE "1\0\0" WIRE "p" WIRE;
}

const char *postgres_answer(const struct target *target, const char *bytes, size_t len, struct text *why)
{
    uint32_t size = wire_get(bytes + 1, 4);
    const char *words = bytes + 1, *code = NULL;

    (void)target;
    if (bytes[0] == 'R' && size >= MESSAGE_MIN && size <= MESSAGE_MAX)
        return GOOD "accepting connections";
    if (bytes[0] != 'E' || size < MESSAGE_MIN)
        return ALIEN;
    if (size > MESSAGE_MAX) {
        if (strlen(words) == len - 1)
            return NULL;
    } else {
        /* Fields of a letter and a string each, and a NUL at the end: the code and the words of all that is
         * wrong. */
        words = "";
        for (const char *at = bytes + 5, *end; code == NULL || *words == '\0'; at = end + 1) {
            end = at + strlen(at);
            if (end == bytes + len)
                return NULL;
            if (end == at)
                break;
            if (*at == 'M')
                words = at + 1;
            if (*at == 'C') {
                code = at + 1;
                if (end - code == 5 && strcmp(code, "57P03") != 0)
                    return GOOD "accepting connections";
            }
        }
    }
    text_format(why, "rejecting connections: %s", words);
    return BAD;
}

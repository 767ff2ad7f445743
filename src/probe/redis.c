/* redis: see kinglet/redis.h. Pure. */
#include "kinglet/redis.h"

#include "kinglet/wire.h"

#include <string.h>

void redis_request(const struct target *target, struct text *out)
{
    static const char form[] = "$" WIRE "@\r\n" WIRE "0\r\n"
                               "$" WIRE "A\r\n" WIRE "1\r\n"
                               "*1\r\n$4\r\nPING\r\n";
    enum { BULK = 9, PING = 2 * BULK };
    size_t skip = PING;
    struct wire_part parts[2] = {{target->userinfo, 0}};

    if (target->userinfo != NULL) { /* [user:]password */
        size_t user = strcspn(target->userinfo, ":");
        parts[1].at = target->userinfo + user + 1;
        if (target->userinfo[user] == '\0') {
            parts[1].at = target->userinfo;
            user = 0;
        }
        parts[0].len = user;
        parts[1].len = strlen(parts[1].at);
        skip = user > 0 ? 0 : BULK;
        text_format(out, "*%u\r\n$4\r\nAUTH\r\n", user > 0 ? 3 : 2);
    }
    wire_put(out, form + skip, sizeof form - 1 - skip, parts);
}

enum answer redis_answer(const struct target *target, const char *bytes, size_t len, struct text *why)
{
    bool auth = target->userinfo != NULL;
    const char *end;
    size_t line;

    if (auth && memcmp(bytes, "+OK\r\n", 5) == 0) {
        auth = false;
        bytes += 5;
        len -= 5;
    }
    end = memchr(bytes, '\r', len);
    if (len > 0 && *bytes != '-' && *bytes != '+')
        return ANSWER_ALIEN;
    if (end == NULL)
        return ANSWER_MORE;
    line = (size_t)(end - bytes);
    if (*bytes == '-') {
        text_safe(why, bytes + 1, line - 1);
        return !auth && (strncmp(bytes, "-NOAUTH", 7) == 0 || strncmp(bytes, "-NOPERM", 7) == 0) ? ANSWER_GOOD
                                                                                                 : ANSWER_BAD;
    }
    if (auth || line != 5 || memcmp(bytes, "+PONG", 5) != 0)
        return ANSWER_ALIEN;
    text_put(why, "+PONG");
    return ANSWER_GOOD;
}

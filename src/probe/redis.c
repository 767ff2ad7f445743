/* redis: see kinglet/redis.h. Pure. */
#include "kinglet/redis.h"

#include <string.h>

const char *redis_request(const struct target *target, struct wire_part parts[WIRE_PARTS])
{
    const char *user = target->userinfo, *password = user; /* [user:]password */

    if (user != NULL) {
        parts[0].len = strcspn(user, ":");
        if (user[parts[0].len] != '\0')
            password += parts[0].len + 1;
        if (password <= user + 1)
            user = NULL;
        parts[1].len = strlen(password);
    }
    parts[0].at = user;
    parts[1].at = password;
    parts[2].len = 2 + (user != NULL);
    return WIRE "!\x24*" WIRE "B\r\n$4\r\nAUTH\r\n" WIRE " \x09"
                "$" WIRE "@\r\n" WIRE "0\r\n"
                "$" WIRE "A\r\n" WIRE "1\r\n"
                "*1\r\n$4\r\nPING\r\n" WIRE;
}

const char *redis_answer(const struct target *target, const char *bytes, size_t len, struct text *why)
{
    bool auth = target->userinfo != NULL;
    const char *end;

    if (auth && memcmp(bytes, "+OK\r\n", 5) == 0) {
        auth = false;
        bytes += 5;
        len -= 5;
    }
    if (len > 0 && *bytes != '-' && *bytes != '+')
        return ALIEN;
    end = memchr(bytes, '\r', len);
    if (end == NULL)
        return NULL;
    if (*bytes == '+')
        return auth || strncmp(bytes, "+PONG\r", 6) != 0 ? ALIEN : GOOD "+PONG";
    text_safe(why, bytes + 1, (size_t)(end - bytes - 1));
    return !auth && (strncmp(bytes, "-NOAUTH", 7) == 0 || strncmp(bytes, "-NOPERM", 7) == 0) ? GOOD : BAD;
}

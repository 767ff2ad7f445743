/* redis: see kinglet/redis.h. Pure. */
#include "kinglet/redis.h"

#include <string.h>

static void put_bulk(struct text *out, const char *bytes, size_t len)
{
    text_format(out, "$%zu\r\n", len);
    text_raw(out, bytes, len);
    text_put(out, "\r\n");
}

void redis_begin(struct redis *r, const struct target *target, struct text *out)
{
    const char *user = target->userinfo;

    if (user != NULL) { /* [user:]password */
        size_t len = strcspn(user, ":");
        const char *password = user[len] == '\0' ? user : user + len + 1;
        bool named = len > 0 && password > user;
        r->auth = true;
        text_put(out, named ? "*3\r\n$4\r\nAUTH\r\n" : "*2\r\n$4\r\nAUTH\r\n");
        if (named)
            put_bulk(out, user, len);
        put_bulk(out, password, strlen(password));
    }
    text_put(out, "*1\r\n$4\r\nPING\r\n");
}

static bool begins(const struct redis *r, const char *word)
{
    size_t len = strlen(word);

    return r->len >= len && memcmp(r->line, word, len) == 0;
}

enum answer redis_take(struct redis *r, unsigned char byte, struct text *why)
{
    if (r->len == 0 && byte != '+' && byte != '-')
        return ANSWER_ALIEN;
    if (byte != '\n' && r->len < sizeof r->line) {
        r->line[r->len++] = (char)byte;
        return ANSWER_MORE;
    }
    if (r->len > 0 && r->line[r->len - 1] == '\r')
        r->len--;
    if (r->auth && r->len == 3 && begins(r, "+OK")) {
        r->auth = false;
        r->len = 0;
        return ANSWER_MORE;
    }
    if (r->line[0] == '-') {
        text_safe(why, r->line + 1, r->len - 1U);
        return !r->auth && (begins(r, "-NOAUTH ") || begins(r, "-NOPERM ")) ? ANSWER_GOOD : ANSWER_BAD;
    }
    if (r->auth || r->len != 5 || !begins(r, "+PONG"))
        return ANSWER_ALIEN;
    text_put(why, "+PONG");
    return ANSWER_GOOD;
}

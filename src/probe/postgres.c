/* postgres: see kinglet/postgres.h. Pure. */
#include "kinglet/postgres.h"

#include "kinglet/wire.h"

#include <string.h>

enum {
    HEAD = 5, /* type and length */
    MESSAGE_MIN = 8,
    REQUEST_MAX = 2000,
    /* As libpq: what is longer is an error of protocol 2, the letter E and text up to a NUL. A server that
     * cannot fork still says it so. */
    ERROR_MAX = 30000,
};

static void put_string(struct text *out, const char *bytes, size_t len)
{
    text_raw(out, bytes, len);
    text_raw(out, "", 1);
}

void postgres_begin(const struct target *target, struct text *out)
{
    static const char head[] = "\0\0\0\0\0\3\0\0application_name\0kinglet\0user";
    const char *user = target->userinfo == NULL ? "" : target->userinfo;
    size_t start = out->len, len = strcspn(user, ":"), path = strcspn(target->path, "?");

    text_raw(out, head, sizeof head);
    put_string(out, len == 0 ? "postgres" : user, len == 0 ? 8 : len);
    if (path > 1) {
        text_raw(out, "database", 9);
        put_string(out, target->path + 1, path - 1);
    }
    text_raw(out, "", 1);
    wire_length(out, start, 4, start);
}

/* What the error says, as soon as its code and, where those matter, its words are there. */
static enum answer judge(struct postgres *p, bool over, struct text *why)
{
    bool code = p->code_len == sizeof p->code;

    if (code && memcmp(p->code, "57P03", sizeof p->code) != 0) {
        text_put(why, "accepting connections");
        return ANSWER_GOOD;
    }
    if (!over && !(code && p->told))
        return ANSWER_MORE;
    text_put(why, "rejecting connections: ");
    text_safe(why, p->words, p->words_len);
    return ANSWER_BAD;
}

/* Errors are fields of a letter and a string each, and then a NUL. */
static enum answer error_field(struct postgres *p, unsigned char byte, struct text *why)
{
    if (p->field == '\0') {
        p->field = byte;
        return byte == '\0' ? judge(p, true, why) : ANSWER_MORE;
    }
    if (byte == '\0') {
        p->told = p->told || p->field == 'M';
        p->field = '\0';
        return judge(p, p->left > ERROR_MAX, why);
    }
    if (p->field == 'C') {
        bool valid = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z');
        if (!valid || p->code_len == sizeof p->code)
            return ANSWER_ALIEN;
        p->code[p->code_len++] = (char)byte;
    } else if (p->field == 'M' && p->words_len < sizeof p->words) {
        p->words[p->words_len++] = (char)byte;
    }
    return ANSWER_MORE;
}

/* Type and length of the first message are there. */
static enum answer head_over(struct postgres *p, struct text *why)
{
    if (p->type == 'R' && p->left >= MESSAGE_MIN && p->left <= REQUEST_MAX) {
        text_put(why, "accepting connections");
        return ANSWER_GOOD;
    }
    if (p->type != 'E' || p->left < MESSAGE_MIN)
        return ANSWER_ALIEN;
    if (p->left > ERROR_MAX) {
        for (unsigned i = 0; i < 4; i++)
            p->words[i] = (char)(p->left >> (24 - 8 * i));
        p->words_len = 4;
        p->field = 'M';
        p->left = UINT32_MAX;
    } else {
        p->left -= 4; /* the length counts itself */
    }
    return ANSWER_MORE;
}

enum answer postgres_take(struct postgres *p, unsigned char byte, struct text *why)
{
    enum answer answer;

    if (p->at < HEAD) {
        if (p->at++ == 0)
            p->type = byte;
        else
            p->left = p->left << 8 | byte;
        return p->at == HEAD ? head_over(p, why) : ANSWER_MORE;
    }
    answer = error_field(p, byte, why);
    return --p->left == 0 && answer == ANSWER_MORE ? judge(p, true, why) : answer;
}

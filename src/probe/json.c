/* json: see kinglet/json.h. A push tokenizer: what may come next as a set, one stack of what is open, no
 * recursion. */
#include "kinglet/json.h"

#include "kinglet/number.h"
#include "kinglet/text.h"

#include <string.h>

/* What may come next, as a set. Or what is being read. */
enum {
    VALUE = 1,
    NAME = 2,
    CLOSE = 4, /* the end of the container */
    COLON = 8,
    COMMA = 16,
    STRING = 32,  /* a name where NAME is set too */
    LITERAL = 64, /* true, false, null or a number */
    BROKEN = 128,
    ALWAYS = 127, /* white space */
};

enum {
    ESCAPE = 5, /* behind a backslash; less: so many hexadecimal digits are still to come */
    CUT = -1,   /* as the length of a word: too long */
};

const char *json_assertion_parse(const char *word, struct json_assertion *a)
{
    const char *name = word, *end;
    unsigned len;

    while (end = name + strcspn(name, ".="), *end == '.' && end > name)
        name = end + 1;
    if (*end == '\0')
        return "is not PATH=VALUE (like database.connected=true)";
    if (end == name)
        return "has an empty name in its path";
    a->path = word;
    a->path_len = (int)(end - word);
    len = (unsigned)strlen(++end);
    a->string_only = len > 1 && end[0] == '"' && end[len - 1] == '"';
    if (a->string_only) {
        end++;
        len -= 2;
    }
    a->value = end;
    a->value_len = len;
    return len < JSON_WORD ? NULL : "has too long a value (127 bytes)";
}

void json_begin(struct json *j, const struct json_assertion *assertions, size_t count)
{
    memset(j, 0, sizeof *j);
    j->assertion = assertions;
    j->count = (unsigned)count;
    j->state = VALUE;
    j->level = j->levels;
    for (unsigned i = 0; i < j->count; i++)
        j->levels[0].rest[i] = assertions[i].path;
}

/* The member `word` (in an object) or the element `index` of the innermost container is what comes next:
 * which paths go on to it? */
static void follow(struct json *j)
{
    for (unsigned i = 0; i < j->count; i++) {
        struct json_level *level = j->level;
        const char *name = level[-1].rest[i];
        size_t len = strcspn(name, ".=");
        uint64_t index;
        level->rest[i] = "";
        if (len > 0 && (level->open == '{'
                            ? len == j->len && memcmp(name, j->word, len) == 0
                            : number_parse(name, len, UINT32_MAX, &index) == 0 && index == level->index)) {
            name += len;
            name += *name == '.';
            level->rest[i] = name;
            j->holds[i] = false; /* the last of several of one name counts, with all that is in it */
        }
    }
}

/* A scalar, in `word`, is over. */
static void judge(struct json *j, bool is_string)
{
    const struct json_assertion *a = j->assertion;

    for (unsigned i = 0; i < j->count; i++, a++)
        if (j->level->rest[i][0] == '=' && (is_string || !a->string_only) && j->len == a->value_len &&
            memcmp(j->word, a->value, j->len) == 0)
            j->holds[i] = true;
    j->state = COMMA | CLOSE;
}

static void keep(struct json *j, char c)
{
    if (j->len < sizeof j->word - 1)
        j->word[j->len++] = c;
    else
        j->len = (unsigned)CUT;
}

/* RFC 8259, section 6. Of one that has been cut the end may be missing. */
static bool is_number(const char *s, bool cut)
{
    char mark = '\0';
    const char *digits;

    s += *s == '-';
    if (s[0] == '0' && s[1] >= '0' && s[1] <= '9')
        return false;
    for (;; s++) {
        for (digits = s; *s >= '0' && *s <= '9'; s++)
            ;
        if (s == digits)
            return cut && *s == '\0';
        if (*s == '.' && mark == '\0') {
            mark = '.';
        } else if ((*s | 0x20) == 'e' && mark != 'e') {
            mark = 'e';
            s += s[1] == '+' || s[1] == '-';
        } else {
            return *s == '\0';
        }
    }
}

/* The literal in `word` is over. */
static bool literal_done(struct json *j)
{
    static const char names[][6] = {"true", "false", "null"};

    judge(j, false);
    keep(j, '\0');
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(j->word, names[i]) == 0)
            return true;
    return is_number(j->word, j->len == (unsigned)CUT);
}

static void begin_word(struct json *j, unsigned state)
{
    j->len = j->unit = 0;
    j->state = (unsigned char)state;
}

/* As UTF-8 (RFC 3629). */
static void keep_code_point(struct json *j, unsigned c)
{
    if (c < 0x80) {
        keep(j, (char)c);
    } else {
        int more = 1 + (c >= 0x800) + (c >= 0x10000);
        keep(j, (char)(0xFF80U >> more | c >> 6 * more));
        while (more-- > 0)
            keep(j, (char)(0x80 | (c >> 6 * more & 0x3F)));
    }
}

/* The fourth digit of an escape is in `unit`, behind the code unit of an escape just before. What is no
 * character is kept as NUL, which no assertion holds. */
static void code_unit(struct json *j)
{
    unsigned c = j->unit & 0xFFFF;

    if ((j->unit & 0xFC00FC00) == 0xD800DC00) {
        j->len--;
        c += ((j->unit >> 16) << 10) - (0xD800U << 10) - 0xDC00 + 0x10000;
    } else if (c >> 11 == 0x1B) {
        c = 0;
    }
    keep_code_point(j, c);
}

static bool in_string(struct json *j, char c)
{
    static const char escapes[] = "\"\\/bfnrt\0\"\\/\b\f\n\r\t";
    const char *at;
    int digit;

    if ((unsigned char)c < 0x20)
        return false;
    if (j->escape == 0) {
        if (c == '"') {
            if (j->state & NAME) {
                follow(j);
                j->state = COLON;
            } else {
                judge(j, true);
            }
            return true;
        }
        if (c == '\\') {
            j->escape = ESCAPE;
            return true;
        }
    } else if (j->escape-- == ESCAPE) {
        if (c == 'u')
            return true;
        at = strchr(escapes, c);
        if (at == NULL)
            return false;
        c = at[9];
        j->escape = 0;
    } else {
        digit = text_hex(c);
        if (digit < 0)
            return false;
        j->unit = j->unit << 4 | (unsigned)digit;
        if (j->escape == 0)
            code_unit(j);
        return true;
    }
    j->unit = 0;
    keep(j, c);
    return true;
}

static bool take(struct json *j, char c)
{
    /* what ends a literal, and when it may come; a NUL never may */
    static const char marks[] = {'"',   '{',   '[',   '}',    ']',          ',',    ':',    ' ',
                                 '\t',  '\r',  '\n',  '\0',   VALUE | NAME, VALUE,  VALUE,  CLOSE,
                                 CLOSE, COMMA, COLON, ALWAYS, ALWAYS,       ALWAYS, ALWAYS, 0};
    const char *mark;
    unsigned char may;

    if (j->state & STRING)
        return in_string(j, c);
    mark = strchr(marks, c);
    if (j->state == LITERAL) {
        if (mark == NULL) {
            keep(j, c);
            return true;
        }
        if (!literal_done(j))
            return false;
    }
    may = mark == NULL ? VALUE : (unsigned char)mark[sizeof marks / 2];
    if (may == ALWAYS)
        return true;
    may &= j->state;
    if (may == 0)
        return false;
    j->state = 0;
    switch (c) {
    case '{':
    case '[':
        if (j->level == &j->levels[JSON_DEPTH])
            return false;
        j->level++;
        j->level->open = c;
        j->level->index = UINT32_MAX;
        j->state = CLOSE;
        break;
    case ',':
        if (j->level->open == '\0')
            return false;
        break;
    case '}':
    case ']':
        if (j->level->open != c - 2) /* in ASCII */
            return false;
        j->level--;
        j->state = COMMA | CLOSE;
        return true;
    case ':':
        j->state = VALUE;
        return true;
    case '"':
        begin_word(j, STRING | (may & NAME));
        return true;
    default:
        begin_word(j, LITERAL);
        keep(j, c);
        return true;
    }
    if (j->level->open == '{') {
        j->state |= NAME;
    } else {
        j->state |= VALUE;
        j->level->index++;
        follow(j);
    }
    return true;
}

int json_feed(struct json *j, const char *bytes, size_t len)
{
    for (; len > 0 && j->state != BROKEN; len--)
        if (!take(j, *bytes++))
            j->state = BROKEN;
    return j->state == BROKEN ? -1 : 0;
}

int json_end(struct json *j)
{
    json_feed(j, " ", 1); /* the end of a literal */
    if (j->state != (COMMA | CLOSE) || j->level->open != '\0')
        return -1;
    for (unsigned i = 0; i < j->count; i++)
        if (!j->holds[i])
            return (int)i;
    return (int)j->count;
}

/* json: see kinglet/json.h. A push tokenizer: one state, one stack of what is open, no recursion. */
#include "kinglet/json.h"

#include "kinglet/number.h"
#include "kinglet/text.h"

#include <string.h>

enum state {
    VALUE,       /* a value must come */
    FIRST_VALUE, /* a value, or ] */
    FIRST_NAME,  /* a name, or } */
    NAME,        /* a name must come */
    COLON,
    NEXT, /* , or the end of the container; at depth 0: nothing */
    STRING,
    STRING_ESCAPE,  /* behind a backslash */
    STRING_UNICODE, /* in \uXXXX */
    LITERAL,        /* true, false, null or a number */
    BROKEN,
};

enum { OFF = 0xFF /* the path has been left */ };

const char *json_assertion_parse(const char *word, struct json_assertion *a)
{
    size_t path = strcspn(word, "=");

    a->path = word;
    a->path_len = path;
    if (word[path] != '=' || path == 0)
        return "is not PATH=VALUE (like database.connected=true)";
    if (word[0] == '.' || word[path - 1] == '.' || text_find(word, "..") != NULL)
        for (size_t i = 0; i < path; i++)
            if (word[i] == '.' && (i == 0 || i + 1 == path || word[i + 1] == '.'))
                return "has an empty name in its path";
    a->value = word + path + 1;
    a->value_len = strlen(a->value);
    a->string_only = a->value_len >= 2 && a->value[0] == '"' && a->value[a->value_len - 1] == '"';
    if (a->string_only) {
        a->value++;
        a->value_len -= 2;
    }
    if (a->value_len >= JSON_WORD)
        return "has too long a value (127 bytes)";
    return NULL;
}

void json_begin(struct json *j, const struct json_assertion *assertions, size_t count)
{
    memset(j, 0, sizeof *j);
    j->assertion = assertions;
    j->count = count;
    j->state = VALUE;
}

/* The `n`th name of the path, or NULL past the last one. */
static const char *path_name(const struct json_assertion *a, unsigned n, size_t *len)
{
    const char *at = a->path, *end = a->path + a->path_len;

    for (;; n--) {
        const char *dot = memchr(at, '.', (size_t)(end - at));
        *len = (size_t)((dot == NULL ? end : dot) - at);
        if (n == 0)
            return at;
        if (dot == NULL)
            return NULL;
        at = dot + 1;
    }
}

/* The member `word` (in an object) or the element `index` of the innermost container is what comes next:
 * which paths go on to it? The answer is kept one level deeper, where the value will be. */
static void follow(struct json *j)
{
    for (size_t i = 0; i < j->count; i++) {
        unsigned char on = j->on_path[i][j->depth - 1];
        const char *name = NULL;
        size_t len = 0;
        bool same = false;
        if (on != OFF)
            name = path_name(&j->assertion[i], on, &len);
        if (name != NULL && j->is_object[j->depth]) {
            same = !j->cut && len == j->len && memcmp(name, j->word, len) == 0;
        } else if (name != NULL) {
            uint64_t index;
            same = number_parse(name, len, UINT32_MAX, &index) == 0 && index == j->index[j->depth];
        }
        j->on_path[i][j->depth] = same ? on + 1 : OFF;
        if (same) /* the last of several of one name counts, with all that is in it */
            j->holds[i] = false;
    }
}

/* Whether the value to come is what assertion `i` is about. */
static bool is_at(const struct json *j, size_t i)
{
    size_t len;
    unsigned char on = j->on_path[i][j->depth];

    return on != OFF && on > 0 && path_name(&j->assertion[i], on, &len) == NULL;
}

static void judge(struct json *j, bool is_string, bool is_scalar)
{
    for (size_t i = 0; i < j->count; i++)
        if (is_at(j, i))
            j->holds[i] = is_scalar && !j->cut && (is_string || !j->assertion[i].string_only) &&
                          j->len == j->assertion[i].value_len &&
                          memcmp(j->word, j->assertion[i].value, j->len) == 0;
}

static void keep(struct json *j, char c)
{
    if (j->high == 0 && j->len < JSON_WORD)
        j->word[j->len++] = c;
    else
        j->cut = true;
}

/* As UTF-8 (RFC 3629). */
static void keep_code_point(struct json *j, unsigned long c)
{
    if (c < 0x80) {
        keep(j, (char)c);
    } else {
        int shift = c < 0x800 ? 6 : c < 0x10000 ? 12 : 18;
        keep(j, (char)(0xFF80U >> shift / 6 | c >> shift));
        while ((shift -= 6) >= 0)
            keep(j, (char)(0x80 | (c >> shift & 0x3F)));
    }
}

static void begin_word(struct json *j, enum state state)
{
    j->len = 0;
    j->cut = false;
    j->high = 0;
    j->state = (unsigned char)state;
}

/* RFC 8259, section 6. */
static bool is_number(const char *s, size_t len)
{
    size_t i = 0, digits;

#define DIGITS()                                                                                             \
    for (digits = 0; i < len && s[i] >= '0' && s[i] <= '9'; i++)                                             \
    digits++
    if (i < len && s[i] == '-')
        i++;
    size_t first = i;
    DIGITS();
    if (digits == 0 || (digits > 1 && s[first] == '0'))
        return false;
    if (i < len && s[i] == '.') {
        i++;
        DIGITS();
        if (digits == 0)
            return false;
    }
    if (i < len && (s[i] == 'e' || s[i] == 'E')) {
        i++;
        if (i < len && (s[i] == '+' || s[i] == '-'))
            i++;
        DIGITS();
        if (digits == 0)
            return false;
    }
#undef DIGITS
    return i == len;
}

/* The literal in `word` is over. A number longer than the buffer is taken for one. */
static bool literal_done(struct json *j)
{
    bool good = is_number(j->word, j->len) ||
                (j->cut && j->word[0] != 't' && j->word[0] != 'f' && j->word[0] != 'n') ||
                (j->len == 4 && (memcmp(j->word, "true", 4) == 0 || memcmp(j->word, "null", 4) == 0)) ||
                (j->len == 5 && memcmp(j->word, "false", 5) == 0);

    judge(j, false, true);
    j->state = NEXT;
    return good;
}

static bool open_container(struct json *j, bool is_object)
{
    if (j->depth == JSON_DEPTH)
        return false;
    judge(j, false, false);
    j->depth++;
    j->is_object[j->depth] = is_object;
    j->index[j->depth] = 0;
    j->state = is_object ? FIRST_NAME : FIRST_VALUE;
    if (!is_object)
        follow(j);
    return true;
}

static bool close_container(struct json *j, bool is_object)
{
    if (j->depth == 0 || j->is_object[j->depth] != is_object)
        return false;
    j->depth--;
    j->state = NEXT;
    return true;
}

static bool begin_value(struct json *j, char c)
{
    if (c == '{' || c == '[')
        return open_container(j, c == '{');
    if (c == '"') {
        begin_word(j, STRING);
        j->in_name = false;
        return true;
    }
    if (c != '-' && (c < '0' || c > '9') && c != 't' && c != 'f' && c != 'n')
        return false;
    begin_word(j, LITERAL);
    keep(j, c);
    return true;
}

static bool next(struct json *j, char c)
{
    if (j->depth == 0)
        return false;
    if (c == ',') {
        if (j->is_object[j->depth]) {
            j->state = NAME;
        } else {
            j->index[j->depth]++;
            follow(j);
            j->state = VALUE;
        }
        return true;
    }
    return (c == '}' || c == ']') && close_container(j, c == '}');
}

static void string_done(struct json *j)
{
    j->cut = j->cut || j->high != 0;
    if (j->in_name) {
        follow(j);
        j->state = COLON;
    } else {
        judge(j, true, true);
        j->state = NEXT;
    }
}

static bool unicode(struct json *j, char c)
{
    int digit = text_hex(c);

    if (digit < 0)
        return false;
    j->unit = (unsigned short)((unsigned)j->unit << 4 | (unsigned)digit);
    if (--j->escape > 0)
        return true;
    j->state = STRING;
    if (j->unit >= 0xDC00 && j->unit < 0xE000 && j->high != 0) {
        unsigned long high = j->high;
        j->high = 0;
        keep_code_point(j, 0x10000 + ((high - 0xD800UL) << 10) + (j->unit - 0xDC00UL));
    } else if (j->unit >= 0xD800 && j->unit < 0xE000) {
        j->cut = j->cut || j->high != 0 || j->unit >= 0xDC00;
        j->high = j->unit;
    } else {
        keep_code_point(j, j->unit);
    }
    return true;
}

static bool string_escape(struct json *j, char c)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = c == '\0' ? NULL : strchr(from, c);

    j->state = STRING;
    if (c == 'u') {
        j->state = STRING_UNICODE;
        j->escape = 4;
        j->unit = 0;
        return true;
    }
    if (at == NULL)
        return false;
    keep(j, to[at - from]);
    return true;
}

static bool take(struct json *j, char c)
{
    bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';

    if (j->state == LITERAL) {
        if (!blank && c != ',' && c != '}' && c != ']') {
            keep(j, c);
            return true;
        }
        if (!literal_done(j))
            return false;
    }
    switch ((enum state)j->state) {
    case STRING:
        if (c == '"')
            string_done(j);
        else if (c == '\\')
            j->state = STRING_ESCAPE;
        else if ((unsigned char)c < 0x20)
            return false;
        else
            keep(j, c);
        return true;
    case STRING_ESCAPE:
        return string_escape(j, c);
    case STRING_UNICODE:
        return unicode(j, c);
    case VALUE:
        return blank || begin_value(j, c);
    case FIRST_VALUE:
        return blank || (c == ']' ? close_container(j, false) : begin_value(j, c));
    case FIRST_NAME:
    case NAME:
        if (c == '"') {
            begin_word(j, STRING);
            j->in_name = true;
            return true;
        }
        return blank || (c == '}' && j->state == FIRST_NAME && close_container(j, true));
    case COLON:
        if (c == ':')
            j->state = VALUE;
        return blank || c == ':';
    case NEXT:
        return blank || next(j, c);
    case LITERAL:
    case BROKEN:
        break;
    }
    return false;
}

int json_feed(struct json *j, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && j->state != BROKEN; i++)
        if (!take(j, bytes[i]))
            j->state = BROKEN;
    return j->state == BROKEN ? -1 : 0;
}

int json_end(struct json *j)
{
    if (j->state == LITERAL && !literal_done(j))
        return -1;
    if (j->state != NEXT || j->depth != 0)
        return -1;
    for (size_t i = 0; i < j->count; i++)
        if (!j->holds[i])
            return (int)i;
    return (int)j->count;
}

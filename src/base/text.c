/* text: see kinglet/text.h. Pure: memory only. */
#include "kinglet/text.h"

#include <stdarg.h>
#include <string.h>

void text_init(struct text *t, char *buffer, size_t cap)
{
    t->at = buffer;
    t->len = 0;
    t->cap = cap;
    t->cut = false;
    buffer[0] = '\0';
}

void text_raw(struct text *t, const char *bytes, size_t len)
{
    size_t room = t->cap - 1 - t->len;

    if (len > room) {
        len = room;
        t->cut = true;
    }
    if (len > 0)
        memcpy(t->at + t->len, bytes, len);
    t->len += len;
    t->at[t->len] = '\0';
}

void text_put(struct text *t, const char *string)
{
    text_raw(t, string, strlen(string));
}

static void text_number(struct text *t, uint64_t n, unsigned base)
{
    char digits[20];
    size_t i = sizeof digits;

    do {
        digits[--i] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n > 0);
    text_raw(t, digits + i, sizeof digits - i);
}

/* Length of the well-formed UTF-8 sequence at `s`, or 0 (RFC 3629, section 4). C1
 * controls (U+0080 to U+009F) count as ill-formed: terminals obey them. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
    unsigned c = s[0];
    size_t n = c < 0xC0 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF8 ? 4 : 0;

    if (n == 0 || n > left)
        return 0;
    c &= 0x7FU >> n;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3F);
    }
    /* longer than it need be, a surrogate, or beyond Unicode */
    return c < (n == 2 ? 0xA0U : n == 3 ? 0x800U : 0x10000U) || c >> 11 == 0x1B || c > 0x10FFFF ? 0 : n;
}

void text_safe(struct text *t, const char *bytes, size_t len)
{
    const unsigned char *s = (const unsigned char *)bytes;

    for (size_t i = 0; i < len;) {
        size_t n = 0;
        while (i + n < len && s[i + n] >= 0x20 && s[i + n] < 0x7F)
            n++;
        if (n == 0)
            n = utf8_length(s + i, len - i);
        if (n == 0) {
            text_put(t, s[i] < 16 ? "\\x0" : "\\x");
            text_number(t, s[i++], 16);
        } else if (s[i] >= 0x80 && n > t->cap - 1 - t->len) { /* half a character is none */
            t->cut = true;
            break;
        } else {
            text_raw(t, bytes + i, n);
            i += n;
        }
    }
}

void text_json(struct text *t, const char *string)
{
    text_put(t, "\"");
    for (; *string != '\0'; string++) {
        if (*string == '"' || *string == '\\')
            text_put(t, "\\");
        text_raw(t, string, 1);
    }
    text_put(t, "\"");
}

void text_u64(struct text *t, uint64_t n)
{
    text_number(t, n, 10);
}

void text_duration(struct text *t, int64_t us)
{
    uint64_t n = us < 0 ? 0 : (uint64_t)us;
    uint64_t tenths;

    if (n < 1000) {
        text_u64(t, n);
        text_put(t, " us");
        return;
    }
    tenths = n < 1000000 ? n / 100 : n / 100000;
    text_u64(t, tenths / 10);
    text_raw(t, ".", 1);
    text_u64(t, tenths % 10);
    text_put(t, n < 1000000 ? " ms" : " s");
}

void text_vformat(struct text *t, const char *format, va_list args)
{
    for (const char *f = format; *f != '\0'; f++) {
        unsigned long long n;
        const char *s;
        size_t len = SIZE_MAX;
        int length = 0; /* count of l */
        char c;

        if (*f != '%') {
            text_raw(t, f, 1);
            continue;
        }
        f++;
        if (*f == '.') {
            len = (size_t)va_arg(args, int);
            f += 2;
        }
        for (; *f == 'l'; f++)
            length++;
        switch (*f) {
        case 's':
            s = va_arg(args, const char *);
            text_safe(t, s, strnlen(s, len));
            break;
        case 'c':
            c = (char)va_arg(args, int);
            text_safe(t, &c, 1);
            break;
        case 'd':
        case 'u':
        case 'x':
            n = length == 2   ? va_arg(args, unsigned long long)
                : length == 1 ? va_arg(args, unsigned long)
                              : va_arg(args, unsigned);
            if (*f == 'd' && (int)n < 0) {
                text_put(t, "-");
                n = 0U - (unsigned)n;
            }
            text_number(t, n, *f == 'x' ? 16 : 10);
            break;
        default:
            text_raw(t, f, 1);
            break;
        }
    }
}

void text_format(struct text *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_vformat(t, format, args);
    va_end(args);
}

const char *text_find(const char *haystack, const char *needle)
{
    size_t len = strlen(needle);

    for (; strncmp(haystack, needle, len) != 0; haystack++)
        if (*haystack == '\0')
            return NULL;
    return haystack;
}

const char *text_after(const char *string)
{
    return string + strlen(string) + 1;
}

char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool text_is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (text_lower(c) >= 'a' && text_lower(c) <= 'z');
}

int text_hex(char c)
{
    c = text_lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t text_same(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] != '\0' && text_lower(a[n]) == text_lower(b[n]))
        n++;
    return n;
}

void text_next(struct text *t)
{
    if (t->len > 0)
        text_put(t, "; ");
}

void text_fault(struct text *t, const char *format, ...)
{
    va_list args;

    text_next(t);
    va_start(args, format);
    text_vformat(t, format, args);
    va_end(args);
}

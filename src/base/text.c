/* text: see kinglet/text.h. Pure: memory only. */
#include "kinglet/text.h"

#include <stdarg.h>
#include <string.h>

void text_init(struct text *t, char *buffer, size_t cap)
{
    t->at = buffer;
    t->len = 0;
    t->cap = cap;
    t->cut = t->json = false;
    buffer[0] = '\0';
}

/* The same with what JSON does not take as it is escaped. */
static void put_json(struct text *t, const char *bytes, size_t len)
{
    t->json = false;
    for (; len > 0; len--, bytes++) {
        if (*bytes == '"' || *bytes == '\\') {
            if (t->cap - t->len < 3) { /* half an escape is none */
                t->cut = true;
                break;
            }
            text_raw(t, "\\", 1);
        }
        text_raw(t, bytes, 1);
    }
    t->json = true;
}

void text_raw(struct text *t, const char *bytes, size_t len)
{
    size_t room = t->cap - 1 - t->len;

    if (t->json) {
        put_json(t, bytes, len);
        return;
    }
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

void text_number(struct text *t, uint64_t n, unsigned base)
{
    char digits[20];
    size_t i = sizeof digits;

    do {
        digits[--i] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n > 0);
    text_raw(t, digits + i, sizeof digits - i);
}

/* Length of the well-formed UTF-8 sequence (RFC 3629, section 4) at `s`, of more than one byte, or 0. C1
 * controls (U+0080 to U+009F) count as ill-formed: terminals obey them. */
static unsigned character(const unsigned char *s, size_t left)
{
    unsigned c = s[0],
             n = (unsigned)__builtin_clz((c ^ 0xFF) << 24 | 1); /* how many bits are set at its top */

    if (n < 2 || n > 4 || n > left)
        return 0;
    c &= 0x7FU >> n;
    for (unsigned i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3F);
    }
    /* longer than it need be, a surrogate, or beyond Unicode */
    return c < (n == 2 ? 0xA0U : n == 3 ? 0x800U : 0x10000U) || c >> 11 == 0x1B || c > 0x10FFFF ? 0 : n;
}

void text_safe(struct text *t, const char *bytes, size_t len)
{
    for (size_t n; len > 0; bytes += n, len -= n) {
        unsigned char first = (unsigned char)*bytes;
        bool plain = first >= 0x20 && first < 0x7F;
        n = 0;
        if (plain)
            do /* the most of what there is, and at once */
                n++;
            while (n < len && bytes[n] >= 0x20 && bytes[n] < 0x7F);
        else
            n = character((const unsigned char *)bytes, len);
        if (n == 0) {
            text_put(t, first < 16 ? "\\x0" : "\\x");
            text_number(t, first, 16);
            n = 1;
        } else if (plain || n < t->cap - t->len) {
            text_raw(t, bytes, n);
        } else { /* half a character is none */
            t->cut = true;
            break;
        }
    }
}

void text_json(struct text *t, const char *string)
{
    text_put(t, "\"");
    t->json = true;
    text_put(t, string);
    t->json = false;
    text_put(t, "\"");
}

void text_u64(struct text *t, uint64_t n)
{
    text_number(t, n, 10);
}

void text_duration(struct text *t, int64_t us)
{
    uint64_t n = us < 0 ? 0 : (uint64_t)us;
    const char *unit = n < 1000 ? " us" : n < 1000000 ? " ms" : " s";

    if (n >= 1000000)
        n /= 1000;
    if (n >= 1000) {
        text_u64(t, n / 1000);
        text_put(t, ".");
        n = n % 1000 / 100;
    }
    text_u64(t, n);
    text_put(t, unit);
}

void text_vformat(struct text *t, const char *format, va_list args)
{
    for (; *format != '\0'; format++) {
        size_t len = SIZE_MAX;
        unsigned n = 0;
        const char *s = format;
        char c;

        while (*s != '%' && *s != '\0')
            s++;
        text_raw(t, format, (size_t)(s - format));
        if (*s == '\0')
            break;
        format = s + 1;
        if (*format == '%') {
            text_raw(t, format, 1);
            continue;
        }
        if (*format != 's')
            n = va_arg(args, unsigned); /* of %.*s, the length */
        if (*format == '.') {
            len = n;
            format += 2;
        }
        if (*format == 's') {
            s = va_arg(args, const char *);
            text_safe(t, s, strnlen(s, len));
        } else if (*format == 'c') {
            c = (char)n;
            text_safe(t, &c, 1);
        } else {
            if (*format == 'd' && (int)n < 0) {
                text_put(t, "-");
                n = 0U - n;
            }
            text_number(t, n, 10);
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
    return (unsigned char)(c - '0') < 10 || (unsigned char)((c | 0x20) - 'a') < 26;
}

int text_hex(char c)
{
    unsigned digit = (unsigned char)(c - '0'), letter = (unsigned char)((c | 0x20) - 'a');

    return digit < 10 ? (int)digit : letter < 6 ? (int)letter + 10 : -1;
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

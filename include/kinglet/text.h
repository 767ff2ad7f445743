/* text: text under construction in a buffer of the caller's.
 *
 * A text is always NUL-terminated and never overruns: what does not fit is
 * left out, and `cut` says so. Strings that come from outside are made fit for
 * a terminal and for a log on the way in: control characters and bytes that are
 * not UTF-8's come out as \xNN. No allocation, no stdio, no system calls.
 */
#ifndef KINGLET_TEXT_H
#define KINGLET_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *at;
    size_t len; /* bytes in use, the NUL not counted */
    size_t cap; /* bytes at `at`, the NUL counted; at least 1 */
    bool cut;
    bool json; /* what is appended stands in a string of JSON (RFC 8259, 7) */
};

/* Starts an empty text in `cap` bytes (at least 1) at `buffer`. */
void text_init(struct text *t, char *buffer, size_t cap);

/* Appends as it is. For our own words only. */
void text_raw(struct text *t, const char *bytes, size_t len);
void text_put(struct text *t, const char *string);

/* Appends bytes from outside, control characters and DEL as \xNN. */
void text_safe(struct text *t, const char *bytes, size_t len);

/* Appends a string that text_safe has made, in quotes, as JSON. */
void text_json(struct text *t, const char *string);

/* Appends in base 10 or 16; in decimal. */
void text_number(struct text *t, uint64_t n, unsigned base);
void text_u64(struct text *t, uint64_t n);

/* Appends a duration in the unit that a person would choose: 850 us, 1.3 ms, 2.0 s. */
void text_duration(struct text *t, int64_t us);

/* Appends by a format: %s %.*s (both through text_safe), %c, %d, %u and %%; no widths. Nothing else may
 * stand in a format. */
void text_format(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vformat(struct text *t, const char *format, __builtin_va_list args)
    __attribute__((format(printf, 2, 0)));

/* Where `needle` occurs first in `haystack`, or NULL. strstr(3) for strings as short as ours, at a tenth of
 * its size. */
const char *text_find(const char *haystack, const char *needle);

/* The next one of strings that lie one behind the other, each with its NUL. */
const char *text_after(const char *string);

/* ASCII, whatever the locale. */
char text_lower(char c);
bool text_is_alnum(char c);

/* The value of a hexadecimal digit, or -1. */
int text_hex(char c);

/* How many bytes `a` and `b` have in common at their beginnings, in either case. */
size_t text_same(const char *a, const char *b);

/* Begins a further reason in a list of reasons: appends "; " unless the text is
 * empty. Every refusal of ours is such a list, so that one message has them all. */
void text_next(struct text *t);

/* The same, and the reason itself. */
void text_fault(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

/* The functions of <string.h> beside loops that are plainly right, over every short string of few letters.
 * Under glibc these are the library's own; on another machine's musl (tests/dist/build) they are ours. */
#include "unit.h"

enum { LETTERS = 3, LONGEST = 4, STRINGS = 3 * 3 * 3 * 3 };

/* The string number `n`: up to four of the letters NUL, a and \xff, and a NUL. */
static const char *string(unsigned n, char *to)
{
    for (unsigned i = 0; i < LONGEST; i++, n /= LETTERS)
        to[i] = "\0a\xff"[n % LETTERS];
    to[LONGEST] = '\0';
    return to;
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void test_two_strings(void **state)
{
    char left[LONGEST + 1], right[LONGEST + 1];

    (void)state;
    for (unsigned i = 0; i < STRINGS * STRINGS; i++) {
        const char *l = string(i / STRINGS, left), *r = string(i % STRINGS, right);
        size_t alike = 0, in = 0, out = 0;
        while (alike < LONGEST && l[alike] == r[alike])
            alike++;
        assert_int_equal(sign(memcmp(l, r, LONGEST)),
                         sign((unsigned char)l[alike] - (unsigned char)r[alike]));
        assert_int_equal(memcmp(l, r, alike), 0);
        alike = 0;
        while (l[alike] == r[alike] && l[alike] != '\0')
            alike++;
        assert_int_equal(sign(strcmp(l, r)), sign((unsigned char)l[alike] - (unsigned char)r[alike]));
        assert_int_equal(strncmp(l, r, alike), 0);
        assert_int_equal(sign(strncmp(l, r, alike + 1)), sign(strcmp(l, r)));
        for (; l[in] != '\0' && (l[in] == r[0] || (r[0] != '\0' && strstr(r, (char[]){l[in], '\0'}) != NULL));
             in++)
            ;
        for (; l[out] != '\0' && (r[0] == '\0' || strstr(r, (char[]){l[out], '\0'}) == NULL); out++)
            ;
        assert_int_equal(strspn(l, r), in);
        assert_int_equal(strcspn(l, r), out);
    }
}

static void test_one_string(void **state)
{
    char room[LONGEST + 1];

    (void)state;
    for (unsigned i = 0; i < STRINGS; i++) {
        const char *s = string(i, room);
        const char *first = NULL, *last = NULL;
        size_t len = 0;
        while (s[len] != '\0')
            len++;
        assert_int_equal(strlen(s), len);
        for (size_t max = 0; max <= LONGEST; max++)
            assert_int_equal(strnlen(s, max), max < len ? max : len);
        for (size_t at = 0; at < len; at++)
            if (s[at] == '\xff') {
                first = first == NULL ? s + at : first;
                last = s + at;
            }
        assert_ptr_equal(strchr(s, 0xFF), first);
        assert_ptr_equal(strrchr(s, 0xFF), last);
        assert_ptr_equal(strchr(s, '\0'), s + len);
        assert_ptr_equal(strrchr(s, '\0'), s + len);
        assert_ptr_equal(memchr(s, 0xFF, len), first);
        assert_ptr_equal(memchr(s, 'b', LONGEST), NULL);
    }
}

static void test_memory(void **state)
{
    enum { ROOM = 12 };

    (void)state;
    for (unsigned from = 0; from < ROOM; from++)
        for (unsigned to = 0; to < ROOM; to++)
            for (unsigned len = 0; len <= ROOM - (from > to ? from : to); len++) {
                char bytes[ROOM + 1] = "abcdefghijkl", wanted[ROOM + 1] = "abcdefghijkl";
                for (unsigned i = 0; i < len; i++)
                    wanted[to + i] = (char)('a' + from + i);
                assert_ptr_equal(memmove(bytes + to, bytes + from, len), bytes + to);
                assert_string_equal(bytes, wanted);
                assert_ptr_equal(memset(bytes + to, 'z' | 0x100, len), bytes + to);
                for (unsigned i = 0; i < ROOM; i++)
                    assert_int_equal(bytes[i], i >= to && i < to + len ? 'z' : wanted[i]);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_strings),
        cmocka_unit_test(test_one_string),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

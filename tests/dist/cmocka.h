/* cmocka.h: what the unit tests use of cmocka, in a few lines of C on any C library, for machines that the
 * build machine has no cmocka for. A failed assertion ends the program. */
#ifndef CMOCKA_H
#define CMOCKA_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
};

#define cmocka_unit_test(f)                                                                                  \
    {                                                                                                        \
#f, f                                                                                                \
    }
#define fail_msg(...) (printf(__VA_ARGS__), cross_fail(__FILE__, __LINE__, ""))
#define assert_true(c)                                                                                       \
    do {                                                                                                     \
        if (!(c))                                                                                            \
            cross_fail(__FILE__, __LINE__, #c);                                                              \
    } while (0)
#define assert_false(c)                                    assert_true(!(c))
#define assert_null(p)                                     assert_true((p) == NULL)
#define assert_non_null(p)                                 assert_true((p) != NULL)
#define assert_int_equal(a, b)                             cross_equal((intmax_t)(a), (intmax_t)(b), __FILE__, __LINE__)
#define assert_ptr_equal(a, b)                             assert_true((const void *)(a) == (const void *)(b))
#define assert_int_not_equal(a, b)                         assert_true((a) != (b))
#define assert_string_equal(a, b)                          cross_same((a), (b), __FILE__, __LINE__)
#define assert_memory_equal(a, b, n)                       assert_true(memcmp((a), (b), (n)) == 0)
#define assert_in_range(v, low, high)                      assert_true((v) >= (low) && (v) <= (high))
#define print_message                                      printf
#define cmocka_run_group_tests(tests, up, down)            cross_run(tests, sizeof(tests) / sizeof(tests)[0])
#define cmocka_run_group_tests_name(name, tests, up, down) cross_run(tests, sizeof(tests) / sizeof(tests)[0])

static inline void cross_fail(const char *file, int line, const char *what)
{
    printf("\n%s:%d: %s\n", file, line, what);
    exit(1);
}

static inline void cross_equal(intmax_t a, intmax_t b, const char *file, int line)
{
    if (a == b)
        return;
    printf("\n%" PRIdMAX " != %" PRIdMAX, a, b);
    cross_fail(file, line, "");
}

static inline void cross_same(const char *a, const char *b, const char *file, int line)
{
    if (strcmp(a, b) == 0)
        return;
    printf("\n'%s' != '%s'", a, b);
    cross_fail(file, line, "");
}

static inline int cross_run(const struct CMUnitTest *tests, size_t count)
{
    void *state = NULL;

    for (size_t i = 0; i < count; i++)
        tests[i].test(&state);
    printf("\n%zu passed\n", count);
    return 0;
}

#endif

/* text, number, duration, signals, expand. */
#include "unit.h"

#include "kinglet/duration.h"
#include "kinglet/expand.h"
#include "kinglet/number.h"
#include "kinglet/signals.h"

#include <signal.h>

static void test_text_escapes_what_comes_from_outside(void **state)
{
    FAULTS(t);

    (void)state;
    text_safe(&t, "a\x1b[31m\n\0b\x7f", 10);
    assert_string_equal(t.at, "a\\x1b[31m\\x0a\\x00b\\x7f");
    text_init(&t, t_bytes, sizeof t_bytes);
    text_format(&t, "%s", "gr\xc3\xbc\xc3\x9f \xff \xc2\x9b \xed\xa0\x80 \xf0\x9f\x90\xa6 \xc0\xaf");
    assert_string_equal(t.at,
                        "gr\xc3\xbc\xc3\x9f \\xff \\xc2\\x9b \\xed\\xa0\\x80 \xf0\x9f\x90\xa6 \\xc0\\xaf");
}

static void test_text_is_cut_and_says_so(void **state)
{
    char bytes[8];
    struct text t;

    (void)state;
    text_init(&t, bytes, sizeof bytes);
    text_put(&t, "1234567");
    assert_false(t.cut);
    text_put(&t, "8");
    assert_true(t.cut);
    assert_string_equal(t.at, "1234567");
}

static void test_text_formats(void **state)
{
    FAULTS(t);

    (void)state;
    text_format(&t, "%d %d %u %c %% %.*s %s", -5, -2147483647 - 1, 4294967295U, 'k', 2, "abc", "end");
    assert_string_equal(t.at, "-5 -2147483648 4294967295 k % ab end");
    text_init(&t, t_bytes, sizeof t_bytes);
    text_u64(&t, UINT64_MAX);
    assert_string_equal(t.at, "18446744073709551615");
    text_init(&t, t_bytes, sizeof t_bytes);
    text_number(&t, 48879, 16);
    assert_string_equal(t.at, "beef");
    text_init(&t, t_bytes, sizeof t_bytes);
    text_duration(&t, 999);
    text_put(&t, " ");
    text_duration(&t, 1300);
    text_put(&t, " ");
    text_duration(&t, 2050000);
    assert_string_equal(t.at, "999 us 1.3 ms 2.0 s");
}

static void test_text_find(void **state)
{
    static const char word[] = "aaab://${x";

    (void)state;
    assert_ptr_equal(text_find(word, "aab"), word + 1);
    assert_ptr_equal(text_find(word, "://"), word + 4);
    assert_ptr_equal(text_find(word, "${x"), word + 7);
    assert_ptr_equal(text_find(word, ""), word);
    assert_null(text_find(word, "${xy"));
    assert_null(text_find("", "a"));
    assert_string_equal(text_find("", ""), "");
}

static void test_numbers_are_strict(void **state)
{
    static const char *const bad[] = {
        "", " 1", "1 ", "+1", "-1", "0x1", "1.0", "256", "99999999999999999999999", "1\n"};
    uint64_t n = 77;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(number_parse(bad[i], strlen(bad[i]), 255, &n), -1);
    assert_int_equal(n, 77);
    assert_int_equal(number_parse("255", 3, 255, &n), 0);
    assert_int_equal(n, 255);
    assert_int_equal(number_parse("007", 3, 7, &n), 0);
    assert_int_equal(n, 7);
    assert_int_equal(number_parse("18446744073709551615", 20, UINT64_MAX, &n), 0);
    assert_true(n == UINT64_MAX);
    assert_int_equal(number_parse("18446744073709551616", 20, UINT64_MAX, &n), -1);
}

static void test_durations(void **state)
{
    static const struct {
        const char *word;
        int64_t us;
    } good[] = {{"0", 0},          {"10", 10000000},   {"250ms", 250000},        {"5s", 5000000},
                {"2m", 120000000}, {"1h", 3600000000}, {"1m30s", 90000000},      {"1.5", 1500000},
                {"0.5s", 500000},  {"100us", 100},     {"1h0m0.25s", 3600250000}};
    static const char *const bad[] = {"",
                                      "s",
                                      "5x",
                                      "5 s",
                                      "-5s",
                                      "1m30",
                                      ".5s",
                                      "5.",
                                      "1.s",
                                      "9999999h",
                                      "1e3",
                                      "5S",
                                      "99999999999999999999"};
    int64_t us = 42;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (duration_parse(bad[i], &us) == NULL)
            fail_msg("'%s' was taken for a duration", bad[i]);
    assert_int_equal(us, 42);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_null(duration_parse(good[i].word, &us));
        assert_int_equal(us, good[i].us);
    }
}

static void test_signals(void **state)
{
    static const struct {
        const char *word;
        int number;
    } known[] = {{"TERM", SIGTERM}, {"SIGTERM", SIGTERM}, {"sigterm", SIGTERM}, {"15", 15},
                 {"64", 64},        {"RTMIN", 34},        {"RTMIN+3", 37},      {"SIGRTMAX-1", 63},
                 {"CHLD", SIGCHLD}, {"IO", SIGIO}};
    static const char *const bad[] = {"",    "0",       "65",      "SIG",      "TERMX", "TER",
                                      "-15", "RTMIN-1", "RTMAX+1", "RTMIN+31", "15 "};

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_int_equal(signal_parse(known[i].word, strlen(known[i].word)), known[i].number);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(signal_parse(bad[i], strlen(bad[i])), 0);
    for (int s = 1; s <= SIGNAL_MAX; s++) { /* what is printed can be given back */
        FAULTS(t);
        signal_put(&t, s);
        assert_int_equal(signal_parse(t.at, t.len), s);
    }
}

static char *const env[] = {"PORT=8000", "EMPTY=", "A=${PORT}", "NAME_2=x}y", NULL};

static void test_expansion(void **state)
{
    static const char *const good[][2] = {
        {"plain", "plain"},
        {"${PORT}", "8000"},
        {"a${PORT}b${PORT}", "a8000b8000"},
        {"${NONE:-9}", "9"},
        {"${EMPTY:-9}", "9"},
        {"${EMPTY-9}", ""},
        {"${NONE-9}", "9"},
        {"${PORT:+yes}", "yes"},
        {"${NONE:+yes}", ""},
        {"${EMPTY+yes}", "yes"},
        {"${NONE:-${PORT}}", "8000"},
        {"${NONE:-${NONE:-${NONE:-deep}}}", "deep"},
        {"${PORT:-${NONE}}", "8000"},
        {"${PORT:?must}", "8000"},
        {"${A}", "${PORT}"}, /* one pass */
        {"$PORT $ $$ }", "$PORT $ $$ }"},
        {"$${PORT}", "${PORT}"},
        {"${NAME_2}", "x}y"},
        {"${NONE:-}", ""},
    };
    static const char *const bad[][2] = {
        {"${", "must be followed by the name"},
        {"${}", "must be followed by the name"},
        {"${1A}", "must be followed by the name"},
        {"${PORT", "is not closed"},
        {"${NONE:-a", "is not closed"},
        {"${PORT:=a}", "unknown operator"},
        {"${PORT%a}", "unknown operator"},
        {"${PORT:}", "unknown operator"},
        {"${NONE}", "'${NONE}': is not set (:- where empty is meant)"},
        {"${NONE:?set it}", "'${NONE:?set it}': set it"},
        {"${EMPTY:?}", "'${EMPTY:?}': is not set"},
        {"${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-x}}}}}}}}}", "nested too deep"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        FAULTS(faults);
        FAULTS(out);
        if (expand_put(&out, good[i][0], env, &faults) != 0)
            fail_msg("%s: %s", good[i][0], faults.at);
        assert_string_equal(out.at, good[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        FAULTS(faults);
        FAULTS(out);
        assert_int_equal(expand_put(&out, bad[i][0], env, &faults), -1);
        assert_holds(faults, bad[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) { /* what stands around it may be a credential */
        char word[200] = "http://user:secret@";
        FAULTS(faults);
        FAULTS(out);
        strcat(word, bad[i][0]);
        assert_int_equal(expand_put(&out, word, env, &faults), -1);
        assert_null(strstr(faults.at, "secret"));
        assert_holds(faults, bad[i][0][0] == '$' ? "'${" : "");
    }
}

static void test_expansion_that_does_not_fit(void **state)
{
    char bytes[4];
    struct text out;
    FAULTS(faults);

    (void)state;
    text_init(&out, bytes, sizeof bytes);
    assert_int_equal(expand_put(&out, "${PORT}", env, &faults), -1);
    assert_holds(faults, "too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_escapes_what_comes_from_outside),
        cmocka_unit_test(test_text_is_cut_and_says_so),
        cmocka_unit_test(test_text_formats),
        cmocka_unit_test(test_text_find),
        cmocka_unit_test(test_numbers_are_strict),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_expansion),
        cmocka_unit_test(test_expansion_that_does_not_fit),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

/* Log lines as JSON: one object a line, valid whatever the message holds and wherever it is cut. */
#include "unit.h"

#include "kinglet/log.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int sink; /* where standard error goes while a line is written */

/* What log_line writes for `message`. */
static size_t written(const char *message, char *line, size_t size)
{
    int kept = dup(STDERR_FILENO);
    ssize_t n;

    assert_int_equal(ftruncate(sink, 0), 0);
    lseek(sink, 0, SEEK_SET);
    dup2(sink, STDERR_FILENO);
    log_line(LOG_WARN, "%s", message);
    dup2(kept, STDERR_FILENO);
    close(kept);
    n = pread(sink, line, size - 1, 0);
    assert_true(n > 0);
    line[n] = '\0';
    return (size_t)n;
}

/* The length of the UTF-8 sequence at `s` by the table of RFC 3629, section 4; 0 for none. */
static size_t utf8(const unsigned char *s)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;

    for (size_t i = 1; i < n; i++)
        if (s[i] < (i > 1          ? 0x80
                    : s[0] == 0xE0 ? 0xA0
                    : s[0] == 0xF0 ? 0x90
                                   : 0x80) ||
            s[i] > (i > 1          ? 0xBF
                    : s[0] == 0xED ? 0x9F
                    : s[0] == 0xF4 ? 0x8F
                                   : 0xBF))
            return 0;
    return n;
}

/* Behind the string (RFC 8259, section 7) that begins at `s`, or NULL. */
static const char *json_string(const char *s)
{
    if (*s++ != '"')
        return NULL;
    while (*s != '"') {
        size_t n = utf8((const unsigned char *)s);
        if (n == 0 || (unsigned char)*s < 0x20)
            return NULL;
        if (*s == '\\' && strchr("\"\\/bfnrt", *++s) == NULL)
            return NULL;
        s += n;
    }
    return s + 1;
}

/* One flat object of strings, and one newline behind it. */
static bool is_line_of_json(const char *s)
{
    if (*s != '{')
        return false;
    do {
        s = json_string(s + 1);
        if (s == NULL || *s != ':' || (s = json_string(s + 1)) == NULL)
            return false;
    } while (*s == ',');
    return strcmp(s, "}\n") == 0;
}

static void test_the_judge_is_strict(void **state)
{
    static const char *const good[] = {"{\"a\":\"b\"}\n", "{\"a\":\"\\\"\\\\\",\"c\":\"\xc3\xbc\"}\n"};
    static const char *const bad[] = {
        "{\"a\":\"b\"}",      "{\"a\":\"b\"}\n\n",          "{\"a\":\"\n\"}\n",     "{\"a\":\"\\x\"}\n",
        "{\"a\":\"\xc3\"}\n", "{\"a\":\"\xed\xa0\x80\"}\n", "{\"a\":\"b\",}\n",     "{\"a\":\"b}\n",
        "{\"a\":\"\xff\"}\n", "{\"a\":\"\xe2\x82\"}\n",     "{\"a\":\"b\"\"c\"}\n", "{\"a\":\"\\\"}\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(is_line_of_json(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(is_line_of_json(bad[i]));
}

static void check(const char *message)
{
    char line[8192];
    size_t len = written(message, line, sizeof line);

    if (!is_line_of_json(line))
        fail_msg("not a line of JSON: %s", line);
    assert_true(len <= 4096);
}

static void test_json_whatever_the_message_holds(void **state)
{
    char message[8192], line[8192];

    (void)state;
    log_setup(LOG_INFO, LOG_JSON, NULL);
    written("say \"hi\" \\ \n \x01 \xff \xc2\x9b gr\xc3\xbc\xc3\x9f", line, sizeof line);
    assert_non_null(strstr(
        line,
        "\"message\":\"say \\\"hi\\\" \\\\ \\\\x0a \\\\x01 \\\\xff \\\\xc2\\\\x9b gr\xc3\xbc\xc3\x9f\"}\n"));
    for (int byte = 1; byte < 256; byte++) {
        message[0] = (char)byte;
        message[1] = '\0';
        check(message);
    }
    /* characters of each length, at each distance from the cut */
    for (size_t size = 1; size <= 4; size++)
        for (size_t before = 0; before < 8; before++) {
            static const char *const character[] = {"", "\"", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x90\xa6"};
            size_t len = before;
            memset(message, 'a', before);
            for (; len < 5000; len += size)
                memcpy(message + len, character[size], size + 1);
            check(message);
            assert_true(written(message, line, sizeof line) > 2000); /* what fits is kept */
        }
}

static void test_json_of_random_messages(void **state)
{
    static const char *const piece[] = {"\"",       "\\",
                                        "\n",       "\x1b[",
                                        "\xff",     "\xc3",
                                        "\xc3\xbc", "\xe2\x82\xac",
                                        "\xe2\x82", "\xf0\x9f\x90\xa6",
                                        "\xf0\x9f", "a",
                                        " ",        "}",
                                        "\x7f",     "%s"};
    uint64_t random = 88172645463325252U;
    char message[8192];

    (void)state;
    for (int round = 0; round < 3000; round++) {
        size_t len = 0, wanted = (size_t)(random % 4200);
        while (len < wanted) {
            const char *p;
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            p = piece[random % (sizeof piece / sizeof piece[0])];
            memcpy(message + len, p, strlen(p));
            len += strlen(p);
        }
        message[len] = '\0';
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        check(message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_judge_is_strict),
        cmocka_unit_test(test_json_whatever_the_message_holds),
        cmocka_unit_test(test_json_of_random_messages),
    };

    sink = memfd_create("standard error", 0);
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}

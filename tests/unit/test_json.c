/* JSON assertions, in every split. */
#include "unit.h"

#include "kinglet/json.h"

/* json_end's answer for one assertion: 0 fails, 1 holds, -1 invalid. */
static int judge(const char *assertion, const char *text)
{
    struct json_assertion a;
    size_t len = strlen(text);
    int first = -2;

    assert_null(json_assertion_parse(assertion, &a));
    for (size_t piece = 1; piece <= len + 1; piece++) {
        struct json j;
        int result = 0;
        json_begin(&j, &a, 1);
        for (size_t i = 0; i < len && result == 0; i += piece)
            result = json_feed(&j, text + i, len - i < piece ? len - i : piece);
        result = json_end(&j);
        if (first == -2)
            first = result;
        assert_int_equal(result, first);
    }
    return first;
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(judge("status=UP", "{\"status\":\"UP\"}"), 1);
    assert_int_equal(judge("status=UP", "{\"status\":\"DOWN\"}"), 0);
    assert_int_equal(judge("status=UP", "{\"components\":{\"status\":\"UP\"},\"status\":\"DOWN\"}"), 0);
    assert_int_equal(judge("a.b.c=1", " { \"x\" : [1,2,{\"b\":3}] , \"a\" : { \"b\" : { \"c\" : 1 } } } "),
                     1);
    assert_int_equal(judge("items.1.name=b", "{\"items\":[{\"name\":\"a\"},{\"name\":\"b\"}]}"), 1);
    assert_int_equal(judge("items.1.name=b", "{\"items\":[{\"name\":\"b\"},{\"name\":\"a\"}]}"), 0);
    assert_int_equal(judge("0=true", "[true]"), 1);
    assert_int_equal(judge("1.0=null", "[0,[null]]"), 1);
    assert_int_equal(judge("n=-1.5e3", "{\"n\":-1.5e3}"), 1);
    assert_int_equal(judge("a=true", "{\"a\":\"true\"}"), 1);
    assert_int_equal(judge("a=\"true\"", "{\"a\":true}"), 0);
    assert_int_equal(judge("a=\"true\"", "{\"a\":\"true\"}"), 1);
    assert_int_equal(judge("a=", "{\"a\":\"\"}"), 1);
    assert_int_equal(judge("a=1", "{\"a\":{\"a\":1}}"), 0);
    assert_int_equal(judge("a=1", "{}"), 0);
    assert_int_equal(judge("a=1", "1"), 0);
}

static void test_last_of_duplicates_counts(void **state)
{
    (void)state;
    assert_int_equal(judge("a=1", "{\"a\":1,\"a\":2}"), 0);
    assert_int_equal(judge("a=2", "{\"a\":1,\"a\":2}"), 1);
    assert_int_equal(judge("a=1", "{\"a\":1,\"a\":{}}"), 0);
    assert_int_equal(judge("a.b=1", "{\"a\":{\"b\":1},\"a\":{}}"), 0); /* with all that is in it */
    assert_int_equal(judge("a.b=1", "{\"a\":{\"b\":1},\"a\":2}"), 0);
    assert_int_equal(judge("a.b=1", "{\"a\":{},\"a\":{\"b\":1},\"c\":{\"b\":2}}"), 1);
    assert_int_equal(judge("a.1.b=1", "{\"a\":[{},{\"b\":1}]}"), 1);
}

static void test_escapes(void **state)
{
    (void)state;
    assert_int_equal(judge("a=x\"\\/\n\t", "{\"a\":\"x\\\"\\\\\\/\\n\\t\"}"), 1);
    assert_int_equal(judge("stat=1", "{\"st\\u0061t\":1}"), 1);
    assert_int_equal(
        judge("a=\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa6", "{\"a\":\"\\u00e9\\u20AC\\ud83d\\udc26\"}"), 1);
    /* half a pair is no character, and matches nothing */
    assert_int_equal(judge("a=x", "{\"a\":\"\\ud83dx\"}"), 0);
    assert_int_equal(judge("a=x", "{\"a\":\"x\\ud83d\"}"), 0);
    assert_int_equal(judge("a=x", "{\"a\":\"x\\udc26\"}"), 0);
    assert_int_equal(judge("a=\xf0\x9f\x90\xa6", "{\"a\":\"\\ud83da\\udc26\"}"), 0);
    assert_int_equal(judge("a=\xf0\x9f\x90\xa6", "{\"a\":\"\\ud83d\\ud83d\\udc26\"}"), 0);
    assert_int_equal(judge("a=x", "{\"a\":\"\\x\"}"), -1);
    assert_int_equal(judge("a=x", "{\"a\":\"\\u12g4\"}"), -1);
    assert_int_equal(judge("a=x", "{\"a\":\"\n\"}"), -1);
}

static void test_invalid(void **state)
{
    static const char *const bad[] = {
        "",           " ",    "{",     "[",         "{]",  "[}",    "{\"a\"}",    "{\"a\":}",
        "{\"a\":1,}", "[1,]", "[,1]",  "{,}",       "1 2", "truex", "tru",        "nul",
        "01",         "-",    "1.",    ".5",        "1e",  "+1",    "{\"a\":1}}", "{\"a\":1} x",
        "{a:1}",      "'a'",  "[1 2]", "{\"a\" 1}", "\"",  "\"\\",  "]"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (judge("a=1", bad[i]) != -1)
            fail_msg("'%s' was taken for JSON", bad[i]);
}

static void test_depth_is_bounded(void **state)
{
    char deep[2 * JSON_DEPTH + 8];

    (void)state;
    memset(deep, '[', JSON_DEPTH);
    memset(deep + JSON_DEPTH, ']', JSON_DEPTH);
    deep[2 * JSON_DEPTH] = '\0';
    assert_int_equal(judge("a=1", deep), 0);
    memset(deep, '[', JSON_DEPTH + 1);
    memset(deep + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
    deep[2 * JSON_DEPTH + 2] = '\0';
    assert_int_equal(judge("a=1", deep), -1);
}

static void test_long_words_never_match(void **state)
{
    char text[400] = "{\"a\":\"";

    (void)state;
    memset(text + 6, 'x', 300);
    strcpy(text + 306, "\"}");
    assert_int_equal(judge("a=x", text), 0);
}

static void test_bad_assertions(void **state)
{
    static const char *const bad[] = {"", "a", "=1", ".a=1", "a.=1", "a..b=1"};
    struct json_assertion a;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_non_null(json_assertion_parse(bad[i], &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),           cmocka_unit_test(test_last_of_duplicates_counts),
        cmocka_unit_test(test_escapes),          cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_depth_is_bounded), cmocka_unit_test(test_long_words_never_match),
        cmocka_unit_test(test_bad_assertions),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}

/* HTTP: requests, and answers in every split. */
#include "unit.h"

#include "kinglet/http.h"

static struct http_want want_default(void)
{
    struct http_want w = {.status = "200-399"};

    return w;
}

/* The verdict on `bytes`, cut into pieces of `piece`; then the connection is closed. */
static enum answer verdict(const struct http_want *want, const char *bytes, size_t len, size_t piece,
                           struct text *why)
{
    struct http h;
    enum answer a = ANSWER_MORE;

    why->len = 0;
    why->at[0] = '\0';
    http_begin(&h, want);
    for (size_t i = 0; i < len && a == ANSWER_MORE; i += piece)
        a = http_feed(&h, bytes + i, len - i < piece ? len - i : piece, why);
    return a == ANSWER_MORE ? http_feed(&h, NULL, 0, why) : a;
}

static void expect(const struct http_want *want, const char *bytes, enum answer answer, const char *why)
{
    size_t len = strlen(bytes);
    FAULTS(t);

    for (size_t piece = 1; piece <= len; piece++) {
        enum answer a = verdict(want, bytes, len, piece, &t);
        if (a != answer || strcmp(t.at, why) != 0)
            fail_msg("'%s' in pieces of %zu: %d '%s'", bytes, piece, (int)a, t.at);
    }
}

static void test_status(void **state)
{
    struct http_want w = want_default();

    (void)state;
    expect(&w, "HTTP/1.1 200 OK\r\n\r\n", ANSWER_GOOD, "200");
    expect(&w, "HTTP/1.0 204\r\n\r\n", ANSWER_GOOD, "204");
    expect(&w, "HTTP/1.1 301 Moved\nLocation: /\n\n", ANSWER_GOOD, "301");
    expect(&w, "HTTP/1.1 200\n", ANSWER_GOOD, "200");
    expect(&w, "HTTP/1.1 404 Not Found\r\n\r\n", ANSWER_BAD, "404");
    expect(&w, "HTTP/1.1 503 x\r\n", ANSWER_BAD, "503");
    expect(&w, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", ANSWER_GOOD, "200");
    expect(&w, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 500 no\r\n", ANSWER_BAD, "500");
    expect(&w, "HTTP/1.1 101 Switching\r\n\r\n", ANSWER_BAD, "101");
    expect(&w, "HTTP/1.1 2000 OK\r\n\r\n", ANSWER_BAD, "a bad HTTP status line");
    expect(&w, "HTTP/1.1 20x OK\r\n\r\n", ANSWER_BAD, "a bad HTTP status line");
    expect(&w, "HTTP/2.0 200 OK\r\n\r\n", ANSWER_BAD, "not HTTP/1");
    expect(&w, "<html>an HTTP/0.9 answer", ANSWER_BAD, "not HTTP/1");
    expect(&w, "HTTP/1.1 2", ANSWER_BAD, "the connection was closed in the middle of the answer");
    expect(&w, "HTTP/1.1 100 Continue\r\n\r\n", ANSWER_BAD,
           "the connection was closed in the middle of the answer");
}

static void test_what_is_not_text(void **state)
{
    static const char nul[] = "\0\0HTTP/1.1 200 OK\r\n", tls[] = "\x15\x03\x01\x00\x02\x02\x28              ";
    struct http_want w = want_default();
    FAULTS(t);

    (void)state;
    assert_int_equal(verdict(&w, nul, sizeof nul - 1, 1, &t), ANSWER_BAD);
    assert_int_equal(verdict(&w, tls, sizeof tls - 1, 5, &t), ANSWER_BAD);
    assert_string_equal(t.at, "not HTTP but TLS");
    assert_int_equal(verdict(&w, "", 0, 1, &t), ANSWER_BAD);
    assert_string_equal(t.at, "the connection was closed without an answer");
}

static void test_body(void **state)
{
    struct http_want w = want_default();
    const char *no = "200, but the body does not hold what --body asks for";

    (void)state;
    w.body = "aab";
    expect(&w, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\naaabxx", ANSWER_GOOD, "200");
    expect(&w, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\naaaxaab", ANSWER_BAD, no);
    expect(&w, "HTTP/1.1 200 OK\r\n\r\nuntil the end: aaaaab", ANSWER_GOOD, "200");
    expect(&w, "HTTP/1.1 200 OK\r\n\r\naa", ANSWER_BAD, no);
    expect(&w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\naa\r\n1;x=y\r\nb\r\n0\r\n\r\n",
           ANSWER_GOOD, "200");
    expect(&w, "HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\nT: r\r\n\r\n",
           ANSWER_BAD, no);
    expect(&w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ANSWER_BAD, "a bad chunk");
    expect(&w, "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\naab", ANSWER_BAD, "a bad Content-Length");
    expect(&w, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\naa", ANSWER_BAD,
           "the connection was closed in the middle of the answer");
    expect(&w, "HTTP/1.1 204 No\r\n\r\n", ANSWER_BAD, "204, but the body does not hold what --body asks for");
    expect(&w, "HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\naab", ANSWER_BAD, "500");
}

/* The bytes with every # made a NUL. */
static void expect_nul(const struct http_want *want, const char *bytes, enum answer answer, const char *why)
{
    char copy[512];
    size_t len = strlen(bytes);
    FAULTS(t);

    memcpy(copy, bytes, len);
    for (size_t i = 0; i < len; i++)
        if (copy[i] == '#')
            copy[i] = '\0';
    for (size_t piece = 1; piece <= len; piece++) {
        assert_int_equal(verdict(want, copy, len, piece, &t), answer);
        assert_string_equal(t.at, why);
    }
}

static void test_a_nul_does_not_end_the_headers(void **state)
{
    struct http_want w = want_default();

    (void)state;
    w.body = "aab";
    expect_nul(&w, "HTTP/1.1 200 OK\r\n#X: aab\r\nContent-Length: 2\r\n\r\naxaab", ANSWER_BAD,
               "200, but the body does not hold what --body asks for");
    expect_nul(&w, "HTTP/1.1 200 OK\r\n#\r\nContent-Length: 3#\r\n\r\naab", ANSWER_GOOD, "200");
}

static void test_json_body(void **state)
{
    struct http_want w = want_default();

    (void)state;
    assert_null(json_assertion_parse("database.connected=true", &w.json[0]));
    w.json_count = 1;
    expect(&w, "HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{\"database\": {\"connected\":true}}",
           ANSWER_BAD, "200, but the body is not valid JSON"); /* one byte short */
    expect(&w, "HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n{\"database\": {\"connected\":true}}",
           ANSWER_GOOD, "200");
    expect(&w, "HTTP/1.1 200 OK\r\n\r\n{\"database\": {\"connected\":false}}", ANSWER_BAD,
           "200, but database.connected is not true");
    expect(&w, "HTTP/1.1 200 OK\r\n\r\nHealthy", ANSWER_BAD, "200, but the body is not valid JSON");
}

static void test_status_lists(void **state)
{
    static const char *const bad[] = {"",   "200-", "-200",    "200,",    "abc",
                                      "99", "1000", "300-200", "200 300", "200--300"};
    struct http_want w = want_default();

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (unsigned status = 0; status < 1000; status++)
            assert_int_equal(http_status_in(bad[i], status), -1);
    w.status = "200-299,429";
    for (unsigned status = 0; status < 1000; status++)
        assert_int_equal(http_status_in(w.status, status), (status >= 200 && status <= 299) || status == 429);
    expect(&w, "HTTP/1.1 429 Too\r\n", ANSWER_GOOD, "429");
    expect(&w, "HTTP/1.1 301 Moved\r\n", ANSWER_BAD, "301");
}

static void test_headers(void **state)
{
    (void)state;
    assert_true(http_header_is_valid("X-A: b"));
    assert_true(http_header_is_valid("X-A:"));
    assert_false(http_header_is_valid("X A: b"));
    assert_false(http_header_is_valid(": b"));
    assert_false(http_header_is_valid("X-A"));
    assert_false(http_header_is_valid("X-A: b\r\nY: z"));
}

static void test_request(void **state)
{
    static const char *const headers[] = {"user-agent: me", "X: y"};
    struct http_want w = want_default();
    struct target t;
    FAULTS(out);
    FAULTS(faults);

    (void)state;
    assert_int_equal(target_parse("http://me:pass@[::1]:8080/a?b", &t, &faults), 0);
    http_request(&t, &w, &out);
    assert_string_equal(out.at,
                        "GET /a?b HTTP/1.1\r\nHost: [::1]:8080\r\nUser-Agent: kinglet/" KINGLET_VERSION
                        "\r\nAccept: */*\r\nConnection: close\r\nAuthorization: Basic bWU6cGFzcw==\r\n\r\n");
    out.len = 0;
    w.headers = headers;
    w.header_count = 2;
    w.head = true;
    assert_int_equal(target_parse("http+unix:///run/x", &t, &faults), 0);
    http_request(&t, &w, &out);
    assert_string_equal(out.at, "HEAD / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nConnection: "
                                "close\r\nuser-agent: me\r\nX: y\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_what_is_not_text),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_json_body),
        cmocka_unit_test(test_a_nul_does_not_end_the_headers),
        cmocka_unit_test(test_status_lists),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_request),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}

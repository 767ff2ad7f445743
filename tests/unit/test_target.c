/* targets: what a probe looks at, as one writes it; and addresses. */
#include "unit.h"

#include "kinglet/address.h"
#include "kinglet/clock.h"
#include "kinglet/target.h"

static void test_good_targets(void **state)
{
    static const struct {
        const char *word;
        enum target_kind kind;
        const char *host;
        unsigned port;
        const char *path, *userinfo, *shown;
    } good[] = {
        {"http://localhost", TARGET_HTTP, "localhost", 80, "", NULL, NULL},
        {"http://127.0.0.1:8000/health?x=1#frag", TARGET_HTTP, "127.0.0.1", 8000, "/health?x=1", NULL, NULL},
        {"http://[::1]:81?q", TARGET_HTTP, "::1", 81, "/?q", NULL, NULL},
        {"http://u:p%40w@h:1/", TARGET_HTTP, "h", 1, "/", "u:p@w", "http://h:1/"},
        {"http://a@b@h/x@y", TARGET_HTTP, "h", 80, "/x@y", "a@b", "http://h/x@y"},
        {"http+unix:///run/a.sock:/ping", TARGET_HTTP, "/run/a.sock", 0, "/ping", NULL, NULL},
        {"http+unix:///run/a.sock:/ping?x#frag", TARGET_HTTP, "/run/a.sock", 0, "/ping?x", NULL, NULL},
        {"tcp://db_1.x-y:5432", TARGET_CONNECT, "db_1.x-y", 5432, "", NULL, NULL},
        {"unix:///run/a", TARGET_CONNECT, "/run/a", 0, "", NULL, NULL},
        {"grpc://localhost:50051/my.Service", TARGET_GRPC, "localhost", 50051, "/my.Service", NULL, NULL},
        {"postgres://app@db", TARGET_POSTGRES, "db", 5432, "", "app", "postgres://db"},
        {"redis+unix:///r", TARGET_REDIS, "/r", 0, "", NULL, NULL},
        {"fcgi://php", TARGET_FCGI, "php", 9000, "", NULL, NULL},
        {"tls://h", TARGET_TLS, "h", 443, "", NULL, NULL},
    };
    struct target t;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        FAULTS(faults);
        if (target_parse(good[i].word, &t, &faults) != 0)
            fail_msg("%s", faults.at);
        assert_int_equal(t.kind, good[i].kind);
        assert_string_equal(t.host, good[i].host);
        assert_int_equal(t.port, good[i].port);
        assert_string_equal(t.path, good[i].path);
        assert_string_equal(t.userinfo == NULL ? "" : t.userinfo,
                            good[i].userinfo == NULL ? "" : good[i].userinfo);
        assert_string_equal(t.shown, good[i].shown == NULL ? good[i].word : good[i].shown);
    }
}

static void test_files(void **state)
{
    struct target t;
    FAULTS(faults);

    (void)state;
    assert_int_equal(target_parse("file:///tmp/beat?max-age=30s", &t, &faults), 0);
    assert_string_equal(t.path, "/tmp/beat");
    assert_int_equal(t.max_age, 30000000);
    assert_int_equal(target_parse("file:///tmp/beat", &t, &faults), 0);
    assert_true(t.max_age == INT64_MAX);
}

static void test_bad_targets(void **state)
{
    static const char *const bad[][2] = {
        {"localhost:80", "is not a target"},
        {"", "is not a target"},
        {"http://", "has no host"},
        {"http:///x", "has no host"},
        {"http://:80", "has no host"},
        {"http://h:", "bad port"},
        {"http://h:0", "bad port"},
        {"http://h:65536", "bad port"},
        {"http://h:80x/", "bad port"},
        {"http://h:-1", "bad port"},
        {"http://[::1", "not closed"},
        {"http://[::1]x", "bad host"},
        {"http://[zz]/", "bad IPv6"},
        {"http://a b/", "blank or a control"},
        {"http://h/\r\nX: y", "blank or a control"},
        {"http://h/\x7f", "blank or a control"},
        {"http://h$/", "bad host"},
        {"http://u:se%0acret@h/", "bad credentials"},
        {"https://h/", "tls://host:port"},
        {"ftp://h/", "unknown scheme"},
        {"tcp+unix:///x", "unknown scheme"},
        {"tls+unix:///x", "unknown scheme"},
        {"unix+unix:///x", "unknown scheme"},
        {"tcp://h", "needs a port"},
        {"grpc://h", "needs a port"},
        {"unix://x", "absolute path"},
        {"http+unix://:/x", "absolute path"},
        {"file://x", "absolute path"},
        {"file:///x?age=3", "max-age"},
        {"file:///x?max-age=3y", "bad max-age"},
    };
    struct target t;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        FAULTS(faults);
        if (target_parse(bad[i][0], &t, &faults) == 0)
            fail_msg("'%s' was taken", bad[i][0]);
        assert_holds(faults, bad[i][1]);
        assert_null(strstr(faults.at, "secret"));
        assert_null(strstr(faults.at, "cret"));
    }
}

static void test_addresses(void **state)
{
    static const char *const same[] = {
        "127.0.0.1", "0.0.0.0",           "255.255.255.255", "::",           "::1",
        "1::",       "2001:db8::1:0:0:1", "1:2:3:4:5:6:7:8", "fe80::1:2:3:4"};
    static const char *const bad[] = {
        "",        "1.2.3",         "1.2.3.4.5",         "256.1.1.1", "1.2.3.4x", ":",  ":::",
        "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::",   "::g",      "1:", ":1",
        "::1.2.3", "host"};
    struct address a;

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        FAULTS(t);
        if (address_parse(same[i], &a) != 0)
            fail_msg("%s", same[i]);
        address_put(&t, &a);
        assert_string_equal(t.at, same[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (address_parse(bad[i], &a) == 0)
            fail_msg("'%s' was taken for an address", bad[i]);
    assert_int_equal(address_parse("::ffff:1.2.3.4", &a), 0);
    assert_int_equal(a.bytes[15], 4);
    assert_int_equal(a.bytes[11], 255);
}

static void test_localhost_is_both(void **state)
{
    struct addresses a;

    (void)state;
    assert_true(address_literal("localhost", &a));
    assert_int_equal(a.count, 2);
    assert_false(a.at[0].v6);
    assert_true(a.at[1].v6);
    assert_true(address_literal("10.0.0.1", &a));
    assert_false(address_literal("db", &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_targets),      cmocka_unit_test(test_files),
        cmocka_unit_test(test_bad_targets),       cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_localhost_is_both),
    };

    return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}

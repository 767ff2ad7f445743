/* What is decided before PROGRAM starts: users, groups and capabilities, the syntax and types of variables,
 * and lines of files of variables. */
#include "unit.h"

#include "kinglet/environment.h"
#include "kinglet/identity.h"

#include <stdlib.h>

static struct list words(const char *const *item, size_t count)
{
    struct list l = {.item = NULL};

    for (size_t i = 0; i < count; i++)
        assert_int_equal(list_add(&l, item[i]), 0);
    return l;
}

#define WORDS(...)                                                                                           \
    words((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Returns 0, or -1 where that has added a fault. */
static int parse(const struct identity_options *options, struct identity *identity, struct text *faults)
{
    size_t before = faults->len;

    identity_parse(options, identity, faults);
    return faults->len == before ? 0 : -1;
}

static void test_users(void **state)
{
    static const struct {
        const char *user;
        uint32_t uid, gid;
    } good[] = {{"10001", 10001, 10001},
                {"1:2", 1, 2},
                {"5:0", 5, 0},
                {"2147483647:1", 2147483647, 1},
                {"007", 7, 7}};
    static const char *const bad[][2] = {
        {"", "an id is missing"},
        {":", "an id is missing"},
        {":1", "an id is missing"},
        {"1:", "an id is missing"},
        {"0", "is root"},
        {"0:5", "is root"},
        {"00", "is root"},
        {"4294967296", "at most 2147483647"},
        {"2147483648", "at most 2147483647"},
        {"1:4294967295", "at most"},
        {"-1", "decimal numbers"},
        {"+1", "decimal numbers"},
        {" 1", "decimal numbers"},
        {"1 ", "decimal numbers"},
        {"0x1", "decimal numbers"},
        {"1e3", "decimal numbers"},
        {"app", "decimal numbers"},
        {"1:app", "decimal numbers"},
        {"1:2:3", "decimal numbers"},
        {"99999999999999999999999", "at most 2147483647"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct identity_options o = {.user = good[i].user};
        struct identity id;
        FAULTS(faults);
        assert_int_equal(parse(&o, &id, &faults), 0);
        assert_true(id.wanted && id.uid == good[i].uid && id.gid == good[i].gid);
        assert_true(id.group_count == 1 && id.group[0] == good[i].gid && !id.keep_groups);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct identity_options o = {.user = bad[i][0]};
        struct identity id;
        FAULTS(faults);
        if (parse(&o, &id, &faults) == 0)
            fail_msg("'%s' was taken for a user", bad[i][0]);
        assert_holds(faults, bad[i][1]);
    }
}

static void test_root_groups_and_capabilities(void **state)
{
    struct identity_options o = {.user = "0:0", .allow_root = true};
    struct identity id;
    FAULTS(faults);

    (void)state;
    assert_int_equal(parse(&o, &id, &faults), 0);
    assert_true(id.uid == 0 && id.gid == 0);
    o = (struct identity_options){.user = "5", .groups = WORDS("7", "0", "9")};
    assert_int_equal(parse(&o, &id, &faults), 0);
    assert_true(id.group_count == 3 && id.group[0] == 7 && id.group[1] == 0 && id.group[2] == 9);
    o = (struct identity_options){.user = "5", .groups = WORDS("keep")};
    assert_int_equal(parse(&o, &id, &faults), 0);
    assert_true(id.keep_groups);
    o = (struct identity_options){.user = "5",
                                  .keep_caps = WORDS("CHOWN", "CAP_NET_BIND_SERVICE", "CHECKPOINT_RESTORE")};
    assert_int_equal(parse(&o, &id, &faults), 0);
    assert_true(id.keep_caps == (UINT64_C(1) | UINT64_C(1) << 10 | UINT64_C(1) << 40));
    assert_int_equal(faults.len, 0);
    o = (struct identity_options){.user = "app",
                                  .groups = WORDS("keep", "x"),
                                  .keep_caps = WORDS("", "CAP_", "chown", "CHOWN|", "ALL")};
    assert_int_equal(parse(&o, &id, &faults), -1);
    assert_holds(faults, "--user: 'app'");
    assert_holds(faults, "--groups: 'keep'");
    assert_holds(faults, "--keep-cap: 'CAP_' is not");
    assert_holds(faults, "--keep-cap: 'chown' is not");
    assert_holds(faults, "--keep-cap: 'CHOWN|' is not");
    assert_holds(faults, "--keep-cap: 'ALL' is not");
    o = (struct identity_options){.strict_user = true};
    assert_int_equal(parse(&o, &id, &faults), -1);
    assert_holds(faults, "need --user");
}

static void test_more_groups_than_there_is_room_for(void **state)
{
    const char *item[IDENTITY_GROUPS + 1];
    struct identity_options o = {.user = "5"};
    struct identity id;
    FAULTS(faults);

    (void)state;
    for (size_t i = 0; i <= IDENTITY_GROUPS; i++)
        item[i] = "1";
    o.groups = words(item, IDENTITY_GROUPS);
    assert_int_equal(parse(&o, &id, &faults), 0);
    assert_int_equal(id.group_count, IDENTITY_GROUPS);
    o.groups = words(item, IDENTITY_GROUPS + 1);
    assert_int_equal(parse(&o, &id, &faults), -1);
    assert_holds(faults, "more than 64 groups");
}

static void test_types(void **state)
{
    static const struct {
        const char *type, *value;
        bool is;
    } known[] = {
        {"str", "x", true},
        {"int", "-9223372036854775807", true},
        {"int", "9223372036854775808", false},
        {"int", "-", false},
        {"int", "--1", false},
        {"int", "1 ", false},
        {"port", "65535", true},
        {"port", "0", false},
        {"port", "65536", false},
        {"bool", "oN", true},
        {"bool", "onn", false},
        {"bool", "o", false},
        {"url", "a+b.c-1://x", true},
        {"url", "1a://x", false},
        {"url", "a_b://x", false},
        {"url", "http://", false},
        {"url", "http:/x", false},
        {"url", "http://x\n", false},
        {"url", "http", false},
        {"url", "", false},
        {"path", "/nonexistent", true},
        {"a|b", "a", true},
        {"a|b", "b", true},
        {"a|b", "a|b", false},
        {"a|b", "", false},
        {"a|b", "ab", false},
        {"a|", "", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if ((environment_not_of_type(known[i].value, known[i].type) == NULL) != known[i].is)
            fail_msg("%s of type %s", known[i].value, known[i].type);
}

static void test_what_options_say(void **state)
{
    struct environment_options o = {.defaults = WORDS("A=1", "_b.c-d="),
                                    .unset = WORDS("A"),
                                    .secrets = WORDS("A", "B"),
                                    .require = WORDS("A", "A:int", "B:x|y", "C:path")};
    FAULTS(faults);

    (void)state;
    assert_int_equal(environment_check(&o, &faults), 0);
    o = (struct environment_options){.defaults = WORDS("A", "=v", "1=v", "A B=v"),
                                     .unset = WORDS("A=hidden", "", "1"),
                                     .secrets = WORDS("A:int", "B=hidden"),
                                     .require = WORDS("A:", "A:number", ":int", "A=hidden")};
    assert_int_equal(environment_check(&o, &faults), -1);
    assert_holds(faults, "--default: 'A...' is not NAME=VALUE; --default: '...' is not");
    assert_holds(faults, "--unset: 'A...' is not the name of a variable; --unset: '' is");
    assert_holds(faults, "--secret: 'A:int' is not");
    assert_holds(faults, "--require: 'A:' is not NAME[:TYPE]");
    assert_holds(faults, "--require: 'A:number' is not");
    assert_null(strstr(faults.at, "hidden"));
}

static void test_lines(void **state)
{
    static const char *const good[][2] = {
        {"A=1", "A=1"},
        {"  A=1", "A=1"},
        {"export A=1", "A=1"},
        {"\texport   A=1\r", "A=1"},
        {"export=1", "export=1"},
        {"A=", "A="},
        {"A=b=c", "A=b=c"},
        {"A=x # y", "A=x # y"},
        {"A='it is' # y", "A=it is"},
        {"A='a\\n$X'", "A=a\\n$X"},
        {"A=\"a\\\"b\\\\c\\$d\\`e\\n\"", "A=a\"b\\c$d`e\\n"},
        {"A=\"\"", "A="},
        {"a.b-c_1=x", "a.b-c_1=x"},
    };
    static const char *const bad[] = {"A",         "=",      "=1",        "1A=x",
                                      "A B=x",     "export", "export A",  "A='x",
                                      "A=\"x\\\"", "A='x'y", "A=\"x\" y", "export export A=1"};
    static const char *const nothing[] = {"", "   ", "\t\r", "# A=1", "  #"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char *line = strdup(good[i][0]), *at = environment_line(line);
        if (at == NULL)
            fail_msg("'%s' was not taken", good[i][0]);
        assert_string_equal(at, good[i][1]);
        free(line);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *line = strdup(bad[i]);
        if (environment_line(line) != NULL)
            fail_msg("'%s' was taken", bad[i]);
        free(line);
    }
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        char *line = strdup(nothing[i]);
        assert_string_equal(environment_line(line), "");
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_users),
        cmocka_unit_test(test_root_groups_and_capabilities),
        cmocka_unit_test(test_more_groups_than_there_is_room_for),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_what_options_say),
        cmocka_unit_test(test_lines),
    };

    return cmocka_run_group_tests_name("start", tests, NULL, NULL);
}

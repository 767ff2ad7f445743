/* personality: names, options, variables. */
#include "unit.h"

#include "kinglet/personality.h"

static char *none[] = {NULL};

static void test_found_by_the_last_part_of_the_name(void **state)
{
    (void)state;
    assert_null(personality_find("kinglet"));
    assert_null(personality_find("/tini/kinglet"));
    assert_null(personality_find("tini-"));
    assert_null(personality_find(""));
    assert_non_null(personality_find("tini"));
    assert_ptr_equal(personality_find("/sbin/docker-init"), personality_find("tini"));
    assert_ptr_equal(personality_find("./tini-static"), personality_find("tini"));
    assert_ptr_equal(personality_find("/run/podman-init"), personality_find("catatonit"));
    assert_ptr_equal(personality_find("su-exec"), personality_find("gosu"));
    assert_string_equal(personality_name("/sbin/tini"), "tini");
    assert_string_equal(personality_name("tini/"), "");
}

static void test_options_are_its_own(void **state)
{
    char *grouped[] = {"tini", "-gvvswe3", "-e", "4", "sh", "-c", NULL};
    char *foreign[] = {"tini", "--health", "x", NULL};
    char *pause[] = {"catatonit", "-gPL", NULL};
    struct run_options o;
    FAULTS(t);

    (void)state;
    assert_int_equal(personality_options(personality_find("tini"), grouped, none, &o, &t), 4);
    assert_string_equal(t.at, "");
    assert_true(o.group && o.subreaper && o.tell_reaped);
    assert_int_equal(o.verbose, 2);
    assert_int_equal(o.success.count, 2);
    personality_options(personality_find("tini"), foreign, none, &o, &t);
    assert_string_equal(t.at, "--health: unknown option");
    text_init(&t, t_bytes, sizeof t_bytes);
    assert_int_equal(personality_options(personality_find("catatonit"), pause, none, &o, &t), 2);
    assert_true(o.group && o.pause && o.licence);
    assert_string_equal(t.at, "");
}

static void test_variables_are_its_own(void **state)
{
    char *argv[] = {"tini", NULL};
    char *env[] = {"TINI_SUBREAPER=",   "TINI_VERBOSITY=3", "DUMB_INIT_SETSID=0",
                   "DUMB_INIT_DEBUG=1", "KINGLET_GROUP=1",  NULL};
    char *almost[] = {"DUMB_INIT_SETSID=00", "DUMB_INIT_DEBUG=", "XDUMB_INIT_DEBUG=1", NULL};
    struct run_options o;
    FAULTS(t);

    (void)state;
    personality_options(personality_find("tini"), argv, env, &o, &t);
    assert_true(o.subreaper && !o.single && !o.debug && !o.group);
    assert_int_equal(o.log_level, LOG_DEBUG);
    personality_options(personality_find("dumb-init"), argv, env, &o, &t);
    assert_true(o.single && o.debug && !o.subreaper && !o.group);
    assert_int_equal(o.log_level, LOG_WARN);
    personality_options(personality_find("dumb-init"), argv, almost, &o, &t);
    assert_true(!o.single && !o.debug);
    assert_string_equal(t.at, "");
}

static void test_words(void **state)
{
    FAULTS(t);

    (void)state;
    personality_usage(personality_find("tini"), "docker-init", &t);
    assert_string_equal(t.at, "usage: docker-init [-spvwgelhV] [--] PROGRAM [ARG...]");
    text_init(&t, t_bytes, sizeof t_bytes);
    personality_version(personality_find("catatonit"), &t);
    assert_string_equal(t.at, "tini version 0.1.7_catatonit (kinglet " KINGLET_VERSION ")");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_by_the_last_part_of_the_name),
        cmocka_unit_test(test_options_are_its_own),
        cmocka_unit_test(test_variables_are_its_own),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

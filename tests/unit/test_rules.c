/* From the options of `kinglet PROGRAM` to the rules of its life. */
#include "unit.h"

#include "kinglet/run.h"

enum { S = 1000000 };

/* The rules that these words and variables make; what is wrong with them goes to `faults`. */
static struct life_rules rules_of(const char *const *words, const char *const *env, struct text *faults)
{
    struct run_options options;

    run_options_parse(run_option_rows, (char *const *)words, (char *const *)env, &options, faults);
    run_rules(&options, faults);
    return options.rules;
}

#define WORDS(...) ((const char *const[]){"kinglet", __VA_ARGS__, "true", NULL})
#define NOTHING    ((const char *const[]){NULL})

static void assert_defaults(const struct life_rules *r)
{
    assert_true(r->health);
    assert_int_equal(r->interval, 30 * S);
    assert_int_equal(r->timeout, 30 * S);
    assert_int_equal(r->start_period, 0);
    assert_int_equal(r->start_interval, 5 * S);
    assert_int_equal(r->retries, 3);
    assert_int_equal(r->on_unhealthy, HEALTH_NONE);
    assert_int_equal(r->wait_timeout, 60 * S);
    assert_int_equal(r->restart, RESTART_NO);
}

static void test_health_options_default_as_dockers(void **state)
{
    struct life_rules r;
    FAULTS(faults);

    (void)state;
    r = rules_of(WORDS("--health", "tcp://localhost:1"), NOTHING, &faults);
    assert_defaults(&r);
    r = rules_of(WORDS("--health", "tcp://localhost:1", "--health-interval", "0", "--health-timeout=0s",
                       "--health-retries", "0", "--health-start-interval", "0", "--health-start-period", "0",
                       "--wait-timeout", "0"),
                 NOTHING, &faults);
    assert_defaults(&r);
    assert_int_equal(faults.len, 0);
}

static void test_health_options_as_given(void **state)
{
    const char *const env[] = {"KINGLET_HEALTH=tcp://localhost:1", "KINGLET_HEALTH_INTERVAL=10ms",
                               "KINGLET_HEALTH_RETRIES=7",         "KINGLET_HEALTH_ON_FAILURE=restart",
                               "KINGLET_RESTART=on-failure:4",     "KINGLET_HEALTH_TIMEOUT=9us",
                               "KINGLET_HEALTH_START_PERIOD=2m",   NULL};
    struct life_rules r;
    FAULTS(faults);

    (void)state;
    r = rules_of(WORDS("--health-retries", "2"), env, &faults);
    assert_int_equal(faults.len, 0);
    assert_true(r.health);
    assert_int_equal(r.interval, 10000);
    assert_int_equal(r.retries, 2);
    assert_int_equal(r.start_period, 120 * (int64_t)S);
    assert_int_equal(r.timeout, 1000); /* nothing is shorter than a millisecond */
    assert_int_equal(r.on_unhealthy, HEALTH_RESTART);
    assert_int_equal(r.restart, RESTART_ON_FAILURE);
    assert_int_equal(r.restart_max, 4);
}

static void test_what_is_wrong_is_told_once_and_all(void **state)
{
    FAULTS(faults);

    (void)state;
    rules_of(WORDS("--health-on-failure", "stop", "--restart", "on-failure:x", "--health-interval", "-1s",
                   "--health-retries", "many"),
             NOTHING, &faults);
    assert_holds(faults, "--health-on-failure needs a --health TARGET");
    assert_holds(faults, "--restart: 'on-failure:x' is none of no, on-failure, on-failure:MAX, always");
    assert_holds(faults, "--health-interval: '-1s' is not a duration");
    assert_holds(faults, "--health-retries: 'many' is not a decimal number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health_options_default_as_dockers),
        cmocka_unit_test(test_health_options_as_given),
        cmocka_unit_test(test_what_is_wrong_is_told_once_and_all),
    };

    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}

/* The lifecycle under any events at any times, possible or not: it must keep its own promises whatever it is
 * told. */
#include "fuzz.h"

#include "kinglet/lifecycle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct life_rules rules;
    struct life life;
    struct life_orders orders;
    int64_t now = 1000000;

    if (size < 4)
        return 0;
    life_rules_init(&rules);
    rules.stop_delay = data[0] & 1 ? 2000000 : 0;
    rules.stop_timeout = data[0] & 2 ? 3000000 : CLOCK_NONE;
    rules.sweep_timeout = data[0] & 4 ? 2000000 : 0;
    rules.wait = data[0] & 8;
    rules.wait_timeout = 5000000;
    rules.health = data[0] & 16;
    rules.interval = 5000000;
    rules.timeout = 1000000;
    rules.retries = 1 + (data[1] & 3);
    rules.start_period = data[0] & 32 ? 7000000 : 0;
    rules.start_interval = 1000000;
    rules.on_unhealthy = (enum health_action)(data[1] >> 2 & 3);
    rules.restart = (enum restart_policy)((data[1] >> 4 & 3) % 3);
    rules.restart_max = data[1] >> 6;
    memset(&life, 0, sizeof life);
    for (size_t i = 2; i + 1 < size; i += 2) {
        struct life_event event = {.kind = (enum life_event_kind)(data[i] % (LIFE_TIME + 1)),
                                   .left = data[i] & 128};
        bool ended = life.phase == LIFE_ENDED;
        event.value = event.kind == LIFE_SIGNAL ? 1 + data[i + 1] % SIGNAL_MAX : data[i + 1];
        if (event.kind == LIFE_TIME)
            now += data[i + 1] * INT64_C(50000);
        life_step(&rules, &life, event, now, &orders);
        FUZZ_MUST(life.phase <= LIFE_ENDED && orders.status >= 0 && orders.status <= 255);
        FUZZ_MUST(!orders.end || life.phase == LIFE_ENDED);
        FUZZ_MUST(!ended || (!orders.end && !orders.start && orders.pass == 0 && orders.sweep == 0));
        FUZZ_MUST(orders.pass >= 0 && orders.pass <= SIGNAL_MAX);
    }
    return 0;
}

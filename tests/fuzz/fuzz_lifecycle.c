/* The lifecycle under any events at any times, possible or not: it must keep its own promises whatever it is
 * told. */
#include "fuzz.h"

#include "kinglet/lifecycle.h"

#include <signal.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct life_rules rules;
    struct life life;
    int64_t now = 1000000;

    if (size < 4)
        return 0;
    memset(&rules, 0, sizeof rules);
    life_rules_init(&rules);
    rules.stop_signal = SIGTERM;
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
    rules.on_unhealthy = data[1] >> 2 & 3;
    rules.restart = (data[1] >> 4 & 3) % 3;
    rules.restart_max = data[1] >> 6;
    memset(&life, 0, sizeof life);
    life.rules = &rules;
    for (size_t i = 2; i + 1 < size; i += 2) {
        enum life_event event = (enum life_event)(data[i] % (LIFE_TIME + 1));
        int value = event == LIFE_SIGNAL ? 1 + data[i + 1] % SIGNAL_MAX : data[i + 1];
        bool ended = life.phase == LIFE_ENDED;
        if (event == LIFE_TIME)
            now += data[i + 1] * INT64_C(50000);
        if (event == LIFE_PROBED && data[i] & 128)
            value = -1;
        life_step(&life, event, value, now);
        FUZZ_MUST(life.phase <= LIFE_ENDED && life.status >= 0 && life.status <= 255);
        FUZZ_MUST(!ended || (life.phase == LIFE_ENDED && life.orders.pass == 0 && life.orders.sweep == 0));
        FUZZ_MUST(!life.probing || life.phase == LIFE_WAITING || life.phase == LIFE_RUNNING);
        FUZZ_MUST(life.orders.pass <= SIGNAL_MAX);
    }
    return 0;
}

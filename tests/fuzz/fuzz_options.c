/* The options of `kinglet PROGRAM`, of its personalities and of `kinglet check`: words and variables of any
 * kind never crash, and every fault is told. */
#include "fuzz.h"

#include "kinglet/personality.h"
#include "kinglet/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"tini", "dumb-init", "catatonit", "gosu"};
    char *words = fuzz_string(data, size);
    char *argv[34] = {"kinglet"}, *env[34];
    char bytes[1024];
    struct run_options options;
    struct identity identity;
    struct text faults;
    int argc = 1, count = 0, first;

    for (char *at = words; at <= words + size && argc < 32 && count < 32; at += strlen(at) + 1)
        if ((strncmp(at, "KINGLET_", 8) == 0 || strncmp(at, "TINI_", 5) == 0) && strchr(at, '=') != NULL)
            env[count++] = at;
        else
            argv[argc++] = at;
    argv[argc] = NULL;
    env[count] = NULL;
    text_init(&faults, bytes, sizeof bytes);
    first = run_options_parse(run_option_rows, argv, env, &options, &faults);
    FUZZ_MUST(first >= 1 && first <= argc);
    run_rules(&options, &faults);
    for (int s = 0; s <= SIGNAL_MAX; s++)
        FUZZ_MUST(options.rules.rewrite[s] <= SIGNAL_MAX);
    text_init(&faults, bytes, sizeof bytes);
    identity_parse(&options.identity, &identity, &faults);
    if (faults.len == 0 && identity.wanted)
        FUZZ_MUST(identity.uid <= INT32_MAX && identity.gid <= INT32_MAX &&
                  (identity.uid != 0 || options.identity.allow_root));
    environment_check(&options.environment, &faults);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        text_init(&faults, bytes, sizeof bytes);
        first = personality_options(personality_find(names[i]), argv, env, &options, &faults);
        FUZZ_MUST(first >= 1 && first <= argc);
        FUZZ_MUST(options.health.count == 0 && options.identity.user == NULL);
    }
    free(words);
    return 0;
}

/* The options of `kinglet PROGRAM` and of `kinglet check`: words and variables of any kind never crash, and
 * every fault is told. */
#include "fuzz.h"

#include "kinglet/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words = fuzz_string(data, size);
    char *argv[34] = {"kinglet"}, *env[34];
    char bytes[1024];
    struct run_options options;
    struct life_rules rules;
    struct identity identity;
    struct text faults;
    int argc = 1, count = 0, first;

    for (char *at = words; at <= words + size && argc < 32 && count < 32; at += strlen(at) + 1)
        if (strncmp(at, "KINGLET_", 8) == 0 && strchr(at, '=') != NULL)
            env[count++] = at;
        else
            argv[argc++] = at;
    argv[argc] = NULL;
    env[count] = NULL;
    text_init(&faults, bytes, sizeof bytes);
    first = run_options_parse(argv, env, &options, &faults);
    FUZZ_MUST(first >= 1 && first <= argc);
    run_rules(&options, &rules, &faults);
    for (int s = 0; s <= SIGNAL_MAX; s++)
        FUZZ_MUST(rules.rewrite[s] <= SIGNAL_MAX);
    if (identity_parse(&options.identity, &identity, &faults) == 0 && identity.wanted)
        FUZZ_MUST(identity.uid <= INT32_MAX && identity.gid <= INT32_MAX &&
                  (identity.uid != 0 || options.identity.allow_root));
    environment_check(&options.environment, &faults);
    free(words);
    return 0;
}

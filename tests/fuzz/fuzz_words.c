/* All that reads single words: targets, durations, signals, addresses, HTTP status lists and headers, JSON
 * assertions, variables' types and lines, and ${...}. */
#include "fuzz.h"

#include "kinglet/duration.h"
#include "kinglet/environment.h"
#include "kinglet/expand.h"
#include "kinglet/http.h"
#include "kinglet/resolve.h"
#include "kinglet/signals.h"
#include "kinglet/target.h"

static void check_environment_line(const uint8_t *data, size_t size)
{
    char *line = fuzz_string(data, size), *at = environment_line(line);

    if (at != NULL && *at != '\0')
        FUZZ_MUST(strcspn(at, "=") > 0 && strchr(at, '=') != NULL && at >= line &&
                  at + strlen(at) <= line + size);
    free(line);
}

static void check_address(const char *word)
{
    struct address a, b;
    char bytes[64];
    struct text t;

    if (address_parse(word, &a) != 0)
        return;
    text_init(&t, bytes, sizeof bytes);
    address_put(&t, &a);
    FUZZ_MUST(address_parse(bytes, &b) == 0 && memcmp(&a, &b, sizeof a) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *const env[] = {
        "A=1", "EMPTY=", "LONG=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL};
    static const char *const types[] = {"str", "int", "port", "bool", "url", "path", "a|b"};
    char *word = fuzz_string(data, size);
    char faults_bytes[512], out_bytes[200];
    struct text faults, out;
    struct target target;
    struct json_assertion assertion;
    int64_t us = -1;
    int s;

    text_init(&faults, faults_bytes, sizeof faults_bytes);
    text_init(&out, out_bytes, sizeof out_bytes);
    if (duration_parse(word, &us) == NULL)
        FUZZ_MUST(us >= 0 && us <= DURATION_MAX);
    s = signal_parse(word, size);
    FUZZ_MUST(s >= 0 && s <= SIGNAL_MAX);
    if (size < 512 && target_parse(word, &target, &faults) == 0)
        FUZZ_MUST(target.kind == TARGET_FILE || (target.host != NULL && target.host[0] != '\0'));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        environment_not_of_type(word, types[i]);
    FUZZ_MUST(http_status_in(word, 99) <= 0 && http_status_in(word, 1000) <= 0);
    if (http_header_is_valid(word))
        FUZZ_MUST(strpbrk(word, "\r\n") == NULL && strchr(word, ':') != NULL);
    json_assertion_parse(word, &assertion);
    check_address(word);
    expand_put(&out, word, env, &faults);
    FUZZ_MUST(out.len < sizeof out_bytes && strlen(faults.at) == faults.len);
    check_environment_line(data, size);
    free(word);
    return 0;
}

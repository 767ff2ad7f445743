/* JSON: the same judgement in one piece and byte by byte. */
#include "fuzz.h"

#include "kinglet/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const words[] = {"a=1", "a.b=true", "0=null", "1.a.0=\"x\"", "b=-1.5e3"};
    struct json_assertion assertions[5];
    struct json whole, bytes;
    int first, second;

    for (int i = 0; i < 5; i++)
        FUZZ_MUST(json_assertion_parse(words[i], &assertions[i]) == NULL);
    json_begin(&whole, assertions, 5);
    json_feed(&whole, (const char *)data, size);
    first = json_end(&whole);
    json_begin(&bytes, assertions, 5);
    for (size_t i = 0; i < size; i++)
        json_feed(&bytes, (const char *)data + i, 1);
    second = json_end(&bytes);
    FUZZ_MUST(first == second && first >= -1 && first <= 5);
    return 0;
}

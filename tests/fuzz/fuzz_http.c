/* HTTP answers: the same verdict and words in one piece and byte by byte, whatever is asked of the body. */
#include "fuzz.h"

#include "kinglet/http.h"

static enum answer verdict(const struct http_want *want, const uint8_t *data, size_t size, size_t piece,
                           struct text *why)
{
    struct http h;
    enum answer a = ANSWER_MORE;

    http_begin(&h, want);
    for (size_t i = 0; i < size && a == ANSWER_MORE; i += piece) {
        size_t n = size - i < piece ? size - i : piece;
        char *copy = fuzz_string(data + i, n);
        a = http_feed(&h, copy, n, why);
        free(copy);
    }
    return a == ANSWER_MORE ? http_feed(&h, NULL, 0, why) : a;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_want want = {.status = "200-399"};
    char one[256], two[256];
    struct text a, b;
    enum answer whole, bytes;

    if (size == 0)
        return 0;
    want.head = data[0] & 1;
    want.body = data[0] & 2 ? "aab" : NULL;
    if (data[0] & 4) {
        json_assertion_parse("a.b=true", &want.json[0]);
        json_assertion_parse("a.0.c=\"x\"", &want.json[1]);
        want.json_count = 2;
    }
    text_init(&a, one, sizeof one);
    text_init(&b, two, sizeof two);
    whole = verdict(&want, data + 1, size - 1, size, &a);
    bytes = verdict(&want, data + 1, size - 1, 1, &b);
    FUZZ_MUST(whole == bytes && whole != ANSWER_MORE && strcmp(one, two) == 0);
    return 0;
}

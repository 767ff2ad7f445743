/* fuzz_protocol: one answer to a target, in one piece, byte by byte and in pieces by its content: the same
 * verdict and words, fit for a terminal; and no two protocols take the same bytes for good. */
#ifndef FUZZ_PROTOCOL_H
#define FUZZ_PROTOCOL_H

#include "fuzz.h"

#include "kinglet/protocol.h"

static enum answer fuzz_verdict(const struct target *target, const uint8_t *data, size_t size, size_t piece,
                                char *words)
{
    static const unsigned char random[TLS_RANDOM];
    static const struct http_want nothing;
    static struct protocol p;
    static char request[PROTOCOL_REQUEST_MAX];
    char *copy = fuzz_string(data, size);
    enum answer a = ANSWER_MORE;
    struct text out, why;

    text_init(&out, request, sizeof request);
    text_init(&why, words, 256);
    protocol_begin(&p, target, &nothing, random, &out);
    for (size_t i = 0, n = 0; i < size && a == ANSWER_MORE; i += n) {
        n = piece > 0 ? piece : data[i] % 16U + 1;
        n = size - i < n ? size - i : n;
        a = protocol_feed(&p, copy + i, n, &why);
    }
    free(copy);
    if (a == ANSWER_MORE)
        a = protocol_feed(&p, NULL, 0, &why);
    FUZZ_MUST(a == ANSWER_GOOD || a == ANSWER_BAD);
    for (const char *c = words; *c != '\0'; c++)
        FUZZ_MUST((unsigned char)*c >= ' ' && *c != 0x7F);
    return a;
}

static void fuzz_target(const char *word, struct target *target)
{
    char faults[256];
    struct text t;

    text_init(&t, faults, sizeof faults);
    FUZZ_MUST(target_parse(word, target, &t) == 0);
}

static void fuzz_answer(const char *word, const uint8_t *data, size_t size)
{
    static const char *const others[] = {"grpc://h:1", "postgres://h", "redis://h",
                                         "fcgi://h",   "fcgi://h/p",   "tls://h"};
    static struct target strangers[6], target;
    char whole[256], bytes[256], pieces[256];
    enum answer a;

    if (size > 512) /* a byte at a time costs its square */
        size = 512;
    if (strangers[0].host == NULL)
        for (size_t i = 0; i < 6; i++)
            fuzz_target(others[i], &strangers[i]);
    if (target.shown != word)
        fuzz_target(word, &target);
    a = fuzz_verdict(&target, data, size, size, whole);
    FUZZ_MUST(fuzz_verdict(&target, data, size, 1, bytes) == a && strcmp(whole, bytes) == 0);
    FUZZ_MUST(fuzz_verdict(&target, data, size, 0, pieces) == a && strcmp(whole, pieces) == 0);
    for (size_t i = 0; a == ANSWER_GOOD && i < 6; i++)
        FUZZ_MUST(strangers[i].kind == target.kind ||
                  fuzz_verdict(&strangers[i], data, size, size, bytes) == ANSWER_BAD);
}

#endif

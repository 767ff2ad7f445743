/* Answers of a name server: read within their bytes, and nothing is found that the message does not hold. */
#include "fuzz.h"

#include "kinglet/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char query[DNS_QUERY_MAX];
    struct addresses found = {.count = 0};
    unsigned char *message;
    size_t len, query_len;
    enum dns_answer answer;
    bool v6;

    if (size == 0)
        return 0;
    v6 = data[0] & 1;
    len = size - 1 < DNS_MESSAGE_MAX ? size - 1 : DNS_MESSAGE_MAX;
    message = malloc(len + 1);
    FUZZ_MUST(message != NULL);
    memcpy(message, data + 1, len);
    query_len = dns_question(query, "www.test");
    FUZZ_MUST(query_len == 26);
    query[query_len - 3] = v6 ? DNS_AAAA : DNS_A;
    if ((data[0] & 2) != 0 && len >= query_len) { /* spares the fuzzer the question */
        memcpy(message, query, 2);
        memcpy(message + 4, query + 4, 2);
        memcpy(message + 12, query + 12, query_len - 12);
        message[2] = (unsigned char)((message[2] & 0x02) | 0x80);
    }
    message = realloc(message, len == 0 ? 1 : len);
    answer = dns_answer(message, len, query, query_len, &found);
    FUZZ_MUST(found.count <= ADDRESSES && (answer != DNS_FOUND || found.count > 0));
    FUZZ_MUST(found.count == 0 || answer == DNS_FOUND || answer == DNS_CUT);
    for (unsigned i = 0; i < found.count; i++)
        FUZZ_MUST(found.at[i].v6 == v6 && memmem(message, len, found.at[i].bytes, v6 ? 16 : 4) != NULL);
    free(message);
    return 0;
}

/* Redis answers, with and without AUTH. See fuzz_protocol.h. */
#include "fuzz_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const words[] = {"redis://h", "redis://u:p@h"};

    if (size > 0)
        fuzz_answer(words[data[0] & 1], data + 1, size - 1);
    return 0;
}

/* PostgreSQL answers. See fuzz_protocol.h. */
#include "fuzz_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_answer("postgres://h", data, size);
    return 0;
}

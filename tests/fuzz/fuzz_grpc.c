/* gRPC answers: HTTP/2 frames, HPACK and a HealthCheckResponse. See fuzz_protocol.h. */
#include "fuzz_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_answer("grpc://h:1/svc", data, size);
    return 0;
}

/* output: see kinglet/output.h. */
#include "kinglet/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int output_bytes(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int output_string(const char *string)
{
    return output_bytes(string, strlen(string));
}

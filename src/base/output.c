/* output: see kinglet/output.h. */
#include "kinglet/output.h"

#include <errno.h>
#include <stdbool.h>
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

int output_help(const char *help)
{
    while (true) {
        size_t len = strcspn(help, "\t");
        int result = output_bytes(help, len);
        if (result != 0 || help[len] == '\0')
            return result;
        output_bytes("\n             ", 14);
        help += len + 1;
    }
}

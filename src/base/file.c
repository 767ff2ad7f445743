/* file: see kinglet/file.h. */
#include "kinglet/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int file_read(const char *path, char *buffer, unsigned size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    unsigned len = 0;
    int n = -1;

    while (fd >= 0 && (n = (int)read(fd, buffer + len, size - 1 - len)) > 0)
        len += (unsigned)n;
    buffer[len] = '\0';
    n = n < 0 ? -errno : (int)len;
    close(fd);
    return n;
}

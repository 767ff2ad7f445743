/* refusal: see kinglet/refusal.h. */
#include "kinglet/refusal.h"

#include "kinglet/log.h"

#include <fcntl.h>
#include <unistd.h>

void refuse(const char *termination_log, const struct text *reasons)
{
    int fd = open(termination_log == NULL ? "/dev/termination-log" : termination_log,
                  O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    log_line(LOG_ERROR, "%s", reasons->at);
    if (fd >= 0) {
        ssize_t ignored = write(fd, reasons->at, reasons->len);
        (void)ignored;
        close(fd);
    }
}

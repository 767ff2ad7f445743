/* refusal: see kinglet/refusal.h. */
#include "kinglet/refusal.h"

#include "kinglet/log.h"
#include "kinglet/text.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <unistd.h>

static int termination_log = -1;

void refusal_open(const char *path)
{
    if (termination_log < 0)
        termination_log = open(path == NULL ? "/dev/termination-log" : path,
                               O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

void refuse(const char *format, ...)
{
    static char bytes[PIPE_BUF];
    struct text reasons;
    va_list args;

    text_init(&reasons, bytes, sizeof bytes);
    va_start(args, format);
    text_vformat(&reasons, format, args);
    va_end(args);
    log_line(LOG_ERROR, "%s", bytes);
    if (termination_log >= 0) {
        ssize_t ignored = write(termination_log, bytes, reasons.len);
        (void)ignored;
    }
}

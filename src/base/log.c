/* log: see kinglet/log.h.
 *
 * Descriptor 2 is shared with PROGRAM, so O_NONBLOCK cannot be set on it. A line is written
 * only when poll(2) says that there is room, and RWF_NOWAIT covers what another writer does
 * in between, where the kernel has it for this kind of file.
 */
#include "kinglet/log.h"

#include "kinglet/clock.h"
#include "kinglet/text.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOWAIT = 8 /* RWF_NOWAIT, linux/fs.h */ };

static const char names[][6] = {"error", "warn", "info", "debug"};

static struct {
    const char *head;
    const char (*levels)[6];
    unsigned level;
} config = {.level = LOG_WARN};

void log_setup(unsigned level, const char *head, const char (*levels)[6])
{
    config.level = level;
    config.head = head;
    config.levels = levels;
}

static unsigned days_of(unsigned year, unsigned month)
{
    bool leap = year % (year % 25 == 0 ? 16 : 4) == 0;

    return month == 2 ? 28U + leap : 30 + ((month ^ month >> 3) & 1);
}

/* RFC 3339, UTC: month by month from the epoch on, which is a thousand steps at most before 2053. All digits
 * are those of one number, in which a minute has 100 seconds and an hour 100 minutes. */
static void put_time(struct text *t)
{
    uint64_t us = (uint64_t)clock_wall_us(), digits;
    unsigned second = (unsigned)(us / 1000000 % 86400), day = (unsigned)(us / 86400000000), year = 1970,
             month = 1;

    for (unsigned days; day >= (days = days_of(year, month)); day -= days)
        if (month++ == 12) {
            month = 1;
            year++;
        }
    digits = (year * 100 + month) * 100 + day + 1;
    digits = digits * 1000000 + second + second / 60 * 40 + second / 3600 * 4000;
    digits = digits * 1000 + us / 1000 % 1000;
    text_put(t, "0000-00-00T00:00:00.000Z");
    for (char *at = t->at + t->len; digits > 0;)
        if (*--at == '0') {
            *at = (char)('0' + digits % 10);
            digits /= 10;
        }
}

static void put_head(struct text *t, const char *head, enum log_level level)
{
    for (; *head != '\0'; head++)
        if (*head == '@')
            text_put(t, (config.levels == NULL ? names : config.levels)[level]);
        else if (*head == '#')
            text_u64(t, (uint64_t)getpid());
        else if (*head == '^')
            put_time(t);
        else
            text_raw(t, head, 1);
}

static void write_line(const char *line, size_t len)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    struct iovec part = {(void *)line, len};

    poll(&room, 1, 0);
    if ((room.revents & POLLOUT) != 0 &&
        syscall(SYS_pwritev2, STDERR_FILENO, &part, 1UL, -1L, -1L, (long)NOWAIT) < 0 && errno != EAGAIN) {
        ssize_t ignored = write(STDERR_FILENO, line, len);
        (void)ignored;
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    const char *head = config.head == NULL ? "kinglet: @: " : config.head;
    int kept = errno;
    char line[PIPE_BUF];
    struct text t;
    va_list args;

    if (level > config.level)
        return;
    text_init(&t, line, sizeof line - 2); /* two bytes, and that of the NUL, are for the end of the line */
    put_head(&t, head, level);
    t.json = *head == '{';
    va_start(args, format);
    text_vformat(&t, format, args);
    va_end(args);
    if (t.json) {
        line[t.len++] = '"';
        line[t.len++] = '}';
    }
    line[t.len++] = '\n';
    write_line(line, t.len);
    errno = kept;
}

/* Kept as two rows, since words of a fixed width would be half air. */
#define ERRORS(X)                                                                                            \
    X(EPERM, "operation not permitted")                                                                      \
    X(ENOENT, "no such file or directory")                                                                   \
    X(ESRCH, "no such process")                                                                              \
    X(EINTR, "interrupted")                                                                                  \
    X(EIO, "input/output error")                                                                             \
    X(ENXIO, "no such device or address")                                                                    \
    X(E2BIG, "argument list too long")                                                                       \
    X(ENOEXEC, "exec format error")                                                                          \
    X(EBADF, "bad file descriptor")                                                                          \
    X(EAGAIN, "resource unavailable (a limit?)")                                                             \
    X(ENOMEM, "out of memory")                                                                               \
    X(EACCES, "permission denied")                                                                           \
    X(EBUSY, "busy")                                                                                         \
    X(EEXIST, "exists")                                                                                      \
    X(EXDEV, "on another mount")                                                                             \
    X(ENOTDIR, "not a directory")                                                                            \
    X(EISDIR, "is a directory")                                                                              \
    X(EINVAL, "invalid argument")                                                                            \
    X(ENFILE, "too many open files in system")                                                               \
    X(EMFILE, "too many open files")                                                                         \
    X(ENOTTY, "not a terminal")                                                                              \
    X(ETXTBSY, "text file busy")                                                                             \
    X(EFBIG, "file too large")                                                                               \
    X(ENOSPC, "no space left")                                                                               \
    X(EROFS, "read-only file system")                                                                        \
    X(EPIPE, "broken pipe")                                                                                  \
    X(ENAMETOOLONG, "name too long")                                                                         \
    X(ENOSYS, "not known to this kernel")                                                                    \
    X(ELOOP, "too many symbolic links")                                                                      \
    X(EPROTO, "protocol error")                                                                              \
    X(EOPNOTSUPP, "not supported, or off")                                                                   \
    X(EOVERFLOW, "value too large")                                                                          \
    X(EAFNOSUPPORT, "address family not supported")                                                          \
    X(EADDRNOTAVAIL, "address not available")                                                                \
    X(ENETUNREACH, "network unreachable")                                                                    \
    X(ECONNABORTED, "connection aborted")                                                                    \
    X(ECONNRESET, "connection reset")                                                                        \
    X(ETIMEDOUT, "timed out")                                                                                \
    X(ECONNREFUSED, "connection refused")                                                                    \
    X(EHOSTUNREACH, "host unreachable")
#define ERROR_NUMBER(error, words) error,
#define ERROR_WORDS(error, words)  words "\0"

const char *log_errno(int error)
{
    static const unsigned char known[] = {ERRORS(ERROR_NUMBER)};
    static const char words[] = ERRORS(ERROR_WORDS);
    const char *at = words;
    static char other[16];
    struct text t;

    if (error < 0)
        error = -error;
    for (size_t i = 0; i < sizeof known; i++, at = text_after(at))
        if (known[i] == error)
            return at;
    text_init(&t, other, sizeof other);
    text_format(&t, "error %d", error);
    return other;
}

const char *log_why(void)
{
    return log_errno(errno);
}

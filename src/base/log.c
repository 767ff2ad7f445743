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
    const char *name, *head;
    const char (*levels)[6];
    enum log_level level;
    bool json;
} config = {.name = "kinglet", .level = LOG_WARN};

void log_setup(const char *name, enum log_level level, bool json)
{
    config.name = name;
    config.level = level;
    config.json = json;
}

void log_setup_head(const char *head, const char (*levels)[6])
{
    config.head = head;
    config.levels = levels;
}

bool log_enabled(enum log_level level)
{
    return level <= config.level;
}

/* The lowest `width` digits of n, and what stands behind them. */
static void put_digits(struct text *t, unsigned n, size_t width, const char *behind)
{
    char digits[4];

    for (size_t i = width; i-- > 0; n /= 10)
        digits[i] = (char)('0' + n % 10);
    text_raw(t, digits, width);
    text_put(t, behind);
}

static unsigned days_of(unsigned year, unsigned month)
{
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 ? 28U + leap : 30 + ((month ^ month >> 3) & 1);
}

/* RFC 3339, UTC: month by month from the epoch on, which is a thousand steps at most before 2053. */
static void put_time(struct text *t)
{
    uint64_t ms = (uint64_t)clock_wall_us() / 1000;
    unsigned second = (unsigned)(ms / 1000 % 86400), day = (unsigned)(ms / 86400000), year = 1970, month = 1;

    for (unsigned days; day >= (days = days_of(year, month)); day -= days)
        if (month++ == 12) {
            month = 1;
            year++;
        }
    put_digits(t, year, 4, "-");
    put_digits(t, month, 2, "-");
    put_digits(t, day + 1, 2, "T");
    put_digits(t, second / 3600, 2, ":");
    put_digits(t, second / 60 % 60, 2, ":");
    put_digits(t, second % 60, 2, ".");
    put_digits(t, (unsigned)(ms % 1000), 3, "Z");
}

static void put_head(struct text *t, enum log_level level)
{
    for (const char *c = config.head == NULL ? "kinglet: @: " : config.head; *c != '\0'; c++)
        if (*c == '@')
            text_put(t, config.levels == NULL ? names[level] : config.levels[level]);
        else if (*c == '#')
            text_u64(t, (uint64_t)getpid());
        else
            text_raw(t, c, 1);
}

static void write_line(const char *line, size_t len)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    struct iovec part = {(void *)line, len};

    if (poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0)
        return;
    if (syscall(SYS_pwritev2, STDERR_FILENO, &part, 1UL, -1L, -1L, NOWAIT) < 0 &&
        (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL || errno == EPERM)) {
        ssize_t ignored = write(STDERR_FILENO, line, len);
        (void)ignored;
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    int kept = errno;
    char message[PIPE_BUF / 2];
    char line[PIPE_BUF];
    struct text m, t;
    va_list args;

    if (!log_enabled(level))
        return;
    text_init(&m, message, sizeof message);
    va_start(args, format);
    text_vformat(&m, format, args);
    va_end(args);
    text_init(&t, line, sizeof line - 3); /* the last bytes are for the end of the line */
    if (config.json) {
        text_put(&t, "{\"time\":\"");
        put_time(&t);
        text_format(&t, "\",\"level\":\"%s\",\"name\":", names[level]);
        text_json(&t, config.name);
        text_put(&t, ",\"message\":");
        /* Escapes at most double a message, half of PIPE_BUF: what is cut is the message, between characters.
         */
        while (m.len > 0 && (t.len + 2 * m.len + 4 > t.cap || (message[m.len] & 0xC0) == 0x80))
            m.len--;
        message[m.len] = '\0';
        text_json(&t, message);
        text_put(&t, "}");
    } else {
        put_head(&t, level);
        text_put(&t, message);
    }
    line[t.len] = '\n';
    write_line(line, t.len + 1);
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
    for (size_t i = 0; i < sizeof known; i++, at += strlen(at) + 1)
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

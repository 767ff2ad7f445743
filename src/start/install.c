/* install: this binary, copied to where an init container wants it. See kinglet/commands.h. */
#include "kinglet/commands.h"

#include "kinglet/log.h"
#include "kinglet/status.h"
#include "kinglet/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Returns 0 or -errno. */
static int copy(int from, int to)
{
    ssize_t n;

    while ((n = sendfile(to, from, NULL, 1 << 20)) > 0)
        continue;
    if (n < 0 || syscall(SYS_fchmod, to, 0755) != 0 || fsync(to) != 0)
        return -errno;
    return 0;
}

static int fail(const char *path, int error)
{
    log_line(LOG_ERROR, "install: %s: %s", path, log_errno(error));
    return STATUS_REFUSED;
}

int install_command(char *const *argv)
{
    char path[PATH_MAX], fresh[PATH_MAX];
    struct text p, f;
    struct stat target;
    int from, to, result;

    if (argv[1] == NULL || argv[2] != NULL) {
        log_line(LOG_ERROR, "install: usage: kinglet install PATH");
        return STATUS_REFUSED;
    }
    text_init(&p, path, sizeof path);
    text_put(&p, argv[1]);
    if (stat(path, &target) == 0 && S_ISDIR(target.st_mode))
        text_put(&p, "/kinglet");
    text_init(&f, fresh, sizeof fresh);
    text_put(&f, path);
    text_format(&f, ".%d", getpid());
    if (p.cut || f.cut)
        return fail(argv[1], ENAMETOOLONG);
    from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return fail("/proc/self/exe", errno);
    to = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to < 0)
        return fail(fresh, errno);
    result = copy(from, to);
    if (result == 0 && rename(fresh, path) != 0)
        result = -errno;
    if (result != 0) {
        unlink(fresh);
        return fail(path, -result);
    }
    return 0;
}

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

/* Copies this binary to `fresh`, and that takes the place of `path` once it is whole. Returns NULL, or with
 * errno the path that it failed at. */
static const char *install(const char *path, const char *fresh)
{
    static const char self[] = "/proc/self/exe";
    int from = open(self, O_RDONLY | O_CLOEXEC);
    int to, error;
    ssize_t n;

    if (from < 0)
        return self;
    to = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to < 0)
        return fresh;
    while ((n = sendfile(to, from, NULL, 1 << 20)) > 0)
        continue;
    if (n == 0 && syscall(SYS_fchmod, to, 0755) == 0 && syscall(SYS_fsync, to) == 0 &&
        rename(fresh, path) == 0)
        return NULL;
    error = errno;
    unlink(fresh);
    errno = error;
    return path;
}

int install_command(const char *word)
{
    static char path[PATH_MAX], fresh[PATH_MAX];
    const char *failed = word;
    struct text p, f;
    struct stat target;

    text_init(&p, path, sizeof path);
    text_put(&p, word);
    if (stat(path, &target) == 0 && S_ISDIR(target.st_mode))
        text_put(&p, "/kinglet");
    text_init(&f, fresh, sizeof fresh);
    text_put(&f, path);
    text_format(&f, ".%d", getpid());
    errno = ENAMETOOLONG;
    if (!f.cut && (failed = install(path, fresh)) == NULL) /* it has more than a path that is cut */
        return 0;
    log_line(LOG_ERROR, "install: %s: %s", failed, log_why());
    return STATUS_REFUSED;
}

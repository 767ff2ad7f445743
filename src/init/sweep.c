/* sweep: see kinglet/sweep.h. */
#include "kinglet/sweep.h"

#include "kinglet/directory.h"
#include "kinglet/file.h"
#include "kinglet/number.h"
#include "kinglet/text.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { GENERATIONS = 1000 }; /* a chain of parents longer than this is a race, not a family */

/* The parent of `pid` by the fourth field of /proc/PID/stat (proc(5)), or 0. */
static pid_t parent_of(pid_t pid)
{
    static char stat[256]; /* the path before that */
    const char *at;
    struct text t;
    uint64_t parent = 0;

    text_init(&t, stat, sizeof stat);
    text_format(&t, "/proc/%d/stat", pid);
    if (file_read(stat, stat, sizeof stat) <= 0)
        return 0;
    at = strrchr(stat, ')'); /* a name may hold anything but ends with the last one */
    if (at == NULL || strlen(at) < 5)
        return 0;
    at += 4; /* ") S " */
    number_scan(&at, INT32_MAX, &parent);
    return (pid_t)parent;
}

static bool descends(pid_t pid, pid_t from)
{
    for (int i = 0; i < GENERATIONS && pid > 1; i++) {
        pid = parent_of(pid);
        if (pid == from)
            return true;
    }
    return false;
}

/* With SIGCONT behind it, so that a stopped process can obey. */
static void send(pid_t pid, int signal_number)
{
    kill(pid, signal_number);
    kill(pid, SIGCONT);
}

static void signal_descendants(int signal_number)
{
    int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct directory_entry *e;
    static struct directory d;
    uint64_t pid;

    directory_begin(&d, fd);
    while ((e = directory_next(&d)) != NULL)
        if (number_parse(e->name, strlen(e->name), INT32_MAX, &pid) == 0 && descends((pid_t)pid, getpid()))
            send((pid_t)pid, signal_number);
    close(fd);
}

void sweep_signal(bool pid1, int signal_number)
{
    if (pid1)
        send(-1, signal_number);
    else
        signal_descendants(signal_number);
}

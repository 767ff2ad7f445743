/* descriptors: see kinglet/descriptors.h. */
#include "kinglet/descriptors.h"

#include "kinglet/expand.h"
#include "kinglet/number.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CALL_CLOSE_RANGE = 436,    /* the same number on every architecture */
    DESCRIPTORS_GUESSED = 1024 /* where the kernel does not know close_range (before 5.11) */
};

void descriptors_own_stdio(uint32_t uid)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        struct stat st;
        if (fstat(fd, &st) == 0 && st.st_uid != uid &&
            (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(fd))) {
            /* the C library's functions of this name can do without a descriptor's rights, by /proc */
            syscall(SYS_fchownat, fd, "", uid, (gid_t)-1, AT_EMPTY_PATH);
        }
    }
}

static void close_from(unsigned first)
{
    if (syscall(CALL_CLOSE_RANGE, first, ~0U, 0U) != 0)
        for (unsigned fd = first; fd < DESCRIPTORS_GUESSED; fd++)
            close((int)fd);
}

void descriptors_close_all(void)
{
    close_from(3);
}

/* How many are passed on purpose. */
static unsigned passed(char *const *env)
{
    const char *word = expand_lookup(env, "LISTEN_FDS", 10);
    uint64_t count = 0;

    if (word != NULL)
        number_parse(word, strlen(word), DESCRIPTORS_GUESSED, &count);
    return (unsigned)count;
}

char *descriptors_listen_pid(char **env)
{
    static char listen_pid[sizeof "LISTEN_PID=" + 10] = "LISTEN_PID=";

    for (bool any = passed(env) > 0; any && *env != NULL; env++)
        if (strncmp(*env, listen_pid, 11) == 0) {
            *env = listen_pid;
            return listen_pid + 11;
        }
    return NULL;
}

void descriptors_close(char *const *env)
{
    close_from(3U + passed(env));
}

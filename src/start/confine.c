/* confine: see kinglet/confine.h. The system calls and their constants are ours: the C library has neither.
 */
#include "kinglet/confine.h"

#include "kinglet/log.h"
#include "kinglet/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CALL_CREATE_RULESET = 444, /* the same numbers on every architecture */
    CALL_ADD_RULE = 445,
    CALL_RESTRICT_SELF = 446,
    VERSION = 1,                      /* a flag of CREATE_RULESET: only say the ABI */
    PATH_BENEATH = 1,                 /* a kind of rule */
    FILES = 1 << 1,                   /* to write to a file */
    TREES = FILES | 1 << 4 | 1 << 5 | /* to remove directories and files */
            0x7F << 6,                /* and to make each of the seven kinds of them */
    REFER = 1 << 13,                  /* to move and link between directories: from ABI 2 on */
    TRUNCATE = 1 << 14,               /* from ABI 3 on */
    FILE_RIGHTS = FILES | TRUNCATE,
};

#define NOT_IN_FORCE "--write is not in force: Landlock: %s"

struct rule {
    uint64_t allowed;
    int32_t below; /* a descriptor */
} __attribute__((packed));

static int open_path(const char *path)
{
    return open(path, O_PATH | O_CLOEXEC);
}

/* A file has no rights of a directory. What is no file at all (a pipe, a socket) needs none, and is refused.
 */
static long allow(int rules, int fd, uint64_t rights)
{
    struct rule rule = {rights, fd};
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -1;
    if (!S_ISDIR(st.st_mode))
        rule.allowed &= FILE_RIGHTS;
    return syscall(CALL_ADD_RULE, rules, PATH_BENEATH, &rule, 0);
}

static void fault(struct text *faults, const char *path)
{
    text_fault(faults, "--write: %s: %s", path, log_errno(errno));
}

void confine_check(const struct list *paths, struct text *faults)
{
    for (size_t i = 0; i < paths->count; i++) {
        int fd = open_path(paths->item[i]);
        if (fd < 0)
            fault(faults, paths->item[i]);
        else
            close(fd);
    }
}

/* Says that there is no confinement; errno is why. */
static void not_in_force(bool strict, struct text *faults)
{
    if (!strict) {
        log_line(LOG_WARN, NOT_IN_FORCE, log_errno(errno));
        return;
    }
    text_fault(faults, NOT_IN_FORCE, log_errno(errno));
}

static void add_rules(const struct list *paths, int rules, uint64_t rights, struct text *faults)
{
    static const char devices[][10] = {"/dev/null", "/dev/zero", "/dev/tty", "/dev/pts", "/dev/shm"};

    for (size_t i = 0; i < paths->count; i++) {
        int fd = open_path(paths->item[i]);
        if (fd < 0 || allow(rules, fd, rights) != 0)
            fault(faults, paths->item[i]);
        close(fd);
    }
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        int fd = open_path(devices[i]);
        allow(rules, fd, rights); /* one that is not there is nothing, and so for these: */
        close(fd);
    }
    allow(rules, STDOUT_FILENO, rights & FILE_RIGHTS);
    allow(rules, STDERR_FILENO, rights & FILE_RIGHTS);
}

void confine_prepare(const struct list *paths, bool strict, struct confine *confine, struct text *faults)
{
    uint64_t rights = TREES;

    confine->strict = strict;
    confine->rules = -1;
    confine->abi = (int)syscall(CALL_CREATE_RULESET, NULL, 0UL, VERSION);
    if (confine->abi >= 2)
        rights |= REFER;
    if (confine->abi >= 3)
        rights |= TRUNCATE;
    if (confine->abi > 0 && prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0)
        confine->rules = (int)syscall(CALL_CREATE_RULESET, &rights, sizeof rights, 0);
    if (confine->rules >= 0)
        add_rules(paths, confine->rules, rights, faults);
    else
        not_in_force(strict, faults);
}

int confine_enter(const struct confine *confine)
{
    if (confine->rules < 0)
        return 0;
    if (syscall(CALL_RESTRICT_SELF, confine->rules, 0) == 0) {
        log_line(LOG_INFO, "--write is in force (Landlock, ABI %d)", confine->abi);
        return 0;
    }
    if (confine->strict)
        refuse(NOT_IN_FORCE, log_errno(errno));
    else
        log_line(LOG_WARN, NOT_IN_FORCE, log_errno(errno));
    return confine->strict ? -1 : 0;
}

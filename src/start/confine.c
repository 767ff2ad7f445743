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

/* A rule set in the making. */
struct rules {
    int set;             /* its descriptor; -1: paths are only looked for */
    struct text *faults; /* NULL: what is not there is nothing */
    uint64_t rights;
};

/* A file has no rights of a directory. What is no file at all (a pipe, a socket) needs none, and is refused.
 */
static long allow(const struct rules *r, int fd)
{
    struct rule rule = {r->rights, fd};
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -1;
    if (!S_ISDIR(st.st_mode))
        rule.allowed &= FILE_RIGHTS;
    return syscall(CALL_ADD_RULE, r->set, PATH_BENEATH, &rule, 0);
}

static void add(void *rules, const char *path)
{
    const struct rules *r = rules;
    int fd = open(path, O_PATH | O_CLOEXEC);

    if ((fd < 0 || (r->set >= 0 && allow(r, fd) != 0)) && r->faults != NULL)
        text_fault(r->faults, "--write: %s: %s", path, log_why());
    close(fd);
}

void confine_check(const struct list *paths, struct text *faults)
{
    struct rules r = {-1, faults, 0};

    list_each(paths, add, &r);
}

/* Says that there is no confinement; errno is why. Strict it is a fault, or, there being no faults any more,
 * a refusal. */
static void not_in_force(bool strict, struct text *faults)
{
    const char *why = log_why();

    if (!strict)
        log_line(LOG_WARN, NOT_IN_FORCE, why);
    else if (faults != NULL)
        text_fault(faults, NOT_IN_FORCE, why);
    else
        refuse(NOT_IN_FORCE, why);
}

void confine_prepare(const struct list *paths, bool strict, struct confine *confine, struct text *faults)
{
    struct rules r = {-1, faults, TREES};

    confine->strict = strict;
    confine->abi = (int)syscall(CALL_CREATE_RULESET, NULL, 0UL, VERSION);
    if (confine->abi >= 2)
        r.rights |= REFER;
    if (confine->abi >= 3)
        r.rights |= TRUNCATE;
    if (confine->abi > 0 && prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0)
        r.set = (int)syscall(CALL_CREATE_RULESET, &r.rights, sizeof r.rights, 0);
    confine->rules = r.set;
    if (r.set < 0) {
        not_in_force(strict, faults);
        return;
    }
    list_each(paths, add, &r);
    r.faults = NULL;
    for (const char *d = "/dev/null\0/dev/zero\0/dev/tty\0/dev/pts\0/dev/shm\0"; *d != '\0';
         d = text_after(d))
        add(&r, d);
    r.rights &= FILE_RIGHTS;
    allow(&r, STDOUT_FILENO);
    allow(&r, STDERR_FILENO);
}

int confine_enter(const struct confine *confine)
{
    if (confine->rules < 0)
        return 0;
    if (syscall(CALL_RESTRICT_SELF, confine->rules, 0) == 0) {
        log_line(LOG_INFO, "--write is in force (Landlock, ABI %d)", confine->abi);
        return 0;
    }
    not_in_force(confine->strict, NULL);
    return -confine->strict;
}

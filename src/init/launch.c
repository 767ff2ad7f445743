/* launch: see kinglet/launch.h. After execve(2) nothing of ours is left in PROGRAM: mask, dispositions and
 * descriptors are as they came. Whatever a seccomp profile may deny here (setpgid, setsid, ioctl) is
 * not needed for PROGRAM to run, so its failure is nothing. */
#include "kinglet/launch.h"

#include "kinglet/confine.h"
#include "kinglet/expand.h"
#include "kinglet/lifecycle.h"
#include "kinglet/log.h"
#include "kinglet/refusal.h"
#include "kinglet/text.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What rt_sigaction(2) takes and gives: the handler, the flags, and behind them, where on each machine, a
 * restorer and a mask of eight bytes, which are all zero here. */
struct disposition {
    unsigned long handler, flags, rest[4];
};

static void dispose(int signal_number, const struct disposition *to, struct disposition *before)
{
    syscall(SYS_rt_sigaction, signal_number, to, before, 8UL);
}

void launch_dispose(int signal_number, bool ignore)
{
    static struct disposition to; /* all but its handler stays zero */

    to.handler = (unsigned long)(ignore ? SIG_IGN : SIG_DFL);
    dispose(signal_number, &to, NULL);
}

void launch_block_signals(struct launch *launch)
{
    struct disposition child = {.handler = 0};

    sigmask_block_all(&launch->mask);
    dispose(SIGCHLD, NULL, &child);
    launch->ignored_child = child.handler == (unsigned long)SIG_IGN;
    if ((child.handler | child.flags) != 0)
        launch_dispose(SIGCHLD, false);
    launch->terminal = -1;
    launch->failure = (struct launch_failure){LAUNCH_TOLD, STATUS_REFUSED, STATUS_NO_EXEC, STATUS_NOT_FOUND};
}

void launch_find_terminal(struct launch *launch)
{
    for (int fd = STDERR_FILENO; fd >= STDIN_FILENO && launch->session == LAUNCH_GROUP; fd--)
        if (tcgetpgrp(fd) == getpgrp())
            launch->terminal = fd;
}

bool launch_pass_terminal(const struct launch *launch, pid_t from, pid_t to)
{
    pid_t ours = getpgrp();

    return tcgetpgrp(launch->terminal) == (from == 0 ? ours : from) &&
           tcsetpgrp(launch->terminal, to == 0 ? ours : to) == 0;
}

static void set_up(const struct launch *launch)
{
    if (launch->session == LAUNCH_GROUP) {
        pid_t ours = getpgrp();
        setpgid(0, 0);
        launch_pass_terminal(launch, ours, 0);
    } else if (launch->session == LAUNCH_SESSION) {
        setsid();
        syscall(SYS_ioctl, launch->terminal, TIOCSCTTY, 0);
    }
    if (launch->death_signal != 0)
        prctl(PR_SET_PDEATHSIG, (unsigned long)launch->death_signal);
    if (launch->ignored_child)
        launch_dispose(SIGCHLD, true);
    if (launch->listen_pid != NULL) {
        struct text pid;
        text_init(&pid, launch->listen_pid, 11);
        text_u64(&pid, (uint64_t)getpid());
    }
}

/* execvp(3), with the PATH that PROGRAM itself will see. A name that is found but may not be executed is
 * remembered while the search goes on. Returns an errno. */
static int execute(const struct launch *launch)
{
    const char *name = launch->argv[0];
    const char *at = expand_lookup(launch->env, "PATH", 4);
    static char path[PATH_MAX];
    int error = ENOENT;

    if (*name == '\0' || strchr(name, '/') != NULL) {
        execve(name, launch->argv, launch->env);
        return errno;
    }
    if (at == NULL)
        at = "/usr/local/bin:/bin:/usr/bin";
    for (;; at++) {
        size_t len = strcspn(at, ":");
        struct text t;
        text_init(&t, path, PATH_MAX);
        text_raw(&t, at, len);
        text_put(&t, &"./"[len > 0]);
        text_put(&t, name);
        errno = ENOENT;
        if (!t.cut)
            execve(path, launch->argv, launch->env);
        if (errno != ENOENT && errno != ENOTDIR)
            error = errno;
        at += len;
        if (*at == '\0' || (error != ENOENT && error != EACCES))
            return error;
    }
}

static void tell(const struct launch *launch, int error)
{
    unsigned told = launch->failure.told;
    const char *why = log_errno(error);

    refuse(told == LAUNCH_TOLD        ? "%s: cannot be executed: %c%s%s"
           : told == LAUNCH_TOLD_NAME ? "%s: %c%s%s"
                                      : "exec %s failed: %c%s%s",
           launch->argv[0], told == LAUNCH_TOLD ? *why : *why - 'a' + 'A', why + 1,
           error == EAGAIN    ? ": the user has more processes than RLIMIT_NPROC allows"
           : error == ENOEXEC ? ": not a program of this machine, and a script needs a #! line"
                              : "");
}

/* In the child, which shares our memory: it leaves by exec or _exit alone. */
_Noreturn void launch_exec(struct launch *launch)
{
    const struct launch_failure *failure = &launch->failure;
    int status = STATUS_REFUSED;

    set_up(launch);
    if (launch->confine == NULL || confine_enter(launch->confine) == 0) {
        int error;
        sigmask_set(&launch->mask);
        error = execute(launch);
        tell(launch, error);
        status = error == ENOENT ? failure->not_found : failure->no_exec;
    }
    launch->failed = status;
    _exit(status);
}

pid_t launch_start(struct launch *launch)
{
    pid_t pid;

    launch->failed = 0;
    pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): see the head */
    if (pid == 0)
        launch_exec(launch);
    if (pid < 0) {
        refuse("%s: no process can be made for it: %s", launch->argv[0], log_errno(errno));
        launch->failed = launch->failure.refused;
    }
    return launch->failed != 0 ? -launch->failed : pid;
}

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
    const struct disposition to = {.handler = (unsigned long)(ignore ? SIG_IGN : SIG_DFL)};

    dispose(signal_number, &to, NULL);
}

void launch_block_signals(struct launch *launch)
{
    struct disposition child = {.handler = 0};

    sigmask_block_all(&launch->mask);
    dispose(SIGCHLD, NULL, &child);
    launch->ignored_child = child.handler == (unsigned long)SIG_IGN;
    if (launch->ignored_child || (child.flags & SA_NOCLDWAIT) != 0)
        launch_dispose(SIGCHLD, false);
    launch->terminal = -1;
    launch->failure = (struct launch_failure){LAUNCH_TOLD, STATUS_REFUSED, STATUS_NO_EXEC, STATUS_NOT_FOUND};
}

void launch_find_terminal(struct launch *launch)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && launch->session == LAUNCH_GROUP; fd++)
        if (tcgetpgrp(fd) == getpgrp()) {
            launch->terminal = fd;
            return;
        }
}

bool launch_pass_terminal(const struct launch *launch, pid_t from, pid_t to)
{
    if (launch->terminal < 0 || tcgetpgrp(launch->terminal) != (from == 0 ? getpgrp() : from))
        return false;
    return tcsetpgrp(launch->terminal, to == 0 ? getpgrp() : to) == 0;
}

/* execvp(3), with the PATH that PROGRAM itself will see. A name that is found but may not be executed is
 * remembered while the search goes on. Returns with errno. */
static void execute(const struct launch *launch)
{
    const char *name = launch->argv[0];
    const char *at = expand_lookup(launch->env, "PATH", 4);
    char path[PATH_MAX];
    int error = ENOENT;

    if (strchr(name, '/') != NULL) {
        execve(name, launch->argv, launch->env);
        return;
    }
    if (at == NULL)
        at = "/usr/local/bin:/bin:/usr/bin";
    for (bool last = *name == '\0'; !last;) {
        size_t len = strcspn(at, ":");
        struct text t;
        text_init(&t, path, sizeof path);
        text_raw(&t, at, len);
        text_put(&t, len > 0 ? "/" : "./");
        text_put(&t, name);
        errno = ENOENT;
        if (!t.cut)
            execve(path, launch->argv, launch->env);
        if (errno == EACCES)
            error = EACCES;
        else if (errno != ENOENT && errno != ENOTDIR)
            return;
        last = at[len] == '\0';
        at += len + !last;
    }
    errno = error;
}

/* In the child, which shares our memory: it leaves by exec or _exit alone. */
_Noreturn void launch_exec(const struct launch *launch, volatile int *status)
{
    const struct launch_failure *failure = &launch->failure;
    const char *why;

    if (launch->session == LAUNCH_GROUP) {
        pid_t ours = getpgrp();
        setpgid(0, 0);
        launch_pass_terminal(launch, ours, getpid());
    } else if (launch->session == LAUNCH_SESSION && setsid() > 0 && launch->terminal >= 0) {
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
    if (launch->confine != NULL && confine_enter(launch->confine) != 0) {
        *status = STATUS_REFUSED;
        _exit(*status);
    }
    sigmask_set(&launch->mask);
    execute(launch);
    why = log_errno(errno);
    *status = errno == ENOENT ? failure->not_found : failure->no_exec;
    refuse(failure->told == LAUNCH_TOLD        ? "%s: cannot be executed: %c%s%s"
           : failure->told == LAUNCH_TOLD_NAME ? "%s: %c%s%s"
                                               : "exec %s failed: %c%s%s",
           launch->argv[0], failure->told == LAUNCH_TOLD ? *why : *why - 'a' + 'A', why + 1,
           errno == EAGAIN    ? ": the user has more processes than RLIMIT_NPROC allows"
           : errno == ENOEXEC ? ": not a program of this machine, and a script needs a #! line"
                              : "");
    _exit(*status);
}

pid_t launch_start(const struct launch *launch, int *status)
{
    volatile int failed = 0;
    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): see the head */

    if (pid == 0)
        launch_exec(launch, &failed);
    if (pid < 0) {
        refuse("%s: no process can be made for it: %s", launch->argv[0], log_errno(errno));
        *status = launch->failure.refused;
    } else if (failed != 0) {
        *status = failed;
        pid = -1;
    }
    return pid;
}

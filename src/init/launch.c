/* launch: see kinglet/launch.h. After execve(2) nothing of ours is left in PROGRAM: mask, dispositions and
 * descriptors are as they came. Whatever a seccomp profile may deny here (setpgid, setsid, ioctl) is
 * not needed for PROGRAM to run, so its failure is nothing. */
#include "kinglet/launch.h"

#include "kinglet/lifecycle.h"
#include "kinglet/log.h"
#include "kinglet/text.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

void launch_block_signals(struct launch *launch)
{
    struct sigaction child;

    sigmask_block_all(&launch->mask);
    sigaction(SIGCHLD, NULL, &child);
    launch->ignored_child = child.sa_handler == SIG_IGN;
    if (launch->ignored_child || ((unsigned)child.sa_flags & (unsigned)SA_NOCLDWAIT) != 0)
        sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    launch->terminal = -1;
}

void launch_find_terminal(struct launch *launch)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
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

/* In the child, which shares our memory: it leaves by exec or _exit alone. */
static _Noreturn void become_program(const struct launch *launch, volatile int *status)
{
    if (launch->session == LAUNCH_GROUP) {
        pid_t ours = getpgrp();
        setpgid(0, 0);
        launch_pass_terminal(launch, ours, getpid());
    } else if (launch->session == LAUNCH_SESSION && setsid() > 0 && launch->terminal >= 0) {
        ioctl(launch->terminal, TIOCSCTTY, 0);
    }
    if (launch->death_signal != 0)
        prctl(PR_SET_PDEATHSIG, (unsigned long)launch->death_signal);
    if (launch->ignored_child)
        sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    if (launch->listen_pid != NULL) {
        struct text pid;
        text_init(&pid, launch->listen_pid, 11);
        text_u64(&pid, (uint64_t)getpid());
    }
    sigmask_set(&launch->mask);
    execvpe(launch->argv[0], launch->argv, launch->env);
    *status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NO_EXEC;
    log_line(LOG_ERROR, "%s: cannot be executed: %s%s", launch->argv[0], log_errno(errno),
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
        become_program(launch, &failed);
    if (pid < 0) {
        log_line(LOG_ERROR, "%s: no process can be made for it: %s", launch->argv[0], log_errno(errno));
        *status = STATUS_REFUSED;
    } else if (failed != 0) {
        *status = failed;
        pid = -1;
    }
    return pid;
}

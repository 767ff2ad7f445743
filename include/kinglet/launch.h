/* launch: PROGRAM's process, from clone to exec.
 *
 * The child shares the parent's memory until it has executed PROGRAM or failed to, and the parent
 * is suspended that long (vfork(2)). So the process group exists, the terminal is handed over and
 * a failure is known before the parent goes on: there is no window in which a signal could be
 * sent to a group that is not there yet, and no pipe.
 */
#ifndef KINGLET_LAUNCH_H
#define KINGLET_LAUNCH_H

#include "kinglet/sigmask.h"

#include <stdbool.h>
#include <sys/types.h>

enum launch_session {
    LAUNCH_GROUP,   /* a process group of its own, foreground of the terminal where we are (tini) */
    LAUNCH_SESSION, /* a session of its own, with the terminal (dumb-init) */
    LAUNCH_AS_WE_ARE,
};

/* What is told and reported where PROGRAM cannot be executed. */
enum launch_told {
    LAUNCH_TOLD,      /* NAME: cannot be executed: reason */
    LAUNCH_TOLD_NAME, /* NAME: Reason */
    LAUNCH_TOLD_EXEC, /* exec NAME failed: Reason */
};

struct launch_failure {
    unsigned char told;                        /* enum launch_told */
    unsigned char refused, no_exec, not_found; /* exit statuses; the first where there can be no process */
};

struct confine;

struct launch {
    int terminal;          /* the descriptor whose foreground is handed over; -1: none */
    volatile int failed;   /* told by the child, which shares our memory: the exit status to report */
    unsigned char session; /* enum launch_session */
    bool ignored_child;    /* SIGCHLD was ignored when we came; PROGRAM gets that back */
    struct launch_failure failure;
    int death_signal; /* what PROGRAM gets should we die; 0: nothing */
    char *const *argv;
    char *const *env;
    char *listen_pid; /* where PROGRAM's pid is to be written in `env` (sd_listen_fds(3)); NULL: nowhere */
    const struct confine *confine; /* what PROGRAM may write to; NULL: all */
    struct sigmask mask;           /* as we found it; PROGRAM gets it back */
};

/* Takes note of the mask and of SIGCHLD, blocks every signal, and makes SIGCHLD's disposition the
 * default one, without which there would be nobody to reap. The first thing a process of ours does. */
void launch_block_signals(struct launch *launch);

/* Makes the signal's disposition SIG_DFL or, with `ignore`, SIG_IGN (rt_sigaction(2)). */
void launch_dispose(int signal_number, bool ignore);

/* Finds the terminal, if we are in its foreground (tcgetpgrp(3)) and PROGRAM will have a group of its own. */
void launch_find_terminal(struct launch *launch);

/* Starts PROGRAM. Returns its pid; or, the reason having been logged, the negative of the exit status to
 * report (125 for a process that could not be made, 126, 127). */
pid_t launch_start(struct launch *launch);

/* Becomes PROGRAM, in this process; or logs why not and exits. */
_Noreturn void launch_exec(struct launch *launch);

/* Hands the terminal's foreground from process group `from` to `to`; 0 is our own. Nothing is done unless
 * `from` has it. Returns whether `to` has it now. */
bool launch_pass_terminal(const struct launch *launch, pid_t from, pid_t to);

#endif

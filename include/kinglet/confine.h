/* confine: PROGRAM may write to the paths of `--write` and to nothing else (Landlock, landlock(7)).
 *
 * Only rights to write are handled: reading and executing stay as they are. The rules are made by PID 1 once,
 * and taken on by PROGRAM alone, just before its exec: PID 1 is not hindered, and PROGRAM, being confined
 * where PID 1 is not, could not trace it even if it were dumpable.
 */
#ifndef KINGLET_CONFINE_H
#define KINGLET_CONFINE_H

#include "kinglet/arena.h"
#include "kinglet/text.h"

#include <stdbool.h>

struct confine {
    int rules; /* the descriptor of the rule set; -1: there is none */
    int abi;   /* the kernel's level of Landlock; what each covers is in landlock(7) */
    bool strict;
};

/* Finds the paths that are not there. Changes nothing. Every fault is appended to `faults`. */
void confine_check(const struct list *paths, struct text *faults);

/* Makes the rules: the paths, the usual devices (/dev/null, /dev/zero, /dev/tty, /dev/pts, /dev/shm), and
 * what standard output and standard error are. Sets no_new_privs, without which nobody may take them on.
 * Where the kernel has no Landlock, or will not let us have it, that is a warning, or with `strict` a fault.
 */
void confine_prepare(const struct list *paths, bool strict, struct confine *confine, struct text *faults);

/* Takes them on, for good, and says at level info what is in force. Fit for the child of a vfork(2). Returns
 * 0, or -1 for a failure that strict makes fatal, which has been logged. */
int confine_enter(const struct confine *confine);

#endif

/* own: volumes that become the user's before the drop (`--own PATH`).
 *
 * What `chown -R` does unsafely: no symbolic link is followed, no mount below is entered, no file with
 * further hard links and no device is touched, what is owned already is skipped, and the top directory goes
 * last, so that a walk that was interrupted begins again and one that was finished costs one look.
 */
#ifndef KINGLET_OWN_H
#define KINGLET_OWN_H

#include "kinglet/arena.h"
#include "kinglet/text.h"

#include <stdint.h>

/* Finds what is wrong with the paths: relative, missing, no directory, over a symbolic link, or one of /,
 * /proc, /sys, /dev, /etc and /usr. Changes nothing. Every fault is appended to `faults`. */
void own_check(const struct list *paths, struct text *faults);

/* Gives them (at least one) to uid:gid, and takes off the list those that are theirs completely now. What
 * cannot be changed (EPERM, EROFS, EACCES) is counted and warned of, a line a path; whatever else keeps a
 * walk from its end is appended to `faults`. At most four descriptors are open at a time, however deep the
 * tree; memory grows with the names of the directories in those on the way to where it is, and is given back.
 */
void own_apply(struct list *paths, uint32_t uid, uint32_t gid, struct text *faults);

/* After the drop: whether this user can write to those left on the list (access(2)). One that cannot be is
 * appended to `faults`, or only warned of where we were not started as root and so have tried nothing. */
void own_verify(const struct list *paths, bool from_root, struct text *faults);

#endif

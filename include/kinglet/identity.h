/* identity: which user, groups and capabilities PROGRAM gets, and PID 1 with it.
 *
 * identity_parse is pure. identity_drop gives privileges up for good, in an order that works
 * from every state a container can start in, reads everything back, and refuses a drop that is
 * only partial. Nothing here knows of /etc/passwd.
 */
#ifndef KINGLET_IDENTITY_H
#define KINGLET_IDENTITY_H

#include "kinglet/arena.h"
#include "kinglet/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { IDENTITY_GROUPS = 64 };

struct identity_options {
    const char *user;      /* UID[:GID]; NULL: not given */
    struct list groups;    /* GIDs, or the one word `keep` */
    struct list keep_caps; /* names, with or without CAP_ */
    bool allow_root, allow_new_privs, strict_user;
};

struct identity {
    bool wanted; /* --user was given */
    bool keep_groups, allow_new_privs, strict;
    uint32_t uid, gid;
    uint64_t keep_caps; /* bit N: capability N (capabilities(7)) */
    size_t group_count;
    uint32_t group[IDENTITY_GROUPS]; /* supplementary ones; the primary alone where none was named */
};

/* Reads UID[:GID] alone; faults begin with `what`. Root is one like any other. Returns 0 or -1. Pure. */
int identity_parse_user(const char *what, const char *user, struct identity *identity, struct text *faults);

/* Ids are strict decimal, 0 to 2^31-1; the gid defaults to the uid, never to 0. Every fault is
 * appended to `faults`. Pure. */
void identity_parse(const struct identity_options *options, struct identity *identity, struct text *faults);

/* Makes this process what `identity` says: no_new_privs, inheritable set, bounding set, groups, gid, uid,
 * capabilities, ambient set; not dumpable; all verified (credentials(7), capabilities(7), prctl(2)).
 *
 * Started as root, any step that fails is a refusal. Started as another user than the wanted one, that is
 * said once and is fatal only if strict (OpenShift assigns ids of its own). Without --user nothing is touched
 * but the dumpable flag, and root is warned of once. Returns 0; or -1 with the reason and the mend in
 * `faults`. */
int identity_drop(const struct identity *identity, struct text *faults);

/* Makes the ids and groups of this process those of `identity`, verified, and changes nothing else: what
 * PROGRAM may gain by set-user-id programs stays as it is. Returns 0; or -1, with the reason in
 * `faults`. */
int identity_switch(const struct identity *identity, struct text *faults);

#endif

/* identity: see kinglet/identity.h.
 *
 * The system calls themselves, not the C library's wrappers: there is one thread, and the wrappers
 * signal all of them.
 */
#include "kinglet/identity.h"

#include "kinglet/calls.h"
#include "kinglet/log.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CAPABILITY_VERSION_3 = 0x20080522, /* linux/capability.h */
    CAPABILITIES_MAX = 64,
    GROUPS_READ = 128, /* more supplementary groups than this are not one's own */
};

/* What may fail, and its words. In this order: a change of ids; what else errno explains; what is found to be
 * wrong, and is not permitted. */
#define STEPS(X)                                                                                             \
    X(SETGROUPS, "setgroups (which --groups keep does without)")                                             \
    X(SETRESGID, "setresgid")                                                                                \
    X(SETRESUID, "setresuid")                                                                                \
    X(NEW_PRIVS, "no_new_privs (which --allow-new-privs does without)")                                      \
    X(KEEP_CAP, "--keep-cap")                                                                                \
    X(CAPSET, "capset (a capability to be kept is not there)")                                               \
    X(DUMPABLE, "PR_SET_DUMPABLE")                                                                           \
    X(NO_CAP, "--keep-cap: the container does not have it: add it (--cap-add)")                              \
    X(OTHER_IDS, "the ids are not what was asked for")                                                       \
    X(OTHER_GROUPS, "supplementary groups remain")                                                           \
    X(ROOT, "root can be regained")                                                                          \
    X(CAPABILITIES, "capabilities remain")
#define STEP_NAME(name, words)  name,
#define STEP_WORDS(name, words) words "\0"

enum step { DONE, STEPS(STEP_NAME) };

/* What capget(2) gives, twice: of the low 32 capabilities and of the high ones. */
struct capability_sets {
    uint32_t effective, permitted, inheritable;
};

static bool capabilities(long call, struct capability_sets sets[2])
{
    struct {
        uint32_t version;
        int pid;
    } header = {CAPABILITY_VERSION_3, 0};

    return syscall(call, &header, sets) == 0;
}

static int control(int option, unsigned x, unsigned y)
{
    return prctl(option, (unsigned long)x, (unsigned long)y, 0UL, 0UL);
}

static int tell(enum step failed, struct text *faults)
{
    const char *words = STEPS(STEP_WORDS);
    int error = failed < NO_CAP ? errno : EPERM;

    if (failed == DONE)
        return 0;
    for (enum step s = DONE + 1; s < failed; s++)
        words = text_after(words);
    text_fault(
        faults, "privileges cannot be dropped: %s: %s%s", words, log_errno(error),
        failed > SETRESUID ? ""
        : error == EINVAL  ? ": that id is not mapped in this user namespace"
        : error == EPERM
            ? ": add the capabilities SETUID and SETGID (--cap-add), or start as that user (USER, --user)"
        : error == EAGAIN ? ": that user has more processes than RLIMIT_NPROC allows"
                          : "");
    return -1;
}

/* Returns whether the bounding set is empty now. */
static bool empty_bounding_set(void)
{
    int in, failed = 0;
    unsigned c;

    /* up to the kernel's last one, unless they cannot be read at all */
    for (c = 0; c < CAPABILITIES_MAX && (in = control(PR_CAPBSET_READ, c, 0)) >= 0; c++)
        if (in > 0)
            failed |= control(PR_CAPBSET_DROP, c, 0);
    return c > 0 && failed == 0;
}

/* Whether the supplementary groups are all among the wanted ones, or any may stay. */
static bool groups_are_ours(const struct identity *id)
{
    uint32_t group[GROUPS_READ];
    int n;

    if (id->keep_groups)
        return true;
    n = (int)syscall(CALL_GETGROUPS, GROUPS_READ, group);
    for (int i = 0; i < n; i++) {
        size_t at = 0;
        while (at < id->group_count && id->group[at] != group[i])
            at++;
        if (at == id->group_count && group[i] != id->gid)
            return false;
    }
    return n >= 0;
}

static bool ids_are(long call, uint32_t wanted)
{
    uint32_t real, effective, saved;

    return syscall(call, &real, &effective, &saved) == 0 && real == wanted && effective == wanted &&
           saved == wanted;
}

static bool are_ids(const struct identity *id)
{
    return ids_are(CALL_GETRESGID, id->gid) && ids_are(CALL_GETRESUID, id->uid);
}

/* Groups, gid and uid; and what the kernel says then, whatever the calls have returned. */
static enum step change_ids(const struct identity *id)
{
    if (!id->keep_groups && syscall(CALL_SETGROUPS, id->group_count, id->group) != 0) {
        bool primary_alone = id->group_count == 1 && id->group[0] == id->gid;
        if (!primary_alone || !groups_are_ours(id)) /* nothing remains, and nothing else was asked for */
            return SETGROUPS;
    }
    if (syscall(CALL_SETRESGID, id->gid, id->gid, id->gid) != 0)
        return SETRESGID;
    if (syscall(CALL_SETRESUID, id->uid, id->uid, id->uid) != 0)
        return SETRESUID;
    return !are_ids(id) ? OTHER_IDS : !groups_are_ours(id) ? OTHER_GROUPS : DONE;
}

int identity_switch(const struct identity *identity, struct text *faults)
{
    return tell(change_ids(identity), faults);
}

/* So that they can be raised as ambient once the bounding set is gone, the kept capabilities become
 * inheritable first. */
static enum step prepare_kept(const struct capability_sets kept[2])
{
    struct capability_sets sets[2];

    if (!capabilities(SYS_capget, sets))
        return KEEP_CAP;
    for (int i = 0; i < 2; i++) {
        if ((kept[i].permitted & ~sets[i].permitted) != 0)
            return NO_CAP;
        sets[i].inheritable |= kept[i].inheritable;
    }
    return capabilities(SYS_capset, sets) && control(PR_SET_KEEPCAPS, 1, 0) == 0 ? DONE : KEEP_CAP;
}

/* Nothing, or exactly what is kept, raised so that it outlives the exec. */
static enum step reduce_capabilities(const struct identity *id, struct capability_sets kept[2])
{
    control(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
    if (!capabilities(SYS_capset, kept))
        return CAPSET;
    for (unsigned c = 0; c < CAPABILITIES_MAX; c++)
        if ((id->keep_caps >> c & 1) != 0 && control(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c) != 0)
            return KEEP_CAP;
    return DONE;
}

static enum step become(const struct identity *id, bool from_root)
{
    struct capability_sets kept[2], now[2];
    enum step failed;

    for (int i = 0; i < 2; i++)
        kept[i].effective = kept[i].permitted = kept[i].inheritable = (uint32_t)(id->keep_caps >> 32 * i);
    if (!id->allow_new_privs &&
        (control(PR_SET_NO_NEW_PRIVS, 1, 0) != 0 || control(PR_GET_NO_NEW_PRIVS, 0, 0) != 1))
        return NEW_PRIVS;
    if (id->keep_caps != 0 && (failed = prepare_kept(kept)) != DONE)
        return failed;
    if (id->uid != 0 && !empty_bounding_set() && from_root)
        log_line(LOG_WARN, "the bounding set cannot be emptied without the capability SETPCAP%s",
                 id->allow_new_privs ? "" : " (under no_new_privs nothing can be gained from it)");
    if (from_root && (failed = change_ids(id)) != DONE)
        return failed;
    if (id->uid == 0)
        return DONE;
    if ((failed = reduce_capabilities(id, kept)) != DONE)
        return failed;
    /* What the kernel says now, whatever the calls before have returned. */
    if (from_root && syscall(CALL_SETRESUID, 0, 0, 0) == 0)
        return ROOT;
    return capabilities(SYS_capget, now) && memcmp(now, kept, sizeof kept) == 0 ? DONE : CAPABILITIES;
}

int identity_drop(const struct identity *identity, struct text *faults)
{
    uint32_t uid = geteuid(), gid = getegid();
    bool same = are_ids(identity);
    enum step failed = DONE;

    if (!identity->wanted) {
        if (uid == 0)
            log_line(LOG_WARN, "PROGRAM runs as root: give --user UID[:GID]");
    } else {
        if (uid != 0 && !(same && groups_are_ours(identity))) {
            if (identity->strict) {
                text_fault(faults, "--strict-user: started as %u:%u%s, not as %u:%u", uid, gid,
                           same ? " with further groups" : "", identity->uid, identity->gid);
                return -1;
            }
            if (same)
                log_line(LOG_INFO, "started as %u:%u with further groups, which stay", uid, gid);
            else
                log_line(LOG_WARN, "started as %u:%u, which cannot become --user %u:%u: going on as %u:%u",
                         uid, gid, identity->uid, identity->gid, uid, gid);
        }
        failed = become(identity, uid == 0);
    }
    /* Last, since a change of ids would reset it. Nothing of ours can be traced or read by PROGRAM then. */
    if (failed == DONE && control(PR_SET_DUMPABLE, 0, 0) != 0)
        failed = DUMPABLE;
    return tell(failed, faults);
}

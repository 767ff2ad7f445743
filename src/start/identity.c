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
    GROUPS_READ = 1024, /* more supplementary groups than this are not one's own */
};

struct capability_sets {
    uint32_t effective, permitted, inheritable;
};

struct ids {
    uint32_t real, effective, saved;
};

/* Returns 0 or -errno. */
static int capabilities_get(struct capability_sets sets[2])
{
    struct {
        uint32_t version;
        int pid;
    } header = {CAPABILITY_VERSION_3, 0};

    return syscall(SYS_capget, &header, sets) == 0 ? 0 : -errno;
}

static int capabilities_set(const struct capability_sets sets[2])
{
    struct {
        uint32_t version;
        int pid;
    } header = {CAPABILITY_VERSION_3, 0};

    return syscall(SYS_capset, &header, sets) == 0 ? 0 : -errno;
}

static uint64_t permitted(const struct capability_sets sets[2])
{
    return sets[0].permitted | (uint64_t)sets[1].permitted << 32;
}

static int fail(struct text *faults, const char *step, int error, const char *mend)
{
    text_fault(faults, "privileges cannot be dropped: %s: %s%s", step, log_errno(error), mend);
    return error == 0 ? -EPERM : -error;
}

static const char *mend(int error)
{
    if (error == EINVAL)
        return ": that id is not mapped in this user namespace";
    if (error == EPERM)
        return ": add the capabilities SETUID and SETGID (--cap-add), or start as that user (USER, --user)";
    if (error == EAGAIN)
        return ": that user has more processes than RLIMIT_NPROC allows";
    return "";
}

/* So that it can be raised as ambient once the bounding set is gone, the kept capabilities become inheritable
 * first. */
static int prepare_kept(const struct identity *id, struct text *faults)
{
    struct capability_sets sets[2];
    int error = capabilities_get(sets);

    if (error == 0 && (permitted(sets) & id->keep_caps) != id->keep_caps)
        return fail(faults, "--keep-cap", EPERM, ": the container does not have it: add it (--cap-add)");
    sets[0].inheritable |= (uint32_t)id->keep_caps;
    sets[1].inheritable |= (uint32_t)(id->keep_caps >> 32);
    if (error == 0)
        error = capabilities_set(sets);
    if (error == 0 && prctl(PR_SET_KEEPCAPS, 1UL) != 0)
        error = -errno;
    return error == 0 ? 0 : fail(faults, "--keep-cap", -error, "");
}

/* Returns whether the bounding set is empty now. */
static bool empty_bounding_set(void)
{
    bool empty = true;

    for (unsigned long c = 0; c < CAPABILITIES_MAX; c++) {
        int in = prctl(PR_CAPBSET_READ, c);
        if (in < 0) /* past the kernel's last one; or it cannot be read at all */
            return empty && c > 0 && errno == EINVAL;
        if (in > 0 && prctl(PR_CAPBSET_DROP, c) != 0)
            empty = false;
    }
    return empty;
}

/* Whether the supplementary groups are all among the wanted ones. */
static bool groups_are_ours(const struct identity *id)
{
    uint32_t group[GROUPS_READ];
    long n = syscall(CALL_GETGROUPS, GROUPS_READ, group);

    if (n < 0)
        return false;
    for (long i = 0; i < n; i++) {
        size_t at = 0;
        while (at < id->group_count && id->group[at] != group[i])
            at++;
        if (at == id->group_count && group[i] != id->gid)
            return false;
    }
    return true;
}

static int change_ids(const struct identity *id, struct text *faults)
{
    if (!id->keep_groups && syscall(CALL_SETGROUPS, id->group_count, id->group) != 0) {
        int error = errno;
        bool primary_alone = id->group_count == 1 && id->group[0] == id->gid;
        if (!primary_alone || !groups_are_ours(id)) /* nothing remains, and nothing else was asked for */
            return fail(faults, "setgroups (which --groups keep does without)", error, mend(error));
    }
    if (syscall(CALL_SETRESGID, id->gid, id->gid, id->gid) != 0)
        return fail(faults, "setresgid", errno, mend(errno));
    if (syscall(CALL_SETRESUID, id->uid, id->uid, id->uid) != 0)
        return fail(faults, "setresuid", errno, mend(errno));
    return 0;
}

/* Nothing, or exactly what is kept, raised so that it outlives the exec. */
static int reduce_capabilities(const struct identity *id, struct text *faults)
{
    uint32_t low = (uint32_t)id->keep_caps, high = (uint32_t)(id->keep_caps >> 32);
    const struct capability_sets sets[2] = {{low, low, low}, {high, high, high}};
    int error;

    prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL);
    error = capabilities_set(sets);
    if (error != 0)
        return fail(faults, "capset", -error, ": a capability to be kept is not there");
    for (unsigned long c = 0; c < CAPABILITIES_MAX; c++)
        if ((id->keep_caps >> c & 1) != 0 &&
            prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_RAISE, c, 0UL, 0UL) != 0)
            return fail(faults, "--keep-cap", errno, "");
    return 0;
}

static bool ids_are(long call, uint32_t wanted)
{
    struct ids now = {~wanted, ~wanted, ~wanted};

    return syscall(call, &now.real, &now.effective, &now.saved) == 0 && now.real == wanted &&
           now.effective == wanted && now.saved == wanted;
}

static int verify_ids(const struct identity *id, struct text *faults)
{
    if (!ids_are(CALL_GETRESGID, id->gid) || !ids_are(CALL_GETRESUID, id->uid))
        return fail(faults, "the ids are not what was asked for", EPERM, "");
    if (!id->keep_groups && !groups_are_ours(id))
        return fail(faults, "supplementary groups remain", EPERM, "");
    return 0;
}

int identity_switch(const struct identity *identity, struct text *faults)
{
    int error = change_ids(identity, faults);

    return error != 0 ? error : verify_ids(identity, faults);
}

/* What the kernel says now, whatever the calls before have returned. */
static int verify(const struct identity *id, bool ids_wanted, struct text *faults)
{
    struct capability_sets sets[2];
    int error = ids_wanted ? verify_ids(id, faults) : 0;

    if (error != 0)
        return error;
    if (!id->allow_new_privs && prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) != 1)
        return fail(faults, "no_new_privs is not set", EPERM, "");
    if (id->uid == 0)
        return 0;
    if (ids_wanted && syscall(CALL_SETRESUID, 0, 0, 0) == 0)
        return fail(faults, "root can be regained", EPERM, "");
    if (capabilities_get(sets) != 0 || permitted(sets) != id->keep_caps ||
        (sets[0].effective | (uint64_t)sets[1].effective << 32) != id->keep_caps ||
        (sets[0].inheritable | (uint64_t)sets[1].inheritable << 32) != id->keep_caps)
        return fail(faults, "capabilities remain", EPERM, "");
    return 0;
}

static int become(const struct identity *id, bool from_root, struct text *faults)
{
    int error;

    if (!id->allow_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0)
        return fail(faults, "no_new_privs", errno, ": --allow-new-privs does without");
    if (id->keep_caps != 0 && (error = prepare_kept(id, faults)) != 0)
        return error;
    if (id->uid != 0 && !empty_bounding_set() && from_root)
        log_line(LOG_WARN, "the bounding set cannot be emptied without the capability SETPCAP%s",
                 id->allow_new_privs ? "" : " (under no_new_privs nothing can be gained from it)");
    if (from_root && (error = change_ids(id, faults)) != 0)
        return error;
    if (id->uid != 0 && (error = reduce_capabilities(id, faults)) != 0)
        return error;
    return verify(id, from_root, faults);
}

int identity_drop(const struct identity *identity, struct text *faults)
{
    struct ids uid = {0, 0, 0}, gid = {0, 0, 0};
    int error = 0;

    syscall(CALL_GETRESUID, &uid.real, &uid.effective, &uid.saved);
    syscall(CALL_GETRESGID, &gid.real, &gid.effective, &gid.saved);
    if (!identity->wanted) {
        if (uid.effective == 0)
            log_line(LOG_WARN, "PROGRAM runs as root: give --user UID[:GID]");
    } else if (uid.effective == 0) {
        error = become(identity, true, faults);
    } else {
        bool same = uid.real == identity->uid && uid.effective == identity->uid &&
                    uid.saved == identity->uid && gid.real == identity->gid &&
                    gid.effective == identity->gid && gid.saved == identity->gid;
        if (identity->strict && (!same || (!identity->keep_groups && !groups_are_ours(identity)))) {
            text_fault(faults, "--strict-user: started as %u:%u%s, not as %u:%u", uid.effective,
                       gid.effective, same ? " with further groups" : "", identity->uid, identity->gid);
            return -EPERM;
        }
        if (!same)
            log_line(LOG_WARN, "started as %u:%u, which cannot become --user %u:%u: going on as %u:%u",
                     uid.effective, gid.effective, identity->uid, identity->gid, uid.effective,
                     gid.effective);
        else if (!identity->keep_groups && !groups_are_ours(identity))
            log_line(LOG_INFO, "started as %u:%u with further groups, which stay", uid.effective,
                     gid.effective);
        error = become(identity, false, faults);
    }
    /* Last, since a change of ids would reset it. Nothing of ours can be traced or read by PROGRAM then. */
    if (error == 0 && prctl(PR_SET_DUMPABLE, 0UL) != 0)
        error = fail(faults, "PR_SET_DUMPABLE", errno, "");
    return error;
}

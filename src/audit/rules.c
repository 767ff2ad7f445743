/* rules: facts to verdicts, one check at a time. Pure. See kinglet/audit.h.
 *
 * A rule never guesses: what was not read, or was cut off by a bound, is `unknown`, unless what was seen is
 * bad enough already. Evidence is made of our own words and of names that text_safe has let through.
 */
#include "kinglet/audit.h"

#include "kinglet/capability.h"

#include <string.h>

enum {
    LISTED = 3,            /* processes that are named in an evidence */
    OPENSHIFT = 1000000000 /* it assigns ids from here on, with group 0 */
};

#define ONE(bit)     (UINT64_C(1) << (bit))
#define KNOWS(p, at) (((p)->known >> (at)&1) != 0)

/* The initial namespaces' inode numbers (linux/proc_ns.h, linux/nsfs.h). Those of net and mnt are fixed on
 * new kernels only. */
static const struct {
    char name[8];
    unsigned char low;
} initial[AUDIT_NAMESPACE_COUNT] = {
    [AUDIT_NS_PID] = {"pid", 0xFC},   [AUDIT_NS_NET] = {"net", 0xF9}, [AUDIT_NS_IPC] = {"ipc", 0xFF},
    [AUDIT_NS_UTS] = {"uts", 0xFE},   [AUDIT_NS_MNT] = {"mnt", 0xF8}, [AUDIT_NS_CGROUP] = {"cgroup", 0xFB},
    [AUDIT_NS_USER] = {"user", 0xFD},
};

static bool is_initial(const struct audit_facts *f, enum audit_namespace ns)
{
    return f->namespaces[ns] == (UINT64_C(0xEFFFFF00) | initial[ns].low) ||
           (ns == AUDIT_NS_NET && f->host_net);
}

/* One process's part of a verdict; what is to be said of it is appended to `why`. */
typedef enum finding judge_process(const struct audit_facts *f, const struct audit_process *p,
                                   struct text *why);

static enum finding judge_user(const struct audit_facts *f, const struct audit_process *p, struct text *why)
{
    bool root = false, low = false, group = false;

    if (!KNOWS(p, AUDIT_UID) || !KNOWS(p, AUDIT_GID) || !KNOWS(p, AUDIT_GROUP))
        return FINDING_UNKNOWN;
    for (int i = 0; i < 4; i++) {
        root = root || p->uid[i] == 0;
        low = low || p->uid[i] < f->min_uid;
        group = group || p->gid[i] == 0;
    }
    for (size_t i = 0; i < p->groups; i++)
        group = group || p->group[i] == 0;
    text_format(why, "%llu:%llu", (unsigned long long)p->uid[1], (unsigned long long)p->gid[1]);
    if (root) {
        bool mapped = f->namespaces[AUDIT_NS_USER] != 0 && !is_initial(f, AUDIT_NS_USER);
        text_put(why, mapped ? ", root of a user namespace" : ", root");
        return mapped && !f->restricted ? FINDING_WARN : FINDING_FAIL;
    }
    if (group)
        text_put(why, p->uid[1] < OPENSHIFT ? ", in group 0" : ", group 0 as OpenShift has it");
    if (low)
        text_format(why, ", below %u", f->min_uid);
    return low || (group && p->uid[1] < OPENSHIFT) ? FINDING_WARN : FINDING_PASS;
}

static enum finding judge_no_new_privs(const struct audit_facts *f, const struct audit_process *p,
                                       struct text *why)
{
    (void)f;
    if (!KNOWS(p, AUDIT_NNP))
        return FINDING_UNKNOWN;
    text_put(why, p->no_new_privs != 0 ? "set" : "not set");
    return p->no_new_privs != 0 ? FINDING_PASS : FINDING_FAIL;
}

static enum finding judge_capabilities(const struct audit_facts *f, const struct audit_process *p,
                                       struct text *why)
{
    uint64_t has = p->effective | p->permitted | p->ambient, spare = ~ONE(CAPABILITY_NET_BIND_SERVICE);
    unsigned all = 1U << AUDIT_INHERITABLE | 1U << AUDIT_PERMITTED | 1U << AUDIT_EFFECTIVE |
                   1U << AUDIT_BOUNDING | 1U << AUDIT_AMBIENT;

    if ((p->known & all) != all)
        return FINDING_UNKNOWN;
    if ((has & spare) != 0) {
        capability_put(why, has);
        return FINDING_FAIL;
    }
    if ((p->inheritable & spare) != 0) {
        text_put(why, "inheritable: ");
        capability_put(why, p->inheritable);
        return FINDING_WARN;
    }
    if ((p->bounding & spare) != 0 && (f->restricted || !KNOWS(p, AUDIT_NNP) || p->no_new_privs == 0)) {
        text_put(why, "bounding set: ");
        capability_put(why, p->bounding);
        return f->restricted ? FINDING_FAIL : FINDING_WARN;
    }
    capability_put(why, has);
    text_put(why, has == 0 ? "none" : "");
    return FINDING_PASS;
}

static enum finding judge_admin(const struct audit_facts *f, const struct audit_process *p, struct text *why)
{
    (void)f;
    if (!KNOWS(p, AUDIT_BOUNDING))
        return FINDING_UNKNOWN;
    if ((p->bounding & ONE(CAPABILITY_SYS_ADMIN)) == 0) {
        text_put(why, "without SYS_ADMIN");
        return FINDING_PASS;
    }
    text_put(why, "may have SYS_ADMIN");
    return FINDING_FAIL;
}

static enum finding judge_seccomp(const struct audit_facts *f, const struct audit_process *p,
                                  struct text *why)
{
    (void)f;
    if (!KNOWS(p, AUDIT_SECCOMP_MODE))
        return FINDING_UNKNOWN;
    text_put(why, p->seccomp == 0 ? "no filter" : p->seccomp == 1 ? "strict" : "filter");
    return p->seccomp == 0 ? FINDING_FAIL : FINDING_PASS;
}

static enum finding by_state(enum audit_state state, enum finding bad)
{
    return state == AUDIT_BAD      ? bad
           : state == AUDIT_GOOD   ? FINDING_PASS
           : state == AUDIT_ABSENT ? FINDING_NONE
                                   : FINDING_UNKNOWN;
}

static enum finding judge_lsm(const struct audit_facts *f, const struct audit_process *p, struct text *why)
{
    text_put(why, p->lsm == AUDIT_GOOD     ? "confined"
                  : p->lsm == AUDIT_BAD    ? "unconfined"
                  : p->lsm == AUDIT_ABSENT ? "neither AppArmor nor SELinux"
                                           : "");
    return by_state(p->lsm, f->restricted ? FINDING_FAIL : FINDING_WARN);
}

static enum finding judge_core(const struct audit_facts *f, const struct audit_process *p, struct text *why)
{
    (void)f;
    text_put(why, p->core == AUDIT_BAD ? "limit is not 0" : p->core == AUDIT_GOOD ? "limit 0" : "");
    return by_state(p->core, FINDING_WARN);
}

/* PID 1 may hide (an init that is not dumpable): what it has PROGRAM has too. */
static enum finding unless_init(const struct audit_facts *f, const struct audit_process *p,
                                enum audit_state state)
{
    return state == AUDIT_UNREAD && p->pid == 1 && f->count > 1 ? FINDING_NONE
                                                                : by_state(state, FINDING_WARN);
}

static enum finding judge_secrets(const struct audit_facts *f, const struct audit_process *p,
                                  struct text *why)
{
    text_put(why, p->environ == AUDIT_GOOD ? "has none" : "");
    return unless_init(f, p, p->environ);
}

static enum finding judge_folder(const struct audit_facts *f, const struct audit_process *p, struct text *why)
{
    text_put(why, p->folder == AUDIT_GOOD ? "cannot" : "");
    return unless_init(f, p, p->folder);
}

static void put_more(struct text *why, bool more)
{
    if (more)
        text_put(why, " and more");
}

static void put_found(struct text *why, const struct audit_found *found)
{
    if (found->count > 0)
        text_put(why, found->names.at);
    put_more(why, found->count > AUDIT_NAMED);
}

/* The worst verdict of all processes, and which ones have it: `1 (kinglet) ..., 7 (httpd) ...`. */
static enum finding each(const struct audit_facts *f, judge_process *judge, struct text *why)
{
    char bytes[1];
    struct text nothing;
    enum finding worst = FINDING_NONE, v;
    unsigned listed = 0;

    for (size_t i = 0; i < f->count; i++) {
        text_init(&nothing, bytes, sizeof bytes);
        v = judge(f, &f->process[i], &nothing);
        worst = v > worst ? v : worst;
    }
    if (f->count == 0 || (f->cut && worst <= FINDING_UNKNOWN)) {
        text_put(why, "not every process can be seen");
        return FINDING_UNKNOWN;
    }
    for (size_t i = 0; i < f->count; i++) {
        const struct audit_process *p = &f->process[i];
        text_init(&nothing, bytes, sizeof bytes);
        if (judge(f, p, &nothing) != worst || ++listed > LISTED)
            continue;
        text_put(why, listed > 1 ? ", " : "");
        text_format(why, "%u (%s) ", p->pid, p->name);
        judge(f, p, why);
        if (worst == FINDING_UNKNOWN)
            text_put(why, "cannot be read");
        why->len -= why->at[why->len - 1] == ' ';
        why->at[why->len] = '\0';
    }
    put_more(why, listed > LISTED);
    return worst;
}

static enum finding worse(enum finding a, enum finding b)
{
    return a > b ? a : b;
}

static enum finding privileged(const struct audit_facts *f, struct text *why)
{
    enum finding v = by_state(f->proc_sys, FINDING_FAIL);

    if (f->proc_sys != AUDIT_GOOD)
        text_put(why, f->proc_sys == AUDIT_BAD ? "/proc/sys is writable" : "/proc/sys cannot be read");
    if (f->devices.count > 0) {
        text_next(why);
        text_put(why, "block devices in /dev: ");
        put_found(why, &f->devices);
        v = FINDING_FAIL;
    } else if (f->dev == AUDIT_UNREAD) {
        v = worse(v, FINDING_UNKNOWN);
    }
    text_next(why);
    return worse(v, each(f, judge_admin, why));
}

static enum finding read_only(const struct audit_facts *f, struct text *why)
{
    bool first = true;

    text_put(why, f->root == AUDIT_BAD ? "writable" : f->root == AUDIT_GOOD ? "read-only" : "cannot be read");
    for (size_t i = 0; i < f->mounts; i++) {
        const struct audit_mount *m = &f->mount[i];
        if (strcmp(m->type, "tmpfs") != 0 || !audit_listed(m->options, "rw") ||
            audit_listed(m->options, "noexec") || strcmp(m->point, "/dev") == 0 ||
            strncmp(m->point, "/proc/", 6) == 0 || strncmp(m->point, "/sys/", 5) == 0)
            continue;
        if (why->len > 400) {
            put_more(why, true);
            break;
        }
        text_format(why, "%s%.*s", first ? "; programs can be written to tmpfs " : " ", 60, m->point);
        first = false;
    }
    return by_state(f->root, FINDING_WARN);
}

static enum finding limited(const struct audit_facts *f, unsigned which, struct text *why)
{
    const struct audit_limit *limit = &f->limit[which];

    if (limit->state == AUDIT_GOOD) {
        text_u64(why, which == 0 ? limit->value >> 20 : limit->value);
        text_put(why, which == 0 ? " MiB" : which == 1 ? " thousandths of a CPU" : "");
        return FINDING_PASS;
    }
    if (limit->state == AUDIT_UNREAD) {
        text_put(why, "no file of the cgroup says");
        return FINDING_UNKNOWN;
    }
    text_put(why, "none");
    if (which == 2 && f->kubernetes) {
        text_put(why, " here; Kubernetes sets it on the pod, out of sight");
        return FINDING_UNKNOWN;
    }
    return which == 0 ? FINDING_FAIL : FINDING_WARN;
}

/* Whether the cgroups are version 2 alone: with version 1 engines share that namespace by default. */
static bool unified(const struct audit_facts *f)
{
    for (size_t i = 0; i < f->mounts; i++)
        if (strcmp(f->mount[i].type, "cgroup") == 0)
            return false;
    return true;
}

static enum finding namespaces(const struct audit_facts *f, struct text *why)
{
    enum finding worst = FINDING_PASS;

    for (int ns = 0; ns < AUDIT_NS_USER; ns++) {
        enum finding v = FINDING_PASS;
        if (is_initial(f, (enum audit_namespace)ns))
            v = ns != AUDIT_NS_CGROUP ? FINDING_FAIL : unified(f) ? FINDING_WARN : FINDING_PASS;
        else if (f->namespaces[ns] == 0 && ns != AUDIT_NS_CGROUP)
            v = FINDING_UNKNOWN;
        if (v > FINDING_PASS) {
            text_put(why, why->len > 0 ? " " : "");
            text_put(why, initial[ns].name);
        }
        worst = worse(worst, v);
    }
    text_put(why, worst == FINDING_PASS      ? "none of pid, net, ipc, uts, mnt"
                  : worst == FINDING_UNKNOWN ? " cannot be read"
                                             : "");
    return worst;
}

static enum finding user_namespace(const struct audit_facts *f, struct text *why)
{
    if (f->namespaces[AUDIT_NS_USER] == 0) {
        text_put(why, "cannot be read");
        return FINDING_UNKNOWN;
    }
    if (!is_initial(f, AUDIT_NS_USER)) {
        text_put(why, "its own");
        return FINDING_PASS;
    }
    for (size_t i = 0; i < f->count; i++) {
        const struct audit_process *p = &f->process[i];
        if (!KNOWS(p, AUDIT_UID) || p->uid[0] == 0 || p->uid[1] == 0 || p->uid[2] == 0 || p->permitted != 0) {
            text_format(why, "the host's, and %u (%s) is root or has capabilities", p->pid, p->name);
            return FINDING_WARN;
        }
    }
    text_put(why, "the host's, where nothing of this is root or has capabilities");
    return f->count == 0 || f->cut ? FINDING_UNKNOWN : FINDING_PASS;
}

static bool ends(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);

    return n >= m && strcmp(path + n - m, end) == 0;
}

/* What the host would not give to a container that it means to keep in: folders of its system; its devices,
 * processes and cgroups. */
static bool sensitive(const struct audit_mount *m)
{
    static const char roots[] =
        "/etc\0/root\0/home\0/boot\0/usr\0/var\0/var/lib\0/var/lib/docker\0"
        "/var/lib/kubelet\0/var/log\0/lib/modules\0/run\0/var/run\0/proc\0/sys\0/dev\0";

    if (m->system || (strcmp(m->type, "devtmpfs") == 0 && strcmp(m->root, "/") == 0))
        return true;
    if (strcmp(m->type, "proc") == 0 || strcmp(m->type, "sysfs") == 0) {
        const char *usual = m->type[0] == 'p' ? "/proc" : "/sys";
        return strncmp(m->point, usual, strlen(usual)) != 0;
    }
    if (strncmp(m->type, "cgroup", 6) == 0)
        return audit_listed(m->options, "rw");
    for (const char *root = roots; *root != '\0'; root += strlen(root) + 1)
        if (strcmp(m->root, root) == 0 && strcmp(m->point, "/") != 0)
            return true;
    return false;
}

/* Whether it is an engine's socket, by either of its names. */
static bool engine_socket(const struct audit_mount *m)
{
    static const char names[] = "docker.sock\0podman.sock\0containerd.sock\0crio.sock\0buildkitd.sock\0";

    for (const char *name = names; *name != '\0'; name += strlen(name) + 1)
        if (ends(m->root, name) || ends(m->point, name))
            return true;
    return false;
}

static enum finding mounts(const struct audit_facts *f, bool sockets, struct text *why)
{
    enum finding bad = sockets || f->restricted ? FINDING_FAIL : FINDING_WARN;
    struct audit_found found = {0};

    if (sockets)
        found = f->sockets;
    if (found.count > 0)
        found.names.at = found.bytes;
    for (size_t i = 0; i < f->mounts; i++)
        if (sockets ? engine_socket(&f->mount[i]) : sensitive(&f->mount[i]))
            audit_found_add(&found, f->mount[i].point, strlen(f->mount[i].point));
    put_found(why, &found);
    if (found.count > 0)
        return bad;
    text_put(why, f->mounts_cut || f->mounts == 0 ? "not every mount can be seen" : "none");
    return f->mounts_cut || f->mounts == 0 ? FINDING_UNKNOWN : FINDING_PASS;
}

/* What a walk has found. */
static enum finding found(const struct audit_found *found, enum audit_state whole, enum finding bad,
                          struct text *why)
{
    put_found(why, found);
    if (found->count > 0)
        return bad;
    text_put(why, whole == AUDIT_GOOD ? "none" : "none, but not everything could be looked at");
    return by_state(whole, bad);
}

static enum finding set_id(const struct audit_facts *f, struct text *why)
{
    enum finding v = found(&f->set_id, f->tree, FINDING_FAIL, why);
    bool nosuid = false, no_new_privs = f->count > 0 && !f->cut;

    for (size_t i = 0; i < f->mounts; i++)
        nosuid = strcmp(f->mount[i].point, "/") == 0 ? audit_listed(f->mount[i].options, "nosuid") : nosuid;
    for (size_t i = 0; i < f->count; i++)
        no_new_privs = no_new_privs && KNOWS(&f->process[i], AUDIT_NNP) && f->process[i].no_new_privs != 0;
    if (v != FINDING_FAIL || (!nosuid && !no_new_privs))
        return v;
    text_format(why, ", without effect under %s", nosuid ? "nosuid" : "no_new_privs");
    return FINDING_PASS;
}

static enum finding in_processes(const struct audit_facts *f, const struct audit_found *what,
                                 judge_process *judge, struct text *why)
{
    put_found(why, what);
    text_put(why, what->count > 0 ? " of " : "");
    return each(f, judge, why);
}

static enum finding init(const struct audit_facts *f, struct text *why)
{
    static const char names[] =
        "init:\0kinglet\0tini\0docker-init\0dumb-init\0catatonit\0systemd\0s6-svscan\0";
    uint64_t term = ONE(14);

    if (f->self || f->foreign) {
        text_put(why, f->self ? "this audit is PID 1" : "PID 1 is not of this container");
        return FINDING_NONE;
    }
    if (!KNOWS(&f->init, AUDIT_CAUGHT) || !KNOWS(&f->init, AUDIT_BLOCKED)) {
        text_put(why, "PID 1 cannot be read");
        return FINDING_UNKNOWN;
    }
    text_format(why, "%s ", f->init.name);
    if (((f->init.caught | f->init.blocked) & term) == 0) {
        text_put(why, "neither catches nor blocks SIGTERM: docker stop takes 10 s, then SIGKILL");
        return FINDING_FAIL;
    }
    for (const char *name = names; *name != '\0'; name += strlen(name) + 1)
        if (strncmp(f->init.name, name, strlen(name)) == 0) {
            text_put(why, "is an init");
            return FINDING_PASS;
        }
    text_put(why, "takes SIGTERM; orphans are its own to reap");
    return FINDING_PASS;
}

static enum finding zombies(const struct audit_facts *f, struct text *why)
{
    text_u64(why, f->zombies);
    if (f->zombies > 0)
        return FINDING_WARN;
    return f->count == 0 || f->cut ? FINDING_UNKNOWN : FINDING_PASS;
}

static enum finding health(const struct audit_facts *f, struct text *why)
{
    if (f->foreign || strncmp(f->init.name, "init:", 5) != 0) {
        text_put(why, "PID 1 does not state it in its name, as kinglet --health does");
        return FINDING_UNKNOWN;
    }
    text_format(why, "%s", f->init.name + 5);
    return strcmp(f->init.name + 5, "unhealthy") == 0 ? FINDING_WARN : FINDING_PASS;
}

enum finding audit_judge(const struct audit_facts *f, enum audit_check check, struct text *why)
{
    switch (check) {
    case AUDIT_USER:
        return each(f, judge_user, why);
    case AUDIT_NO_NEW_PRIVS:
        return each(f, judge_no_new_privs, why);
    case AUDIT_CAPABILITIES:
        return each(f, judge_capabilities, why);
    case AUDIT_PRIVILEGED:
        return privileged(f, why);
    case AUDIT_SECCOMP:
        return each(f, judge_seccomp, why);
    case AUDIT_LSM:
        return each(f, judge_lsm, why);
    case AUDIT_READ_ONLY:
        return read_only(f, why);
    case AUDIT_MEMORY:
    case AUDIT_CPU:
    case AUDIT_PIDS:
        return limited(f, check - AUDIT_MEMORY, why);
    case AUDIT_CORE:
        return each(f, judge_core, why);
    case AUDIT_NAMESPACES:
        return namespaces(f, why);
    case AUDIT_USER_NAMESPACE:
        return user_namespace(f, why);
    case AUDIT_SOCKETS:
    case AUDIT_MOUNTS:
        return mounts(f, check == AUDIT_SOCKETS, why);
    case AUDIT_TOKEN:
        text_put(why, f->token == AUDIT_BAD    ? "mounted"
                      : f->token == AUDIT_GOOD ? "none"
                                               : "not in Kubernetes");
        return by_state(f->token, FINDING_WARN);
    case AUDIT_TOOLS:
        return found(&f->tools, f->folders, FINDING_WARN, why);
    case AUDIT_SET_ID:
        return set_id(f, why);
    case AUDIT_FOLDER:
        return in_processes(f, &f->writable, judge_folder, why);
    case AUDIT_SECRETS:
        return in_processes(f, &f->secrets, judge_secrets, why);
    case AUDIT_INIT:
        return init(f, why);
    case AUDIT_ZOMBIES:
        return zombies(f, why);
    case AUDIT_HEALTH:
        return health(f, why);
    case AUDIT_CHECKS:
        break;
    }
    return FINDING_NONE;
}

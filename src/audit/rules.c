/* rules: facts to verdicts. Pure. See kinglet/audit.h.
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

/* How a check is judged. */
enum {
    FAILS = 1,    /* what is bad fails, otherwise it warns */
    STANDARD = 2, /* what is bad fails under the Pod Security Standards */
    EACH = 4,     /* every process is judged */
    STATE = 8,    /* its row's state counts */
    NOTE = 16,    /* what was found is only told */
};

#define MORE " and more"

static const unsigned char how[AUDIT_CHECKS] = {
    [AUDIT_USER] = FAILS | EACH,
    [AUDIT_NO_NEW_PRIVS] = FAILS | EACH,
    [AUDIT_CAPABILITIES] = FAILS | EACH,
    [AUDIT_PRIVILEGED] = FAILS | EACH | STATE,
    [AUDIT_SECCOMP] = FAILS | EACH,
    [AUDIT_LSM] = STANDARD | EACH,
    [AUDIT_READ_ONLY] = STATE | NOTE,
    [AUDIT_MEMORY] = FAILS | STATE | NOTE,
    [AUDIT_CPU] = STATE | NOTE,
    [AUDIT_PIDS] = STATE | NOTE,
    [AUDIT_CORE] = EACH,
    [AUDIT_NAMESPACES] = FAILS | STATE,
    [AUDIT_USER_NAMESPACE] = EACH,
    [AUDIT_SOCKETS] = FAILS | STATE,
    [AUDIT_MOUNTS] = STANDARD | STATE,
    [AUDIT_TOKEN] = STATE,
    [AUDIT_TOOLS] = STATE,
    [AUDIT_SET_ID] = FAILS | STATE,
    [AUDIT_FOLDER] = EACH,
    [AUDIT_SECRETS] = EACH,
    [AUDIT_INIT] = FAILS | STATE | NOTE,
    [AUDIT_ZOMBIES] = STATE,
    [AUDIT_HEALTH] = STATE | NOTE,
};

const char *audit_words(enum audit_check check)
{
    /* In the order of enum audit_check. A mend is what docker run takes, then Compose, then Kubernetes. */
    static const char words[] =
        "user|root, group 0 or below --min-uid|--user 10001:10001; runAsUser: 10001\0"
        "no-new-privs|not set|--security-opt no-new-privileges; allowPrivilegeEscalation: false\0"
        "capabilities|beyond NET_BIND_SERVICE|--cap-drop ALL; capabilities.drop: [ALL]\0"
        "privileged|the host's|no --privileged; privileged: false\0"
        "seccomp|no filter|no seccomp=unconfined; seccompProfile: RuntimeDefault\0"
        "lsm|unconfined|no apparmor=unconfined; appArmorProfile: RuntimeDefault\0"
        "read-only-root|programs can be put there|--read-only; readOnlyRootFilesystem: true\0"
        "memory-limit|none|--memory 256m; limits.memory: 256Mi\0"
        "cpu-limit|none|--cpus 1; limits.cpu: 1\0"
        "pids-limit|none|--pids-limit 100; podPidsLimit\0"
        "core-files|limit not 0|--ulimit core=0; LimitCORE=0\0"
        "host-namespaces|the host's|no --pid, --network host; hostPID, hostNetwork: false\0"
        "user-namespace|the host's, and root or capable|as for user; hostUsers: false\0"
        "engine-sockets|gives root on the host|mount none\0"
        "host-mounts|the host's|data volumes alone\0"
        "service-token|mounted|automountServiceAccountToken: false\0"
        "tools|in the image|FROM scratch\0"
        "set-id|inert only under nosuid or no-new-privs|RUN chmod a-s, setcap -r\0"
        "app-folder|writable|COPY --chown=0:0\0"
        "secrets|in the environment|--secret NAME, from files\0"
        "init|ignores SIGTERM: docker stop takes 10 s, then SIGKILL|ENTRYPOINT /kinglet --; --init\0"
        "zombies|not reaped|as for init\0"
        "health|says PID 1|kinglet check tells why\0";
    const char *at = words;

    for (; check > 0; check--)
        at = text_after(at);
    return at;
}

/* The initial ones (linux/proc_ns.h, linux/nsfs.h); those of net and mnt are fixed on new kernels only. */
static const struct {
    char name[5];
    unsigned char low;
} initial[] = {{"pid", 0xFC}, {"net", 0xF9}, {"ipc", 0xFF}, {"uts", 0xFE}, {"mnt", 0xF8}, {"user", 0xFD}};

const char *audit_namespace_name(enum audit_namespace ns)
{
    return initial[ns].name;
}

void audit_namespace_take(enum audit_namespace ns, uint64_t inode, struct audit_facts *f)
{
    bool is_initial = inode == (UINT64_C(0xEFFFFF00) | initial[ns].low);
    struct audit_row *row = &f->row[ns == AUDIT_NS_USER ? AUDIT_USER_NAMESPACE : AUDIT_NAMESPACES];

    if (ns == AUDIT_NS_USER)
        row->state = inode == 0 ? AUDIT_UNREAD : is_initial ? AUDIT_BAD : AUDIT_GOOD;
    else if (inode == 0)
        row->state = AUDIT_UNREAD;
    else if (is_initial)
        audit_found_add(&row->found, initial[ns].name);
}

/* --- mounts --- */

/* The next field of a line, which ends at the first blank; *at goes behind it. Escapes stay: \040 is a blank.
 */
static char *field(char **at)
{
    char *begin = *at;

    *at += strcspn(begin, " ");
    if (**at != '\0')
        *(*at)++ = '\0';
    return begin;
}

/* Whether one of `names` is the whole of `string`, or its end. */
static bool among(const char *string, const char *names, bool end)
{
    size_t len = strlen(string), n;

    for (; *names != '\0'; names = text_after(names)) {
        n = strlen(names);
        if (n <= len && (end || n == len) && strcmp(string + len - n, names) == 0)
            return true;
    }
    return false;
}

static bool below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

const char audit_sockets[] =
    "/docker.sock\0/podman/podman.sock\0/containerd/containerd.sock\0/crio/crio.sock\0";

const char *audit_mount_take(char *line, struct audit_facts *f)
{
    /* what a host would not give to a container that it means to keep in */
    static const char roots[] = "/etc\0/root\0/home\0/boot\0/usr\0/var\0/var/lib\0/var/lib/docker\0"
                                "/var/lib/kubelet\0/var/log\0/lib/modules\0/run\0/var/run\0";
    const char *root, *point, *options, *type;
    bool kernel, writable;

    for (int i = 0; i < 3; i++)
        field(&line);
    root = field(&line);
    point = field(&line);
    options = field(&line);
    while (*line != '\0' && strcmp(field(&line), "-") != 0)
        continue;
    type = field(&line);
    if (*type == '\0' || *point != '/')
        return NULL;
    writable = options[1] == 'w'; /* rw or ro comes first */
    if (strcmp(point, "/dev/termination-log") == 0 || text_find(root, "/kubelet/pods/") != NULL)
        f->kubernetes = true;
    if (point[1] == '\0') {
        f->nosuid = text_find(options, "nosuid") != NULL;
        return NULL;
    }
    if (text_find(point, "/kubernetes.io/serviceaccount") != NULL)
        audit_found_add(&f->row[AUDIT_TOKEN].found, point);
    if (among(root, audit_sockets, true) || among(point, audit_sockets, true))
        audit_found_add(&f->row[AUDIT_SOCKETS].found, point);
    kernel = below(point, "/proc") || below(point, "/sys");
    /* kernel file systems where they do not belong; cgroups to be changed; a folder of the system */
    if (root[1] == '\0' && among(type, "proc\0sysfs\0devtmpfs\0", false)
            ? !kernel
            : (strncmp(type, "cgroup", 6) == 0 && writable) || among(root, roots, false))
        audit_found_add(&f->row[AUDIT_MOUNTS].found, point);
    if (strcmp(type, "tmpfs") != 0)
        return NULL;
    if (!kernel && strcmp(point, "/dev") != 0 && writable && text_find(options, "noexec") == NULL)
        audit_found_add(&f->row[AUDIT_READ_ONLY].found, point);
    return point;
}

/* --- processes --- */

void audit_init_take(const struct audit_process *init, struct audit_facts *f)
{
    /* while it waits for a signal (sigtimedwait(2)) a process blocks none: those that do are known by name */
    static const char inits[] = "kinglet\0tini\0docker-init\0dumb-init\0catatonit\0s6-svscan\0";
    bool states = strncmp(init->name, "init:", 5) == 0;

    f->row[AUDIT_INIT].state =
        states || among(init->name, inits, false) ? AUDIT_GOOD : (enum audit_state)init->state[AUDIT_INIT];
    audit_found_add(&f->row[AUDIT_INIT].found, init->name);
    if (!states)
        return;
    f->row[AUDIT_HEALTH].state = init->name[5] == 'u' ? AUDIT_BAD : AUDIT_GOOD; /* unhealthy */
    audit_found_add(&f->row[AUDIT_HEALTH].found, init->name);
}

static enum finding by_state(unsigned state, enum finding bad)
{
    return state == AUDIT_BAD      ? bad
           : state == AUDIT_GOOD   ? FINDING_PASS
           : state == AUDIT_ABSENT ? FINDING_NONE
                                   : FINDING_UNKNOWN;
}

static enum finding judge_user(const struct audit_facts *f, const struct audit_process *p)
{
    bool warns = false;

    for (size_t i = 0; i < 4; i++) {
        if (p->uid[i] == 0) /* the root of a user namespace is nobody outside */
            return f->row[AUDIT_USER_NAMESPACE].state == AUDIT_GOOD && !f->restricted ? FINDING_WARN
                                                                                      : FINDING_FAIL;
        warns = warns || p->uid[i] < f->min_uid;
    }
    for (size_t i = 0; i < 4 + p->groups; i++)
        warns = warns || (p->gid[i] == 0 && p->uid[1] < OPENSHIFT);
    return warns ? FINDING_WARN : FINDING_PASS;
}

static uint64_t in_force(const struct audit_process *p)
{
    return p->effective | p->permitted | p->ambient;
}

/* The capabilities that go beyond what is allowed: those in force, or else those that could be gained. */
static uint64_t beyond(const struct audit_facts *f, const struct audit_process *p)
{
    uint64_t spare = ~(UINT64_C(1) << CAPABILITY_NET_BIND_SERVICE), set = in_force(p) & spare;

    if (set != 0)
        return set;
    set = p->inheritable;
    if (f->restricted || p->no_new_privs == 0) /* under which nothing can be gained from the bounding set */
        set |= p->bounding;
    return set & spare;
}

static enum finding judge(const struct audit_facts *f, const struct audit_process *p, enum audit_check check,
                          enum finding bad)
{
    unsigned state = p->state[check];

    if (check == AUDIT_USER_NAMESPACE)
        state = f->row[check].state;
    if (check == AUDIT_USER || check == AUDIT_CAPABILITIES ||
        (check == AUDIT_USER_NAMESPACE && state == AUDIT_BAD)) {
        uint64_t set = beyond(f, p);
        if (p->state[AUDIT_USER] == AUDIT_UNREAD)
            return FINDING_UNKNOWN;
        if (check == AUDIT_USER)
            return judge_user(f, p);
        if (check == AUDIT_CAPABILITIES)
            return set == 0                                    ? FINDING_PASS
                   : f->restricted || (set & in_force(p)) != 0 ? FINDING_FAIL
                                                               : FINDING_WARN;
        state =
            p->uid[0] != 0 && p->uid[1] != 0 && p->uid[2] != 0 && p->permitted == 0 ? AUDIT_GOOD : AUDIT_BAD;
    }
    /* an init that cannot be traced hides its own: what it has, PROGRAM has too */
    if (check >= AUDIT_FOLDER && state == AUDIT_UNREAD && p->pid == 1 && f->count > 1)
        return FINDING_NONE;
    return by_state(state, bad);
}

/* The worst of `worst` and the verdicts of all processes; those that have it are named: `: 1 (kinglet), ...`.
 */
static enum finding each(const struct audit_facts *f, enum audit_check check, enum finding bad,
                         enum finding worst, struct text *why)
{
    size_t mark = why->len;
    unsigned told = 0;

    for (size_t i = 0; i < f->count; i++) {
        const struct audit_process *p = &f->process[i];
        enum finding v = judge(f, p, check, bad);
        if (v > worst) {
            worst = v;
            told = 0;
            why->len = mark;
        }
        if (v < worst || told++ > LISTED)
            continue;
        if (told > LISTED) {
            text_put(why, MORE);
            continue;
        }
        text_format(why, "%s%u (%s)", told > 1 ? ", " : ": ", (unsigned)p->pid, p->name);
        if (check == AUDIT_USER)
            text_format(why, " %u:%u", (unsigned)p->uid[1], (unsigned)p->gid[1]);
        if (check == AUDIT_CAPABILITIES && v > FINDING_UNKNOWN) {
            capability_put(why, beyond(f, p));
        }
    }
    return worst;
}

enum finding audit_judge(const struct audit_facts *f, enum audit_check check, struct text *why)
{
    const struct audit_row *row = &f->row[check];
    const char *what = audit_words(check);
    unsigned rule = how[check];
    size_t mark = why->len;
    enum finding bad = (rule & (f->restricted ? FAILS | STANDARD : FAILS)) != 0 ? FINDING_FAIL : FINDING_WARN;
    enum finding v = FINDING_NONE;

    if ((rule & STATE) != 0)
        v = by_state(row->state, bad);
    else if (f->count == 0 || f->cut)
        v = FINDING_UNKNOWN;
    if (row->found.count > 0) {
        if ((rule & NOTE) == 0)
            v = bad;
        if (check == AUDIT_SET_ID && (f->nosuid || audit_judge(f, AUDIT_NO_NEW_PRIVS, why) == FINDING_PASS))
            v = FINDING_PASS;
        why->len = mark;
        text_put(why, ":");
        text_raw(why, row->found.names.at, row->found.names.len - 1);
        text_put(why, row->found.count > AUDIT_NAMED ? MORE : "");
    }
    if (check == AUDIT_PIDS && f->kubernetes && v == bad) /* it is set on the pod, out of sight */
        v = FINDING_UNKNOWN;
    if ((rule & EACH) != 0)
        v = each(f, check, bad, v, why);
    what += strcspn(what, "|") + 1;
    if (v == FINDING_UNKNOWN)
        what = "cannot be seen from here|";
    else if (v == FINDING_NONE)
        what = "does not apply here|";
    else if (v == FINDING_PASS && why->len == mark)
        what = "as it should be|";
    else if (v == FINDING_PASS && check != AUDIT_SET_ID && check != AUDIT_READ_ONLY)
        return v;
    text_format(why, ": %.*s", (int)strcspn(what, "|"), what);
    return v;
}

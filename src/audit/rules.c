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
    FAILS = 3,    /* what is bad fails, otherwise it warns */
    STANDARD = 2, /* what is bad fails under the Pod Security Standards */
    EACH = 4,     /* every process is judged */
    STATE = 8,    /* its row's state counts */
    NOTE = 16,    /* what was found is only told */
    TELL = 32,    /* what is bad about it is told when it passes, too */
};

#define MORE " and more"

static const unsigned char how[AUDIT_CHECKS] = {
    [AUDIT_USER] = FAILS | EACH,
    [AUDIT_NO_NEW_PRIVS] = FAILS | EACH,
    [AUDIT_CAPABILITIES] = FAILS | EACH,
    [AUDIT_PRIVILEGED] = FAILS | EACH | STATE,
    [AUDIT_SECCOMP] = FAILS | EACH,
    [AUDIT_LSM] = STANDARD | EACH,
    [AUDIT_READ_ONLY] = STATE | NOTE | TELL,
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
    [AUDIT_SET_ID] = FAILS | STATE | TELL,
    [AUDIT_FOLDER] = EACH,
    [AUDIT_SECRETS] = EACH,
    [AUDIT_INIT] = FAILS | STATE | NOTE,
    [AUDIT_ZOMBIES] = STATE,
    [AUDIT_HEALTH] = STATE | NOTE,
};

/* linux/proc_ns.h, linux/nsfs.h; those of net and mnt are fixed on new kernels only. */
const struct audit_initial audit_initial[] = {{"pid", 0xFC}, {"net", 0xF9}, {"ipc", 0xFF},
                                              {"uts", 0xFE}, {"mnt", 0xF8}, {"user", 0xFD}};

void audit_namespace_take(const struct audit_initial *ns, uint32_t inode, struct audit_facts *f)
{
    bool is_initial = inode == 0xEFFFFF00U + ns->low;

    if (ns == &audit_initial[AUDIT_NS_USER])
        f->state[AUDIT_USER_NAMESPACE] = inode == 0 ? AUDIT_UNREAD : is_initial ? AUDIT_BAD : AUDIT_GOOD;
    else if (inode == 0)
        f->state[AUDIT_NAMESPACES] = AUDIT_UNREAD;
    else if (is_initial)
        audit_found_add(&f->found[AUDIT_NAMESPACES], ns->name);
}

/* --- mounts --- */

const char audit_sockets[] =
    "/docker.sock\0/podman/podman.sock\0/containerd/containerd.sock\0/crio/crio.sock\0";

const char *audit_mount_take(char *line, struct audit_facts *f)
{
    /* what a host would not give to a container that it means to keep in */
    static const char roots[] = "/etc\0/root\0/home\0/boot\0/usr\0/var\0/var/lib\0/var/lib/docker\0"
                                "/var/lib/kubelet\0/var/log\0/lib/modules\0/run\0/var/run\0";
    char *field[6], *end, last; /* id, parent, device, root, mount point, options */
    const char *root, *point, *options, *type;
    bool kernel, writable;

    for (int i = 0; i < 6; i++)
        field[i] = audit_field(&line, " ");
    root = field[3];
    point = field[4];
    options = field[5];
    type = text_find(line, "- ");
    if (type == NULL || *point != '/')
        return NULL;
    line += type - line + 2;
    type = audit_field(&line, " ");
    writable = options[1] == 'w'; /* rw or ro comes first */
    if (strcmp(point, "/dev/termination-log") == 0 || text_find(root, "/kubelet/pods/") != NULL)
        f->kubernetes = true;
    if (point[1] == '\0') {
        f->nosuid = text_find(options, "nosuid") != NULL;
        return NULL;
    }
    if (text_find(point, "/kubernetes.io/serviceaccount") != NULL)
        audit_found_add(&f->found[AUDIT_TOKEN], point);
    if (audit_among(root, audit_sockets, false) || audit_among(point, audit_sockets, false))
        audit_found_add(&f->found[AUDIT_SOCKETS], point);
    end = field[4] + 1 + strcspn(point + 1, "/");
    last = *end;
    *end = '\0';
    kernel = audit_among(point, "/proc\0/sys\0", true);
    *end = last;
    /* kernel file systems where they do not belong; cgroups to be changed; a folder of the system */
    if (root[1] == '\0' && audit_among(type, "proc\0sysfs\0devtmpfs\0", true)
            ? !kernel
            : (writable && text_find(type, "cgroup") != NULL) || audit_among(root, roots, true))
        audit_found_add(&f->found[AUDIT_MOUNTS], point);
    if (strcmp(type, "tmpfs") != 0)
        return NULL;
    if (!kernel && strcmp(point, "/dev") != 0 && writable && text_find(options, "noexec") == NULL)
        audit_found_add(&f->found[AUDIT_READ_ONLY], point);
    return point;
}

/* --- processes --- */

void audit_init_take(const struct audit_process *init, struct audit_facts *f)
{
    /* while it waits for a signal (sigtimedwait(2)) a process blocks none: those that do are known by name */
    static const char inits[] = "kinglet\0tini\0docker-init\0dumb-init\0catatonit\0s6-svscan\0";

    f->state[AUDIT_INIT] = init->state[AUDIT_INIT];
    audit_found_add(&f->found[AUDIT_INIT], init->name);
    if (strncmp(init->name, "init:", 5) == 0) {
        f->state[AUDIT_HEALTH] = init->name[5] == 'u' ? AUDIT_BAD : AUDIT_GOOD; /* unhealthy */
        audit_found_add(&f->found[AUDIT_HEALTH], init->name);
    } else if (!audit_among(init->name, inits, true))
        return;
    f->state[AUDIT_INIT] = AUDIT_GOOD;
}

uint64_t audit_lowest(const uint64_t *id, unsigned count)
{
    uint64_t least = UINT64_MAX;

    while (count > 0)
        if (id[--count] < least)
            least = id[count];
    return least;
}

static enum finding by_state(unsigned state, enum finding bad)
{
    return state == AUDIT_BAD ? bad : (enum finding)(state ^ FINDING_UNKNOWN);
}

/* Apart, since in line its registers do not fit beside those of the caller.
 * `set`: the capabilities that go beyond what is allowed, those in force, or else those that could be gained.
 */
__attribute__((noinline)) static enum finding judge(const struct audit_facts *f,
                                                    const struct audit_process *p, enum audit_check check,
                                                    enum finding bad, uint64_t *set)
{
    unsigned state = p->state[check];

    if (check == AUDIT_USER_NAMESPACE && f->state[check] != AUDIT_BAD)
        state = f->state[check];
    if (check == AUDIT_USER && state == AUDIT_GOOD) {
        if (p->lowest == 0) /* the root of a user namespace is nobody outside */
            return f->state[AUDIT_USER_NAMESPACE] == AUDIT_GOOD && !f->restricted ? FINDING_WARN : bad;
        return p->lowest < f->min_uid || (p->uid[1] < OPENSHIFT && p->lowest_group == 0) ? FINDING_WARN
                                                                                         : FINDING_PASS;
    }
    if (check == AUDIT_CAPABILITIES && p->state[AUDIT_USER] == AUDIT_GOOD) {
        uint64_t spare = ~(UINT64_C(1) << CAPABILITY_NET_BIND_SERVICE);
        *set = (p->effective | p->permitted | p->ambient) & spare;
        if (*set != 0)
            return bad;
        /* nothing can be gained from the bounding set under no_new_privs */
        *set = (f->restricted || p->state[AUDIT_NO_NEW_PRIVS] != AUDIT_GOOD ? p->inheritable | p->bounding
                                                                            : p->inheritable) &
               spare;
        return *set == 0 ? FINDING_PASS : f->restricted ? bad : FINDING_WARN;
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

    for (unsigned i = 0; i < f->count; i++) {
        const struct audit_process *p = f->process[i];
        uint64_t set = 0;
        enum finding v = judge(f, p, check, bad, &set);
        if (v > worst) {
            worst = v;
            told = 0;
            why->len = mark;
        }
        if (v < worst || told > LISTED)
            continue;
        if (told++ == LISTED) {
            text_put(why, MORE);
            continue;
        }
        text_format(why, "%c %u (%s)", told > 1 ? ',' : ':', (unsigned)p->pid, p->name);
        if (check == AUDIT_USER)
            text_format(why, " %u:%u", (unsigned)p->uid[1], (unsigned)p->gid[1]);
        capability_put(why, set);
    }
    return worst;
}

enum finding audit_judge(const struct audit_facts *f, enum audit_check check, struct text *why)
{
    const struct audit_found *found = &f->found[check];
    unsigned rule = how[check], word = 3 * (unsigned)check + 1;
    size_t mark = why->len;
    enum finding bad = (enum finding)(FINDING_WARN + (rule >> f->restricted & 1));
    enum finding v = rule & STATE  ? by_state(f->state[check], bad)
                     : f->complete ? FINDING_NONE
                                   : FINDING_UNKNOWN;

    if (check == AUDIT_SET_ID && (f->nosuid || audit_judge(f, AUDIT_NO_NEW_PRIVS, why) == FINDING_PASS))
        bad = FINDING_PASS;
    why->len = mark;
    if (found->count > 0) {
        if ((rule & NOTE) == 0)
            v = bad;
        text_raw(why, found->bytes, found->names.len - 1);
        if (found->count > AUDIT_NAMED)
            text_put(why, MORE);
    }
    if ((rule & EACH) != 0)
        v = each(f, check, bad, v, why);
    if (v == FINDING_PASS && why->len > mark) {
        if ((rule & TELL) == 0)
            return v;
    } else if (v <= FINDING_UNKNOWN)
        word = AUDIT_COMMON + v;
    text_format(why, ": %s", audit_word(word));
    return v;
}

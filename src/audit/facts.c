/* facts: what the processes, the cgroups and the mounts are. See kinglet/audit.h.
 *
 * Nothing is run or written here. Everything goes through one buffer of a fixed size; what does not fit is
 * not there. A process that the audit may not look into as it was started is looked at once more with the
 * process's own ids (setfsuid(2)): root without SYS_PTRACE may not read an environ of another user.
 */
#include "kinglet/arena.h"
#include "kinglet/audit.h"
#include "kinglet/capability.h"
#include "kinglet/clock.h"
#include "kinglet/directory.h"
#include "kinglet/number.h"
#include "look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    BUFFER = 256 * 1024,
    PATH_BYTES = 4096,
    PROC_SUPER_MAGIC = 0x9FA0, /* linux/magic.h */
    READ_ONLY_MOUNT = 1,       /* ST_RDONLY, statfs(2) */
    LOOK_BASIC = 0x7FF,        /* STATX_BASIC_STATS */
    LOOK_MOUNT = 0x1000,       /* STATX_MNT_ID */
    LOOK_DONT_SYNC = 0x4000,   /* AT_STATX_DONT_SYNC */
    LOOK_NO_AUTOMOUNT = 0x800, /* AT_NO_AUTOMOUNT */
    ZOMBIE_US = 100000,        /* so long a zombie may wait for an init that does its work */
};

struct reading {
    struct audit_facts *facts;
    char *buffer;     /* BUFFER bytes, of the file that was read last */
    const char *path; /* PROGRAM's PATH */
};

int look_at(int dir, const char *path, bool follow, struct look *look)
{
    int flags = LOOK_DONT_SYNC | LOOK_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW);

    memset(look, 0, sizeof *look);
    return syscall(SYS_statx, dir, path, flags, LOOK_BASIC | LOOK_MOUNT, look) == 0 ? 0 : -errno;
}

/* Reads a file into the buffer, NUL-terminated. Returns its length, or -errno; -EFBIG for one that does not
 * fit. */
static long read_file(struct reading *r, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    size_t len = 0;
    ssize_t n = 0;

    r->buffer[0] = '\0';
    if (fd < 0)
        return -errno;
    while (len < BUFFER && (n = read(fd, r->buffer + len, BUFFER - len)) > 0)
        len += (size_t)n;
    if (n < 0)
        n = -errno;
    else if (len == BUFFER)
        n = -EFBIG;
    close(fd);
    r->buffer[len == BUFFER ? len - 1 : len] = '\0';
    return n < 0 ? n : (long)len;
}

/* A copy that stays, or NULL. */
static char *keep(const char *string)
{
    size_t len = strlen(string);
    char *kept = arena_take(len + 1);

    return kept == NULL ? NULL : memcpy(kept, string, len + 1);
}

/* /proc/PID/NAME into `path`, of at least 64 bytes. */
static const char *proc_path(char path[64], uint32_t pid, const char *name)
{
    struct text t;

    text_init(&t, path, 64);
    text_format(&t, "/proc/%u/", pid);
    text_put(&t, name);
    return path;
}

static long read_proc(struct reading *r, uint32_t pid, const char *name)
{
    char path[64];

    return read_file(r, proc_path(path, pid, name));
}

static bool is_read_only(const char *path)
{
    struct statfs fs;

    return statfs(path, &fs) == 0 && ((unsigned long)fs.f_flags & READ_ONLY_MOUNT) != 0;
}

static enum audit_state read_only(const char *path)
{
    struct statfs fs;

    if (statfs(path, &fs) != 0)
        return AUDIT_UNREAD;
    return ((unsigned long)fs.f_flags & READ_ONLY_MOUNT) != 0 ? AUDIT_GOOD : AUDIT_BAD;
}

/* --- processes --- */

static bool in_group(const struct audit_process *p, uint32_t gid)
{
    for (size_t i = 0; i < p->groups; i++)
        if (p->group[i] == gid)
            return true;
    return p->gid[1] == gid;
}

/* By the modes and what the process is: access(2) would answer for the audit. An owner may change the mode.
 */
static bool can_write(const struct audit_process *p, const struct look *file)
{
    return (p->effective >> CAPABILITY_DAC_OVERRIDE & 1) != 0 || p->uid[1] == file->uid ||
           (file->mode & (in_group(p, file->gid) ? S_IWGRP : S_IWOTH)) != 0;
}

static void note_writable(struct reading *r, struct audit_process *p, const char *path,
                          const struct look *file)
{
    if (!can_write(p, file) || is_read_only(path))
        return;
    audit_found_add(&r->facts->writable, path, strlen(path));
    p->folder = AUDIT_BAD;
}

/* The program's file and folder, and the working directory unless that is a volume. */
static void read_folder(struct reading *r, struct audit_process *p)
{
    char path[64], target[PATH_BYTES];
    struct look file, root;
    ssize_t n = readlink(proc_path(path, p->pid, "exe"), target, sizeof target - 1);

    if (n <= 0 || look_at(AT_FDCWD, path, true, &file) != 0)
        return;
    p->folder = AUDIT_GOOD;
    target[n] = '\0';
    note_writable(r, p, target, &file);
    for (char *c = target + n; c >= target && *c != '/'; c--)
        *c = '\0';
    if (look_at(AT_FDCWD, target, true, &file) == 0)
        note_writable(r, p, target, &file);
    n = readlink(proc_path(path, p->pid, "cwd"), target, sizeof target - 1);
    if (n <= 0 || look_at(AT_FDCWD, path, true, &file) != 0 || look_at(AT_FDCWD, "/", true, &root) != 0 ||
        file.mount != root.mount || file.dev_minor != root.dev_minor)
        return;
    target[n] = '\0';
    note_writable(r, p, target, &file);
}

static void read_environ(struct reading *r, struct audit_process *p)
{
    long n = read_proc(r, p->pid, "environ");
    const char *path = NULL;

    if (n < 0)
        return;
    p->environ = audit_environ_parse(r->buffer, (size_t)n, &r->facts->secrets, &path);
    if (path != NULL && r->path == NULL)
        r->path = keep(path);
}

static void read_inside(struct reading *r, struct audit_process *p)
{
    long n = read_proc(r, p->pid, "attr/apparmor/current");

    if (n <= 0)
        n = read_proc(r, p->pid, "attr/current");
    p->lsm = n >= 0                         ? audit_label_parse(r->buffer)
             : n == -EINVAL || n == -ENOENT ? AUDIT_ABSENT
                                            : AUDIT_UNREAD;
    if (read_proc(r, p->pid, "limits") > 0)
        p->core = audit_core_parse(r->buffer);
    for (int as_itself = 0; as_itself < 2; as_itself++) {
        if (as_itself != 0 && (p->known >> AUDIT_UID & 1) != 0 && (p->known >> AUDIT_GID & 1) != 0) {
            setfsgid((gid_t)p->gid[1]);
            setfsuid((uid_t)p->uid[1]);
        }
        if (p->environ == AUDIT_UNREAD)
            read_environ(r, p);
        if (p->folder == AUDIT_UNREAD)
            read_folder(r, p);
    }
    setfsuid(geteuid());
    setfsgid(getegid());
}

static bool read_status(struct reading *r, uint32_t pid, struct audit_process *p)
{
    if (read_proc(r, pid, "status") <= 0)
        return false;
    memset(p, 0, sizeof *p);
    p->pid = pid;
    audit_status_parse(r->buffer, p);
    return true;
}

/* All processes that there are, up to the bound. */
static size_t read_all(struct reading *r, struct audit_process *process)
{
    int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct directory_entry *e;
    struct directory d;
    uint64_t pid;
    size_t n = 0;

    if (fd < 0)
        return 0;
    directory_begin(&d, fd);
    while ((e = directory_next(&d)) != NULL) {
        if (number_parse(e->name, strlen(e->name), INT32_MAX, &pid) != 0)
            continue;
        if (n == AUDIT_PROCESSES) {
            r->facts->cut = true;
            break;
        }
        n += read_status(r, (uint32_t)pid, &process[n]);
    }
    close(fd);
    return n;
}

/* Whether `pid` descends from `from`, or is it. */
static bool descends(const struct audit_process *process, size_t n, uint64_t pid, uint32_t from)
{
    for (size_t generation = 0; generation < n && pid != 0; generation++) {
        size_t i = 0;
        if (pid == from)
            return true;
        while (i < n && process[i].pid != pid)
            i++;
        pid = i < n ? process[i].parent : 0;
    }
    return false;
}

/* Whether the process is in the cgroup whose text is `own`. */
static bool same_cgroup(struct reading *r, uint32_t pid, const char *own)
{
    return read_proc(r, pid, "cgroup") > 0 && strcmp(r->buffer, own) == 0;
}

/* Moves those that are to be judged to the front. Returns how many. */
static size_t choose(struct reading *r, struct audit_process *process, size_t n, const char *own)
{
    uint32_t self = (uint32_t)getpid();
    uint64_t chosen[AUDIT_PROCESSES / 64] = {0};
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t pid = process[i].pid;
        bool ours = r->facts->foreign ? !descends(process, n, self, pid) && same_cgroup(r, pid, own)
                                      : descends(process, n, pid, 1) && (pid != self || self == 1);
        chosen[i / 64] |= (uint64_t)ours << i % 64;
    }
    for (size_t i = 0; i < n; i++)
        if ((chosen[i / 64] >> i % 64 & 1) != 0)
            process[count++] = process[i];
    return count;
}

static void read_processes(struct reading *r, const char *own)
{
    struct audit_facts *f = r->facts;
    struct audit_process *process = arena_take(AUDIT_PROCESSES * sizeof *process);
    size_t n;

    if (process == NULL)
        return;
    n = read_all(r, process);
    read_status(r, 1, &f->init);
    f->foreign = own[0] != '\0' && read_proc(r, 1, "cgroup") > 0 && strcmp(r->buffer, own) != 0;
    f->process = process;
    f->count = choose(r, process, n, own);
    if (f->count == 0 && f->foreign) { /* an init that has put itself and its services into cgroups */
        f->foreign = false;
        f->count = choose(r, process, n, own);
    }
    f->self = getpid() == 1 && f->count == 1;
    for (size_t i = 0; i < f->count; i++)
        if (process[i].state != 'Z')
            read_inside(r, &process[i]);
}

/* Takes zombies out of what is judged, once a second look has told those that PID 1 leaves lying. */
static void read_zombies(struct reading *r, int64_t since)
{
    struct audit_facts *f = r->facts;
    size_t count = 0;
    int64_t left = 0;

    for (size_t i = 0; i < f->count; i++)
        if (f->process[i].state == 'Z' && f->process[i].parent == 1)
            left = since + ZOMBIE_US - clock_us();
    if (left > 0)
        poll(NULL, 0, (int)(left / 1000) + 1);
    for (size_t i = 0; i < f->count; i++) {
        struct audit_process now, *p = &f->process[i];
        if (p->state != 'Z')
            f->process[count++] = *p;
        else if (p->parent == 1 && read_status(r, p->pid, &now) && now.state == 'Z' && now.parent == 1)
            f->zombies++;
    }
    f->count = count;
}

/* --- cgroups --- */

static const struct resource {
    char controller[8], unified[11], first[22], second[18];
} resources[] = {
    /* the limit in force on the whole way up is a line of memory.stat */
    {"memory", "memory.max", "memory.stat", ""},
    {"cpu", "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us"},
    {"pids", "pids.max", "pids.max", ""},
};

/* The limit that the folder `dir` of a cgroup holds. */
static struct audit_limit read_limit(struct reading *r, const char *dir, const struct resource *what,
                                     bool version2)
{
    static const char key[] = "hierarchical_memory_limit ";
    struct audit_limit unread = {AUDIT_UNREAD, 0};
    char path[PATH_BYTES], quota[32];
    struct text t, q;
    const char *at;

    text_init(&t, path, sizeof path);
    text_put(&t, dir);
    text_put(&t, "/");
    text_put(&t, version2 ? what->unified : what->first);
    if (t.cut || read_file(r, path) <= 0)
        return unread;
    if (version2 || what->second[0] == '\0') {
        at = text_find(r->buffer, key);
        return audit_limit_parse(at == NULL ? r->buffer : at + sizeof key - 1, what->second[0] != '\0');
    }
    text_init(&q, quota, sizeof quota);
    text_put(&q, r->buffer);
    t.len -= strlen(what->first);
    text_put(&t, what->second);
    if (read_file(r, path) > 0)
        text_put(&q, r->buffer);
    return audit_limit_parse(quota, true);
}

/* The smallest limit from the own cgroup up to the highest one that is mounted here. */
static void read_resource(struct reading *r, const struct resource *what, const char *own,
                          struct audit_limit *limit)
{
    const struct audit_mount *m = NULL;
    const char *path;
    char dir[PATH_BYTES];
    struct text t;
    size_t len = 0, root;
    bool version2 = false;

    for (size_t i = 0; i < r->facts->mounts && (m == NULL || version2); i++) {
        const struct audit_mount *at = &r->facts->mount[i];
        if (strcmp(at->type, "cgroup") == 0 && audit_listed(at->super, what->controller)) {
            m = at;
            version2 = false;
        } else if (m == NULL && strcmp(at->type, "cgroup2") == 0) {
            m = at;
            version2 = true;
        }
    }
    if (m == NULL)
        return;
    text_init(&t, dir, sizeof dir);
    text_put(&t, m->point);
    root = strlen(m->root);
    path = audit_cgroup_path(own, version2 ? "" : what->controller, &len);
    if (path != NULL && root <= len && strncmp(path, m->root, root) == 0)
        text_raw(&t, path + (root > 1 ? root : 0), len - (root > 1 ? root : 0));
    if (t.cut)
        return;
    for (size_t bottom = strlen(m->point); t.len >= bottom && t.len > 0; t.len--) {
        if (t.len == bottom || dir[t.len] == '/' || dir[t.len] == '\0') {
            struct audit_limit found;
            dir[t.len] = '\0';
            found = read_limit(r, dir, what, version2);
            if (found.state == AUDIT_GOOD && (limit->state != AUDIT_GOOD || found.value < limit->value))
                *limit = found;
            else if (limit->state == AUDIT_UNREAD)
                *limit = found;
        }
    }
}

/* --- mounts, namespaces, devices --- */

static bool exists(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    struct look file;
    struct text t;

    text_init(&t, path, sizeof path);
    text_put(&t, folder);
    text_put(&t, name);
    return !t.cut && look_at(AT_FDCWD, path, true, &file) == 0;
}

static void read_mounts(struct reading *r)
{
    static const char sockets[] =
        "/docker.sock\0/podman/podman.sock\0/containerd/containerd.sock\0/crio/crio.sock\0";
    struct audit_facts *f = r->facts;
    char *kept;

    f->mounts_cut = read_file(r, "/proc/self/mountinfo") < 0;
    kept = keep(r->buffer);
    f->mount = arena_take(AUDIT_MOUNTS_MAX * sizeof *f->mount);
    if (kept == NULL || f->mount == NULL)
        return;
    f->mounts = audit_mounts_parse(kept, f->mount, AUDIT_MOUNTS_MAX, &f->mounts_cut);
    for (size_t i = 0; i < f->mounts; i++) {
        struct audit_mount *m = &f->mount[i];
        if (strcmp(m->point, "/dev/termination-log") == 0 || text_find(m->root, "/kubelet/pods/") != NULL)
            f->kubernetes = true;
        if (m->point[1] == '\0' || !audit_listed("tmpfs,ext4,xfs,btrfs", m->type))
            continue; /* the own root; a server that may not answer */
        m->system = m->root[1] == '\0' && exists(m->point, "/etc/passwd");
        for (const char *s = sockets; *s != '\0'; s += strlen(s) + 1)
            if (exists(m->point, s))
                audit_found_add(&f->sockets, m->point, strlen(m->point));
    }
}

static void read_namespaces(struct audit_facts *f)
{
    static const char names[AUDIT_NAMESPACE_COUNT][7] = {"pid", "net", "ipc", "uts", "mnt", "cgroup", "user"};

    for (int i = 0; i < AUDIT_NAMESPACE_COUNT; i++) {
        char path[32];
        struct look file;
        struct text t;
        text_init(&t, path, sizeof path);
        text_put(&t, "/proc/self/ns/");
        text_put(&t, names[i]);
        if (look_at(AT_FDCWD, path, true, &file) == 0)
            f->namespaces[i] = file.inode;
    }
    /* a setting of the whole machine, which the kernel shows in the initial network namespace only */
    f->host_net = exists("/proc/sys/net/core", "/netdev_budget");
}

static void read_devices(struct audit_facts *f)
{
    int fd = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct directory_entry *e;
    struct directory d;

    if (fd < 0)
        return;
    directory_begin(&d, fd);
    while ((e = directory_next(&d)) != NULL)
        if (e->type == DT_BLK)
            audit_found_add(&f->devices, e->name, strlen(e->name));
    f->dev = d.end == 0 ? AUDIT_GOOD : AUDIT_UNREAD;
    close(fd);
}

void audit_read(struct audit_facts *f)
{
    struct reading r = {f, arena_take(BUFFER), NULL};
    int64_t began = clock_us();
    struct statfs proc;
    char *own;

    if (r.buffer == NULL || statfs("/proc", &proc) != 0 || (long)proc.f_type != PROC_SUPER_MAGIC)
        return;
    read_file(&r, "/proc/self/cgroup");
    own = keep(r.buffer);
    if (own == NULL)
        return;
    read_mounts(&r);
    read_processes(&r, own);
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++)
        read_resource(&r, &resources[i], own, &f->limit[i]);
    read_namespaces(f);
    read_devices(f);
    f->root = read_only("/");
    f->proc_sys = read_only("/proc/sys");
    f->token = exists("/var/run/secrets/kubernetes.io/serviceaccount", "/token") ? AUDIT_BAD
               : f->kubernetes                                                   ? AUDIT_GOOD
                                                                                 : AUDIT_ABSENT;
    audit_read_tree(f, r.path);
    read_zombies(&r, began);
}

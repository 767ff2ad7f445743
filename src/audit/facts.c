/* facts: what the processes, the cgroups and the mounts are. See kinglet/audit.h.
 *
 * Nothing is run or written here. Everything goes through one buffer of a fixed size; what does not fit is
 * not there. A process that the audit may not look into as it was started is looked at once more with the
 * process's own ids (setfsuid(2)): root without SYS_PTRACE may not read an environ of another user.
 */
#include "kinglet/audit.h"
#include "kinglet/capability.h"
#include "kinglet/file.h"
#include "kinglet/number.h"
#include "look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PROC_SUPER_MAGIC = 0x9FA0, /* linux/magic.h */
    READ_ONLY_MOUNT = 1,       /* ST_RDONLY, statfs(2) */
    LOOK_FIELDS = 0x17FF,      /* STATX_BASIC_STATS, STATX_MNT_ID */
    LOOK_FLAGS = 0x4800,       /* AT_STATX_DONT_SYNC, AT_NO_AUTOMOUNT */
    ZOMBIE_MS = 100,           /* so long a zombie may wait for an init that does its work */
};

struct reading reading;

int look_at(const char *path, int flags)
{
    return (int)syscall(SYS_statx, AT_FDCWD, path, flags | LOOK_FLAGS, LOOK_FIELDS, &reading.look);
}

/* Reads a file into the buffer, NUL-terminated. Returns its length, or -errno; -EFBIG for one that does not
 * fit. */
static int read_file(const char *path)
{
    int len = (int)file_read(path, reading.buffer, LOOK_BUFFER + 1);

    return len == LOOK_BUFFER ? -EFBIG : len;
}

const char *look_join(const char *folder, const char *name)
{
    text_init(&reading.path, reading.bytes, sizeof reading.bytes);
    text_put(&reading.path, folder);
    text_put(&reading.path, name);
    return reading.bytes;
}

static const char *proc(const struct audit_process *p, const char *name)
{
    look_join("/proc/", "");
    text_u64(&reading.path, p->pid);
    text_put(&reading.path, name);
    return reading.bytes;
}

static int read_proc(const struct audit_process *p, const char *name)
{
    return read_file(proc(p, name));
}

bool look_link(const char *path)
{
    long n = syscall(SYS_readlinkat, AT_FDCWD, path, reading.buffer, LOOK_BUFFER);

    reading.buffer[n < 0 ? 0 : n] = '\0';
    return n > 0;
}

static int look_in(const char *folder, const char *name)
{
    return look_at(look_join(folder, name), 0);
}

/* Whether it is on a file system that is read-only, as it should be for a check. */
static unsigned char judge_read_only(enum audit_check check, const char *path)
{
    if (statfs(path, &reading.file_system) != 0)
        return AUDIT_UNREAD;
    if (((unsigned)reading.file_system.f_flags & READ_ONLY_MOUNT) != 0)
        return AUDIT_GOOD;
    audit_found_add(&reading.facts->found[check], path);
    return AUDIT_BAD;
}

/* The first entry of a folder; NULL: it has none, or cannot be read. */
static const struct directory_entry *list(const char *path)
{
    directory_begin(&reading.directory, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return directory_next(&reading.directory);
}

/* --- processes --- */

/* Whether it can write to the file that was looked at last, whose path is in the buffer: by the modes and
 * what the process is, since access(2) would answer for the audit. An owner may change the mode. */
static void judge_writable(struct audit_process *p)
{
    unsigned may = S_IWOTH;

    for (unsigned i = 4 + p->groups; i-- > 0;)
        if (p->gid[i] == reading.look.gid)
            may = S_IWGRP;
    if ((p->effective >> CAPABILITY_DAC_OVERRIDE & 1) == 0 && p->uid[1] != reading.look.uid &&
        (reading.look.mode & may) == 0)
        return;
    if (judge_read_only(AUDIT_FOLDER, reading.buffer) != AUDIT_GOOD)
        p->state[AUDIT_FOLDER] = AUDIT_BAD;
}

/* The program's folder, and the working directory unless that is a volume. */
static void read_folder(struct audit_process *p)
{
    uint64_t mount;
    char *slash = reading.buffer;

    if (!look_link(proc(p, "/exe")))
        return;
    p->state[AUDIT_FOLDER] = AUDIT_GOOD;
    for (char *c = reading.buffer; *c != '\0'; c++)
        if (*c == '/')
            slash = c;
    slash[slash == reading.buffer] = '\0'; /* of / that much stays */
    if (look_at(reading.buffer, 0) == 0)
        judge_writable(p);
    look_at("/", 0);
    mount = reading.look.mount;
    if (look_at(proc(p, "/cwd"), 0) == 0 && reading.look.mount == mount && look_link(reading.bytes))
        judge_writable(p);
}

/* What not every user may look at. */
static void read_private(struct audit_process *p)
{
    int n;

    if (p->state[AUDIT_SECRETS] == AUDIT_UNREAD && (n = read_proc(p, "/environ")) >= 0)
        audit_environ_take(reading.buffer, (size_t)n, reading.facts, p);
    if (p->state[AUDIT_FOLDER] == AUDIT_UNREAD)
        read_folder(p);
}

static void read_inside(struct audit_process *p)
{
    int uid, gid;

    if (read_proc(p, "/attr/current") != -EACCES) /* every other failure: a kernel without such a module */
        audit_label_take(reading.buffer, p);
    read_proc(p, "/limits");
    audit_core_take(reading.buffer, p);
    read_private(p);
    gid = setfsgid((gid_t)p->gid[1]);
    uid = setfsuid((uid_t)p->uid[1]);
    read_private(p);
    setfsuid((uid_t)uid);
    setfsgid((gid_t)gid);
}

static bool read_status(uint64_t pid, struct audit_process *p)
{
    p->pid = pid;
    if (read_proc(p, "/status") <= 0)
        return false;
    audit_status_take(reading.buffer, p);
    return true;
}

/* All processes that there are, up to the bound. */
static void read_all(void)
{
    const struct directory_entry *e;
    uint64_t pid;

    reading.end = reading.process;
    for (e = list("/proc"); e != NULL && reading.end < &reading.process[AUDIT_PROCESSES];
         e = directory_next(&reading.directory)) {
        const char *name = e->name;
        if (number_scan(&name, INT32_MAX, &pid) == 0 && read_status(pid, reading.end))
            reading.end++;
    }
}

/* Whether it is to be judged: it is PID 1 or descends from it; where PID 1 is foreign, it is in our own
 * cgroup instead. */
static bool is_ours(const struct audit_process *p, bool foreign)
{
    uint64_t self = (uint64_t)getpid();
    const struct audit_process *parent = p;

    if (foreign)
        return p->pid != self && read_proc(p, "/cgroup") > 0 && strcmp(reading.buffer, reading.own) == 0;
    for (int steps = AUDIT_PROCESSES; steps > 0 && parent < reading.end; steps--) {
        if (p->pid == 1)
            return true;
        if (p->pid == self)
            return false;
        for (parent = reading.process; parent < reading.end && parent->pid != p->parent;)
            parent++;
        p = parent;
    }
    return false;
}

/* Returns whether there is any that is to be judged. */
static bool choose(struct audit_facts *f, bool foreign)
{
    int patience = ZOMBIE_MS;
    bool any = false;

    for (struct audit_process *p = reading.process; p < reading.end; p++) {
        if (!is_ours(p, foreign))
            continue;
        any = true;
        if (!p->zombie) {
            read_inside(p);
            f->process[f->count++] = p;
        } else if (p->parent == 1) {
            /* a second look tells the zombies that PID 1 leaves lying from those that it was about to reap */
            poll(NULL, 0, patience);
            patience = 0;
            if (read_status(p->pid, &reading.other) && reading.other.zombie)
                audit_found_add(&f->found[AUDIT_ZOMBIES], p->name);
        }
    }
    return any;
}

static void read_processes(struct audit_facts *f)
{
    bool foreign;

    read_all();
    read_file("/proc/1/cgroup");
    foreign = strcmp(reading.buffer, reading.own) != 0 && choose(f, true);
    if (!foreign)
        choose(f, false);
    if (foreign || getpid() == 1)
        f->state[AUDIT_INIT] = AUDIT_ABSENT;
    else if (read_status(1, &reading.other))
        audit_init_take(&reading.other, f);
    if (f->count > 0 && reading.end < &reading.process[AUDIT_PROCESSES]) {
        f->complete = true;
        f->state[AUDIT_ZOMBIES] = AUDIT_GOOD;
    }
}

/* --- cgroups, mounts, namespaces, devices --- */

/* The limits in the own cgroup and on the way up, as far as it is mounted here: of version 2, and of version
 * 1 below a folder for each controller. */
static void read_limits(struct audit_facts *f)
{
    static const char files[] = "\0/memory.max\0/memory\0/memory.stat\0"
                                "\0/cpu.max\0/cpu\0/cpu.cfs_quota_us\0"
                                "\0/pids.max\0/pids\0/pids.max";
    const char *folder = files, *own = audit_cgroup_path(reading.own);

    for (unsigned i = 0; i < 6; i++) {
        const char *file = text_after(folder);
        size_t len = strcspn(own, "\n");
        do {
            if (len > 0 && own[len] != '/' && own[len] != '\n')
                continue;
            look_join("/sys/fs/cgroup", folder);
            text_raw(&reading.path, own, len);
            text_put(&reading.path, file);
            if (read_file(reading.bytes) > 0)
                audit_limit_take(reading.buffer, (enum audit_check)(AUDIT_MEMORY + i / 2), f);
        } while (len-- > 0);
        folder = text_after(file);
    }
}

static void read_mounts(struct audit_facts *f)
{
    if (read_file("/proc/self/mountinfo") > 0)
        f->state[AUDIT_SOCKETS] = f->state[AUDIT_MOUNTS] = AUDIT_GOOD;
    for (char *line = reading.buffer; *line != '\0';) {
        const char *point = audit_mount_take(audit_field(&line, "\n"), f);
        for (const char *s = audit_sockets; point != NULL && *s != '\0'; s = text_after(s))
            if (look_in(point, s) == 0)
                audit_found_add(&f->found[AUDIT_SOCKETS], reading.bytes);
    }
}

static void read_namespaces(struct audit_facts *f)
{
    f->state[AUDIT_NAMESPACES] = AUDIT_GOOD;
    for (const struct audit_initial *ns = audit_initial; ns < &audit_initial[AUDIT_NAMESPACES_ALL]; ns++)
        audit_namespace_take(ns, look_in("/proc/self/ns/", ns->name) == 0 ? (uint32_t)reading.look.inode : 0,
                             f);
    /* a setting of the whole machine is shown in the initial network namespace only, on old kernels too */
    if (look_at("/proc/sys/net/core/netdev_budget", 0) == 0)
        audit_found_add(&f->found[AUDIT_NAMESPACES], audit_initial[AUDIT_NS_NET].name);
}

static void read_devices(struct audit_facts *f)
{
    for (const struct directory_entry *e = list("/dev"); e != NULL; e = directory_next(&reading.directory))
        if (e->type == DT_BLK)
            audit_found_add(&f->found[AUDIT_PRIVILEGED], look_join("/dev/", e->name));
    f->state[AUDIT_PRIVILEGED] = judge_read_only(AUDIT_PRIVILEGED, "/proc/sys");
    if (reading.directory.end < 0)
        f->state[AUDIT_PRIVILEGED] = AUDIT_UNREAD;
}

void audit_read(struct audit_facts *f)
{
    if (statfs("/proc", &reading.file_system) != 0 || (long)reading.file_system.f_type != PROC_SUPER_MAGIC)
        return;
    reading.facts = f;
    read_file("/proc/self/cgroup");
    memcpy(reading.own, reading.buffer, sizeof reading.own);
    read_mounts(f);
    read_processes(f);
    read_limits(f);
    read_namespaces(f);
    read_devices(f);
    f->state[AUDIT_READ_ONLY] = judge_read_only(AUDIT_READ_ONLY, "/");
    f->state[AUDIT_TOKEN] = f->kubernetes ? AUDIT_GOOD : AUDIT_ABSENT;
    look_through();
}

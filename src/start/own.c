/* own: see kinglet/own.h.
 *
 * A directory is read to its end, its files are given away as they are met, and the names of its directories
 * are kept; only then is one of these entered. So one directory is open, and another while it is read. The
 * way back is
 * `..`, which must be the very directory that we came from.
 *
 * Files come first, by two processes, of which each takes the files of half of the directories; then the
 * directories, each after what is in it. So a directory is root's as long as anything in it is to be changed:
 * nobody else can put something in the place of a file meanwhile, and a root without DAC_OVERRIDE can still
 * enter it.
 */
#include "kinglet/own.h"

#include "kinglet/log.h"
#include "kinglet/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ROOM = 1 << 16,          /* of a pile at first, and of a directory's entries read at a time */
    WANTED = 0x1000 | 0x11F, /* statx(2): STATX_MNT_ID; type, mode, links, ids, inode */
    MOUNT_ROOT = 0x2000,     /* STATX_ATTR_MOUNT_ROOT */
    NAME_ROOM = 256,
};

/* struct statx (statx(2)), in full: the C libraries know of its mount id late or not at all. */
struct entry {
    uint32_t mask, block_size;
    uint64_t attributes;
    uint32_t links, uid, gid;
    uint16_t mode, unused;
    uint64_t inode, size, blocks, attributes_mask, times[8];
    uint32_t device_of[2], device[2];
    uint64_t mount, spare[13];
};

/* What getdents64(2) fills in. */
struct listed {
    uint64_t inode;
    int64_t next;
    uint16_t size;
    unsigned char type;
    char name[];
};

struct pile {
    char *at;
    size_t len, room;
};

/* A directory that has been entered and not yet been left. */
struct level {
    struct entry self;
    size_t names; /* those of its directories stand above this in the pile of names */
};

enum part { FILES_OF_EVEN, FILES_OF_ODD, DIRECTORIES };

/* In memory that both processes share. */
struct tally {
    unsigned changed, linked, refused;
    int error;            /* that of the first one that was refused */
    char name[NAME_ROOM]; /* and its name */
};

struct walk {
    uint32_t uid, gid;
    enum part part;
    struct pile names, levels, listing;
    struct tally *tally;
};

static bool count_first(unsigned *n) /* NOLINT(readability-non-const-parameter): it is changed */
{
    return __atomic_fetch_add(n, 1, __ATOMIC_RELAXED) == 0;
}

static int pile_open(struct pile *p)
{
    p->at = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    p->len = 0;
    p->room = ROOM;
    return p->at == MAP_FAILED ? -ENOMEM : 0;
}

static int pile_add(struct pile *p, const void *bytes, size_t len)
{
    if (len > p->room - p->len) {
        long at = syscall(SYS_mremap, p->at, p->room, 2 * p->room, 1UL /* MREMAP_MAYMOVE */);
        if (at == -1)
            return -errno;
        p->at = (char *)at; /* NOLINT(performance-no-int-to-ptr): the system call's own type */
        p->room *= 2;
    }
    memcpy(p->at + p->len, bytes, len);
    p->len += len;
    return 0;
}

/* The last level but `above`. */
static const struct level *level_at(const struct walk *w, size_t above)
{
    return (const struct level *)(const void *)(w->levels.at + w->levels.len) - 1 - above;
}

/* Returns 0 or -errno. An empty name is `fd` itself. */
static int look(int fd, const char *name, int flags, struct entry *e)
{
    return syscall(SYS_statx, fd, name, flags | AT_NO_AUTOMOUNT | AT_EMPTY_PATH, WANTED, e) == 0 ? 0 : -errno;
}

static bool same(const struct entry *a, const struct entry *b)
{
    return a->inode == b->inode && a->device[0] == b->device[0] && a->device[1] == b->device[1];
}

static bool is_owned(const struct walk *w, const struct entry *e)
{
    return e->uid == w->uid && e->gid == w->gid;
}

/* Whether nobody but root can put something else in the place of what is in this directory. */
static bool is_quiet(const struct entry *dir)
{
    return dir->uid == 0 && (dir->mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Whether the files of this directory are this part's. By the inode, which both parts see alike whatever
 * others do meanwhile; those of directories are seldom spread evenly. */
static bool is_ours(const struct walk *w, const struct entry *dir)
{
    return (uint32_t)dir->inode * UINT32_C(2654435761) >> 31 == (uint32_t)w->part;
}

/* Takes note of one that is left as it is. Returns 0 where the walk may go on: what is gone, or has become
 * something else meanwhile, is nothing. */
static int leave(struct walk *w, const char *name, int error)
{
    if (error == -ENOENT || error == -ENOTDIR || error == -ELOOP)
        return 0;
    if (error != -EPERM && error != -EACCES && error != -EROFS)
        return error;
    if (count_first(&w->tally->refused)) {
        struct text t;
        text_init(&t, w->tally->name, NAME_ROOM);
        text_put(&t, name);
        w->tally->error = error;
    }
    return error == -EROFS ? error : 0; /* and so will be all the others */
}

static int give(struct walk *w, int fd, const char *name)
{
    if (syscall(SYS_fchownat, fd, name, w->uid, w->gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0)
        return -errno;
    count_first(&w->tally->changed);
    return 0;
}

/* Anything but a directory. Where its name may stand for something else by now, it is held fast and looked at
 * again. */
static int own_file(struct walk *w, int dir, const char *name, const struct entry *seen)
{
    struct entry held;
    int fd, error;

    if (is_owned(w, seen) || (seen->attributes & MOUNT_ROOT) != 0 || S_ISBLK(seen->mode) ||
        S_ISCHR(seen->mode))
        return 0;
    if (seen->links > 1) {
        count_first(&w->tally->linked);
        return 0;
    }
    if (is_quiet(&level_at(w, 0)->self))
        return give(w, dir, name);
    fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    error = look(fd, "", 0, &held);
    if (error == 0 && same(&held, seen) && held.links == 1 && (held.attributes & MOUNT_ROOT) == 0)
        error = give(w, fd, "");
    close(fd);
    return error;
}

static int own_listed(struct walk *w, int dir, const struct listed *l, bool ours)
{
    struct entry e;
    int error;

    if (l->name[0] == '.' && (l->name[1] == '\0' || (l->name[1] == '.' && l->name[2] == '\0')))
        return 0;
    if (l->type != 4 /* DT_DIR */) {
        if (!ours && l->type != 0 /* DT_UNKNOWN */)
            return 0;
        error = look(dir, l->name, AT_SYMLINK_NOFOLLOW, &e);
        if (error != 0)
            return error;
        if (!S_ISDIR(e.mode))
            return ours ? own_file(w, dir, l->name, &e) : 0;
    }
    return pile_add(&w->names, l->name, strlen(l->name) + 1);
}

/* Reads the directory `dir`, which gets a level, to its end. Returns 0 or -errno. */
static int begin(struct walk *w, int dir, const struct entry *self)
{
    struct level level = {*self, w->names.len};
    bool ours = is_ours(w, self);
    int error = pile_add(&w->levels, &level, sizeof level);
    long n = 1;

    while (error == 0 && (n = syscall(SYS_getdents64, dir, w->listing.at, ROOM)) > 0)
        for (const char *at = w->listing.at; error == 0 && at < w->listing.at + n;) {
            const struct listed *l = (const void *)at;
            at += l->size;
            error = own_listed(w, dir, l, ours);
            if (error != 0)
                error = leave(w, l->name, error);
        }
    return n < 0 ? leave(w, ".", -errno) : error;
}

/* Leaves the directory `dir`, whose level is the last. */
static int end(struct walk *w, int dir)
{
    int error = 0;

    if (w->part == DIRECTORIES && !is_owned(w, &level_at(w, 0)->self))
        error = give(w, dir, "");
    w->levels.len -= sizeof(struct level);
    close(dir);
    return error == 0 ? 0 : leave(w, ".", error);
}

/* The directory above `dir`, which must be that of the last level but one. Returns it or -errno. */
static int climb(const struct walk *w, int dir)
{
    struct entry now;
    const struct entry *above = &level_at(w, 1)->self;
    int up = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (up < 0)
        return -errno;
    if (look(up, "", 0, &now) == 0 && same(&now, above) && now.mount == above->mount)
        return up;
    close(up);
    return -ESTALE;
}

/* The name that is the last of the pile, taken off it. It stays where it is until the next one is added. */
static const char *take_name(struct walk *w)
{
    const char *before = memrchr(w->names.at, '\0', w->names.len - 1);
    const char *name = before == NULL ? w->names.at : before + 1;

    w->names.len = (size_t)(name - w->names.at);
    return name;
}

/* One step from the directory *dir: into one that is in it, or, all of these being done, out of it. Returns 0
 * or -errno, *dir -1 at the end. */
static int step(struct walk *w, int *dir)
{
    struct entry self;
    int next = -1, error;

    if (w->names.len > level_at(w, 0)->names) {
        const char *name = take_name(w);
        next = openat(*dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0)
            return leave(w, name, -errno);
        error = look(next, "", 0, &self);
        if (error != 0 || (self.attributes & MOUNT_ROOT) != 0) {
            close(next);
            return error;
        }
        error = begin(w, next, &self);
        if (error == 0 && w->names.len == level_at(w, 0)->names) /* nothing to enter in there */
            return end(w, next);
        close(*dir);
    } else {
        if (w->levels.len > sizeof(struct level) && (next = climb(w, *dir)) < 0)
            return next;
        error = end(w, *dir);
    }
    *dir = next;
    return error;
}

/* Walks what is at and below `top`. Returns 0 or -errno. */
static int walk(struct walk *w, int top, const struct entry *self)
{
    int dir = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error;

    if (dir < 0)
        return -errno;
    w->names.room = w->levels.room = w->listing.room = 0;
    error = pile_open(&w->names);
    if (error == 0)
        error = pile_open(&w->levels);
    if (error == 0)
        error = pile_open(&w->listing);
    if (error == 0)
        error = begin(w, dir, self);
    while (error == 0 && dir >= 0)
        error = step(w, &dir);
    close(dir);
    syscall(SYS_munmap, w->names.at, w->names.room);
    syscall(SYS_munmap, w->levels.at, w->levels.room);
    syscall(SYS_munmap, w->listing.at, w->listing.room);
    return error;
}

/* The three parts. Returns 0 or -errno. */
static int walk_parts(struct walk *w, int top, const struct entry *self)
{
    pid_t pid = process_fork();
    int error, status = 0;

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        w->part = FILES_OF_ODD;
        _exit(-walk(w, top, self));
    }
    error = walk(w, top, self);
    if (pid > 0 && (waitpid(pid, &status, 0) != pid || status != 0) && error == 0)
        error = WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
    for (w->part = pid < 0 ? FILES_OF_ODD : DIRECTORIES; error == 0 && w->part <= DIRECTORIES; w->part++)
        error = walk(w, top, self);
    return error;
}

static int fault(struct text *faults, const char *path, const char *what)
{
    text_fault(faults, "--own: %s: %s", path, what);
    return -1;
}

/* Opens the directory at `path`, name by name, so that no link can lead elsewhere. Returns it, or -1 with the
 * reason appended. */
static int open_top(const char *path, struct entry *top, struct text *faults)
{
    static const char never[][6] = {"/", "/proc", "/sys", "/dev", "/etc", "/usr"};
    const char *at = path;
    struct entry other;
    int dir, error = 0;

    if (path[0] != '/')
        return fault(faults, path, "is not an absolute path");
    dir = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (error == 0 && *(at += strspn(at, "/")) != '\0') {
        char name[NAME_ROOM];
        size_t len = strcspn(at, "/");
        struct text t;
        int next;
        text_init(&t, name, sizeof name);
        text_raw(&t, at, len);
        at += len;
        next = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        error = t.cut ? -ENAMETOOLONG : next < 0 ? -errno : 0;
        close(dir);
        dir = next;
    }
    if (error == 0)
        error = look(dir, "", 0, top);
    for (size_t i = 0; error == 0 && i < sizeof never / sizeof never[0]; i++)
        if (look(AT_FDCWD, never[i], 0, &other) == 0 && same(top, &other))
            error = -EXDEV;
    if (error == 0)
        return dir;
    close(dir);
    return fault(faults, path,
                 error == -EXDEV     ? "is the system's own, and never given away"
                 : error == -ENOTDIR ? "is not a directory, or leads over a symbolic link: give its real path"
                                     : log_errno(error));
}

void own_check(const struct list *paths, struct text *faults)
{
    for (size_t i = 0; i < paths->count; i++) {
        struct entry top;
        close(open_top(paths->item[i], &top, faults));
    }
}

/* Returns whether it is the user's completely now, or what keeps it from that is a fault. */
static bool own_path(struct walk *w, const char *path, struct text *faults)
{
    struct tally *t = w->tally;
    struct entry top;
    int dir = open_top(path, &top, faults);
    int error;

    if (dir < 0)
        return true;
    memset(t, 0, sizeof *t);
    w->part = FILES_OF_EVEN;
    error = is_owned(w, &top) ? 0 : walk_parts(w, dir, &top);
    close(dir);
    if (error != 0 && error != -EROFS)
        fault(faults, path, error == -ESTALE ? "directories are moved while it is walked" : log_errno(error));
    if (t->refused > 0)
        log_line(LOG_WARN, "--own: %s: %u entries stay as they are ('%s': %s)", path, t->refused, t->name,
                 log_errno(t->error));
    if (t->linked > 0)
        log_line(LOG_WARN, "--own: %s: %u files with further hard links stay as they are", path, t->linked);
    if (t->changed > 0)
        log_line(LOG_INFO, "--own: %s: %u entries given to %u:%u", path, t->changed, w->uid, w->gid);
    return t->refused == 0;
}

void own_apply(struct list *paths, uint32_t uid, uint32_t gid, struct text *faults)
{
    struct walk w = {.uid = uid, .gid = gid};
    size_t left = 0;

    w.tally = mmap(NULL, sizeof *w.tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (w.tally == MAP_FAILED) {
        fault(faults, paths->item[0], log_errno(errno));
        return;
    }
    for (size_t i = 0; i < paths->count; i++)
        if (!own_path(&w, paths->item[i], faults))
            paths->item[left++] = paths->item[i];
    paths->count = left;
    syscall(SYS_munmap, w.tally, sizeof *w.tally);
}

void own_verify(const struct list *paths, bool from_root, struct text *faults)
{
    for (size_t i = 0; i < paths->count; i++) {
        const char *path = paths->item[i];
        if (syscall(SYS_faccessat, AT_FDCWD, path, W_OK | X_OK) == 0)
            continue;
        if (!from_root) {
            log_line(LOG_WARN, "--own: %s: %s, and only a start as root could change that", path,
                     log_errno(errno));
            continue;
        }
        text_next(faults);
        text_format(
            faults,
            "--own: %s: the user cannot write there: %s: add the capability CHOWN, or mount it writable",
            path, log_errno(errno));
    }
}

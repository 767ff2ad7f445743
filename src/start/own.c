/* own: see kinglet/own.h.
 *
 * A directory is read to its end, its files are given away as they are met, and the names of its directories
 * are kept; only then is one of these entered. So one directory is open, and another while it is read. The
 * way back is `..`, which must be the very directory that we came from. A directory goes after what is in it:
 * it is root's as long as we are in it, and a root without DAC_OVERRIDE could not enter it afterwards.
 */
#include "kinglet/own.h"

#include "kinglet/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

struct walk {
    uint32_t uid, gid;
    struct pile names, levels, listing;
    unsigned long long changed, linked, refused;
    int error;            /* that of the first one that was refused */
    char name[NAME_ROOM]; /* the first one that was left as it is */
};

static int pile_open(struct pile *p)
{
    p->at = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    p->len = 0;
    p->room = ROOM;
    return p->at == MAP_FAILED ? -errno : 0;
}

static void pile_close(const struct pile *p)
{
    if (p->at != MAP_FAILED)
        syscall(SYS_munmap, p->at, p->room);
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

/* Returns 0 or -errno. An empty name is `fd` itself. */
static int look(int fd, const char *name, int flags, struct entry *e)
{
    if (*name == '\0')
        flags |= AT_EMPTY_PATH;
    return syscall(SYS_statx, fd, name, flags | AT_NO_AUTOMOUNT, WANTED, e) == 0 ? 0 : -errno;
}

static bool same(const struct entry *a, const struct entry *b)
{
    return a->inode == b->inode && a->device[0] == b->device[0] && a->device[1] == b->device[1];
}

static bool is_owned(const struct walk *w, const struct entry *e)
{
    return e->uid == w->uid && e->gid == w->gid;
}

/* Takes note of one that is left as it is. Returns 0 where the walk may go on: what is gone, or has become
 * something else meanwhile, is nothing. */
static int leave(struct walk *w, const char *name, int error)
{
    if (error == -ENOENT || error == -ENOTDIR || error == -ELOOP)
        return 0;
    if (error != -EPERM && error != -EACCES && error != -EROFS)
        return error;
    if (w->refused++ == 0) {
        struct text t;
        text_init(&t, w->name, sizeof w->name);
        text_put(&t, name);
        w->error = error;
    }
    return error == -EROFS ? error : 0; /* and so will be all the others */
}

static int give(struct walk *w, int fd, const char *name, int flags)
{
    if (syscall(SYS_fchownat, fd, name, w->uid, w->gid, flags) != 0)
        return -errno;
    w->changed++;
    return 0;
}

/* Anything but a directory. What the name stands for now may not be what was looked at: it is held fast, and
 * looked at again. */
static int own_file(struct walk *w, int dir, const char *name, const struct entry *seen)
{
    struct entry held;
    int fd, error;

    if (is_owned(w, seen) || (seen->attributes & MOUNT_ROOT) != 0 || S_ISBLK(seen->mode) ||
        S_ISCHR(seen->mode))
        return 0;
    if (seen->links > 1) {
        w->linked++;
        return 0;
    }
    fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    error = look(fd, "", 0, &held);
    if (error == 0 && same(&held, seen) && held.links == 1 && (held.attributes & MOUNT_ROOT) == 0)
        error = give(w, fd, "", AT_EMPTY_PATH);
    close(fd);
    return error;
}

/* Reads the directory to its end. Returns 0 or -errno. */
static int own_files(struct walk *w, int dir)
{
    struct entry e;
    long n;

    while ((n = syscall(SYS_getdents64, dir, w->listing.at, ROOM)) > 0) {
        for (const char *at = w->listing.at; at < w->listing.at + n;
             at += ((const struct listed *)(const void *)at)->size) {
            const struct listed *l = (const void *)at;
            bool directory = l->type == 4; /* DT_DIR */
            int error = 0;
            if (l->name[0] == '.' && (l->name[1] == '\0' || (l->name[1] == '.' && l->name[2] == '\0')))
                continue;
            if (!directory) {
                error = look(dir, l->name, AT_SYMLINK_NOFOLLOW, &e);
                directory = error == 0 && S_ISDIR(e.mode);
            }
            if (directory)
                error = pile_add(&w->names, l->name, strlen(l->name) + 1);
            else if (error == 0)
                error = own_file(w, dir, l->name, &e);
            if (error != 0 && (error = leave(w, l->name, error)) != 0)
                return error;
        }
    }
    return n < 0 ? -errno : 0;
}

/* Enters the directory `name` of `dir`, or not: *entered is -1 then. Returns 0 or -errno. */
static int enter(struct walk *w, int dir, const char *name, int *entered)
{
    struct level level;
    int error;

    *entered = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*entered < 0)
        return leave(w, name, -errno);
    error = look(*entered, "", 0, &level.self);
    if (error == 0 && (level.self.attributes & MOUNT_ROOT) == 0) {
        level.names = w->names.len;
        error = pile_add(&w->levels, &level, sizeof level);
        return error != 0 ? error : own_files(w, *entered);
    }
    close(*entered);
    *entered = -1;
    return error;
}

/* Leaves the directory `dir`, whose level is the last: it is given away. */
static int quit(struct walk *w, int dir)
{
    struct level level;
    int error = 0;

    w->levels.len -= sizeof level;
    memcpy(&level, w->levels.at + w->levels.len, sizeof level);
    if (!is_owned(w, &level.self))
        error = give(w, dir, "", AT_EMPTY_PATH);
    close(dir);
    return error == 0 ? 0 : leave(w, ".", error);
}

/* The directory above `dir`, which must be the one of the last level but one. Returns it or -errno. */
static int climb(const struct walk *w, int dir)
{
    struct level level;
    struct entry now;
    int up = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (up < 0)
        return -errno;
    memcpy(&level, w->levels.at + w->levels.len - 2 * sizeof level, sizeof level);
    if (look(up, "", 0, &now) == 0 && same(&now, &level.self) && now.mount == level.self.mount)
        return up;
    close(up);
    return -ESTALE;
}

/* Walks what is at and below `dir`, which it closes. The piles are open. Returns 0 or -errno. */
static int walk(struct walk *w, int dir, const struct entry *top)
{
    struct level level = {.self = *top};
    int error = pile_add(&w->levels, &level, sizeof level);

    if (error == 0)
        error = own_files(w, dir);
    while (error == 0) {
        size_t depth = w->levels.len / sizeof level;
        int next = -1;
        memcpy(&level, w->levels.at + w->levels.len - sizeof level, sizeof level);
        if (w->names.len > level.names) {
            const char *end = w->names.at + w->names.len - 1;
            const char *name = memrchr(w->names.at, '\0', w->names.len - 1);
            name = name == NULL ? w->names.at : name + 1;
            w->names.len -= (size_t)(end - name) + 1;
            error = enter(w, dir, name, &next);
            if (next < 0)
                continue;
            memcpy(&level, w->levels.at + w->levels.len - sizeof level, sizeof level);
            if (error == 0 && w->names.len == level.names) { /* nothing to enter in there */
                error = quit(w, next);
                continue;
            }
            close(dir);
            dir = next;
        } else {
            next = depth > 1 ? climb(w, dir) : -1;
            if (depth > 1 && next < 0) {
                error = next;
                break;
            }
            error = quit(w, dir);
            dir = next;
            if (depth == 1)
                return error;
        }
    }
    close(dir);
    return error;
}

static int fault(struct text *faults, const char *path, const char *what)
{
    text_next(faults);
    text_format(faults, "--own: %s: %s", path, what);
    return -1;
}

/* Opens the directory at `path`, name by name, so that no link can lead elsewhere. Returns it, or -1 with the
 * reason appended. */
static int open_top(const char *path, struct entry *top, struct text *faults)
{
    static const char never[][6] = {"/", "/proc", "/sys", "/dev", "/etc", "/usr"};
    struct entry other;
    int dir, error;

    if (path[0] != '/')
        return fault(faults, path, "is not an absolute path");
    dir = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (const char *at = path + 1; dir >= 0;) {
        char name[NAME_ROOM];
        size_t len = strcspn(at, "/");
        bool last = at[len] == '\0';
        struct text t;
        int next;
        text_init(&t, name, sizeof name);
        text_raw(&t, len == 0 ? "." : at, len == 0 ? 1 : len);
        at += len + !last;
        next =
            t.cut ? -1 : openat(dir, name, (last ? O_RDONLY : O_PATH) | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        error = t.cut ? ENAMETOOLONG : errno;
        close(dir);
        dir = next;
        errno = error;
        if (last)
            break;
    }
    error = dir < 0 ? -errno : look(dir, "", 0, top);
    for (size_t i = 0; error == 0 && i < sizeof never / sizeof never[0]; i++)
        if (look(AT_FDCWD, never[i], 0, &other) == 0 && same(top, &other)) {
            close(dir);
            return fault(faults, path, "is never given away (the system's own directories are not volumes)");
        }
    if (error == 0)
        return dir;
    if (dir >= 0)
        close(dir);
    return fault(faults, path,
                 error == -ENOTDIR || error == -ELOOP
                     ? "is not a directory, or leads over a symbolic link: give its real path"
                     : log_errno(error));
}

void own_check(const struct list *paths, struct text *faults)
{
    for (size_t i = 0; i < paths->count; i++) {
        struct entry top;
        int dir = open_top(paths->item[i], &top, faults);
        if (dir >= 0)
            close(dir);
    }
}

/* Returns whether it is the user's completely now. */
static bool own_path(const char *path, uint32_t uid, uint32_t gid, struct text *faults)
{
    struct walk w = {.uid = uid, .gid = gid};
    struct entry top;
    int dir = open_top(path, &top, faults);
    int error;

    if (dir < 0)
        return true;
    if (is_owned(&w, &top)) {
        close(dir);
        return true;
    }
    error = pile_open(&w.names) | pile_open(&w.levels) | pile_open(&w.listing);
    if (error == 0)
        error = walk(&w, dir, &top);
    pile_close(&w.names);
    pile_close(&w.levels);
    pile_close(&w.listing);
    if (error != 0 && error != -EROFS)
        fault(faults, path, error == -ESTALE ? "directories are moved while it is walked" : log_errno(error));
    if (w.refused > 0)
        log_line(LOG_WARN, "--own: %s: %llu entries stay as they are ('%s': %s)", path, w.refused, w.name,
                 log_errno(w.error));
    if (w.linked > 0)
        log_line(LOG_WARN, "--own: %s: %llu files stay as they are: they have further hard links", path,
                 w.linked);
    log_line(LOG_INFO, "--own: %s: %llu entries given to %u:%u", path, w.changed, uid, gid);
    return w.refused == 0;
}

void own_apply(struct list *paths, uint32_t uid, uint32_t gid, struct text *faults)
{
    size_t left = 0;

    for (size_t i = 0; i < paths->count; i++)
        if (!own_path(paths->item[i], uid, gid, faults))
            paths->item[left++] = paths->item[i];
    paths->count = left;
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

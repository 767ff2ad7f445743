/* own: see kinglet/own.h.
 *
 * A directory is read to its end, its files are given away as they are met, and the names of its directories
 * are kept; only then is one of these entered. So one directory is open, and another while it is read. The
 * way back is `..`, which must be the very directory that we came from.
 *
 * Files come first, by two processes, of which each takes the files of half of the directories; then the
 * directories, each after what is in it. So a directory is root's as long as anything in it is to be changed:
 * nobody else can put something in the place of a file meanwhile, and a root without DAC_OVERRIDE can still
 * enter it.
 */
#include "kinglet/own.h"

#include "kinglet/directory.h"
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
    ROOM = 1 << 16,          /* of a pile at first */
    WANTED = 0x1000 | 0x11F, /* statx(2): STATX_MNT_ID; type, mode, links, ids, inode */
    MOUNT_ROOT = 0x2000,     /* STATX_ATTR_MOUNT_ROOT */
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

/* A directory that has been entered and not yet been left. In the pile the names of its directories stand
 * behind it, and an empty one; then the level of that of them that has been entered. */
struct level {
    size_t below; /* where the level stands that it was entered from */
    size_t next;  /* where the name stands that comes next */
    struct entry self;
};

/* What is being read of a directory; before that, a name. What has no room in it is too long for any file
 * system. */
static struct directory listing;

enum part { FILES_OF_EVEN, FILES_OF_ODD, DIRECTORIES };

/* In memory that both processes share. */
struct tally {
    unsigned changed, linked, refused;
    int error;                       /* that of the first one that was refused */
    char name[sizeof listing.bytes]; /* and its name */
};

struct walk {
    uint32_t uid, gid;
    struct list *paths;
    size_t left; /* how many of them are not the user's yet */
    struct text *faults;
    enum part part;
    char *pile;
    size_t len, room; /* of it */
    size_t top;       /* where the last level stands */
    bool ours, quiet; /* what is_ours and is_quiet say of its directory */
    struct tally *tally;
    struct entry seen;
};

static bool count_first(unsigned *n) /* NOLINT(readability-non-const-parameter): it is changed */
{
    return __atomic_fetch_add(n, 1, __ATOMIC_RELAXED) == 0;
}

/* Returns `len` bytes more of the pile, or NULL with errno. */
static void *push(struct walk *w, size_t len)
{
    if (len > w->room - w->len) {
        long at = syscall(SYS_mremap, w->pile, w->room, 2 * w->room, 1UL /* MREMAP_MAYMOVE */);
        if (at == -1)
            return NULL;
        w->pile = (char *)at; /* NOLINT(performance-no-int-to-ptr): the system call's own type */
        w->room *= 2;
    }
    w->len += len;
    return w->pile + w->len - len;
}

static struct level *level_at(const struct walk *w, size_t at)
{
    return (struct level *)(void *)(w->pile + at);
}

/* An empty name is `fd` itself. Here and below: returns 0, or -1 with errno. */
static int look(int fd, const char *name, struct entry *e)
{
    return (int)syscall(SYS_statx, fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH, WANTED,
                        e);
}

static bool same(const struct entry *a, const struct entry *b)
{
    return a->inode == b->inode && a->device[0] == b->device[0] && a->device[1] == b->device[1];
}

static bool is_owned(const struct walk *w, const struct entry *e)
{
    return e->uid == w->uid && e->gid == w->gid;
}

/* Whether it is to be left as it is. */
static bool is_done(const struct walk *w, const struct entry *e)
{
    return is_owned(w, e) || (e->attributes & MOUNT_ROOT) != 0;
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

/* Takes note of one that is left as it is, for errno. Returns 0 where the walk may go on: what is gone, or
 * has become something else meanwhile, is nothing. */
static int leave(struct walk *w, const char *name)
{
    int error = errno;

    if (error == ENOENT || error == ENOTDIR || error == ELOOP)
        return 0;
    if (error != EPERM && error != EACCES && error != EROFS)
        return -1;
    if (count_first(&w->tally->refused)) {
        memcpy(w->tally->name, name, strlen(name) + 1);
        w->tally->error = error;
    }
    return error == EROFS ? -1 : 0; /* and so will be all the others */
}

static int give(struct walk *w, int fd, const char *name)
{
    if (syscall(SYS_fchownat, fd, name, w->uid, w->gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0)
        return -1;
    count_first(&w->tally->changed);
    return 0;
}

/* Anything but a directory. */
static int own_file(struct walk *w, int dir, const char *name)
{
    const struct entry *e = &w->seen;

    if (is_done(w, e) || S_ISBLK(e->mode) || S_ISCHR(e->mode))
        return 0;
    if (e->links > 1) {
        count_first(&w->tally->linked);
        return 0;
    }
    return give(w, dir, name);
}

static int own_listed(struct walk *w, int dir, const struct directory_entry *l)
{
    size_t size = strlen(l->name) + 1;
    char *at;

    if (l->type != 4 /* DT_DIR */) {
        const char *name = l->name;
        int error;
        if (!w->ours && l->type != 0 /* DT_UNKNOWN */)
            return 0;
        if (!w->quiet) { /* its name may stand for something else at any time: it is held fast */
            dir = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
            if (dir < 0)
                return -1;
            name = "";
        }
        error = look(dir, name, &w->seen);
        if (error == 0 && w->ours && !S_ISDIR(w->seen.mode))
            error = own_file(w, dir, name);
        if (!w->quiet)
            close(dir);
        if (error != 0 || !S_ISDIR(w->seen.mode))
            return error;
    }
    at = push(w, size);
    if (at == NULL)
        return -1;
    memcpy(at, l->name, size);
    return 0;
}

/* Enters the directory `dir`, and reads it to its end where it is not another mount's. */
static int begin(struct walk *w, int dir)
{
    size_t at = w->len;
    struct level *l = push(w, sizeof *l);
    const struct directory_entry *e;
    char *last;

    if (l == NULL || look(dir, "", &l->self) != 0)
        return -1;
    if (at == 0)
        l->self.attributes = 0; /* what --own names may be a mount */
    l->below = w->top;
    l->next = w->len;
    w->top = at;
    w->ours = is_ours(w, &l->self);
    w->quiet = is_quiet(&l->self);
    directory_begin(&listing, dir);
    if ((l->self.attributes & MOUNT_ROOT) == 0) {
        while ((e = directory_next(&listing)) != NULL)
            if (own_listed(w, dir, e) != 0 && leave(w, e->name) != 0)
                return -1;
        if (listing.end < 0 && leave(w, ".") != 0)
            return -1;
    }
    last = push(w, _Alignof(struct level) - w->len % _Alignof(struct level));
    if (last == NULL)
        return -1;
    *last = '\0';
    return 0;
}

/* Leaves the directory `dir`, whose level is the last. */
static int end(struct walk *w, int dir)
{
    const struct level *l = level_at(w, w->top);
    int error = 0;

    if (w->part == DIRECTORIES && !is_done(w, &l->self) && give(w, dir, "") != 0)
        error = leave(w, ".");
    w->len = w->top;
    w->top = l->below;
    close(dir);
    return error;
}

/* The directory above `dir`, which must be that of the last level but one. Returns it, or -1 with errno. */
static int climb(struct walk *w, int dir)
{
    const struct entry *above = &level_at(w, level_at(w, w->top)->below)->self;
    int up = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (up < 0 || (look(up, "", &w->seen) == 0 && same(&w->seen, above) && w->seen.mount == above->mount))
        return up;
    close(up);
    errno = ESTALE;
    return -1;
}

/* The name that comes next, or an empty one. */
static const char *next_name(const struct walk *w)
{
    return w->pile + level_at(w, w->top)->next;
}

/* One step from the directory *dir: into one that is in it, or, all of these being done, out of it. *dir is
 * -1 at the end. */
static int step(struct walk *w, int *dir)
{
    const char *name = next_name(w);
    int next = -1, error;

    if (*name != '\0') {
        level_at(w, w->top)->next += strlen(name) + 1;
        next = openat(*dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0)
            return leave(w, name);
        error = begin(w, next);
        if (error == 0 && *next_name(w) == '\0') /* nothing to enter in there */
            return end(w, next);
        close(*dir);
    } else {
        if (w->top > 0 && (next = climb(w, *dir)) < 0)
            return -1;
        error = end(w, *dir);
    }
    *dir = next;
    return error;
}

/* Walks what is at and below `top`. Returns 0 or an errno value. */
static int walk(struct walk *w, int top)
{
    int dir = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error;

    w->pile = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    w->room = ROOM;
    w->len = w->top = 0;
    error = dir < 0 || w->pile == MAP_FAILED ? -1 : begin(w, dir);
    while (error == 0 && dir >= 0)
        error = step(w, &dir);
    if (error != 0)
        error = errno;
    close(dir);
    syscall(SYS_munmap, w->pile, w->room);
    return error;
}

/* The three parts. Returns 0 or an errno value. */
static int walk_parts(struct walk *w, int top)
{
    pid_t pid = process_fork();
    int error, status = 0;

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        w->part = FILES_OF_ODD;
        _exit(walk(w, top));
    }
    error = walk(w, top);
    if (pid > 0 && waitpid(pid, &status, 0) == pid && status != 0 && error == 0)
        error = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    for (w->part = pid < 0 ? FILES_OF_ODD : DIRECTORIES; error == 0 && w->part <= DIRECTORIES; w->part++)
        error = walk(w, top);
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
    static const char never[] = "/\0/proc/\0/sys/\0/dev/\0/etc/\0/usr/\0"; /* where these lead */
    const char *at = path, *why = NULL;
    struct entry other;
    int dir, next;

    if (path[0] != '/')
        return fault(faults, path, "is not an absolute path");
    dir = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (dir >= 0 && *(at += strspn(at, "/")) != '\0') {
        size_t len = strcspn(at, "/");
        struct text t;
        text_init(&t, listing.bytes, sizeof listing.bytes);
        text_raw(&t, at, len);
        at += len;
        next = openat(dir, listing.bytes, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(dir);
        dir = next;
    }
    if (dir < 0 || look(dir, "", top) != 0)
        why = errno == ENOTDIR ? "is not a directory, or leads over a symbolic link: give its real path"
                               : log_why();
    else
        for (const char *n = never; *n != '\0'; n = text_after(n))
            if (look(AT_FDCWD, n, &other) == 0 && same(top, &other))
                why = "is the system's own, and never given away";
    if (why == NULL)
        return dir;
    close(dir);
    return fault(faults, path, why);
}

static void check(void *faults, const char *path)
{
    struct entry top;

    close(open_top(path, &top, faults));
}

void own_check(const struct list *paths, struct text *faults)
{
    list_each(paths, check, faults);
}

/* Where nothing but a fault keeps it from being the user's completely, it is not for own_verify. */
static void own_path(void *walk, const char *path)
{
    struct walk *w = walk;
    struct tally *t = w->tally;
    int dir = open_top(path, &w->seen, w->faults);
    int error;

    if (dir < 0)
        return;
    memset(t, 0, sizeof *t);
    w->part = FILES_OF_EVEN;
    error = is_owned(w, &w->seen) ? 0 : walk_parts(w, dir);
    close(dir);
    if (error != 0 && error != EROFS)
        fault(w->faults, path,
              error == ESTALE ? "directories are moved while it is walked" : log_errno(error));
    if (t->refused > 0) {
        w->paths->item[w->left++] = path;
        log_line(LOG_WARN, "--own: %s: %u entries stay as they are ('%s': %s)", path, t->refused, t->name,
                 log_errno(t->error));
    }
    if (t->linked > 0)
        log_line(LOG_WARN, "--own: %s: %u files with further hard links stay as they are", path, t->linked);
    if (t->changed > 0)
        log_line(LOG_INFO, "--own: %s: %u entries given to %u:%u", path, t->changed, w->uid, w->gid);
}

void own_apply(struct list *paths, uint32_t uid, uint32_t gid, struct text *faults)
{
    struct walk w;

    w.uid = uid;
    w.gid = gid;
    w.paths = paths;
    w.left = 0;
    w.faults = faults;
    w.tally = mmap(NULL, sizeof *w.tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (w.tally == MAP_FAILED) {
        fault(faults, paths->item[0], log_why());
        return;
    }
    list_each(paths, own_path, &w);
    paths->count = w.left;
    syscall(SYS_munmap, w.tally, sizeof *w.tally);
}

static void verify(void *faults, const char *path)
{
    const char *why;

    if (syscall(SYS_faccessat, AT_FDCWD, path, W_OK | X_OK) == 0)
        return;
    why = log_why();
    if (faults == NULL)
        log_line(LOG_WARN, "--own: %s: %s, and only a start as root could change that", path, why);
    else
        text_fault(
            faults,
            "--own: %s: the user cannot write there: %s: add the capability CHOWN, or mount it writable",
            path, why);
}

void own_verify(const struct list *paths, bool from_root, struct text *faults)
{
    list_each(paths, verify, from_root ? faults : NULL);
}

/* tree: what lies in the image: set-id files, file capabilities, shells and other tools. See kinglet/audit.h.
 *
 * The walk is a loop over a stack of open folders, each with the place where to go on, so that depth, memory
 * and time are bounded. It enters no link and leaves no mount: neither loops nor what others have mounted can
 * lead it astray. The working directory of this process, which nobody else has, moves with it.
 */
#include "kinglet/arena.h"
#include "kinglet/audit.h"
#include "kinglet/clock.h"
#include "kinglet/directory.h"
#include "look.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    DEPTH = 48,
    WALK_US = 3000000,
    OPEN = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
};

struct walk {
    struct audit_facts *facts;
    unsigned depth;
    bool hidden; /* something could not be looked at */
    struct look look;
    uint64_t last; /* the inode of the set-id file found last: one with many names is told once */
    struct {
        int fd;
        int64_t next;
    } level[DEPTH];
    char path[4096];
};

/* `name` is in the working directory, whose path is asked for only now. */
static void found(struct walk *w, enum audit_check check, const char *name)
{
    ssize_t n = readlink("/proc/self/cwd", w->path, sizeof w->path / 2);
    struct text t = {w->path, n > 1 ? (size_t)n : 0, sizeof w->path, false};

    text_put(&t, "/");
    text_put(&t, name);
    audit_found_add(&w->facts->row[check].found, w->path);
}

/* `name` is a file or a link in the working directory. */
static void judge_file(struct walk *w, const char *name)
{
    static const char tools[] =
        "busybox\0toybox\0sh\0bash\0dash\0ash\0zsh\0ksh\0fish\0curl\0wget\0apt\0dpkg\0"
        "apk\0yum\0dnf\0microdnf\0rpm\0zypper\0pacman\0sudo\0su\0doas\0";
    const char *tool = tools;

    while (*tool != '\0' && strcmp(tool, name) != 0)
        tool += strlen(tool) + 1;
    if (*tool != '\0' && look_at(name, true, &w->look) == 0 && S_ISREG(w->look.mode) &&
        (w->look.mode & 0111) != 0)
        found(w, AUDIT_TOOLS, name);
    if (look_at(name, false, &w->look) != 0)
        w->hidden = true;
    else if (S_ISREG(w->look.mode) && (w->look.mode & 0111) != 0 &&
             (w->look.attributes & LOOK_MOUNT_ROOT) == 0 && w->look.inode != w->last &&
             ((w->look.mode & S_ISUID) != 0 || (w->look.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) ||
              syscall(SYS_lgetxattr, name, "security.capability", NULL, 0UL) > 0)) {
        w->last = w->look.inode;
        found(w, AUDIT_SET_ID, name);
    }
}

/* Goes down into the folder `name`, unless something is mounted there; `next` is where to go on afterwards.
 */
static bool enter(struct walk *w, const char *name, int64_t next)
{
    int fd = -1;

    if (look_at(name, false, &w->look) == 0 && (w->look.attributes & LOOK_MOUNT_ROOT) != 0)
        return false;
    if (w->depth + 1 < DEPTH)
        fd = open(name, OPEN);
    if (fd < 0 || fchdir(fd) != 0) {
        w->hidden = true;
        close(fd);
        return false;
    }
    w->level[w->depth].next = next;
    w->level[++w->depth].fd = fd;
    return true;
}

/* Goes back up and on behind the folder it came out of. */
static void leave(struct walk *w)
{
    int fd;

    close(w->level[w->depth--].fd);
    fd = w->level[w->depth].fd;
    if (lseek(fd, w->level[w->depth].next, SEEK_SET) < 0 || fchdir(fd) != 0)
        w->hidden = true;
}

void audit_read_tree(struct audit_facts *f)
{
    struct walk *w = arena_take(sizeof *w);
    int64_t deadline = clock_us() + WALK_US;
    struct directory d;

    if (w == NULL)
        return;
    w->facts = f;
    w->level[0].fd = open("/", OPEN);
    if (fchdir(w->level[0].fd) != 0)
        return;
    directory_begin(&d, w->level[0].fd);
    while (true) {
        const struct directory_entry *e = directory_next(&d);
        if (clock_us() > deadline)
            return;
        w->hidden = w->hidden || d.end < 0;
        if (e != NULL && e->type != DT_DIR) {
            if (e->type == DT_REG || e->type == DT_LNK)
                judge_file(w, e->name);
            w->hidden = w->hidden || e->type == DT_UNKNOWN;
            continue;
        }
        if (e == NULL && w->depth == 0)
            break;
        if (e == NULL)
            leave(w);
        else if (!enter(w, e->name, e->next))
            continue;
        directory_begin(&d, w->level[w->depth].fd);
    }
    if (!w->hidden)
        f->row[AUDIT_TOOLS].state = f->row[AUDIT_SET_ID].state = AUDIT_GOOD;
}

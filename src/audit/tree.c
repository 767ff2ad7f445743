/* tree: what lies in the image: set-id files, file capabilities, shells and other tools. See kinglet/audit.h.
 *
 * The walk is a loop over a stack of open folders, each with the place where to go on, so that depth, memory
 * and time are bounded. It follows no link and leaves no mount: neither loops nor what others have mounted
 * can lead it astray. The working directory of this process, which nobody else has, moves with it.
 */
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
    LOOKS = 64, /* entries from one look at the clock to the next */
    FOLDERS = 32,
    OPEN = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
};

struct walk {
    struct audit_facts *facts;
    struct {
        int fd;
        int64_t next;
        size_t path; /* the length of its path */
    } level[DEPTH];
    int depth;
    struct text path;
    char bytes[4096];
    uint64_t seen[AUDIT_NAMED]; /* inodes with more than one name */
    size_t seen_count;
};

/* Folders that have been looked into. */
struct seen {
    struct {
        uint64_t inode;
        uint32_t minor;
    } folder[FOLDERS];
    size_t count;
};

/* The same file under several names is told once. */
static bool is_new(struct walk *w, const struct look *file)
{
    for (size_t i = 0; i < w->seen_count; i++)
        if (w->seen[i] == file->inode)
            return false;
    if (file->links > 1 && w->seen_count < AUDIT_NAMED)
        w->seen[w->seen_count++] = file->inode;
    return true;
}

/* `name` is in the working directory. */
static void judge_file(struct walk *w, const char *name)
{
    struct look file;
    char ignored[1];
    size_t len = w->path.len;

    if (look_at(AT_FDCWD, name, false, &file) != 0) {
        w->facts->tree = AUDIT_UNREAD;
        return;
    }
    if (!S_ISREG(file.mode) || (file.mode & 0111) == 0 || (file.attributes & LOOK_MOUNT_ROOT) != 0)
        return;
    if ((file.mode & S_ISUID) == 0 && (file.mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP) &&
        (syscall(SYS_lgetxattr, name, "security.capability", ignored, 0UL) <= 0))
        return;
    if (!is_new(w, &file))
        return;
    text_put(&w->path, "/");
    text_put(&w->path, name);
    audit_found_add(&w->facts->set_id, w->path.at, w->path.len);
    w->path.len = len;
    w->path.cut = false;
    w->path.at[len] = '\0';
}

/* Goes down into `name`; `next` is where to go on afterwards. Returns whether it did. */
static bool enter(struct walk *w, const char *name, int64_t next)
{
    struct look folder;
    int fd;

    if (look_at(AT_FDCWD, name, false, &folder) == 0 &&
        (!S_ISDIR(folder.mode) || (folder.attributes & LOOK_MOUNT_ROOT) != 0))
        return false;
    fd = w->depth + 1 < DEPTH ? open(name, OPEN) : -1;
    if (fd < 0 || fchdir(fd) != 0) {
        w->facts->tree = AUDIT_UNREAD;
        if (fd >= 0)
            close(fd);
        return false;
    }
    w->level[w->depth].next = next;
    w->level[w->depth].path = w->path.len;
    w->level[++w->depth].fd = fd;
    text_put(&w->path, "/");
    text_put(&w->path, name);
    return true;
}

/* Goes back up and on behind the folder it came out of. Returns false at the top. */
static bool leave(struct walk *w)
{
    close(w->level[w->depth].fd);
    if (w->depth-- == 0)
        return false;
    w->path.len = w->level[w->depth].path;
    w->path.at[w->path.len] = '\0';
    w->path.cut = false;
    if (lseek(w->level[w->depth].fd, w->level[w->depth].next, SEEK_SET) < 0 ||
        fchdir(w->level[w->depth].fd) != 0)
        w->facts->tree = AUDIT_UNREAD;
    return true;
}

static void walk(struct audit_facts *f)
{
    struct walk w = {.facts = f};
    int64_t deadline = clock_us() + WALK_US;
    struct directory d;

    text_init(&w.path, w.bytes, sizeof w.bytes);
    w.level[0].fd = open("/", OPEN);
    if (w.level[0].fd < 0 || fchdir(w.level[0].fd) != 0)
        return;
    f->tree = AUDIT_GOOD;
    directory_begin(&d, w.level[0].fd);
    for (unsigned n = 0;; n++) {
        const struct directory_entry *e = directory_next(&d);
        bool late = n % LOOKS == 0 && clock_us() > deadline;
        if (late || (e == NULL && d.end < 0))
            f->tree = AUDIT_UNREAD;
        if (late)
            break;
        if (e == NULL) {
            if (!leave(&w))
                break;
            directory_begin(&d, w.level[w.depth].fd);
        } else if (e->type == DT_DIR || e->type == DT_UNKNOWN) {
            if (enter(&w, e->name, e->next))
                directory_begin(&d, w.level[w.depth].fd);
            else if (e->type == DT_UNKNOWN)
                judge_file(&w, e->name);
        } else if (e->type == DT_REG) {
            judge_file(&w, e->name);
        }
    }
    for (; w.depth >= 0; w.depth--)
        close(w.level[w.depth].fd);
}

static void look_for_tools(struct audit_facts *f, int dir, const char *path, size_t len)
{
    static const char tools[] =
        "busybox\0toybox\0sh\0bash\0dash\0ash\0zsh\0ksh\0fish\0curl\0wget\0"
        "apt\0dpkg\0apk\0yum\0dnf\0microdnf\0rpm\0zypper\0pacman\0opkg\0sudo\0su\0doas\0";

    for (const char *tool = tools; *tool != '\0'; tool += strlen(tool) + 1) {
        char bytes[256];
        struct text t;
        struct look file;
        if (look_at(dir, tool, true, &file) != 0 || !S_ISREG(file.mode) || (file.mode & 0111) == 0)
            continue;
        text_init(&t, bytes, sizeof bytes);
        text_raw(&t, path, len);
        text_put(&t, "/");
        text_put(&t, tool);
        audit_found_add(&f->tools, bytes, t.len);
    }
}

/* Folders of `list`, which are separated by colons. The same folder by two names (/bin is often a link to
 * /usr/bin) is looked at once. */
static void look_in_folders(struct audit_facts *f, const char *list, struct seen *seen)
{
    size_t len;

    for (; *list != '\0'; list += len, list += *list != '\0') {
        struct look folder;
        char name[256];
        size_t i = 0;
        int dir;
        len = strcspn(list, ":");
        if (*list != '/')
            continue;
        if (len >= sizeof name || seen->count == FOLDERS) {
            f->folders = AUDIT_UNREAD;
            continue;
        }
        memcpy(name, list, len);
        name[len] = '\0';
        if (look_at(AT_FDCWD, name, true, &folder) != 0)
            continue;
        while (i < seen->count &&
               (seen->folder[i].inode != folder.inode || seen->folder[i].minor != folder.dev_minor))
            i++;
        if (i < seen->count)
            continue;
        seen->folder[seen->count].inode = folder.inode;
        seen->folder[seen->count++].minor = folder.dev_minor;
        dir = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (dir < 0) {
            f->folders = AUDIT_UNREAD;
            continue;
        }
        look_for_tools(f, dir, name, len);
        close(dir);
    }
}

void audit_read_tree(struct audit_facts *f, const char *path)
{
    struct seen seen = {.count = 0};

    f->folders = AUDIT_GOOD;
    look_in_folders(f, "/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin:/busybox", &seen);
    look_in_folders(f, path == NULL ? "" : path, &seen);
    walk(f);
}

/* tree: what lies in the image: set-id files, file capabilities, shells and other tools. See kinglet/audit.h.
 *
 * The walk is a loop over a stack of open folders, each with the place where to go on, so that depth, memory
 * and time are bounded. It enters no link and leaves no mount: neither loops nor what others have mounted can
 * lead it astray. The working directory of this process, which nobody else has, moves with it.
 */
#include "kinglet/audit.h"
#include "kinglet/clock.h"
#include "look.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    WALK_US = 3000000,
    OPEN = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
};

/* `name` is in the working directory, whose path is asked for only now. */
static void found(enum audit_check check, const char *name)
{
    look_link("/proc/self/cwd");
    look_join(reading.buffer + (reading.buffer[1] == '\0'), "/");
    text_put(&reading.path, name);
    audit_found_add(&reading.facts->found[check], reading.bytes);
}

/* Of what was looked at last. */
static bool is_program(void)
{
    return S_ISREG(reading.look.mode) && (reading.look.mode & 0111) != 0;
}

/* Of what was looked at last, a file in the working directory. */
static bool is_set_id(const char *name)
{
    return is_program() && ((reading.look.mode & S_ISUID) != 0 ||
                            (reading.look.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) ||
                            syscall(SYS_lgetxattr, name, "security.capability", NULL, 0UL) > 0);
}

void look_through(void)
{
    static const char tools[] =
        "busybox\0toybox\0sh\0bash\0dash\0ash\0zsh\0ksh\0fish\0curl\0wget\0apt\0dpkg\0"
        "apk\0yum\0dnf\0microdnf\0rpm\0zypper\0pacman\0sudo\0su\0doas\0";
    int64_t deadline = clock_us() + WALK_US;
    uint64_t last = 0; /* the inode of the set-id file found last: one with many names is told once */
    bool hidden = false;
    struct level *at = reading.level;

    at->fd = open("/", OPEN);
    while (true) {
        const struct directory_entry *e;
        hidden |= syscall(SYS_fchdir, at->fd) != 0;
        directory_begin(&reading.directory, at->fd);
        while ((e = directory_next(&reading.directory)) != NULL) {
            bool looked;
            int fd = -1;
            if (clock_us() > deadline)
                return;
            if (audit_among(e->name, tools, true) && look_at(e->name, 0) == 0 && is_program())
                found(AUDIT_TOOLS, e->name);
            looked = look_at(e->name, AT_SYMLINK_NOFOLLOW) == 0;
            if (looked && (reading.look.attributes & LOOK_MOUNT_ROOT) != 0)
                continue;
            if (e->type == DT_DIR) {
                if (at < &reading.level[LOOK_DEPTH - 1])
                    fd = open(e->name, OPEN);
                if (fd >= 0) { /* down into it */
                    at->next = e->next;
                    (++at)->fd = fd;
                    break;
                }
            } else if (looked && reading.look.inode != last && is_set_id(e->name)) {
                last = reading.look.inode;
                found(AUDIT_SET_ID, e->name);
            }
            hidden |= (e->type & ~DT_DIR) == DT_UNKNOWN; /* or a folder that cannot be entered */
        }
        if (e != NULL)
            continue;
        hidden |= reading.directory.end < 0;
        close(at->fd);
        if (at == reading.level)
            break;
        at--;
        lseek(at->fd, at->next, SEEK_SET);
    }
    if (!hidden)
        reading.facts->state[AUDIT_TOOLS] = reading.facts->state[AUDIT_SET_ID] = AUDIT_GOOD;
}

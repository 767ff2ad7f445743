/* look: how the two files of facts look at files. */
#ifndef AUDIT_LOOK_H
#define AUDIT_LOOK_H

#include "kinglet/audit.h"
#include "kinglet/directory.h"

#include <limits.h>
#include <sys/statfs.h>

/* struct statx as the kernel has it (statx(2)); not every C library has got one. */
struct look {
    uint32_t mask, block_size;
    uint64_t attributes;
    uint32_t links, uid, gid;
    uint16_t mode, spare;
    uint64_t inode, size, blocks, attributes_mask;
    struct {
        int64_t second;
        uint32_t nanosecond;
        int32_t spare;
    } times[4];
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t mount, more[13];
};

enum { LOOK_MOUNT_ROOT = 0x2000 /* in attributes: STATX_ATTR_MOUNT_ROOT */ };

enum { LOOK_BUFFER = 256 * 1024, LOOK_DEPTH = 48 };

/* All that the reading needs: there is one in a process. */
extern struct reading {
    struct audit_facts *facts;
    struct look look;           /* the file that was looked at last */
    struct statfs file_system;  /* and where it lies */
    struct directory directory; /* the folder that is being read */
    struct audit_process *end;  /* of all processes */
    struct text path;
    char bytes[PATH_MAX + 1]; /* of the path: what is too long is so for the kernel, too */
    struct level {
        int fd;
        int64_t next; /* where to go on in it */
    } level[LOOK_DEPTH];
    struct audit_process other;
    struct audit_process process[AUDIT_PROCESSES];
    char own[LOOK_BUFFER + 1];    /* our cgroup */
    char buffer[LOOK_BUFFER + 1]; /* the file or link that was read last */
} reading;

/* statx(2) without a trip to a server, with further flags. Returns 0, or -1. */
int look_at(const char *path, int flags);

/* The two in one; valid until the next call. */
const char *look_join(const char *folder, const char *name);

/* A link's target into the buffer. */
bool look_link(const char *path);

/* The file tree's part: set-id files, file capabilities, shells and other tools on the root mount. */
void look_through(void);

#endif

/* look: how the two files of facts look at files. */
#ifndef AUDIT_LOOK_H
#define AUDIT_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* statx(2) without a trip to a server; `follow` a symbolic link. Returns 0 or -errno. */
int look_at(const char *path, bool follow, struct look *look);

#endif

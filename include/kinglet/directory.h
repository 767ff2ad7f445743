/* directory: the entries of one folder, without readdir(3), which would want memory. */
#ifndef KINGLET_DIRECTORY_H
#define KINGLET_DIRECTORY_H

#include <stdint.h>

/* linux_dirent64, getdents64(2) */
struct directory_entry {
    uint64_t inode;
    int64_t next; /* where the folder's descriptor has to be moved (lseek(2)) to go on behind this entry */
    unsigned short size;
    unsigned char type; /* DT_DIR and so on; DT_UNKNOWN where the file system does not say */
    char name[];
};

struct directory {
    int fd;
    long at, end;
    _Alignas(struct directory_entry) char bytes[2048];
};

/* Starts with what comes next in the open folder `fd`, which stays the caller's. */
void directory_begin(struct directory *d, int fd);

/* The next entry but `.` and `..`; NULL at the end, with d->end 0, or for an error, with -1. */
const struct directory_entry *directory_next(struct directory *d);

#endif

/* directory: see kinglet/directory.h. */
#include "kinglet/directory.h"

#include <sys/syscall.h>
#include <unistd.h>

void directory_begin(struct directory *d, int fd)
{
    d->fd = fd;
    d->at = d->end = 0;
}

const struct directory_entry *directory_next(struct directory *d)
{
    const struct directory_entry *e;

    do {
        if (d->at >= d->end) {
            d->end = syscall(SYS_getdents64, d->fd, d->bytes, sizeof d->bytes);
            if (d->end <= 0)
                return NULL;
            d->at = 0;
        }
        e = (const struct directory_entry *)(const void *)(d->bytes + d->at);
        d->at += e->size;
    } while (e->name[0] == '.' && (e->name[1] == '\0' || (e->name[1] == '.' && e->name[2] == '\0')));
    return e;
}

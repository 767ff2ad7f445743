/* file: what a file holds. */
#ifndef KINGLET_FILE_H
#define KINGLET_FILE_H

/* Reads the file at `path` into `buffer`, as much as fits with a NUL behind it. Returns how much that is, or
 * -errno. Never blocks on a FIFO. */
int file_read(const char *path, char *buffer, unsigned size);

#endif

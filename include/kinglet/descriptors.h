/* descriptors: what PROGRAM inherits besides its standard three, and who owns those. */
#ifndef KINGLET_DESCRIPTORS_H
#define KINGLET_DESCRIPTORS_H

#include <stdint.h>

/* Gives the pipes, sockets and terminals at descriptors 0 to 2 to `uid`, as far as they are ours, so that
 * PROGRAM can reopen /dev/stdout after the drop. Files and devices of others are left alone; failure is
 * nothing (fchown(2)). */
void descriptors_own_stdio(uint32_t uid);

/* Closes every descriptor from 3 up (close_range(2)), so that nothing an engine left open reaches PROGRAM or
 * is kept open by us; but LISTEN_FDS passes 3 to 2+LISTEN_FDS on purpose (sd_listen_fds(3)). */
void descriptors_close(char *const *env);

/* Where such are passed, LISTEN_PID of `env` is given room for another pid, and a pointer to its digits is
 * returned, for PROGRAM's pid to be written there; otherwise NULL. */
char *descriptors_listen_pid(char **env);

/* Closes every descriptor from 3 up. */
void descriptors_close_all(void);

#endif

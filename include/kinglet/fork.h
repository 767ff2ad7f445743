/* fork: a child that goes on in this program. */
#ifndef KINGLET_FORK_H
#define KINGLET_FORK_H

#include <sys/types.h>

/* fork(2), without what the C library does in it for programs with threads. Returns as that does. */
pid_t fork_alone(void);

#endif

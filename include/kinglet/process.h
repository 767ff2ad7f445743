/* process: fork(2) without what the C library does for programs with threads, which would be 2 KB. */
#ifndef KINGLET_PROCESS_H
#define KINGLET_PROCESS_H

#include <sys/types.h>

/* Returns as fork(2). */
pid_t process_fork(void);

#endif

/* process: see kinglet/process.h. */
#include "kinglet/process.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t process_fork(void)
{
#ifdef SYS_fork
    return (pid_t)syscall(SYS_fork);
#else
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
}

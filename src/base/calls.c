/* calls: system calls as they are, in place of the C library's functions of the same names.
 *
 * musl's are points where a thread can be cancelled, make up for kernels before 3.6, and copy what the kernel
 * fills in. We have one thread, later kernels, and on these machines one form of each struct. Where a machine
 * has a call only in another form, musl's function stays; so does everything under glibc, where the tests
 * run.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __GLIBC__
#define CALL(type, name, parameters, ...)                                                                    \
    type name parameters                                                                                     \
    {                                                                                                        \
        return (type)syscall(SYS_##__VA_ARGS__);                                                             \
    }

/* whatever is made is for its owner alone */
CALL(int, openat, (int dir, const char *path, int flags, ...), openat, dir, path, flags | O_LARGEFILE, 0600)
CALL(int, open, (const char *path, int flags, ...), openat, AT_FDCWD, path, flags | O_LARGEFILE, 0600)
CALL(int, close, (int fd), close, fd)
CALL(ssize_t, read, (int fd, void *to, size_t len), read, fd, to, len)
CALL(ssize_t, write, (int fd, const void *from, size_t len), write, fd, from, len)
CALL(int, fsync, (int fd), fsync, fd)
CALL(pid_t, waitpid, (pid_t pid, int *status, int options), wait4, pid, status, options, NULL)
CALL(int, tcsetpgrp, (int fd, pid_t group), ioctl, fd, TIOCSPGRP, &group)

pid_t tcgetpgrp(int fd)
{
    pid_t group = -1;

    syscall(SYS_ioctl, fd, TIOCGPGRP, &group);
    return group;
}

int isatty(int fd)
{
    struct winsize size;

    return syscall(SYS_ioctl, fd, TIOCGWINSZ, &size) == 0;
}

#ifdef SYS_newfstatat
CALL(int, stat, (const char *path, struct stat *st), newfstatat, AT_FDCWD, path, st, 0)
CALL(int, fstat, (int fd, struct stat *st), fstat, fd, st)
#endif
#ifdef SYS_poll
CALL(int, poll, (struct pollfd * fds, nfds_t count, int timeout), poll, fds, count, timeout)
#endif
#ifndef SYS_socketcall
CALL(int, socket, (int domain, int type, int protocol), socket, domain, type, protocol)
CALL(int, connect, (int fd, const struct sockaddr *to, socklen_t len), connect, fd, to, len)
CALL(ssize_t, send, (int fd, const void *from, size_t len, int flags), sendto, fd, from, len, flags, NULL, 0L)
CALL(ssize_t, recv, (int fd, void *to, size_t len, int flags), recvfrom, fd, to, len, flags, NULL, NULL)
CALL(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len), getsockopt, fd, level, name,
     value, len)
#ifdef SYS_mmap
CALL(void *, mmap, (void *at, size_t len, int prot, int flags, int fd, off_t from), mmap, at, len, prot,
     flags, fd, from)
#endif
#endif
#endif

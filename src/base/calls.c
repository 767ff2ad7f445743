/* calls: system calls as they are, in place of the C library's functions of the same names.
 *
 * musl's are points where a thread can be cancelled, make up for kernels before 3.6, and copy what the kernel
 * fills in. We have one thread, later kernels, and on these machines one form of each struct. Where a machine
 * has a call only in another form, musl's function stays; so does everything under glibc, where the tests
 * run.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __GLIBC__
#ifdef __x86_64__
/* The kernel's convention is the one of functions, but that the number is in rax and the fourth argument in
 * r10 (syscall(2)); musl's takes all of them from a list, at four times the work. */
__asm__(".section .text.syscall,\"ax\",@progbits\n"
        ".globl syscall\n"
        ".type syscall,@function\n"
        "syscall:\n"
        "\tmovq %rdi, %rax\n"
        "\tmovq %rsi, %rdi\n"
        "\tmovq %rdx, %rsi\n"
        "\tmovq %rcx, %rdx\n"
        "\tmovq %r8, %r10\n"
        "\tmovq %r9, %r8\n"
        "\tmovq 8(%rsp), %r9\n"
        "\tsyscall\n"
        "\tmovq %rax, %rdi\n"
        "\tjmp __syscall_ret\n"
        ".size syscall, . - syscall\n"
        ".previous");
#endif

#define CALL(type, name, parameters, ...)                                                                    \
    type name parameters                                                                                     \
    {                                                                                                        \
        return (type)syscall(SYS_##__VA_ARGS__);                                                             \
    }

/* whatever is made is for its owner alone */
CALL(int, openat, (int dir, const char *path, int flags, ...), openat, dir, path, flags | O_LARGEFILE, 0600)
CALL(int, close, (int fd), close, fd)
CALL(ssize_t, read, (int fd, void *to, size_t len), read, fd, to, len)
CALL(ssize_t, write, (int fd, const void *from, size_t len), write, fd, from, len)
CALL(pid_t, waitpid, (pid_t pid, int *status, int options), wait4, pid, status, options, NULL)
CALL(int, execve, (const char *path, char *const argv[], char *const env[]), execve, path, argv, env)
CALL(int, kill, (pid_t pid, int number), kill, pid, number)
CALL(int, setpgid, (pid_t pid, pid_t group), setpgid, pid, group)
CALL(pid_t, setsid, (void), setsid)
CALL(int, chdir, (const char *path), chdir, path)
CALL(int, madvise, (void *at, size_t len, int advice), madvise, at, len, advice)
CALL(int, tcsetpgrp, (int fd, pid_t group), ioctl, fd, TIOCSPGRP, &group)

int open(const char *path, int flags, ...)
{
    return openat(AT_FDCWD, path, flags);
}

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

int prctl(int call, ...)
{
    unsigned long argument[4];
    va_list args;

    va_start(args, call);
    for (int i = 0; i < 4; i++)
        argument[i] = va_arg(args, unsigned long);
    va_end(args);
    return (int)syscall(SYS_prctl, call, argument[0], argument[1], argument[2], argument[3]);
}

#ifdef SYS_newfstatat /* 64 bits */
CALL(int, stat, (const char *path, struct stat *st), newfstatat, AT_FDCWD, path, st, 0)
CALL(int, fstat, (int fd, struct stat *st), fstat, fd, st)
CALL(int, statfs, (const char *path, struct statfs *st), statfs, path, st)
CALL(off_t, lseek, (int fd, off_t to, int whence), lseek, fd, to, whence)
CALL(ssize_t, sendfile, (int to, int from, off_t *at, size_t len), sendfile, to, from, at, len)
CALL(int, setfsuid, (uid_t uid), setfsuid, uid)
CALL(int, setfsgid, (gid_t gid), setfsgid, gid)
#endif
#ifdef SYS_dup2 /* machines that are older than the calls that end with `at` */
CALL(int, unlink, (const char *path), unlink, path)
CALL(int, rename, (const char *from, const char *to), rename, from, to)
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

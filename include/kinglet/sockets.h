/* sockets: socket(2) and its like without the C library's own, which provide for kernels before 2.6.27 and
 * for threads that are cancelled: together they are longer than what calls them. Where all of them are one
 * system call they stay what they are. */
#ifndef KINGLET_SOCKETS_H
#define KINGLET_SOCKETS_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_socketcall
#define socket(family, type, protocol)          (int)syscall(SYS_socket, family, type, protocol)
#define connect(fd, to, len)                    (int)syscall(SYS_connect, fd, to, len)
#define getsockopt(fd, level, name, value, len) syscall(SYS_getsockopt, fd, level, name, value, len)
#define recv(fd, bytes, len, flags)             syscall(SYS_recvfrom, fd, bytes, len, flags, NULL, 0L)
#define send(fd, bytes, len, flags)             syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0L)
#endif

#endif

/* calls: numbers of system calls that are not the same under one name everywhere. */
#ifndef KINGLET_CALLS_H
#define KINGLET_CALLS_H

#include <sys/syscall.h>

/* On 32-bit machines the calls without 32 in their name take 16-bit ids. */
#ifdef SYS_setresuid32
enum {
    CALL_SETGROUPS = SYS_setgroups32,
    CALL_GETGROUPS = SYS_getgroups32,
    CALL_SETRESGID = SYS_setresgid32,
    CALL_SETRESUID = SYS_setresuid32,
    CALL_GETRESGID = SYS_getresgid32,
    CALL_GETRESUID = SYS_getresuid32,
};
#else
enum {
    CALL_SETGROUPS = SYS_setgroups,
    CALL_GETGROUPS = SYS_getgroups,
    CALL_SETRESGID = SYS_setresgid,
    CALL_SETRESUID = SYS_setresuid,
    CALL_GETRESGID = SYS_getresgid,
    CALL_GETRESUID = SYS_getresuid,
};
#endif

#endif

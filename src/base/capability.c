/* capability: see kinglet/capability.h. Pure. */
#include "kinglet/capability.h"

#include <string.h>

/* By number, from 0 (linux/capability.h). */
static const char names[] =
    "CHOWN|DAC_OVERRIDE|DAC_READ_SEARCH|FOWNER|FSETID|KILL|SETGID|SETUID|SETPCAP|LINUX_IMMUTABLE|"
    "NET_BIND_SERVICE|NET_BROADCAST|NET_ADMIN|NET_RAW|IPC_LOCK|IPC_OWNER|SYS_MODULE|SYS_RAWIO|SYS_CHROOT|"
    "SYS_PTRACE|SYS_PACCT|SYS_ADMIN|SYS_BOOT|SYS_NICE|SYS_RESOURCE|SYS_TIME|SYS_TTY_CONFIG|MKNOD|LEASE|"
    "AUDIT_WRITE|AUDIT_CONTROL|SETFCAP|MAC_OVERRIDE|MAC_ADMIN|SYSLOG|WAKE_ALARM|BLOCK_SUSPEND|AUDIT_READ|"
    "PERFMON|BPF|CHECKPOINT_RESTORE|";

uint64_t capability_find(const char *name, size_t len)
{
    uint64_t bit = 1;

    for (const char *at = names; *at != '\0'; at += strcspn(at, "|") + 1, bit <<= 1)
        if (len > 0 && strcspn(at, "|") == len && memcmp(at, name, len) == 0)
            return bit;
    return 0;
}

void capability_put(struct text *t, uint64_t set)
{
    const char *at = names;

    for (unsigned number = 0; set != 0; set >>= 1, number++) {
        int len = (int)strcspn(at, "|");
        if ((set & 1) != 0)
            text_format(t, " %.*s", len, at);
        if ((set & 1) != 0 && len == 0)
            text_u64(t, number);
        at += len + (at[len] != '\0');
    }
}

/* capability: see kinglet/capability.h. Pure. */
#include "kinglet/capability.h"

#include <string.h>

/* By number, from 0 (linux/capability.h). */
static const char names[] =
    "CHOWN\0DAC_OVERRIDE\0DAC_READ_SEARCH\0FOWNER\0FSETID\0KILL\0SETGID\0SETUID\0SETPCAP\0"
    "LINUX_IMMUTABLE\0NET_BIND_SERVICE\0NET_BROADCAST\0NET_ADMIN\0NET_RAW\0IPC_LOCK\0IPC_OWNER\0"
    "SYS_MODULE\0SYS_RAWIO\0SYS_CHROOT\0SYS_PTRACE\0SYS_PACCT\0SYS_ADMIN\0SYS_BOOT\0SYS_NICE\0"
    "SYS_RESOURCE\0SYS_TIME\0SYS_TTY_CONFIG\0MKNOD\0LEASE\0AUDIT_WRITE\0AUDIT_CONTROL\0SETFCAP\0"
    "MAC_OVERRIDE\0MAC_ADMIN\0SYSLOG\0WAKE_ALARM\0BLOCK_SUSPEND\0AUDIT_READ\0PERFMON\0BPF\0"
    "CHECKPOINT_RESTORE\0";

uint64_t capability_find(const char *name)
{
    uint64_t bit = 1;

    for (const char *at = names; *at != '\0'; at = text_after(at), bit <<= 1)
        if (strcmp(at, name) == 0)
            return bit;
    return 0;
}

void capability_put(struct text *t, uint64_t set)
{
    const char *at = names;

    for (unsigned number = 0; set != 0; set >>= 1, number++) {
        if ((set & 1) != 0)
            text_format(t, " %s", at);
        if (*at != '\0')
            at = text_after(at);
        else if ((set & 1) != 0)
            text_u64(t, number);
    }
}

/* audit: how hardened the running container is, said from inside it.
 *
 * Three rooms. Facts are read (audit_read): from /proc, the cgroups and the file tree, by open, readlink,
 * stat and getxattr alone; nothing is ever run, written or asked of access(2). Rules are pure: texts of the
 * kernel go into the facts (audit_..._take), one verdict a check comes out, with the evidence (audit_judge).
 * The report (audit_report) is pure too.
 *
 * What is judged is PID 1 and all that descends from it. The auditing process stands apart, and so do
 * sessions and probes that an engine has put into the container: their parent is not in it. Where PID 1
 * belongs to another container or to the host, by its cgroup, the processes of our own cgroup are judged
 * instead; where the audit itself is PID 1 it stands for PROGRAM.
 *
 * Everything read is hostile: sizes, counts, depth and time are bounded, and what a bound has hidden makes a
 * pass `unknown`.
 */
#ifndef KINGLET_AUDIT_H
#define KINGLET_AUDIT_H

#include "kinglet/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From the best to the worst: of several processes the worst one's counts. */
enum finding { FINDING_NONE, FINDING_PASS, FINDING_UNKNOWN, FINDING_WARN, FINDING_FAIL, FINDINGS };

enum audit_check {
    AUDIT_USER,
    AUDIT_NO_NEW_PRIVS,
    AUDIT_CAPABILITIES,
    AUDIT_PRIVILEGED,
    AUDIT_SECCOMP,
    AUDIT_LSM,
    AUDIT_READ_ONLY,
    AUDIT_MEMORY,
    AUDIT_CPU,
    AUDIT_PIDS,
    AUDIT_CORE,
    AUDIT_NAMESPACES,
    AUDIT_USER_NAMESPACE,
    AUDIT_SOCKETS,
    AUDIT_MOUNTS,
    AUDIT_TOKEN,
    AUDIT_TOOLS,
    AUDIT_SET_ID,
    AUDIT_FOLDER,
    AUDIT_SECRETS,
    AUDIT_INIT,
    AUDIT_ZOMBIES,
    AUDIT_HEALTH,
    AUDIT_CHECKS
};

enum { AUDIT_PROCESSES = 513 /* one more than are looked at */, AUDIT_GROUPS = 32, AUDIT_NAMED = 5 };

/* What was not looked at, or could not be, is UNREAD; what does not apply is ABSENT. Each is the finding that
 * it stands for, exclusive-or FINDING_UNKNOWN, so that nothing known is 0; what is bad warns, or it fails. */
enum audit_state { AUDIT_UNREAD, AUDIT_BAD, AUDIT_ABSENT, AUDIT_GOOD };

/* Names of things that were found: the first few, fit to be printed; and how many. */
struct audit_found {
    struct text names; /* `: ` and then each with a blank behind it */
    unsigned count;
    char bytes[2048 - sizeof(struct text) - sizeof(size_t)]; /* room for one more than are shown */
};

struct audit_process {
    unsigned char state[AUDIT_CHECKS]; /* enum audit_state, for checks that look at each process */
    bool zombie;
    unsigned groups;
    uint64_t lowest, lowest_group; /* of its ids */
    /* in the order of audit_status_take's lines, which fill what follows up to the groups */
    uint64_t pid, parent;
    uint64_t inheritable, permitted, effective, bounding, ambient;
    uint64_t blocked, ignored, caught; /* bit N-1: signal N */
    uint64_t no_new_privs, seccomp;
    uint64_t uid[4], gid[4 + AUDIT_GROUPS]; /* real, effective, saved, of the file system; all groups */
    char name[64];                          /* as the kernel escapes it */
};

struct audit_facts {
    unsigned char state[AUDIT_CHECKS]; /* enum audit_state: what is known but for the processes */
    unsigned restricted; /* 1, the policy: what the Pod Security Standards' "restricted" forbids fails */
    unsigned min_uid;    /* the policy: ids below it warn */

    bool complete; /* all processes were looked at, and there are any */
    bool kubernetes, nosuid;
    unsigned count;
    const struct audit_process *process[AUDIT_PROCESSES]; /* those that are judged */
    struct audit_found found[AUDIT_CHECKS];
};

enum audit_namespace {
    AUDIT_NS_PID,
    AUDIT_NS_NET,
    AUDIT_NS_IPC,
    AUDIT_NS_UTS,
    AUDIT_NS_MNT,
    AUDIT_NS_USER,
    AUDIT_NAMESPACES_ALL
};

/* --- texts of the kernel into facts, pure --- */

/* A /proc/PID/status (proc(5)) into `p`, which is cleared first, and the states that follow from it. */
void audit_status_take(const char *status, struct audit_process *p);

/* A /proc/PID/limits and an attr/current into the states of core files and of AppArmor or SELinux. */
void audit_core_take(const char *limits, struct audit_process *p);
void audit_label_take(const char *label, struct audit_process *p);

/* An environ of `len` bytes (a NUL behind each, and behind the whole), which is cut in place: the names of
 * variables that look like secrets, whose values are looked at only to tell that they are empty, a path, or a
 * URL with a password. */
void audit_environ_take(char *block, size_t len, struct audit_facts *f, struct audit_process *p);

/* The sockets of engines, by the ends of their paths, one behind the other. */
extern const char audit_sockets[];

/* One line of a mountinfo (proc(5)), which is cut in place. Returns the mount point where the mount is one
 * that may have an engine's socket in it, otherwise NULL. A malformed line is as none. */
const char *audit_mount_take(char *line, struct audit_facts *f);

/* By enum audit_namespace: its name in /proc/PID/ns, and the last byte of the initial one's inode number. */
extern const struct audit_initial {
    char name[5];
    unsigned char low;
} audit_initial[AUDIT_NAMESPACES_ALL];

/* The inode number of one of these namespaces, 0 where it cannot be told. */
void audit_namespace_take(const struct audit_initial *ns, uint32_t inode, struct audit_facts *f);

/* What a file of a cgroup, which is cut in place, says of the check's limit: `max`, -1 or 19 digits for none
 * (so version 1 says it), or a number; a memory.stat with the limit on the whole way up. A limit that was
 * taken stays. */
void audit_limit_take(char *file, enum audit_check check, struct audit_facts *f);

/* Where a /proc/PID/cgroup says that it is: the path in its last line, up to the end of that line. */
const char *audit_cgroup_path(const char *cgroup);

/* PID 1's name and signals. */
void audit_init_take(const struct audit_process *init, struct audit_facts *f);

/* The field of a text that `*at` begins with, which is cut off at the first of `ends`; *at goes behind it. */
char *audit_field(char **at, const char *ends);

/* Whether a string ends with one of `names`, which lie one behind the other; or, where `whole`, is one. A
 * capital in a name stands for both cases. */
bool audit_among(const char *string, const char *names, bool whole);

uint64_t audit_lowest(const uint64_t *id, unsigned count);

/* Adds a name of any bytes, unless it is among those that are shown already; what is long is cut. */
void audit_found_add(struct audit_found *found, const char *name);

/* --- the three rooms --- */

/* Fills `facts`, whose policy is set already. */
void audit_read(struct audit_facts *facts);

/* The verdict of one check. The evidence is appended to `why`, as one or more of `: WORDS`: printable UTF-8.
 * Pure. */
enum finding audit_judge(const struct audit_facts *facts, enum audit_check check, struct text *why);

/* By number, one behind the other: the id of each check, what is bad about it, and the mend; then from
 * AUDIT_COMMON on what the findings are called where there is nothing to tell; and from AUDIT_VERDICTS on the
 * verdicts, each behind the digit of its colour. Pure. */
enum { AUDIT_COMMON = 3 * AUDIT_CHECKS, AUDIT_VERDICTS = AUDIT_COMMON + FINDING_WARN };

const char *audit_word(unsigned n);

enum audit_form { AUDIT_PLAIN, AUDIT_COLOURED, AUDIT_JSON };

/* Appends the whole report, as lines of 80 columns or as JSON, and counts the verdicts. Pure. */
void audit_report(const struct audit_facts *facts, enum audit_form form, struct text *report,
                  unsigned count[FINDINGS]);

/* `kinglet audit`: argv[0] is the command's name. Returns 0; or 1 when a check fails (or warns, with
 * --fail-on warn), and for a usage error. */
int audit_command(char *const *argv, char *const *env);

#endif

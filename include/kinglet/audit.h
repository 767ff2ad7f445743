/* audit: how hardened the running container is, said from inside it.
 *
 * Three rooms. Facts are read (audit_read): from /proc, the cgroups and the file tree, by open, readlink,
 * stat and getxattr alone; nothing is ever run, written or asked of access(2). Rules (audit_judge) are pure:
 * facts in, one verdict a check out, with the evidence. The report (audit_report) is pure too.
 *
 * What is judged is PID 1 and all that descends from it. The auditing process stands apart, and so do other
 * sessions that an engine has put into the container (their parent is not in it). Where PID 1 belongs to
 * another container or to the host, by its cgroup, the processes of our own cgroup are judged instead; where
 * the audit itself is PID 1 it stands for PROGRAM.
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

enum { AUDIT_PROCESSES = 512, AUDIT_MOUNTS_MAX = 512, AUDIT_GROUPS = 32, AUDIT_NAMED = 5 };

/* What was not looked at, or could not be, is UNREAD. */
enum audit_state { AUDIT_UNREAD, AUDIT_GOOD, AUDIT_BAD, AUDIT_ABSENT };

/* Names of things that were found: the first few, fit to be printed; and how many. */
struct audit_found {
    size_t count;
    struct text names;
    char bytes[AUDIT_NAMED * (4 * 64 + 32)];
};

/* A line of /proc/PID/status each; bit N of `known`: the N-th of these was there and well-formed. */
enum audit_field {
    AUDIT_NAME,
    AUDIT_STATE,
    AUDIT_PARENT,
    AUDIT_UID,
    AUDIT_GID,
    AUDIT_GROUP,
    AUDIT_BLOCKED,
    AUDIT_CAUGHT,
    AUDIT_INHERITABLE,
    AUDIT_PERMITTED,
    AUDIT_EFFECTIVE,
    AUDIT_BOUNDING,
    AUDIT_AMBIENT,
    AUDIT_NNP,
    AUDIT_SECCOMP_MODE,
    AUDIT_FIELDS
};

struct audit_process {
    uint32_t pid;
    unsigned known;
    char name[64]; /* as the kernel escapes it */
    char state;    /* Z: a zombie */
    uint64_t parent, uid[4], gid[4], group[AUDIT_GROUPS];
    size_t groups;
    uint64_t blocked, caught; /* bit N-1: signal N */
    uint64_t inheritable, permitted, effective, bounding, ambient;
    uint64_t no_new_privs, seccomp;
    enum audit_state lsm;     /* AUDIT_ABSENT: no such module in this kernel */
    enum audit_state core;    /* AUDIT_BAD: the limit is not 0 */
    enum audit_state environ; /* AUDIT_BAD: it has what looks like a secret */
    enum audit_state folder;  /* AUDIT_BAD: it can write where its program lies */
};

/* A line of /proc/self/mountinfo; the strings lie in the text that was parsed. */
struct audit_mount {
    const char *root, *point, *options, *type, *super;
    bool system; /* a folder there is the root of a whole system */
};

struct audit_limit {
    enum audit_state state; /* AUDIT_BAD: there is none */
    uint64_t value;         /* bytes, thousandths of a CPU, processes */
};

enum audit_namespace {
    AUDIT_NS_PID,
    AUDIT_NS_NET,
    AUDIT_NS_IPC,
    AUDIT_NS_UTS,
    AUDIT_NS_MNT,
    AUDIT_NS_CGROUP,
    AUDIT_NS_USER,
    AUDIT_NAMESPACE_COUNT
};

struct audit_facts {
    unsigned min_uid; /* the policy: ids below it warn */
    bool restricted;  /* the policy: what the Pod Security Standards' "restricted" forbids fails */

    struct audit_process *process; /* those that are judged */
    size_t count;
    bool cut;                  /* there are more than were looked at */
    bool self;                 /* the audit itself stands for them */
    bool foreign;              /* PID 1 is not of this container */
    struct audit_process init; /* PID 1, whosever it is */
    struct audit_mount *mount;
    size_t mounts;
    bool mounts_cut;
    uint64_t namespaces[AUDIT_NAMESPACE_COUNT]; /* inode numbers; 0: not known */
    bool host_net;                              /* by a setting that only the initial one has */
    struct audit_limit limit[3];                /* memory, CPU, processes */
    bool kubernetes;
    enum audit_state root, proc_sys; /* AUDIT_GOOD: read-only */
    enum audit_state dev;            /* AUDIT_UNREAD: /dev could not be listed */
    enum audit_state token;          /* AUDIT_BAD: there is one */
    enum audit_state tree, folders;  /* AUDIT_GOOD: the whole tree, every folder of tools was seen */
    struct audit_found devices, sockets, tools, set_id, writable, secrets;
    unsigned zombies; /* children of PID 1 that stayed zombies */
};

struct audit_options {
    unsigned min_uid;
    unsigned policy, fail_on, format; /* indices of default|restricted, fail|warn, text|json */
    bool help;
};

/* --- parsers, pure --- */

/* Reads a /proc/PID/status (proc(5)) into the fields above; `pid` and what has no line there stay as they
 * are. */
void audit_status_parse(const char *status, struct audit_process *p);

/* Cuts a mountinfo (proc(5)), in place, into at most `max` mounts, octal escapes decoded. Returns how many;
 * lines that are malformed are left out. *cut is set where there were more. */
size_t audit_mounts_parse(char *mountinfo, struct audit_mount *mount, size_t max, bool *cut);

/* The path behind `controller` (a word of the second field; "" for cgroup v2) in a /proc/PID/cgroup; its
 * length goes to *len. NULL: no such line. */
const char *audit_cgroup_path(const char *cgroup, const char *controller, size_t *len);

/* Whether `word` is one of those in `list`, which are separated by commas. `list` ends at its NUL, or at a
 * newline or a colon. */
bool audit_listed(const char *list, const char *word);

/* What a limit's file says: `max`, -1 or a number that means none; or a number, and for `cpu.max` and the two
 * files of v1 joined (`cpu`) the period behind it. */
struct audit_limit audit_limit_parse(const char *word, bool cpu);

/* The soft limit of core files in a /proc/PID/limits. */
enum audit_state audit_core_parse(const char *limits);

/* What an attr/current says of AppArmor or SELinux: AUDIT_GOOD confined, AUDIT_BAD not, AUDIT_ABSENT empty.
 */
enum audit_state audit_label_parse(const char *label);

/* Adds the names of the variables of an environ (NUL after each) that look like secrets; the values are
 * looked at only to tell that they are empty, a path, or a URL with a password. Returns AUDIT_BAD if there is
 * one. *path: the value of PATH, or untouched. */
enum audit_state audit_environ_parse(const char *environ, size_t len, struct audit_found *secrets,
                                     const char **path);

/* Adds a name of any bytes, unless it is among those that are shown already. */
void audit_found_add(struct audit_found *found, const char *name, size_t len);

/* --- the three rooms --- */

/* Fills `facts`, whose policy is set already. */
void audit_read(struct audit_facts *facts);

/* The tree's part of it: set-id files and file capabilities on the root mount, tools in the usual folders and
 * in `path` (NULL: none). */
void audit_read_tree(struct audit_facts *facts, const char *path);

/* The verdict of one check. The evidence is appended to `why`: printable UTF-8. Pure. */
enum finding audit_judge(const struct audit_facts *facts, enum audit_check check, struct text *why);

/* Appends the whole report as `options` want it, `colour` for a terminal, and counts the verdicts. Pure. */
void audit_report(const struct audit_facts *facts, const struct audit_options *options, bool colour,
                  struct text *report, unsigned count[FINDINGS]);

/* `kinglet audit`: argv[0] is the command's name. Returns 0; or 1 when a check fails (or warns, with
 * --fail-on warn), and for a usage error. */
int audit_command(char *const *argv, char *const *env);

#endif

/* parse: texts of /proc and the cgroups into facts. Pure. See kinglet/audit.h.
 *
 * All of it may be hostile: a line that is not as proc(5) has it counts as one that is not there.
 */
#include "kinglet/audit.h"

#include "kinglet/capability.h"

#include <signal.h>
#include <string.h>

enum {
    SHOWN_BYTES = 60,    /* of a name; the rest is cut off */
    DIGITS_OF_NONE = 19, /* a memory limit that long is how cgroup version 1 says that there is none */
};

/* Moves *at over the blanks and the number there. Returns 0, or -1 for anything that is no number. */
static int scan(const char **at, unsigned base, uint64_t *value)
{
    uint64_t n = 0;
    const char *c;

    *at += strspn(*at, " \t");
    for (c = *at;; c++) {
        unsigned digit = *c >= 'a' ? (unsigned)*c - 'a' + 10 : (unsigned)*c - '0';
        if (digit >= base)
            break;
        if (n > (UINT64_MAX - digit) / base)
            return -1;
        n = n * base + digit;
    }
    if (c == *at)
        return -1;
    *at = c;
    *value = n;
    return 0;
}

#define AT(member) (unsigned short)offsetof(struct audit_process, member)

enum { NAME, STATE, GROUPS = 5, BLOCKED, CAUGHT, BOUNDING = 11, NO_NEW_PRIVS = 13, SECCOMP, FIELDS };

static const struct {
    char key[12];
    unsigned char base, count;
    unsigned short at;
} fields[FIELDS] = {
    [NAME] = {"Name:", 0, sizeof((struct audit_process *)0)->name, AT(name)},
    [STATE] = {"State:", 0, 0, AT(run)},
    {"PPid:", 10, 1, AT(parent)},
    {"Uid:", 10, 4, AT(uid)},
    {"Gid:", 10, 4, AT(gid)},
    [GROUPS] = {"Groups:", 10, AUDIT_GROUPS, AT(group)},
    [BLOCKED] = {"SigBlk:", 16, 1, AT(blocked)},
    [CAUGHT] = {"SigCgt:", 16, 1, AT(caught)},
    {"CapInh:", 16, 1, AT(inheritable)},
    {"CapPrm:", 16, 1, AT(permitted)},
    {"CapEff:", 16, 1, AT(effective)},
    [BOUNDING] = {"CapBnd:", 16, 1, AT(bounding)},
    {"CapAmb:", 16, 1, AT(ambient)},
    [NO_NEW_PRIVS] = {"NoNewPrivs:", 10, 1, AT(no_new_privs)},
    [SECCOMP] = {"Seccomp:", 10, 1, AT(seccomp)},
};

/* The value of one line into its place. Returns whether it is well-formed. */
static bool take_field(struct audit_process *p, unsigned i, const char *value)
{
    char *to = (char *)p + fields[i].at;
    size_t n = 0;

    if (fields[i].base == 0) {
        value += *value == '\t';
        if (i == STATE) {
            p->run = *value;
            return true;
        }
        for (; value[n] != '\n' && value[n] != '\0' && n + 1 < fields[i].count; n++)
            to[n] = value[n];
        return true;
    }
    while (n < fields[i].count && scan(&value, fields[i].base, (uint64_t *)(void *)to + n) == 0)
        n++;
    if (i == GROUPS)
        p->groups = n;
    else if (n < fields[i].count)
        return false;
    value += strspn(value, " \t");
    return *value == '\n';
}

static void set_state(struct audit_process *p, enum audit_check check, unsigned needed, bool good)
{
    p->state[check] = (p->known & needed) != needed ? AUDIT_UNREAD : good ? AUDIT_GOOD : AUDIT_BAD;
}

void audit_status_take(const char *status, struct audit_process *p)
{
    memset(p, 0, sizeof *p);
    for (; *status != '\0'; status += strcspn(status, "\n"), status += *status != '\0')
        for (unsigned i = 0; i < FIELDS; i++) {
            size_t len = strlen(fields[i].key);
            if (strncmp(status, fields[i].key, len) == 0 && take_field(p, i, status + len))
                p->known |= 1U << i;
        }
    set_state(p, AUDIT_NO_NEW_PRIVS, 1U << NO_NEW_PRIVS, p->no_new_privs != 0);
    set_state(p, AUDIT_SECCOMP, 1U << SECCOMP, p->seccomp != 0);
    set_state(p, AUDIT_PRIVILEGED, 1U << BOUNDING, (p->bounding >> CAPABILITY_SYS_ADMIN & 1) == 0);
    set_state(p, AUDIT_INIT, 1U << BLOCKED | 1U << CAUGHT,
              ((p->caught | p->blocked) >> (SIGTERM - 1) & 1) != 0);
    /* ids and sets of capabilities are judged together: GOOD means that all of them are there */
    set_state(p, AUDIT_USER, 0x1F38, true);
}

void audit_core_take(const char *limits, struct audit_process *p)
{
    static const char key[] = "Max core file size";
    const char *at = text_find(limits, key);
    uint64_t soft;

    if (at == NULL)
        return;
    at += sizeof key - 1;
    p->state[AUDIT_CORE] = scan(&at, 10, &soft) == 0 && soft == 0 ? AUDIT_GOOD : AUDIT_BAD;
}

void audit_label_take(const char *label, struct audit_process *p)
{
    static const char loose[] = "unconfined\0(complain)\0spc_t\0initrc_t\0kernel_t\0";

    p->state[AUDIT_LSM] = *label == '\0' || *label == '\n' ? AUDIT_ABSENT : AUDIT_GOOD;
    for (const char *word = loose; *word != '\0'; word += strlen(word) + 1)
        if (text_find(label, word) != NULL)
            p->state[AUDIT_LSM] = AUDIT_BAD;
}

void audit_limit_take(const char *file, enum audit_check check, struct audit_facts *f)
{
    static const char key[] = "hierarchical_memory_limit ";
    const char *at = text_find(file, key);
    struct audit_row *row = &f->row[check];
    char word[32];
    struct text t;

    if (at != NULL)
        file = at + sizeof key - 1;
    else if (*file != 'm' && *file != '-' && (*file < '0' || *file > '9'))
        return;
    if (row->state == AUDIT_GOOD)
        return;
    row->state = AUDIT_BAD;
    if (*file == 'm' || *file == '-' || strspn(file, "0123456789") >= DIGITS_OF_NONE)
        return;
    row->state = AUDIT_GOOD;
    text_init(&t, word, sizeof word);
    text_raw(&t, file, strcspn(file, "\n"));
    audit_found_add(&row->found, word);
}

const char *audit_cgroup_path(const char *cgroup, size_t *len)
{
    const char *path = "";

    *len = 0;
    for (; *cgroup != '\0'; cgroup += *cgroup != '\0') {
        const char *at = cgroup + strcspn(cgroup, ":\n");
        at += *at == ':';
        at += strcspn(at, ":\n");
        cgroup += strcspn(cgroup, "\n");
        if (at < cgroup) {
            path = at + 1;
            *len = (size_t)(cgroup - path);
        }
    }
    return path;
}

void audit_found_add(struct audit_found *found, const char *name)
{
    char bytes[4 * SHOWN_BYTES + 4];
    struct text item;

    text_init(&item, bytes, sizeof bytes);
    text_format(&item, "%.*s%s", SHOWN_BYTES, name, strlen(name) > SHOWN_BYTES ? "..." : "");
    if (found->count == 0)
        text_init(&found->names, found->bytes, sizeof found->bytes);
    for (const char *at = found->names.at; *at != '\0'; at += strcspn(at, " "), at += *at != '\0')
        if (strncmp(at, bytes, item.len) == 0 && (at[item.len] == ' ' || at[item.len] == '\0'))
            return;
    if (found->count++ < AUDIT_NAMED)
        text_format(&found->names, found->names.len > 0 ? " %s" : "%s", bytes);
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Whether the `len` bytes end with `word`, in either case. */
static bool ends_with(const char *bytes, size_t len, const char *word)
{
    size_t n = strlen(word);

    if (n > len)
        return false;
    for (size_t i = 0; i < n; i++)
        if (upper(bytes[len - n + i]) != word[i])
            return false;
    return true;
}

/* Whether some word of the name, cut at each _, is one of those that secrets are called by. GPG_KEY and what
 * is public are not secrets, TOKENIZERS is no token, and PWD alone is a folder. */
static bool secret_name(const char *name, size_t len)
{
    static const char words[] = "PASSWORD\0PASSWD\0PASSPHRASE\0SECRET\0SECRETS\0TOKEN\0APIKEY\0CREDENTIAL\0"
                                "CREDENTIALS\0_KEY\0_PWD\0_PASS\0_AUTH\0";

    if (ends_with(name, len, "_FILE") || ends_with(name, len, "GPG_KEY") ||
        ends_with(name, len, "PUBLIC_KEY"))
        return false;
    for (size_t end = 1; end <= len; end++)
        if (end == len || name[end] == '_')
            for (const char *word = words; *word != '\0'; word += strlen(word) + 1)
                if (ends_with(name, end, word))
                    return true;
    return false;
}

/* scheme://user:password@host */
static bool has_password(const char *value)
{
    const char *at = text_find(value, "://");
    size_t user;

    if (at == NULL)
        return false;
    at += 3;
    user = strcspn(at, ":/?#@");
    return at[user] == ':' && at[user + 1] != '@' && at[strcspn(at, "/?#@")] == '@';
}

void audit_environ_take(const char *environ, size_t len, struct audit_facts *f, struct audit_process *p)
{
    p->state[AUDIT_SECRETS] = AUDIT_GOOD;
    for (const char *end = environ + len; environ < end; environ += strlen(environ) + 1) {
        size_t n = strcspn(environ, "=");
        const char *value = environ + n + (environ[n] != '\0');
        char name[64];
        struct text t;
        if (*value == '\0' || ((*value == '/' || !secret_name(environ, n)) && !has_password(value)))
            continue;
        text_init(&t, name, sizeof name);
        text_raw(&t, environ, n);
        audit_found_add(&f->row[AUDIT_SECRETS].found, name);
        p->state[AUDIT_SECRETS] = AUDIT_BAD;
    }
}

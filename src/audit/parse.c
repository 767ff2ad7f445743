/* parse: texts of /proc and the cgroups into facts. Pure. See kinglet/audit.h.
 *
 * All of it may be hostile: a line that is not as proc(5) has it counts as one that is not there.
 */
#include "kinglet/audit.h"

#include "kinglet/capability.h"
#include "kinglet/number.h"

#include <signal.h>
#include <string.h>

enum {
    SHOWN_BYTES = 60,    /* of a name; the rest is cut off */
    DIGITS_OF_NONE = 19, /* a memory limit that long is how cgroup version 1 says that there is none */
};

/* The numbers behind `key`, `count` of them, into `to`: a tab stands before each, and what is between one and
 * the next tab, as the name of a following line, is passed over. Returns whether all were there. */
static bool take_numbers(const char *status, const char *key, unsigned base, uint64_t *to, unsigned count)
{
    const char *at = text_find(status, key);

    if (at == NULL)
        return false;
    for (; count > 0; count--) {
        at = text_find(at, "\t");
        if (at == NULL)
            return false;
        for (*to = 0, at++;; at++) {
            unsigned digit = (unsigned char)*at - (unsigned)'0';
            if (digit > 9 && base == 16)
                digit = (unsigned char)*at - (unsigned)'a' + 10;
            if (digit >= base)
                break;
            *to = *to * base + digit;
        }
        if (at[-1] == '\t' || (*at != '\t' && *at != '\n'))
            return false;
        to++;
    }
    return true;
}

static unsigned char good(bool is)
{
    return is ? AUDIT_GOOD : AUDIT_BAD;
}

/* Lines that always follow one another (fs/proc/array.c: Uid and Gid; SigBlk to SigCgt; CapInh to CapAmb;
 * NoNewPrivs and Seccomp) are read as one. A newline in a name is escaped, so no name can pose as a line. */
void audit_status_take(const char *status, struct audit_process *p)
{
    const char *at = text_find(status, "\nGroups:\t");
    struct text name;

    memset(p, 0, sizeof *p);
    text_init(&name, p->name, sizeof p->name);
    if (strncmp(status, "Name:\t", 6) == 0)
        text_raw(&name, status + 6, strcspn(status + 6, "\n"));
    p->zombie = text_find(status, "\nState:\tZ") != NULL;
    take_numbers(status, "\nPPid:", 10, &p->parent, 1);
    if (take_numbers(status, "\nSigBlk:", 16, &p->blocked, 3))
        p->state[AUDIT_INIT] = good(((p->blocked | p->caught) >> (SIGTERM - 1) & 1) != 0);
    if (take_numbers(status, "\nNoNewPrivs:", 10, &p->no_new_privs, 2)) {
        p->state[AUDIT_NO_NEW_PRIVS] = good(p->no_new_privs != 0);
        p->state[AUDIT_SECCOMP] = good(p->seccomp != 0);
    }
    if (at == NULL || !take_numbers(status, "\nUid:", 10, p->uid, 8) ||
        !take_numbers(status, "\nCapInh:", 16, &p->inheritable, 5))
        return;
    p->state[AUDIT_PRIVILEGED] = good((p->bounding >> CAPABILITY_SYS_ADMIN & 1) == 0);
    at += 9;
    while (p->groups < AUDIT_GROUPS && number_scan(&at, UINT32_MAX, &p->gid[4 + p->groups]) == 0) {
        p->groups++;
        at++;
    }
    if (p->groups < AUDIT_GROUPS) /* else there may be more */
        p->state[AUDIT_USER] = AUDIT_GOOD;
}

void audit_core_take(const char *limits, struct audit_process *p)
{
    if (text_find(limits, "Max core file size") != NULL)
        p->state[AUDIT_CORE] = good(text_find(limits, "Max core file size        0 ") != NULL);
}

void audit_label_take(const char *label, struct audit_process *p)
{
    p->state[AUDIT_LSM] = *label == '\0' || *label == '\n' ? AUDIT_ABSENT
                          : text_find(label, "unconfined") != NULL ||
                                  text_find(label, "(complain)") != NULL || text_find(label, ":spc_t") != NULL
                              ? AUDIT_BAD
                              : AUDIT_GOOD;
}

void audit_limit_take(char *file, enum audit_check check, struct audit_facts *f)
{
    static const char key[] = "hierarchical_memory_limit ";
    const char *at = text_find(file, key);
    struct audit_row *row = &f->row[check];

    if (at != NULL)
        file += at - file + (long)sizeof key - 1;
    file[strcspn(file, "\n")] = '\0';
    if (row->state == AUDIT_GOOD || *file > 'm') /* a number, -1 or max */
        return;
    row->state = AUDIT_BAD;
    if (*file < '0' || *file > '9' || strlen(file) >= DIGITS_OF_NONE)
        return;
    row->state = AUDIT_GOOD;
    audit_found_add(&row->found, file);
}

const char *audit_cgroup_path(const char *cgroup)
{
    const char *path = "";

    while ((cgroup = text_find(cgroup, ":/")) != NULL)
        path = ++cgroup;
    return path;
}

void audit_found_add(struct audit_found *found, const char *name)
{
    char bytes[4 * SHOWN_BYTES + 3];
    struct text item;

    text_init(&item, bytes, sizeof bytes);
    text_format(&item, " %.*s ", SHOWN_BYTES, name);
    if (found->count == 0) {
        text_init(&found->names, found->bytes, sizeof found->bytes);
        text_put(&found->names, " ");
    }
    if (text_find(found->names.at, bytes) == NULL && found->count++ < AUDIT_NAMED)
        text_put(&found->names, bytes + 1);
}

/* Whether the `len` bytes end with `word`, in either case. */
static bool ends_with(const char *bytes, size_t len, const char *word)
{
    size_t n = strlen(word);

    if (n > len)
        return false;
    for (bytes += len - n; *word != '\0' && (*bytes & ~0x20) == *word; bytes++)
        word++;
    return *word == '\0';
}

/* Whether some word of the name, cut at each _, is one of those that secrets are called by. GPG_KEY and what
 * is public are not secrets, TOKENIZERS is no token, and PWD alone is a folder. */
static bool secret_name(const char *name, size_t len)
{
    static const char words[] = "PASSWORD\0PASSWD\0PASSPHRASE\0SECRET\0SECRETS\0TOKEN\0APIKEY\0CREDENTIALS\0"
                                "_KEY\0_PWD\0_PASS\0_AUTH\0";

    if (ends_with(name, len, "_FILE") || ends_with(name, len, "GPG_KEY") ||
        ends_with(name, len, "PUBLIC_KEY"))
        return false;
    for (size_t end = 1; end <= len; end++)
        for (const char *word = words; *word != '\0'; word = text_after(word))
            if ((end == len || name[end] == '_') && ends_with(name, end, word))
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
    user = strcspn(at, "@/?#");
    return at[user] == '@' && strcspn(at, ":") < user;
}

void audit_environ_take(char *block, size_t len, struct audit_facts *f, struct audit_process *p)
{
    p->state[AUDIT_SECRETS] = AUDIT_GOOD;
    for (char *end = block + len, *next; block < end; block = next) {
        size_t n = strcspn(block, "=");
        const char *value = block + n + (block[n] != '\0');
        next = block + strlen(block) + 1;
        block[n] = '\0';
        if (*value == '\0' || ((*value == '/' || !secret_name(block, n)) && !has_password(value)))
            continue;
        audit_found_add(&f->row[AUDIT_SECRETS].found, block);
        p->state[AUDIT_SECRETS] = AUDIT_BAD;
    }
}

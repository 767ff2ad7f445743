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

/* The numbers of a line, into `to`: a tab stands before each, and what is between one and the next tab, as
 * the name of a following line, is passed over. `line` is how many, their base, and what stands before them.
 * Returns whether all were there. Apart, since in line its registers do not fit beside those of the caller.
 */
__attribute__((noinline)) static bool take_numbers(const char *status, const char *line, uint64_t *to)
{
    const char *at = text_find(status, line + 2);
    unsigned base = (unsigned char)line[1];

    for (unsigned count = (unsigned char)*line; count > 0; count--) {
        if (at == NULL || (at = text_find(at, "\t")) == NULL)
            return false;
        for (*to = 0, at++;; at++) {
            unsigned digit = (unsigned char)*at - (unsigned)'0';
            if (digit > 9)
                digit -= 'a' - '0' - 10;
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

/* A newline in a name is escaped, so no name can pose as a line. */
void audit_status_take(const char *status, struct audit_process *p)
{
    /* Lines that always follow one another (fs/proc/array.c: Pid and PPid; CapInh to CapAmb; SigBlk to
     * SigCgt; NoNewPrivs and Seccomp; Uid and Gid) are read as one. */
    static const char lines[] = "\2\12\nPid:\0"
                                "\5\20\nCapInh:\0"
                                "\3\20\nSigBlk:\0"
                                "\2\12\nNoNewPrivs:\0"
                                "\10\12\nUid:\0";
    enum { IDS = 1, FILTERS = 2, SIGNALS = 4, CAPABILITIES = 8 }; /* by line, from the last one on */
    unsigned there = 0;
    uint64_t *to = &p->pid;
    const char *at;

    memset(p, 0, sizeof *p);
    if (strncmp(status, "Name:\t", 6) == 0)
        for (size_t i = 0; i < sizeof p->name - 1 && status[6 + i] != '\n' && status[6 + i] != '\0'; i++)
            p->name[i] = status[6 + i];
    p->zombie = text_find(status, "\nState:\tZ") != NULL;
    for (const char *line = lines; *line != '\0'; line = text_after(line)) {
        there = there << 1 | take_numbers(status, line, to);
        to += (unsigned char)*line;
    }
    if (there & SIGNALS)
        p->state[AUDIT_INIT] = good(((p->blocked | p->caught) >> (SIGTERM - 1) & 1) != 0);
    if (there & FILTERS) {
        p->state[AUDIT_NO_NEW_PRIVS] = good(p->no_new_privs != 0);
        p->state[AUDIT_SECCOMP] = good(p->seccomp != 0);
    }
    at = text_find(status, "\nGroups:\t");
    if (at == NULL || (there & (IDS | CAPABILITIES)) != (IDS | CAPABILITIES))
        return;
    p->lowest = audit_lowest(p->uid, 4);
    p->state[AUDIT_PRIVILEGED] = good((p->bounding >> CAPABILITY_SYS_ADMIN & 1) == 0);
    at += 8;
    do {
        at++;
        if (number_scan(&at, UINT32_MAX, &p->gid[4 + p->groups]) != 0) {
            p->lowest_group = audit_lowest(p->gid, 4 + p->groups);
            p->state[AUDIT_USER] = AUDIT_GOOD;
            p->state[AUDIT_USER_NAMESPACE] = good(p->lowest != 0 && p->permitted == 0);
            break;
        }
    } while (++p->groups < AUDIT_GROUPS && *at == ' '); /* there may be more */
}

void audit_core_take(const char *limits, struct audit_process *p)
{
    const char *at = text_find(limits, "Max core file size ");

    if (at == NULL)
        return;
    at += 18;
    while (*at == ' ')
        at++;
    p->state[AUDIT_CORE] = good(*at == '0');
}

void audit_label_take(const char *label, struct audit_process *p)
{
    unsigned char state =
        (unsigned char)*label <= '\n' ? AUDIT_ABSENT : AUDIT_GOOD; /* an empty line, or none */

    for (const char *word = "unconfined\0(complain)\0:spc_t\0"; *word != '\0'; word = text_after(word))
        if (text_find(label, word) != NULL)
            state = AUDIT_BAD;
    p->state[AUDIT_LSM] = state;
}

void audit_limit_take(char *file, enum audit_check check, struct audit_facts *f)
{
    static const char key[] = "memory_limit ";
    const char *at = text_find(file, key);
    unsigned char *state = &f->state[check];
    size_t len;

    if (at != NULL)
        file += at - file + (long)sizeof key - 1;
    len = strcspn(file, "\n");
    if (*state == AUDIT_GOOD)
        return;
    if (*file >= '0' && *file <= '9' && len < DIGITS_OF_NONE) {
        *state = AUDIT_GOOD;
        file[len] = '\0';
        audit_found_add(&f->found[check], file);
    } else if (*file <= 'm' &&
               (check != AUDIT_PIDS || !f->kubernetes)) /* max or -1, or on the pod, out of sight */
        *state = AUDIT_BAD;
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
    struct text *names = &found->names;
    char *item;

    if (found->count == 0) {
        text_init(names, found->bytes, sizeof found->bytes);
        text_put(names, ": ");
    }
    item = found->bytes + names->len;
    text_format(names, "%.*s ", SHOWN_BYTES, name);
    if (text_find(found->bytes, item - 1) != item - 1 || found->count++ >= AUDIT_NAMED)
        names->len = (size_t)(item - found->bytes);
}

char *audit_field(char **at, const char *ends)
{
    char *begin = *at;

    *at += strcspn(begin, ends);
    if (**at != '\0')
        *(*at)++ = '\0';
    return begin;
}

bool audit_among(const char *string, const char *names, bool whole)
{
    size_t len = strlen(string);

    for (; *names != '\0'; names = text_after(names)) {
        size_t n = strlen(names);
        const char *at = string + len - n;
        if (n > len || (whole && n < len))
            continue;
        while (*names != '\0' && (*at == *names || (*at & ~0x20) == *names)) {
            at++;
            names++;
        }
        if (*names == '\0')
            return true;
    }
    return false;
}

/* Whether some word of the name, cut at each _, is one of those that secrets are called by. GPG_KEY and what
 * is public are not secrets, TOKENIZERS is no token, and PWD alone is a folder. */
static bool secret_name(char *name)
{
    char *end = name, last;
    bool is;

    if (audit_among(name, "_FILE\0GPG_KEY\0PUBLIC_KEY\0", false))
        return false;
    do {
        end += strcspn(end, "_");
        last = *end;
        *end = '\0';
        is = audit_among(name,
                         "PASSWORD\0PASSWD\0PASSPHRASE\0SECRET\0SECRETS\0TOKEN\0APIKEY\0CREDENTIALS\0"
                         "_KEY\0_PWD\0_PASS\0_AUTH\0",
                         false);
        *end = last;
    } while (!is && *end++ != '\0');
    return is;
}

/* scheme://user:password@host */
static bool has_password(const char *value)
{
    const char *at = text_find(value, "://");

    if (at == NULL)
        return false;
    at += 3;
    at += strcspn(at, ":@/?#");
    return *at == ':' && at[strcspn(at, "@/?#")] == '@';
}

void audit_environ_take(char *block, size_t len, struct audit_facts *f, struct audit_process *p)
{
    p->state[AUDIT_SECRETS] = AUDIT_GOOD;
    for (char *end = block + len, *next; block < end; block = next) {
        char *value = block;
        next = block + strlen(block) + 1;
        audit_field(&value, "=");
        if (*value == '\0' || ((*value == '/' || !secret_name(block)) && !has_password(value)))
            continue;
        audit_found_add(&f->found[AUDIT_SECRETS], block);
        p->state[AUDIT_SECRETS] = AUDIT_BAD;
    }
}

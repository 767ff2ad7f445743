/* parse: what /proc and the cgroups say, taken apart. Pure. See kinglet/audit.h.
 *
 * All of it may be hostile: a line that is not as proc(5) has it counts as one that is not there.
 */
#include "kinglet/audit.h"

#include "kinglet/number.h"

#include <string.h>

enum {
    SHOWN_BYTES = 60, /* of a name; the rest is cut off */
    CPU_UNIT = 1000,  /* limits are in thousandths of a CPU */
    NO_LIMIT = 62     /* a memory limit of 2^62 and above is how cgroup v1 says that there is none */
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

/* In the order of enum audit_field. */
static const struct {
    char key[12];
    unsigned char base, count;
    unsigned short at;
} fields[AUDIT_FIELDS] = {
    {"Name:", 0, sizeof((struct audit_process *)0)->name, AT(name)},
    {"State:", 0, 2, AT(state)},
    {"PPid:", 10, 1, AT(parent)},
    {"Uid:", 10, 4, AT(uid)},
    {"Gid:", 10, 4, AT(gid)},
    {"Groups:", 10, AUDIT_GROUPS, AT(group)},
    {"SigBlk:", 16, 1, AT(blocked)},
    {"SigCgt:", 16, 1, AT(caught)},
    {"CapInh:", 16, 1, AT(inheritable)},
    {"CapPrm:", 16, 1, AT(permitted)},
    {"CapEff:", 16, 1, AT(effective)},
    {"CapBnd:", 16, 1, AT(bounding)},
    {"CapAmb:", 16, 1, AT(ambient)},
    {"NoNewPrivs:", 10, 1, AT(no_new_privs)},
    {"Seccomp:", 10, 1, AT(seccomp)},
};

/* The value of one line into its place. Returns whether it is well-formed. */
static bool take_field(struct audit_process *p, unsigned i, const char *value)
{
    char *to = (char *)p + fields[i].at;
    size_t n = 0;

    if (fields[i].base == 0) {
        value += strspn(value, "\t");
        n = strcspn(value, "\n");
        if (i == AUDIT_STATE) {
            p->state = *value;
            return n > 0;
        }
        if (n >= fields[i].count)
            return false;
        memcpy(to, value, n);
        to[n] = '\0';
        return true;
    }
    while (n < fields[i].count && scan(&value, fields[i].base, (uint64_t *)(void *)to + n) == 0)
        n++;
    if (i == AUDIT_GROUP)
        p->groups = n;
    else if (n < fields[i].count)
        return false;
    value += strspn(value, " \t");
    return *value == '\n';
}

void audit_status_parse(const char *status, struct audit_process *p)
{
    p->known = 0;
    for (; *status != '\0'; status += strcspn(status, "\n"), status += *status != '\0')
        for (unsigned i = 0; i < AUDIT_FIELDS; i++) {
            size_t len = strlen(fields[i].key);
            if (strncmp(status, fields[i].key, len) == 0 && take_field(p, i, status + len))
                p->known |= 1U << i;
        }
}

/* Octal escapes (\040) decoded, in place. */
static void unescape(char *s)
{
    char *to = s;

    for (; *s != '\0'; s++) {
        unsigned byte = 0, n = 0;
        while (s[0] == '\\' && n < 3 && s[n + 1] >= '0' && s[n + 1] <= '7')
            byte = byte * 8 + (unsigned)s[++n] - '0';
        *to++ = n == 3 ? (char)byte : *s;
        if (n == 3)
            s += n;
    }
    *to = '\0';
}

/* The next field of a line, which ends at the first blank; *at goes behind it. */
static char *field(char **at)
{
    char *begin = *at;

    *at += strcspn(begin, " ");
    if (**at != '\0')
        *(*at)++ = '\0';
    return begin;
}

static bool parse_mount(char *line, struct audit_mount *m)
{
    char *root, *point;

    for (int i = 0; i < 3; i++)
        field(&line);
    root = field(&line);
    point = field(&line);
    m->options = field(&line);
    while (*line != '\0' && strcmp(field(&line), "-") != 0)
        continue;
    m->type = field(&line);
    field(&line);
    m->super = field(&line);
    unescape(root);
    unescape(point);
    m->root = root;
    m->point = point;
    return m->type[0] != '\0' && point[0] == '/';
}

size_t audit_mounts_parse(char *mountinfo, struct audit_mount *mount, size_t max, bool *cut)
{
    size_t n = 0;

    while (*mountinfo != '\0') {
        char *next = mountinfo + strcspn(mountinfo, "\n");
        if (*next != '\0')
            *next++ = '\0';
        if (n == max) {
            *cut = true;
            break;
        }
        memset(&mount[n], 0, sizeof mount[n]);
        n += parse_mount(mountinfo, &mount[n]);
        mountinfo = next;
    }
    return n;
}

bool audit_listed(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (true) {
        size_t n = strcspn(list, ",:\n");
        if (n == len && memcmp(list, word, len) == 0)
            return true;
        if (list[n] != ',')
            return false;
        list += n + 1;
    }
}

const char *audit_cgroup_path(const char *cgroup, const char *controller, size_t *len)
{
    for (; *cgroup != '\0'; cgroup += *cgroup != '\0') {
        const char *at = cgroup + strcspn(cgroup, ":\n");
        cgroup += strcspn(cgroup, "\n");
        if (*at != ':' || !audit_listed(at + 1, controller))
            continue;
        at += 1 + strcspn(at + 1, ":\n");
        if (*at != ':' || at[1] != '/')
            continue;
        *len = (size_t)(cgroup - at - 1);
        return at + 1;
    }
    return NULL;
}

struct audit_limit audit_limit_parse(const char *word, bool cpu)
{
    struct audit_limit none = {AUDIT_BAD, 0}, limit = {AUDIT_GOOD, 0}, unread = {AUDIT_UNREAD, 0};
    uint64_t period;

    if (strncmp(word, "max", 3) == 0 || strncmp(word, "-1", 2) == 0)
        return none;
    if (scan(&word, 10, &limit.value) != 0)
        return unread;
    word += *word == '\n';
    if (cpu) {
        if (scan(&word, 10, &period) != 0 || period == 0 || limit.value > UINT64_MAX / CPU_UNIT)
            return unread;
        limit.value = limit.value * CPU_UNIT / period;
    }
    return limit.value >> NO_LIMIT != 0 ? none : limit;
}

enum audit_state audit_core_parse(const char *limits)
{
    static const char key[] = "Max core file size";
    const char *at = text_find(limits, key);

    if (at == NULL)
        return AUDIT_UNREAD;
    at += sizeof key - 1;
    at += strspn(at, " ");
    return at[0] == '0' && (at[1] == ' ' || at[1] == '\n') ? AUDIT_GOOD : AUDIT_BAD;
}

enum audit_state audit_label_parse(const char *label)
{
    static const char loose[] = "unconfined\0(complain)\0spc_t\0initrc_t\0kernel_t\0";

    if (label[strspn(label, "\n")] == '\0')
        return AUDIT_ABSENT;
    for (const char *word = loose; *word != '\0'; word += strlen(word) + 1)
        if (text_find(label, word) != NULL)
            return AUDIT_BAD;
    return AUDIT_GOOD;
}

void audit_found_add(struct audit_found *found, const char *name, size_t len)
{
    char bytes[4 * SHOWN_BYTES + 4];
    struct text item;

    text_init(&item, bytes, sizeof bytes);
    text_safe(&item, name, len > SHOWN_BYTES ? SHOWN_BYTES : len);
    if (len > SHOWN_BYTES)
        text_put(&item, "...");
    if (found->count == 0)
        text_init(&found->names, found->bytes, sizeof found->bytes);
    for (const char *at = found->names.at; *at != '\0'; at += strcspn(at, " "), at += *at != '\0')
        if (strncmp(at, bytes, item.len) == 0 && (at[item.len] == ' ' || at[item.len] == '\0'))
            return;
    if (found->count++ >= AUDIT_NAMED)
        return;
    if (found->names.len > 0)
        text_put(&found->names, " ");
    text_put(&found->names, bytes);
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

enum audit_state audit_environ_parse(const char *environ, size_t len, struct audit_found *secrets,
                                     const char **path)
{
    enum audit_state state = AUDIT_GOOD;
    size_t n;

    for (const char *end = environ + len; environ < end; environ += n + 1) {
        size_t name = strcspn(environ, "=");
        const char *value = environ + name + 1;
        n = strlen(environ);
        if (name >= n || *value == '\0')
            continue;
        if (strncmp(environ, "PATH=", 5) == 0)
            *path = value;
        if ((*value != '/' && secret_name(environ, name)) || has_password(value)) {
            audit_found_add(secrets, environ, name);
            state = AUDIT_BAD;
        }
    }
    return state;
}

/* ids: user and group ids and names of capabilities, parsed. Pure. See kinglet/identity.h. */
#include "kinglet/capability.h"
#include "kinglet/identity.h"
#include "kinglet/number.h"

#include <string.h>

enum { ID_MAX = INT32_MAX };

/* Returns NULL, or what is wrong with it. */
static const char *parse_id(const char *word, size_t len, uint32_t *id)
{
    uint64_t number;

    if (number_parse(word, len, ID_MAX, &number) != 0)
        return len == 0 ? "an id is missing (a variable that is not set?)"
               : strspn(word, "0123456789") >= len
                   ? "an id is at most 2147483647"
                   : "ids are decimal numbers (like 10001:10001), which need no /etc/passwd";
    *id = (uint32_t)number;
    return NULL;
}

/* Returns 0, or -1 where there is a reason why not. */
static int tell(struct text *faults, const char *what, const char *word, const char *why)
{
    if (why == NULL)
        return 0;
    text_fault(faults, "%s'%s': %s", what, word, why);
    return -1;
}

int identity_parse_user(const char *what, const char *user, struct identity *identity, struct text *faults)
{
    size_t len = strcspn(user, ":");
    const char *why = parse_id(user, len, &identity->uid);

    identity->gid = identity->uid;
    if (why == NULL && user[len] == ':')
        why = parse_id(user + len + 1, strlen(user + len + 1), &identity->gid);
    return tell(faults, what, user, why);
}

static void parse_groups(const struct list *groups, struct identity *identity, struct text *faults)
{
    size_t count = groups->count;

    identity->keep_groups = count == 1 && strcmp(groups->item[0], "keep") == 0;
    if (identity->keep_groups)
        return;
    if (count > IDENTITY_GROUPS) {
        text_fault(faults, "--groups: more than %d groups", IDENTITY_GROUPS);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *word = groups->item[i];
        tell(faults, "--groups: ", word, parse_id(word, strlen(word), &identity->group[i]));
    }
    if (count == 0) /* never an empty list: that keeps the old ones on some systems (CVE-2022-36109) */
        identity->group[count++] = identity->gid;
    identity->group_count = count;
}

void identity_parse(const struct identity_options *options, struct identity *identity, struct text *faults)
{
    memset(identity, 0, sizeof *identity);
    identity->wanted = options->user != NULL;
    identity->allow_new_privs = options->allow_new_privs;
    identity->strict = options->strict_user;
    if (identity->wanted && identity_parse_user("--user: ", options->user, identity, faults) == 0 &&
        identity->uid == 0 && !options->allow_root)
        text_fault(faults, "--user: '%s' is root: give another id, or --allow-root", options->user);
    parse_groups(&options->groups, identity, faults);
    for (size_t i = 0; i < options->keep_caps.count; i++) {
        const char *word = options->keep_caps.item[i];
        const char *name = strncmp(word, "CAP_", 4) == 0 ? word + 4 : word;
        uint64_t bit = capability_find(name);
        identity->keep_caps |= bit;
        if (bit == 0)
            text_fault(faults, "--keep-cap: '%s' is not a capability (like NET_BIND_SERVICE)", word);
    }
    if (!identity->wanted && options->groups.count + options->keep_caps.count + options->strict_user > 0)
        text_fault(faults, "--groups, --keep-cap and --strict-user need --user UID[:GID]");
}

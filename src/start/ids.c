/* ids: user and group ids and names of capabilities, parsed. Pure. See kinglet/identity.h. */
#include "kinglet/capability.h"
#include "kinglet/identity.h"
#include "kinglet/number.h"

#include <string.h>

enum { ID_MAX = INT32_MAX };

static int parse_id(const char *what, const char *whole, const char *word, size_t len, uint32_t *id,
                    struct text *faults)
{
    uint64_t number;

    if (number_parse(word, len, ID_MAX, &number) == 0) {
        *id = (uint32_t)number;
        return 0;
    }
    text_fault(faults, "%s'%s': ", what, whole);
    text_put(faults, len == 0 ? "an id is missing (a variable that is not set?)"
                     : strspn(word, "0123456789") >= len
                         ? "an id is at most 2147483647"
                         : "ids are decimal numbers (like 10001:10001), which need no /etc/passwd");
    return -1;
}

int identity_parse_user(const char *what, const char *user, struct identity *identity, struct text *faults)
{
    size_t uid_len = strcspn(user, ":");
    const char *gid = user[uid_len] == ':' ? user + uid_len + 1 : NULL;

    if (parse_id(what, user, user, uid_len, &identity->uid, faults) != 0)
        return -1;
    identity->gid = identity->uid;
    return gid == NULL ? 0 : parse_id(what, user, gid, strlen(gid), &identity->gid, faults);
}

static int parse_user(const struct identity_options *options, struct identity *identity, struct text *faults)
{
    if (identity_parse_user("--user: ", options->user, identity, faults) != 0)
        return -1;
    if (identity->uid == 0 && !options->allow_root) {
        text_fault(faults, "--user: '%s' is root: give another id, or --allow-root", options->user);
        return -1;
    }
    return 0;
}

static int parse_groups(const struct list *groups, struct identity *identity, struct text *faults)
{
    if (groups->count == 1 && strcmp(groups->item[0], "keep") == 0) {
        identity->keep_groups = true;
        return 0;
    }
    if (groups->count > IDENTITY_GROUPS) {
        text_fault(faults, "--groups: more than %d groups", IDENTITY_GROUPS);
        return -1;
    }
    for (size_t i = 0; i < groups->count; i++) {
        const char *word = groups->item[i];
        if (parse_id("--groups: ", word, word, strlen(word), &identity->group[i], faults) != 0)
            return -1;
    }
    identity->group_count = groups->count;
    if (groups->count ==
        0) /* never an empty list: that keeps the old ones on some systems (CVE-2022-36109) */
        identity->group[identity->group_count++] = identity->gid;
    return 0;
}

static int parse_capability(const char *word, uint64_t *set, struct text *faults)
{
    uint64_t bit = capability_find(strncmp(word, "CAP_", 4) == 0 ? word + 4 : word);

    if (bit != 0) {
        *set |= bit;
        return 0;
    }
    text_fault(faults, "--keep-cap: '%s' is not a capability (like NET_BIND_SERVICE)", word);
    return -1;
}

int identity_parse(const struct identity_options *options, struct identity *identity, struct text *faults)
{
    int result = 0;

    memset(identity, 0, sizeof *identity);
    identity->wanted = options->user != NULL;
    identity->allow_new_privs = options->allow_new_privs;
    identity->strict = options->strict_user;
    if (identity->wanted && parse_user(options, identity, faults) != 0)
        result = -1;
    if (parse_groups(&options->groups, identity, faults) != 0)
        result = -1;
    for (size_t i = 0; i < options->keep_caps.count; i++)
        if (parse_capability(options->keep_caps.item[i], &identity->keep_caps, faults) != 0)
            result = -1;
    if (!identity->wanted &&
        (options->groups.count > 0 || options->keep_caps.count > 0 || options->strict_user)) {
        text_fault(faults, "--groups, --keep-cap and --strict-user need --user UID[:GID]");
        result = -1;
    }
    return result;
}

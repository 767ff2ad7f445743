/* environment: the effects. See kinglet/environment.h; what is right or wrong is decided in rules.c. */
#include "kinglet/environment.h"

#include "kinglet/expand.h"
#include "kinglet/log.h"
#include "kinglet/number.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VALUE_MAX = 131071, /* NAME=VALUE with its NUL: MAX_ARG_STRLEN (execve(2)) less one */
    FILE_MAX = 1 << 20, /* of an env file, or of /etc/passwd */
};

static const char too_large[] = "too large for a variable (131071 bytes)";

struct build {
    char *const *given; /* as we got it */
    struct list vars;
    struct text *faults;
};

/* Where `name` is set in the list, or its count. */
static size_t index_of(const struct list *vars, const char *name, size_t len)
{
    size_t i = 0;

    while (i < vars->count && (strncmp(vars->item[i], name, len) != 0 || vars->item[i][len] != '='))
        i++;
    return i;
}

/* Its value where it has one, else NULL. */
static const char *value_of(const struct list *vars, const char *name, size_t len)
{
    size_t i = index_of(vars, name, len);
    const char *value = i < vars->count ? vars->item[i] + len + 1 : "";

    return *value == '\0' ? NULL : value;
}

static void unset(struct list *vars, const char *name, size_t len)
{
    size_t i;

    while ((i = index_of(vars, name, len)) < vars->count) {
        memmove(vars->item + i, vars->item + i + 1, (vars->count - i) * sizeof *vars->item);
        vars->count--;
    }
}

static void set(struct build *b, const char *assignment)
{
    size_t len = strcspn(assignment, "=");
    size_t i = index_of(&b->vars, assignment, len);

    if (i < b->vars.count) {
        b->vars.item[i] = assignment;
    } else if (list_add(&b->vars, assignment) != 0) {
        text_fault(b->faults, "%.*s: out of memory", (int)len, assignment);
    }
}

/* The whole of the regular file at `path`, behind `room` bytes left free, NUL-terminated, in the arena; its
 * length in *len. NULL with errno, EISDIR or ENXIO for what is no regular file, EFBIG for more than `max`.
 * Never blocks on a FIFO. */
static char *read_file(const char *path, size_t max, size_t room, size_t *len)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    char *buffer = NULL;
    struct stat st;
    size_t size = 0;
    ssize_t n = 1;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : ENXIO;
    } else if ((uint64_t)st.st_size > max) {
        errno = EFBIG;
    } else {
        /* what grows while it is read is too large or is cut at what it was: files of /proc say 0 */
        size_t capacity = st.st_size > 0 ? (size_t)st.st_size : max;
        buffer = arena_take(room + capacity + 1);
        while (buffer != NULL && size < capacity && (n = read(fd, buffer + room + size, capacity - size)) > 0)
            size += (size_t)n;
        if (n < 0)
            buffer = NULL;
        *len = size;
    }
    int kept = errno;
    close(fd);
    errno = kept;
    return buffer;
}

static const char *file_fault(int error)
{
    return error == ENXIO ? "not a regular file" : log_errno(error);
}

static void read_env_file(struct build *b, const char *path)
{
    unsigned number = 1;
    size_t len;
    char *at = read_file(path, FILE_MAX, 0, &len);
    char *end = at == NULL ? NULL : at + len;

    if (at == NULL) {
        text_fault(b->faults, "--env-file: %s: %s", path, file_fault(errno));
        return;
    }
    for (; at < end; number++) {
        char *line = at;
        char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t name_len;
        int kind;
        at = newline == NULL ? end : newline + 1;
        if (newline != NULL)
            *newline = '\0';
        kind = strlen(line) < (size_t)((newline == NULL ? end : newline) - line)
                   ? -1
                   : environment_line(&line, &name_len);
        if (kind < 0 || (kind > 0 && strlen(line) > VALUE_MAX)) {
            text_fault(b->faults, "--env-file: %s:%u: %s", path, number,
                       kind < 0 ? "not a NAME=VALUE line" : too_large);
        } else if (kind > 0) {
            const char *given = expand_lookup(b->given, line, name_len);
            if (given == NULL || *given == '\0')
                set(b, line);
        }
    }
}

/* NAME from the file that NAME_FILE names (the convention of the official images' file_env). */
static void read_secret(struct build *b, const char *name)
{
    size_t name_len = strlen(name), len = 0;
    char file_name[256];
    struct text t;
    const char *path;
    char *secret;

    text_init(&t, file_name, sizeof file_name);
    text_put(&t, name);
    text_put(&t, "_FILE");
    path = t.cut ? NULL : value_of(&b->vars, file_name, t.len);
    if (path == NULL)
        return;
    if (value_of(&b->vars, name, name_len) != NULL) {
        text_fault(b->faults, "--secret: %s and %s are both set: unset one", name, file_name);
        return;
    }
    secret = read_file(path, VALUE_MAX, name_len + 1, &len);
    if (secret == NULL) {
        text_next(b->faults); /* without the path, which may be a value that stands in the wrong variable */
        text_format(b->faults, "--secret: the file that %s names: %s%s", file_name,
                    errno == EFBIG ? too_large : file_fault(errno),
                    errno == EACCES ? ": readable by the user that the container starts as?" : "");
        return;
    }
    while (len > 0 && secret[name_len + 1 + len - 1] == '\n')
        len--;
    secret[name_len + 1 + len] = '\0';
    if (memchr(secret + name_len + 1, '\0', len) != NULL || name_len + 1 + len > VALUE_MAX) {
        text_fault(b->faults, "--secret: the file that %s names: %s", file_name,
                   name_len + 1 + len > VALUE_MAX ? too_large : "holds a NUL byte");
        return;
    }
    memcpy(secret, name, name_len);
    secret[name_len] = '=';
    set(b, secret);
    unset(&b->vars, file_name, t.len);
}

static void require(struct build *b, const char *word, const struct list *secrets)
{
    size_t len = strcspn(word, ":");
    const char *type = word[len] == ':' ? word + len + 1 : "str";
    const char *value = value_of(&b->vars, word, len);
    struct stat st;

    if (value == NULL) {
        text_fault(b->faults, "%.*s: required, but not set", (int)len, word);
        for (size_t i = 0; i < secrets->count; i++)
            if (strncmp(secrets->item[i], word, len) == 0 && secrets->item[i][len] == '\0')
                text_format(b->faults, " (also accepted: %.*s_FILE)", (int)len, word);
    } else if (!environment_is_type(value, type)) {
        text_next(b->faults);
        if (strchr(type, '|') != NULL)
            text_format(b->faults, "%.*s: required to be one of %s, but is not", (int)len, word, type);
        else
            text_format(b->faults, "%.*s: required to be of type %s%s, but is not", (int)len, word, type,
                        strcmp(type, "port") == 0   ? " (1 to 65535)"
                        : strcmp(type, "bool") == 0 ? " (true or false)"
                        : strcmp(type, "url") == 0  ? " (like https://host/path)"
                                                    : "");
    } else if (strcmp(type, "path") == 0 && stat(value, &st) != 0) {
        text_fault(b->faults, "%.*s: required to be the path of something that exists: %s", (int)len, word,
                   log_errno(errno));
    }
}

int environment_prepare(const struct environment_options *options, char **env, char ***result,
                        struct text *faults)
{
    struct build b = {.given = env, .faults = faults};
    size_t before = faults->len;

    *result = env;
    if (options->env_files.count + options->defaults.count + options->unset.count + options->secrets.count +
            options->require.count ==
        0)
        return 0;
    for (char **v = env; *v != NULL; v++)
        if (list_add(&b.vars, *v) != 0) {
            text_fault(faults, "the environment does not fit into memory");
            return -1;
        }
    for (size_t i = 0; i < options->env_files.count; i++)
        read_env_file(&b, options->env_files.item[i]);
    for (size_t i = 0; i < options->defaults.count; i++) {
        const char *assignment = options->defaults.item[i];
        if (value_of(&b.vars, assignment, strcspn(assignment, "=")) == NULL)
            set(&b, assignment);
    }
    for (size_t i = 0; i < options->unset.count; i++)
        unset(&b.vars, options->unset.item[i], strlen(options->unset.item[i]));
    for (size_t i = 0; i < options->secrets.count; i++)
        read_secret(&b, options->secrets.item[i]);
    for (size_t i = 0; i < options->require.count; i++)
        require(&b, options->require.item[i], &options->secrets);
    static char *none[] = {NULL};
    *result = b.vars.item == NULL ? none : (char **)(void *)b.vars.item;
    return faults->len == before ? 0 : -1;
}

/* The home directory of `uid` by /etc/passwd (passwd(5)), NUL-terminated; NULL where it is not listed. */
static const char *home_of(uint32_t uid)
{
    size_t len;
    char *at = read_file("/etc/passwd", FILE_MAX, 0, &len);

    while (at != NULL && *at != '\0') {
        char *field = at;
        char *end = at + strcspn(at, "\n");
        uint64_t number;
        at = *end == '\0' ? end : end + 1;
        *end = '\0';
        for (int i = 0; i < 2 && field != NULL; i++)
            if ((field = strchr(field, ':')) != NULL)
                field++;
        if (field == NULL || number_parse(field, strcspn(field, ":"), UINT32_MAX, &number) != 0 ||
            number != uid)
            continue;
        for (int i = 0; i < 3 && field != NULL; i++)
            if ((field = strchr(field, ':')) != NULL)
                field++;
        if (field == NULL)
            continue;
        field[strcspn(field, ":")] = '\0';
        return *field == '/' ? field : NULL;
    }
    return NULL;
}

int environment_home(uint32_t uid, bool always, char ***env)
{
    struct build b = {.given = *env};
    const char *now = expand_lookup(*env, "HOME", 4);
    const char *home;
    char *assignment;
    size_t len;

    if (!always && now != NULL && strcmp(now, "/root") != 0)
        return 0;
    home = home_of(uid);
    if (home == NULL)
        home = "/";
    len = strlen(home);
    assignment = arena_take(sizeof "HOME=" + len);
    if (assignment == NULL)
        return -ENOMEM;
    memcpy(assignment, "HOME=", 5);
    memcpy(assignment + 5, home, len);
    for (char **v = *env; *v != NULL; v++)
        if (list_add(&b.vars, strncmp(*v, "HOME=", 5) == 0 ? assignment : *v) != 0)
            return -ENOMEM;
    if (now == NULL && list_add(&b.vars, assignment) != 0)
        return -ENOMEM;
    *env = (char **)(void *)b.vars.item;
    return 0;
}

int environment_expand(char **argv, char *const *env, struct text *faults)
{
    size_t before = faults->len;
    static char buffer[VALUE_MAX + 1];

    for (; *argv != NULL; argv++) {
        struct text out;
        char *copy;
        if (text_find(*argv, "${") == NULL)
            continue;
        text_init(&out, buffer, sizeof buffer);
        if (expand_put(&out, *argv, env, faults) != 0)
            continue;
        copy = arena_take(out.len + 1);
        if (copy == NULL) {
            text_fault(faults, "--expand: out of memory");
            continue;
        }
        memcpy(copy, buffer, out.len);
        *argv = copy;
    }
    return faults->len == before ? 0 : -1;
}

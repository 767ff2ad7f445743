/* environment: the effects. See kinglet/environment.h; what is right or wrong is decided in rules.c. */
#include "kinglet/environment.h"

#include "kinglet/expand.h"
#include "kinglet/log.h"
#include "kinglet/number.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    VALUE_MAX = 131071, /* NAME=VALUE with its NUL: MAX_ARG_STRLEN (execve(2)) less one */
    FILE_MAX = 1 << 20, /* of any file that is read */
};

static const char too_large[] = "too large for a variable (131071 bytes)";

/* What is being made of an environment: at first that one itself, which is copied before it is changed. */
struct build {
    struct list vars;
    int failed; /* for want of memory */
    const char **given;
    const struct list *secrets;
    struct text *faults;
};

/* Of which nothing is kept. */
static char scratch[VALUE_MAX + 1];

/* Where NAME or NAME=VALUE stands whose name `word` begins with, up to its end, a = or a :; or the NULL
 * behind the last. */
static const char **find(const char **list, const char *word)
{
    size_t len = strcspn(word, "=:");

    while (*list != NULL && (strncmp(*list, word, len) != 0 || ((*list)[len] != '\0' && (*list)[len] != '=')))
        list++;
    return list;
}

/* The variable's value where it has one, else NULL. */
static const char *value_of(const char **env, const char *word)
{
    const char *at = *find(env, word);

    if (at == NULL)
        return NULL;
    at += strcspn(at, "=");
    return *at == '\0' || *++at == '\0' ? NULL : at;
}

static void add(struct build *b, const char *assignment)
{
    b->failed |= list_add(&b->vars, assignment);
}

/* Where it is to be set. */
static const char **place(struct build *b, const char *word)
{
    if (b->vars.room == 0)
        for (const char **v = b->vars.item; *v != NULL; v++)
            add(b, *v);
    return find(b->vars.item, word);
}

static void unset(void *build, const char *name)
{
    struct build *b = build;
    const char **at;

    while (*(at = place(b, name)) != NULL) {
        b->vars.count--;
        do
            at[0] = at[1];
        while (*at++ != NULL);
    }
}

/* Unless it has a value in `env`. */
static void set(struct build *b, const char **env, const char *assignment)
{
    const char **at;

    if (value_of(env, assignment) != NULL)
        return;
    at = place(b, assignment);
    if (*at != NULL)
        *at = assignment;
    else
        add(b, assignment);
}

/* A file in the arena; a newline of ours stands behind it, and a NUL behind that. */
struct file {
    char *at, *end;
};

/* Reads the whole of the regular file at `path`, behind `room` bytes left free. Returns NULL, or why it
 * cannot be read. Never blocks on a FIFO. */
static const char *read_file(struct file *file, const char *path, size_t room)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    int error = 0;
    struct stat st;

    file->at = file->end = NULL;
    if (fd < 0) {
        error = errno;
    } else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        error = S_ISDIR(st.st_mode) ? EISDIR : ENXIO;
    } else if (st.st_size > FILE_MAX) {
        error = EFBIG;
    } else {
        /* what grows while it is read is cut at what it was: files of /proc say 0 */
        size_t left = st.st_size > 0 ? (size_t)st.st_size : FILE_MAX;
        char *at = arena_take(room + left + sizeof "\n");
        ssize_t n;
        if (at == NULL) {
            error = ENOMEM;
        } else {
            file->at = at += room;
            while ((n = read(fd, at, left)) > 0) {
                at += n;
                left -= (size_t)n;
            }
            *at = '\n';
            if (n == 0)
                file->end = at;
            else
                error = errno;
        }
    }
    close(fd);
    return file->end != NULL ? NULL
           : error == ENXIO  ? "not a regular file"
           : error == EACCES ? "permission denied: readable by the user that the container starts as?"
                             : log_errno(error);
}

/* The next line of a file, with a NUL in the newline's place; NULL at the end. */
static char *take_line(struct file *file)
{
    char *line = file->at;

    if (line >= file->end)
        return NULL;
    file->at = memchr(line, '\n', (size_t)(file->end - line) + 1);
    *file->at++ = '\0';
    return line;
}

static void read_env_file(void *build, const char *path)
{
    struct build *b = build;
    struct file file;
    const char *why = read_file(&file, path, 0);
    char *line;

    if (why != NULL)
        text_fault(b->faults, "--env-file: %s: %s", path, why);
    for (unsigned number = 1; (line = take_line(&file)) != NULL; number++) {
        line = text_after(line) == file.at ? environment_line(line) : NULL;
        if (line == NULL || strlen(line) > VALUE_MAX)
            text_fault(b->faults, "--env-file: %s:%u: %s", path, number,
                       line == NULL ? "not a NAME=VALUE line" : too_large);
        else if (*line != '\0')
            set(b, b->given, line);
    }
}

static void set_default(void *build, const char *assignment)
{
    struct build *b = build;

    set(b, b->vars.item, assignment);
}

/* NAME from the file that NAME_FILE names (the convention of the official images' file_env). */
static void read_secret(void *build, const char *name)
{
    struct build *b = build;
    size_t len = strlen(name);
    const char *path, *why;
    struct file file;
    struct text t;

    text_init(&t, scratch, sizeof scratch);
    text_format(&t, "%s_FILE", name);
    path = value_of(b->vars.item, scratch);
    if (path == NULL)
        return;
    if (value_of(b->vars.item, name) != NULL) {
        text_fault(b->faults, "--secret: %s and %s are both set: unset one", name, scratch);
        return;
    }
    why = read_file(&file, path, len + 1);
    if (why == NULL) {
        char *end = file.end, *secret = file.at - len - 1;
        memcpy(secret, name, len); /* NOLINT(bugprone-not-null-terminated-result): a = stands behind it */
        secret[len] = '=';
        while (end[-1] == '\n')
            end--;
        *end = '\0';
        why = end - secret > VALUE_MAX        ? too_large
              : secret + strlen(secret) < end ? "holds a NUL byte"
                                              : NULL;
        set(b, b->vars.item, secret);
        unset(b, scratch);
    }
    if (why != NULL) /* without the path, which may be a value that stands in the wrong variable */
        text_fault(b->faults, "--secret: the file that %s names: %s", scratch, why);
}

static void require(void *build, const char *word)
{
    struct build *b = build;
    int len = (int)strcspn(word, ":");
    const char *type = word[len] == ':' ? word + len + 1 : "str";
    const char *value = value_of(b->vars.item, word);
    const char *what = strchr(type, '|') != NULL ? " to be one of " : " to be of type ";
    const char *like = "", *end = ", but is not", **secret;

    if (value == NULL) {
        what = ", but not set";
        type = end = "";
    } else if ((like = environment_not_of_type(value, type)) == NULL) {
        if (strcmp(type, "path") != 0 || syscall(SYS_faccessat, AT_FDCWD, value, F_OK) == 0)
            return;
        what = " to be the path of something that exists: ";
        like = log_why();
        type = end = "";
    }
    text_fault(b->faults, "%.*s: required%s%s%s%s", len, word, what, type, like, end);
    if (value == NULL && b->secrets->count > 0 && *(secret = find(b->secrets->item, word)) != NULL)
        text_format(b->faults, " (also accepted: %s_FILE)", *secret);
}

void environment_prepare(const struct environment_options *options, char **env, char ***result,
                         struct text *faults)
{
    const char **given = (const char **)(void *)env;
    struct build b = {.vars.item = given, .given = given, .secrets = &options->secrets, .faults = faults};

    list_each(&options->env_files, read_env_file, &b);
    list_each(&options->defaults, set_default, &b);
    list_each(&options->unset, unset, &b);
    list_each(&options->secrets, read_secret, &b);
    list_each(&options->require, require, &b);
    if (b.failed != 0)
        text_fault(faults, "what PROGRAM is given does not fit into memory");
    *result = (char **)(void *)b.vars.item;
}

/* HOME as /etc/passwd (passwd(5)) has it for `uid`, or /. */
static const char *home_of(uint32_t uid)
{
    struct file file;
    char *at;

    read_file(&file, "/etc/passwd", 0);
    while ((at = take_line(&file)) != NULL) {
        const char *id = at;
        uint64_t number;
        for (int colons = 0; colons < 5 && *at != '\0'; at++)
            if (*at == ':' && ++colons == 2)
                id = at + 1;
        if (*at == '/' && number_scan(&id, UINT32_MAX, &number) == 0 && number == uid && *id == ':') {
            at[strcspn(at, ":")] = '\0';
            return memcpy(at - 5, "HOME=", 5); /* five colons and the id stand before it */
        }
    }
    return "HOME=/";
}

void environment_home(uint32_t uid, bool always, char ***env)
{
    struct build b = {.vars.item = (const char **)(void *)*env};
    const char *now = *find(b.vars.item, "HOME");

    if (!always && now != NULL && strcmp(now, "HOME=/root") != 0)
        return;
    unset(&b, "HOME");
    add(&b, home_of(uid));
    if (b.failed == 0)
        *env = (char **)(void *)b.vars.item;
}

void environment_expand(char **argv, char *const *env, struct text *faults)
{
    for (; *argv != NULL; argv++) {
        struct text out;
        if (text_find(*argv, "${") == NULL)
            continue;
        text_init(&out, scratch, sizeof scratch);
        if (expand_put(&out, *argv, env, faults) != 0)
            continue;
        *argv = arena_take(out.len + 1);
        if (*argv == NULL) {
            text_fault(faults, "what PROGRAM is given does not fit into memory");
            break;
        }
        memcpy(*argv, scratch, out.len);
    }
}

/* environment: the variables that PROGRAM gets, and those it cannot do without.
 *
 * In this order: --env-file, --default, --unset, --secret, --require. Everywhere a variable that is empty
 * counts as one that is not set. No value is ever part of a message.
 */
#ifndef KINGLET_ENVIRONMENT_H
#define KINGLET_ENVIRONMENT_H

#include "kinglet/arena.h"
#include "kinglet/text.h"

#include <stdint.h>

struct environment_options {
    struct list env_files; /* paths of files of NAME=VALUE lines; later ones win, what was there already (and
                              is not empty) wins over all */
    struct list defaults;  /* NAME=VALUE */
    struct list unset;     /* NAME */
    struct list secrets;   /* NAME, whose value is in the file that NAME_FILE names */
    struct list require;   /* NAME[:TYPE] */
};

/* What a required variable may hold: str (anything), int (an optional - and digits), port (1 to 65535), bool
 * (true, false, yes, no, on, off, 1, 0, in either case), url (SCHEME://REST without blanks and controls),
 * path (of something that exists), or one of the words of a choice like debug|info|warn. */

/* Checks the options' own syntax. Returns 0, or -1 with every fault appended. Pure. */
int environment_check(const struct environment_options *options, struct text *faults);

/* NULL where `value` is of TYPE `type`, which environment_check has let pass (path: always here); else what
 * one looks like, in brackets, or nothing. Pure. */
const char *environment_not_of_type(const char *value, const char *type);

/* Reads the line `line` (without its newline) of an env file: `NAME=VALUE`, `export NAME=VALUE`, a comment or
 * nothing. Quotes around a whole value are taken off ('...' as it is; "..." with \" \\ \$ \` unescaped).
 * Returns NAME=VALUE, made in place; an empty string for nothing; NULL for a bad line. Pure. */
char *environment_line(char *line);

/* Builds PROGRAM's environment from `env` into *result (env itself where nothing changes), reading the files
 * that the options name (with the rights we have now). Every fault is appended. The options must have
 * passed environment_check. */
void environment_prepare(const struct environment_options *options, char **env, char ***result,
                         struct text *faults);

/* Makes HOME the home of `uid`: that of /etc/passwd, or / where it is not listed (as docker run --user does).
 * Unless `always`, only where HOME is not set, or is /root, which the engine has put there for a root that we
 * are not any more. Where there is no memory for that, nothing changes. */
void environment_home(uint32_t uid, bool always, char ***env);

/* Expands ${...} in the strings of `argv` (expand.h), replacing those that change. Every fault is
 * appended. */
void environment_expand(char **argv, char *const *env, struct text *faults);

#endif

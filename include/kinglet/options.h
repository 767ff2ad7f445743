/* options: one parser for the options of every command, driven by a table. Pure but for the
 * arena.
 *
 * Long options take `--name VALUE` and `--name=VALUE`, short ones `-n VALUE` and `-nVALUE`, short
 * flags may be grouped. Each long option may also come from the environment as KINGLET_NAME
 * (`--stop-delay` is KINGLET_STOP_DELAY); the command line wins, and for a list it replaces the
 * whole list. Parsing stops at `--` or at the first word that is no option.
 */
#ifndef KINGLET_OPTIONS_H
#define KINGLET_OPTIONS_H

#include "kinglet/arena.h"
#include "kinglet/text.h"

enum option_kind {
    OPTION_FLAG,        /* bool. In the environment: 1, true, yes; 0, false, no or empty */
    OPTION_COUNT,       /* unsigned: how often it was given (-vvv). In the environment: a number */
    OPTION_STRING,      /* const char *, NULL where not given */
    OPTION_LIST,        /* struct list: one value an occurrence; in the environment split at white space */
    OPTION_COMMAS,      /* struct list: the same, and every value is split at commas too */
    OPTION_DURATION,    /* int64_t microseconds */
    OPTION_SIGNAL,      /* int, 1 to SIGNAL_MAX */
    OPTION_NUMBER,      /* unsigned, decimal, at most UINT32_MAX / 2 */
    OPTION_CHOICE,      /* unsigned: the index in the words behind its name: "restart\0no|always" */
    OPTION_END,         /* no option: the table ends here */
    OPTION_HIDDEN = 16, /* with another kind: it is as if this option was not there */
};

struct option {
    char letter; /* 0: none */
    unsigned char kind;
    unsigned short at; /* offsetof the value in the struct of options */
};

/* A table is written as a list of X(name, letter, kind, member), a name being without its dashes, and empty
 * for a letter alone. From it come the names, one behind the other, and in the same order the rows. */
#define OPTION_NAME(name, letter, kind, member) name "\0"
#define OPTION_ROW(name, letter, kind, member)  {letter, kind, AT(member)},

/* The index of `value` among the `words` joined with |, or -1. */
int options_choice(const char *words, const char *value);

/* Reads the environment `env` (NULL: none), then argv from argv[1] (argv ends with NULL), into the
 * struct at `values`, which holds the defaults. Returns the index in argv of the first word that is no
 * option. Every fault is appended to `faults` as a reason that names the option and its value; nothing is
 * left out. */
int options_parse(const char *names, const struct option *rows, void *values, char *const *argv,
                  char *const *env, struct text *faults);

#endif

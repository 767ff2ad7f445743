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
    OPTION_FLAG,     /* bool. In the environment: 1, true, yes; 0, false, no or empty */
    OPTION_COUNT,    /* unsigned: how often it was given (-vvv). In the environment: a number */
    OPTION_STRING,   /* const char *, NULL where not given */
    OPTION_LIST,     /* struct list: one value an occurrence; in the environment split at white space */
    OPTION_COMMAS,   /* struct list: the same, and every value is split at commas too */
    OPTION_DURATION, /* int64_t microseconds */
    OPTION_SIGNAL,   /* int, 1 to SIGNAL_MAX */
    OPTION_NUMBER,   /* unsigned, decimal, at most UINT32_MAX / 2 */
    OPTION_CHOICE,   /* unsigned: the index in the words that the next row of the table has as its name */
    OPTION_WORDS,    /* no option, but the words of the one before, joined with |: "none|stop|restart" */
};

struct option {
    char name[24];   /* without the dashes; empty: a short option alone */
    char short_name; /* 0: none */
    unsigned char kind;
    unsigned short at; /* offsetof the value in the struct of options */
};

/* The index of `value` among the `words` joined with |, or -1. */
int options_choice(const char *words, const char *value);

/* Reads the environment `env` (NULL: none), then argv from argv[1] (argv ends with NULL), into the
 * struct at `values`, which holds the defaults. Returns the index in argv of the first word that is no
 * option. Every fault is appended to `faults` as a reason that names the option and its value; nothing is
 * left out. */
int options_parse(const struct option *table, size_t count, void *values, char *const *argv, char *const *env,
                  struct text *faults);

#endif

/* help: the words that --help, --version and -l print. */
#ifndef KINGLET_HELP_H
#define KINGLET_HELP_H

#include <stdbool.h>

enum help_topic { HELP_RUN, HELP_COMMANDS, HELP_VERSION, HELP_LICENCE };

/* Whether the word behind a command without options (NULL: none) asks for its help. */
bool help_is_wanted(const char *word);

/* Prints on standard output. Returns the exit status: 0, or 125 where it could not be written. */
int help_print(enum help_topic topic);

#endif

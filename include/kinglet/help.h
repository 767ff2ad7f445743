/* help: the words that --help, --version and -l print. */
#ifndef KINGLET_HELP_H
#define KINGLET_HELP_H

enum help_topic { HELP_RUN, HELP_COMMANDS, HELP_VERSION, HELP_LICENCE };

/* Prints on standard output. Returns the exit status: 0, or 125 where it could not be written. */
int help_print(enum help_topic topic);

#endif

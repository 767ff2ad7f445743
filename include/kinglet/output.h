/* output: what a command was asked to print, on standard output. (Messages go through log.h.) */
#ifndef KINGLET_OUTPUT_H
#define KINGLET_OUTPUT_H

#include <stddef.h>

/* Writes all of it (write(2)), however many calls that takes. Returns 0 or -errno. */
int output_bytes(const char *bytes, size_t len);

/* Writes a command's help, in which a tab stands for a new line that is indented to the thirteenth column. */
int output_help(const char *help);

#endif

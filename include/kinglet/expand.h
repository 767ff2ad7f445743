/* expand: ${VAR} in a word, as a shell would, without a shell. Pure.
 *
 * Known are ${VAR}, ${VAR:-word}, ${VAR-word}, ${VAR:+word}, ${VAR:?message} and ${VAR?message}
 * (POSIX.1-2017, Shell Command Language, 2.6.2); words may hold expansions again, to a depth of 8. One pass:
 * a value that holds ${ is not expanded again. A $ that no { follows stands for itself, and $${ for a literal
 * ${. Unlike in a shell, ${VAR} of a variable that is not set is a fault:
 * ${VAR:-} says that empty is meant.
 */
#ifndef KINGLET_EXPAND_H
#define KINGLET_EXPAND_H

#include "kinglet/text.h"

/* The value of the variable that `name` (len bytes) names, or NULL. */
const char *expand_lookup(char *const *env, const char *name, size_t len);

/* Appends `word`, expanded, to `out`. Returns 0; or -1 with the reason in `faults`, which names the
 * expansion, but no value and nothing of the rest of the word. */
int expand_put(struct text *out, const char *word, char *const *env, struct text *faults);

#endif

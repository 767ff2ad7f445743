/* duration: how long, as people write it. Pure.
 *
 * `250ms`, `5s`, `2m`, `1h`, several together as in Docker's options (`1m30s`), a decimal
 * fraction (`0.5s`, `1.5`), and bare seconds (`10`).
 */
#ifndef KINGLET_DURATION_H
#define KINGLET_DURATION_H

#include <stdint.h>

#define DURATION_MAX (INT64_C(1000000) * 86400 * 365) /* a year: more is a mistake */

/* Reads the whole of `word` into *us (0 to DURATION_MAX, in microseconds; less is cut off).
 * Returns NULL; or, *us unchanged, what is wrong with it, in words that fit behind the word. */
const char *duration_parse(const char *word, int64_t *us);

#endif

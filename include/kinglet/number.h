/* number: strict decimal numbers. Pure.
 *
 * strtol takes signs, blanks, other bases and wraps around; `4294967296` has been
 * root in programs of this kind. Here a number is one to twenty ASCII digits and
 * nothing else, and its greatest value is the caller's to name.
 */
#ifndef KINGLET_NUMBER_H
#define KINGLET_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Reads the whole of `len` bytes as a decimal number from 0 to `max`.
 * Returns 0, or -1 with *value unchanged. */
int number_parse(const char *bytes, size_t len, uint64_t max, uint64_t *value);

/* Reads the decimal digits that `*at` begins with, and moves `*at` behind them.
 * Returns 0; or -1, nothing moved, where there is no digit or the number is above `max`. */
int number_scan(const char **at, uint64_t max, uint64_t *value);

#endif

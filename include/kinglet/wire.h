/* wire: numbers in messages as binary protocols write them, most significant byte first. Pure. */
#ifndef KINGLET_WIRE_H
#define KINGLET_WIRE_H

#include "kinglet/text.h"

/* Appends the low `width` bytes (1 to 4) of `number`. */
void wire_put(struct text *out, size_t number, unsigned width);

/* Fills in the field of `width` bytes at `at` with the length of what stands from `from` on. */
void wire_length(struct text *out, size_t at, unsigned width, size_t from);

#endif

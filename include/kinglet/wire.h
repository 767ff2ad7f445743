/* wire: messages of binary protocols, written from a form, and the numbers in them, most significant byte
 * first. Pure.
 *
 * A form is the bytes of a message, and WIRE at its end. WIRE and a character stand for what is not the same
 * in every message:
 *
 *   space ! "  leaves out as many bytes of the form as the next one says where part 0, 1, 2 is NULL
 *   0 1 2      the bytes of that part
 *   @ A B      the length of part 0, 1, 2 in decimal
 *   P Q R      the same in four bytes with the highest bit set
 *   \x80 ...   the same in bytes of seven bits, the lowest first, the highest bit set in all but the last
 *   a b c d    a field of 1, 2, 3, 4 bytes for a length
 *   p q r ...  the end of what the last such field counts, from 0, 1, 2 ... bytes behind the field's own
 * beginning
 */
#ifndef KINGLET_WIRE_H
#define KINGLET_WIRE_H

#include "kinglet/text.h"

#define WIRE "\xfe"

enum {
    WIRE_DEPTH = 6, /* of such fields in each other */
    WIRE_PARTS = 3, /* of a message */
};

struct wire_part {
    const char *at;
    size_t len; /* at most 65535 */
};

/* Appends a message: `form`, filled in with `parts`. */
void wire_put(struct text *out, const char *form, const struct wire_part *parts);

/* The number in `width` bytes (1 to 4) at `at`. */
uint32_t wire_get(const char *at, unsigned width);

#endif

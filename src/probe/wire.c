/* wire: see kinglet/wire.h. Pure. */
#include "kinglet/wire.h"

void wire_put(struct text *out, size_t number, unsigned width)
{
    while (width-- > 0) {
        char byte = (char)(number >> 8 * width);
        text_raw(out, &byte, 1);
    }
}

void wire_length(struct text *out, size_t at, unsigned width, size_t from)
{
    if (out->cut) /* and the field may not be there */
        return;
    for (size_t length = out->len - from; width-- > 0; length >>= 8)
        out->at[at + width] = (char)length;
}

/* wire: see kinglet/wire.h. Pure. */
#include "kinglet/wire.h"

void wire_put(struct text *out, const char *form, const struct wire_part *parts)
{
    struct {
        unsigned at, width;
    } open[WIRE_DEPTH] = {{0, 0}}, *last = open;

    while (true) {
        unsigned what;
        const struct wire_part *part;
        if (*form != WIRE[0]) {
            text_raw(out, form++, 1);
            continue;
        }
        what = (unsigned char)form[1];
        form += 2;
        part = &parts[what & 15];
        if (what == 0)
            return;
        if (what < '0') {
            unsigned skip = (unsigned char)*form++;
            if (part->at == NULL)
                form += skip;
        } else if (what < '@') {
            text_raw(out, part->at, part->len);
        } else if (what < 'P') {
            text_u64(out, part->len);
        } else if (what < 'a') {
            char four[] = {(char)0x80, 0, (char)(part->len >> 8), (char)part->len};
            text_raw(out, four, sizeof four);
        } else if (what < 'p') {
            last->at = (unsigned)out->len;
            last->width = what & 15;
            text_raw(out, "\0\0\0", last++->width);
        } else if (what >= 0x80) {
            char byte;
            for (size_t n = part->len; byte = (char)(n | 128), n > 127; n >>= 7)
                text_raw(out, &byte, 1);
            byte &= 127;
            text_raw(out, &byte, 1);
        } else {
            unsigned at = (--last)->at, length = (unsigned)out->len - at - (what & 15);
            if (out->cut) /* the field may not be there */
                continue;
            for (unsigned i = last->width; i-- > 0; length >>= 8)
                out->at[at + i] = (char)length;
        }
    }
}

uint32_t wire_get(const char *at, unsigned width)
{
    uint32_t number = 0;

    while (width-- > 0)
        number = number << 8 | (unsigned char)*at++;
    return number;
}

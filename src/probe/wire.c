/* wire: see kinglet/wire.h. Pure. */
#include "kinglet/wire.h"

/* A length field that is over: what stands from `from` on is its number. */
static void fill(struct text *out, size_t at, unsigned width, size_t from)
{
    if (out->cut) /* and the field may not be there */
        return;
    for (size_t length = out->len - from; width-- > 0; length >>= 8)
        out->at[at + width] = (char)length;
}

void wire_put(struct text *out, const char *form, size_t size, const struct wire_part *parts)
{
    struct {
        size_t at;
        unsigned width;
    } open[WIRE_DEPTH] = {{0, 0}}, *last = open;

    for (size_t i = 0; i < size; i++) {
        unsigned what;
        const struct wire_part *part;
        if (form[i] != WIRE[0]) {
            text_raw(out, form + i, 1);
            continue;
        }
        what = (unsigned char)form[++i];
        part = &parts[what & 15];
        if (what >= 'p') {
            last--;
            fill(out, last->at, last->width, last->at + (what & 15));
        } else if (what >= 'a') {
            last->at = out->len;
            last->width = what & 15;
            text_raw(out, "\0\0\0", last++->width);
        } else if (what >= 'P') {
            char four[] = {(char)0x80, 0, (char)(part->len >> 8), (char)part->len};
            text_raw(out, four, sizeof four);
        } else if (what >= '@') {
            text_u64(out, part->len);
        } else {
            text_raw(out, part->at, part->len);
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

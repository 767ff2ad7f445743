/* arena: see kinglet/arena.h. */
#include "kinglet/arena.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { CHUNK = 16384, ALIGN = 16 };

void *arena_take(size_t size)
{
    static char *at;
    static size_t left;
    char *taken;

    if (size > SIZE_MAX / 2) /* the rest is mmap's to refuse */
        return NULL;
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (size > left) {
        size_t chunk = size > CHUNK ? size : CHUNK;
        void *fresh = mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (fresh == MAP_FAILED)
            return NULL;
        at = fresh;
        left = chunk;
    }
    taken = at;
    at += size;
    left -= size;
    return taken;
}

int list_add(struct list *l, const char *string)
{
    if (l->count + 1 >= l->room) {
        size_t room = l->room * 2 + 8;
        const char **item = arena_take(room * sizeof *item);
        if (item == NULL)
            return -ENOMEM;
        if (l->count > 0)
            memcpy(item, l->item, l->count * sizeof *item);
        l->item = item;
        l->room = room;
    }
    l->item[l->count++] = string;
    l->item[l->count] = NULL;
    return 0;
}

void list_each(const struct list *l, void (*act)(void *context, const char *string), void *context)
{
    for (size_t i = 0; i < l->count; i++)
        act(context, l->item[i]);
}

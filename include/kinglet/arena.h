/* arena: memory that is taken before PROGRAM starts and lives as long as the process.
 *
 * Nothing is ever freed, so there is no heap to corrupt and none of malloc's code
 * in the binary. Pages come from mmap(2), only when first asked for.
 */
#ifndef KINGLET_ARENA_H
#define KINGLET_ARENA_H

#include <stddef.h>

/* Returns `size` zeroed bytes, aligned for any object, or NULL (ENOMEM). */
void *arena_take(size_t size);

/* A growing list of strings; zero-initialised it is empty. `item` has a NULL behind
 * the last string once anything has been added. */
struct list {
    const char **item;
    size_t count;
    size_t room;
};

/* Appends. Returns 0 or -ENOMEM, the list unchanged. */
int list_add(struct list *l, const char *string);

/* Calls `act` with each string in turn. */
void list_each(const struct list *l, void (*act)(void *context, const char *string), void *context);

#endif

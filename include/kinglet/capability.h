/* capability: the names of capabilities (capabilities(7)), by number. Pure. */
#ifndef KINGLET_CAPABILITY_H
#define KINGLET_CAPABILITY_H

#include "kinglet/text.h"

#include <stdint.h>

enum { CAPABILITY_DAC_OVERRIDE = 1, CAPABILITY_NET_BIND_SERVICE = 10, CAPABILITY_SYS_ADMIN = 21 };

/* The bit of the capability called so, without CAP_; 0: there is none. */
uint64_t capability_find(const char *name);

/* Appends the names of a set, with a blank before each; the number where one has no name. */
void capability_put(struct text *t, uint64_t set);

#endif

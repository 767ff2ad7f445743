/* unit: what every cmocka test needs. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/text.h"

/* A text of faults on the stack. */
#define FAULTS(name)                                                                                         \
    char name##_bytes[4096];                                                                                 \
    struct text name;                                                                                        \
    text_init(&name, name##_bytes, sizeof name##_bytes)

#define assert_holds(t, words)                                                                               \
    do {                                                                                                     \
        if (strstr((t).at, (words)) == NULL)                                                                 \
            fail_msg("'%s' is not in '%s'", (words), (t).at);                                                \
    } while (0)

#endif

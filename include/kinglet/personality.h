/* personality: what each program that Kinglet stands in for is like, by the name that Kinglet is called by.
 *
 * Tables, and the few words of code that read them. A personality is a choice among the options that Kinglet
 * has anyway, variables that stand for such options, and words and statuses that others look for. The life
 * of the container knows nothing of it. Pure but for the arena.
 */
#ifndef KINGLET_PERSONALITY_H
#define KINGLET_PERSONALITY_H

#include "kinglet/launch.h"
#include "kinglet/log.h"
#include "kinglet/run.h"

struct personality {
    unsigned char kind;    /* which one it is */
    char options[10];      /* its short options */
    char other_case;       /* the letter, in lower case, whose two cases are exchanged there */
    char version[29];      /* what --version begins with */
    char head[18];         /* of its log lines (log_setup_head) */
    unsigned char levels;  /* its row in personality_levels */
    bool subreaper;        /* is one without being told to */
    unsigned char says_on; /* the descriptor of help and version */
    unsigned char session; /* enum launch_session; LAUNCH_AS_WE_ARE: no init, but UID[:GID] and exec */
    unsigned char verbose; /* levels that one -v, or the variable for debugging, is worth */
    struct launch_failure failure;
};

/* What they call log.h's levels. */
extern const char personality_levels[2][4][6];

/* The personality that goes by the last part of `argv0`, or NULL: Kinglet itself. */
const struct personality *personality_find(const char *argv0);

/* The last part of `argv0`. */
const char *personality_name(const char *argv0);

/* Reads the variables it has in `env`, then its options, into `options`, over the defaults it has. KINGLET_
 * variables are not looked at. Returns the index in argv of the first word that is no option; what is wrong
 * is appended to `faults`. */
int personality_options(const struct personality *p, char *const *argv, char *const *env,
                        struct run_options *options, struct text *faults);

/* Appends how it is called, as a reason among others; and what --version says. Neither ends its line. */
void personality_usage(const struct personality *p, const char *name, struct text *t);
void personality_version(const struct personality *p, struct text *t);

#endif

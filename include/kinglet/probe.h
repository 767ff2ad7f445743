/* probe: one look at one or more targets, side by side, under one deadline.
 *
 * probe_prepare is pure (but for the arena) and finds everything that is wrong with a target or an option
 * before any connection is made. probe_run makes the connections in this process: no fork, no thread, and
 * nothing that a server sends can cost more memory than a fixed buffer, or time beyond the deadline.
 */
#ifndef KINGLET_PROBE_H
#define KINGLET_PROBE_H

#include "kinglet/arena.h"
#include "kinglet/http.h"
#include "kinglet/target.h"
#include "kinglet/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { PROBE_TARGETS = 16 };

#define PROBE_TIMEOUT INT64_C(2000000)

struct probe_options {
    int64_t timeout;     /* of one attempt at all targets, microseconds; 0: PROBE_TIMEOUT */
    int64_t wait;        /* retry for so long until all pass */
    const char *status;  /* 200-399,429; NULL: 200-399 */
    struct list headers; /* Name: value */
    unsigned method;     /* 0 GET, 1 HEAD */
    const char *body;    /* must occur in the response's body */
    struct list json;    /* PATH=VALUE, each must hold */
    bool quiet, verbose;
    bool brief; /* the report is one line without its newline, and a bad one tells only what is bad */
};

struct probe_plan {
    int64_t timeout, wait;
    bool verbose, brief;
    struct target *target;
    size_t count;
    struct http_want want;
};

/* Expands (expand.h, with the variables of `env`) and parses the targets, and checks the options. Every fault
 * is appended to `faults`; where there is one, the plan is none. */
void probe_prepare(const struct probe_options *options, const struct list *targets, char *const *env,
                   struct probe_plan *plan, struct text *faults);

/* One attempt, or, with plan->wait, attempts until all pass or that is over, 50 ms apart at first and up to 1
 * s later. Makes `report` the last attempt's, a line a target, `healthy: TARGET: ...` or `unhealthy: TARGET:
 * ...`, each ended with a newline; or, brief, joined by semicolons. Returns 0 when all pass, otherwise 1. */
int probe_run(const struct probe_plan *plan, struct text *report);

/* `kinglet check`: argv[0] is the command's name. Returns 0 healthy, 1 for everything else, a usage error
 * included. */
int check_command(char *const *argv, char *const *env);

#endif

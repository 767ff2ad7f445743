/* run: `kinglet [OPTION...] [--] PROGRAM [ARG...]`, from the options to the end of the container. */
#ifndef KINGLET_RUN_H
#define KINGLET_RUN_H

#include "kinglet/confine.h"
#include "kinglet/environment.h"
#include "kinglet/identity.h"
#include "kinglet/options.h"
#include "kinglet/supervise.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* What the command line and the environment say, by the names of the options. */
struct run_options {
    struct life_rules rules; /* as far as they are options by themselves; run_rules makes the rest */
    bool write_strict, expand, group, single, subreaper, tell_reaped, licence, help, version;
    bool pause, debug; /* no PROGRAM; as if -v was given: a personality alone sets these */
    unsigned verbose, log_level, log_format;
    int death_signal;
    const char *restart, *termination_log;
    struct list own, write, wait_for, health, rewrite, success;
    struct identity_options identity;
    struct environment_options environment;
};

enum { RUN_OPTIONS = 45 }; /* rows, the end counted */
extern const struct option run_option_rows[RUN_OPTIONS];

/* Reads them, the environment (NULL: none) first, into `options` (defaults are filled in here). `rows` is
 * run_option_rows, or a copy in which others are hidden or letters are changed. Returns the index in argv of
 * PROGRAM; what is wrong is appended to `faults`. Pure but for the arena. */
int run_options_parse(const struct option *rows, char *const *argv, char *const *env,
                      struct run_options *options, struct text *faults);

/* Completes options->rules. Pure. What is wrong with the options, or contradictory, is appended to `faults`.
 */
void run_rules(struct run_options *options, struct text *faults);

/* The life of PROGRAM, which is argv[0], as `plan` and the options that are left say. Returns the exit
 * status. */
int run_program(struct supervise_plan *plan, const struct run_options *options, char **argv, char **env);

/* All that the command is made of. */
struct run {
    char **argv, **env; /* PROGRAM's */
    struct text faults; /* in `reasons` */
    bool root;
    struct identity identity;
    struct run_options options;
    struct probe_plan health, wait;
    struct confine confine;
    struct supervise_plan plan;
    char reasons[PIPE_BUF];
};

/* The command. `run` is zeroed but for its launch, prepared by launch_block_signals. Returns the exit status.
 */
int run_command(char **argv, char **env, struct run *run);

/* The same in place of another program: as tini, dumb-init and catatonit it is an init with their options; as
 * gosu and su-exec it becomes PROGRAM. */
struct personality;
int drop_in_command(const struct personality *p, char **argv, char **env, struct run *run);

#endif

/* main: blocks all signals, and picks the command by the name it is called by, or by the first word. */
#include "kinglet/audit.h"
#include "kinglet/commands.h"
#include "kinglet/options.h"
#include "kinglet/personality.h"
#include "kinglet/probe.h"
#include "kinglet/run.h"
#include "kinglet/supervise.h"

#include <signal.h>

enum { CHECK, AUDIT, SMALL }; /* the commands; from SMALL on, enum small_command */

/* In one page with what is in use anyway (idle.order). */
static struct run container;

int main(int argc, char **argv, char **env)
{
    struct launch *launch = &container.plan.launch;
    const struct personality *other = personality_find(argc > 0 ? argv[0] : "");
    int which;

    launch_block_signals(launch);
    if (other != NULL)
        return drop_in_command(other, argv, env, &container);
    which = options_choice("check|audit|sleep|install|pause", argc > 1 ? argv[1] : "");
    if (which < 0)
        return run_command(argv, env, &container);
    if (which >= SMALL)
        return small_command((enum small_command)(which - SMALL), argv + 1);
    launch->mask.word[0] |= 1UL << (SIGPIPE - 1); /* a reader that has gone changes no exit status */
    sigmask_set(&launch->mask);
    return which == AUDIT ? audit_command(argv + 1, env) : check_command(argv + 1, env);
}

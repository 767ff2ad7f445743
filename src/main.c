/* main: blocks all signals, and picks the command by the name it is called by, or by the first word. */
#include "kinglet/audit.h"
#include "kinglet/commands.h"
#include "kinglet/options.h"
#include "kinglet/personality.h"
#include "kinglet/probe.h"
#include "kinglet/run.h"
#include "kinglet/supervise.h"

#include <signal.h>

enum { AUDIT = SMALL_PAUSE + 1 };

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
    which = options_choice("sleep|install|pause|audit|check", argc > 1 ? argv[1] : "");
    switch (which) {
    case SMALL_SLEEP:
    case SMALL_INSTALL:
    case SMALL_PAUSE:
        return small_command((enum small_command)which, argv + 1);
    case -1:
        return run_command(argv, env, &container);
    default:
        launch->mask.word[0] |= 1UL << (SIGPIPE - 1); /* a reader that has gone changes no exit status */
        sigmask_set(&launch->mask);
        return which == AUDIT ? audit_command(argv + 1, env) : check_command(argv + 1, env);
    }
}

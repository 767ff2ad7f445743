/* main: blocks all signals, and picks the command by the name it is called by, or by the first word. */
#include "kinglet/audit.h"
#include "kinglet/commands.h"
#include "kinglet/help.h"
#include "kinglet/options.h"
#include "kinglet/personality.h"
#include "kinglet/probe.h"
#include "kinglet/run.h"
#include "kinglet/supervise.h"

#include <signal.h>

int main(int argc, char **argv, char **env)
{
    struct supervise_plan plan = {.launch.terminal = -1};
    const char *command = argc > 1 ? argv[1] : "";
    int which;
    const struct personality *other = argc > 0 ? personality_find(argv[0]) : NULL;

    launch_block_signals(&plan.launch);
    if (other != NULL)
        return drop_in_command(other, argv, env, &plan.launch);
    which = options_choice("sleep|pause|install|audit|check", command);
    if (which >= 0 && which < 3 && help_is_wanted(argv[2]))
        return help_print(HELP_COMMANDS);
    switch (which) {
    case 0:
        return sleep_command(argv + 1);
    case 1:
        return pause_command(argv + 1);
    case 2:
        return install_command(argv + 1);
    case -1:
        return run_command(argv, env, &plan);
    default:
        plan.launch.mask.word[0] |= 1UL << (SIGPIPE - 1); /* a reader that has gone changes no exit status */
        sigmask_set(&plan.launch.mask);
        return command[0] == 'a' ? audit_command(argv + 1, env) : check_command(argv + 1, env);
    }
}

/* main: blocks all signals, and picks the command by the name it is called by, or by the first word. */
#include "kinglet/audit.h"
#include "kinglet/commands.h"
#include "kinglet/help.h"
#include "kinglet/launch.h"
#include "kinglet/options.h"
#include "kinglet/personality.h"
#include "kinglet/probe.h"
#include "kinglet/run.h"
#include "kinglet/supervise.h"

#include <signal.h>

int main(int argc, char **argv, char **env)
{
    static struct supervise_plan plan;
    struct launch *launch = &plan.launch;
    const struct personality *other = personality_find(argc > 0 ? argv[0] : "");
    int command;

    launch_block_signals(launch);
    if (other != NULL)
        return drop_in_command(other, argv, env, &plan);
    command = options_choice("sleep|pause|install|audit|check", argc > 1 ? argv[1] : "");
    if (command < 0)
        return run_command(argv, env, launch);
    argv++;
    if (command < 3 && argv[1] != NULL && options_choice("--help|-h", argv[1]) >= 0)
        return help_print(HELP_COMMANDS);
    if (command == 0)
        return sleep_command(argv);
    if (command == 1)
        return pause_command(argv);
    if (command == 2)
        return install_command(argv);
    launch->mask.word[0] |= 1UL << (SIGPIPE - 1); /* a reader that has gone changes no exit status */
    sigmask_set(&launch->mask);
    return command == 3 ? audit_command(argv, env) : check_command(argv, env);
}

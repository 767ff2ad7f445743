/* help: see kinglet/help.h. A screen of 80 columns for each command; the manual page has the rest. */
#include "kinglet/help.h"

#include "kinglet/output.h"
#include "kinglet/status.h"
#include "kinglet/text.h"

/* By topic, one behind the other. */
static const char words[] = "usage: kinglet [OPTION...] [--] PROGRAM [ARG...]   run PROGRAM as main process\n"
                            "       kinglet check|audit|sleep|pause|install --help, or kinglet(1)\n"
                            "identity     -u --user UID[:GID]  --groups GID,...|keep  --keep-cap NAME\t"
                            "--own PATH  --write PATH  --write-strict  --strict-user\t"
                            "--allow-root  --allow-new-privs\n"
                            "environment  --require NAME[:TYPE],...   (str int port bool url path a|b|c)\t"
                            "--default NAME=VALUE  --unset NAME  --env-file PATH\t"
                            "--secret NAME,...  --expand\n"
                            "start        --wait-for TARGET  --wait-timeout 60s\n"
                            "signals      --stop-signal TERM  --stop-delay 0s  --stop-timeout never\t"
                            "--sweep-timeout 2s  -r --rewrite FROM:TO  -g --group\t"
                            "-c --single-child  -e --success CODE  -s --subreaper\t"
                            "-p --parent-death-signal SIG  -w --warn-reaped\n"
                            "health       --health TARGET  --health-interval 30s  --health-timeout 30s\t"
                            "--health-retries 3  --health-start-period 0s\t"
                            "--health-start-interval 5s  --restart no|on-failure[:MAX]|always\t"
                            "--health-on-failure none|stop|restart|kill\n"
                            "messages     --log-level error|warn|info|debug  --log-format text|json\t"
                            "--termination-log PATH  -v --verbose  -h --help  -V --version  -l\n"
                            "Options may come from the environment: --stop-delay is KINGLET_STOP_DELAY.\n"
                            "Exit status: PROGRAM's, 128+N for signal N; 125 refused, 126 not executable,\n"
                            "127 not found, 69 stopped because unhealthy.\n\0"

                            "usage: kinglet sleep DURATION   wait (250ms, 5s, 2m), then exit 0\n"
                            "       kinglet pause            reap and wait until SIGTERM or SIGINT\n"
                            "       kinglet install PATH     copy this binary there\n\0"

                            "kinglet " KINGLET_VERSION "\n\0"

                            "kinglet is free software under the MIT licence.\n";

int help_print(enum help_topic topic)
{
    const char *help = words;

    for (unsigned skip = topic; skip > 0; skip--)
        help = text_after(help);
    return output_help(help) == 0 ? 0 : STATUS_REFUSED;
}

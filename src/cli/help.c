/* help: see kinglet/help.h. A screen of 80 columns for each command; the manual page has the rest. */
#include "kinglet/help.h"

#include "kinglet/output.h"
#include "kinglet/status.h"

static const char run[] = "usage: kinglet [OPTION...] [--] PROGRAM [ARG...]   run PROGRAM as main process\n"
                          "       kinglet check|audit|sleep|pause|install --help or kinglet(1) for these\n"
                          "identity     -u --user UID[:GID]  --groups GID,...|keep  --keep-cap NAME\n"
                          "             --own PATH  --write PATH  --write-strict  --strict-user\n"
                          "             --allow-root  --allow-new-privs\n"
                          "environment  --require NAME[:TYPE],...   (str int port bool url path a|b|c)\n"
                          "             --default NAME=VALUE  --unset NAME  --env-file PATH\n"
                          "             --secret NAME,...  --expand\n"
                          "start        --wait-for TARGET  --wait-timeout 60s\n"
                          "signals      --stop-signal TERM  --stop-delay 0s  --stop-timeout never\n"
                          "             --sweep-timeout 2s  -r --rewrite FROM:TO  -g --group\n"
                          "             -c --single-child  -e --success CODE  -s --subreaper\n"
                          "             -p --parent-death-signal SIG  -w --warn-reaped\n"
                          "health       --health TARGET  --health-interval 30s  --health-timeout 30s\n"
                          "             --health-retries 3  --health-start-period 0s\n"
                          "             --health-start-interval 5s  --restart no|on-failure[:MAX]|always\n"
                          "             --health-on-failure none|stop|restart|kill\n"
                          "messages     --log-level error|warn|info|debug  --log-format text|json\n"
                          "             --termination-log PATH  -v  -h --help  -V --version  -l (licence)\n"
                          "Options may come from the environment: --stop-delay is KINGLET_STOP_DELAY.\n"
                          "Exit status: PROGRAM's, 128+N for signal N; 125 refused, 126 not executable,\n"
                          "127 not found, 69 stopped because unhealthy.\n";

int help_print(enum help_topic topic)
{
    static const char version[] = "kinglet " KINGLET_VERSION "\n";
    static const char licence[] = "kinglet is free software under the MIT licence.\n";
    const char *words = topic == HELP_RUN ? run : topic == HELP_VERSION ? version : licence;

    return output_string(words) == 0 ? 0 : STATUS_REFUSED;
}

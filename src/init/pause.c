/* pause: the small commands, of which two wait: `sleep` and `pause`. See kinglet/commands.h. */
#include "kinglet/commands.h"

#include "kinglet/clock.h"
#include "kinglet/duration.h"
#include "kinglet/help.h"
#include "kinglet/lifecycle.h"
#include "kinglet/log.h"
#include "kinglet/options.h"
#include "kinglet/sigmask.h"
#include "kinglet/text.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int sleep_command(const char *word)
{
    int64_t duration, deadline;
    const char *wrong = duration_parse(word, &duration);

    if (wrong != NULL) {
        log_line(LOG_ERROR, "sleep: '%s' %s", word, wrong);
        return STATUS_REFUSED;
    }
    deadline = clock_us() + duration;
    while (clock_us() < deadline) {
        int signal_number = sigmask_wait(deadline);
        if (signal_number == SIGTERM || signal_number == SIGINT || signal_number == SIGHUP ||
            signal_number == SIGQUIT)
            return STATUS_SIGNAL + signal_number;
    }
    return 0;
}

int pause_wait(void)
{
    for (;;) {
        int signal_number = sigmask_wait(CLOCK_NONE);
        if (signal_number == SIGTERM || signal_number == SIGINT)
            return 0;
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
    }
}

int small_command(enum small_command which, char *const *argv)
{
    const char *usage = "sleep DURATION (like 250ms, 5s, 2m)\0install PATH\0pause";
    const char *word = argv[1];

    if (word != NULL && options_choice("--help|-h", word) >= 0)
        return help_print(HELP_COMMANDS);
    if (which == SMALL_PAUSE ? word != NULL : word == NULL || argv[2] != NULL) {
        for (unsigned i = 0; i < which; i++)
            usage = text_after(usage);
        log_line(LOG_ERROR, "usage: kinglet %s", usage);
        return STATUS_REFUSED;
    }
    if (which == SMALL_SLEEP)
        return sleep_command(word);
    if (which == SMALL_INSTALL)
        return install_command(word);
    if (getpid() != 1)
        log_line(LOG_WARN, "pause: not PID 1, so there are no orphans to reap");
    return pause_wait();
}

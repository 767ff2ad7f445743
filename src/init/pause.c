/* pause: the two commands that wait, `sleep` and `pause`. See kinglet/commands.h. */
#include "kinglet/commands.h"

#include "kinglet/clock.h"
#include "kinglet/duration.h"
#include "kinglet/lifecycle.h"
#include "kinglet/log.h"
#include "kinglet/sigmask.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int sleep_command(char *const *argv)
{
    int64_t duration, deadline;
    const char *wrong;
    pid_t sender;

    if (argv[1] == NULL || argv[2] != NULL) {
        log_line(LOG_ERROR, "sleep: usage: kinglet sleep DURATION (like 250ms, 5s, 2m)");
        return STATUS_REFUSED;
    }
    wrong = duration_parse(argv[1], &duration);
    if (wrong != NULL) {
        log_line(LOG_ERROR, "sleep: '%s' %s", argv[1], wrong);
        return STATUS_REFUSED;
    }
    deadline = clock_us() + duration;
    while (clock_us() < deadline) {
        int signal_number = sigmask_wait(deadline, &sender);
        if (signal_number == SIGTERM || signal_number == SIGINT || signal_number == SIGHUP ||
            signal_number == SIGQUIT)
            return STATUS_SIGNAL + signal_number;
    }
    return 0;
}

int pause_wait(void)
{
    for (;;) {
        pid_t sender;
        int signal_number = sigmask_wait(CLOCK_NONE, &sender);
        if (signal_number == SIGTERM || signal_number == SIGINT)
            return 0;
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
    }
}

int pause_command(char *const *argv)
{
    if (argv[1] != NULL) {
        log_line(LOG_ERROR, "pause: %s: nothing is expected behind it", argv[1]);
        return STATUS_REFUSED;
    }
    if (getpid() != 1)
        log_line(LOG_WARN, "pause: not PID 1, so there are no orphans to reap");
    return pause_wait();
}

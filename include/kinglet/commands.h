/* commands: the small ones, for images that have neither a shell nor coreutils. Each takes its argv (argv[0]
 * is the command's name) and returns the exit status; a usage error is one line and 125. Their --help is main's. */
#ifndef KINGLET_COMMANDS_H
#define KINGLET_COMMANDS_H

/* `kinglet sleep DURATION`: returns 0 when it is over, or 128+N when SIGTERM, SIGINT, SIGHUP or SIGQUIT came
 * first. All signals are blocked on entry, so that it works as PID 1 too. */
int sleep_command(char *const *argv);

/* `kinglet pause`: reaps what it is given until SIGTERM or SIGINT, then returns 0 (a pod's pause container).
 * All signals are blocked on entry. */
int pause_command(char *const *argv);

/* What it does then. */
int pause_wait(void);

/* `kinglet install PATH`: copies this binary to PATH, or into it where it is a directory; mode 0755, replaced
 * in one rename(2), so that nobody ever sees half of it. */
int install_command(char *const *argv);

#endif

/* commands: the small ones, for images that have neither a shell nor coreutils. */
#ifndef KINGLET_COMMANDS_H
#define KINGLET_COMMANDS_H

/* `kinglet sleep DURATION`: returns 0 when it is over, or 128+N when SIGTERM, SIGINT, SIGHUP or SIGQUIT came
 * first.
 * `kinglet install PATH`: see below.
 * `kinglet pause`: reaps what it is given until SIGTERM or SIGINT, then returns 0 (a pod's pause container).
 */
enum small_command { SMALL_SLEEP, SMALL_INSTALL, SMALL_PAUSE };

/* argv[0] is the command's name. Returns the exit status; a usage error is one line and 125. All signals are
 * blocked on entry, so that it works as PID 1 too. */
int small_command(enum small_command which, char *const *argv);

/* What `pause` does. */
int pause_wait(void);

/* Copies this binary to `word`, or into it where it is a directory; mode 0755, replaced in one rename(2), so
 * that nobody ever sees half of it. Returns the exit status. */
int install_command(const char *word);

#endif

/* log: one line on standard error, one write(2) each, as text or as JSON.
 *
 * A line never blocks the caller for long: where standard error has no room the line
 * is dropped. It is never longer than PIPE_BUF, so that lines of two writers do not
 * mix. Nothing here reads or writes anything but descriptor 2 (and, for a refusal, the
 * termination log); nothing here ends the process.
 */
#ifndef KINGLET_LOG_H
#define KINGLET_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* The head of lines that are JSON. */
#define LOG_JSON "{\"time\":\"^\",\"level\":\"@\",\"name\":\"kinglet\",\"message\":\""

/* What lines are written: those up to `level` (a larger one than LOG_DEBUG is LOG_DEBUG). They begin with
 * `head`, with the time for each ^, the level's word for each @ and our pid for each #; NULL is `kinglet: @:
 * `. The words are those of `levels`, or our own for NULL. Before the first call: LOG_WARN, NULL, NULL. */
void log_setup(unsigned level, const char *head, const char (*levels)[6]);

/* Writes `kinglet: LEVEL: MESSAGE`, or with JSON
 * {"time":"2026-01-31T12:00:00.000Z","level":"warn","name":"kinglet","message":"..."}.
 * The format is text_format's. errno is kept. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A short name for an errno value, or "error N": `ENOENT` reads as in errno(3), with the
 * words a person needs for the common ones. */
const char *log_errno(int error);

/* That of errno. */
const char *log_why(void);

#endif

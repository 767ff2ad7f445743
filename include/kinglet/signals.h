/* signals: names and numbers of signals (signal(7)). Pure. */
#ifndef KINGLET_SIGNALS_H
#define KINGLET_SIGNALS_H

#include "kinglet/text.h"

enum { SIGNAL_MAX = 64 }; /* the kernel's _NSIG; real-time signals begin at 34 for the C library */

/* `TERM`, `SIGTERM`, `sigterm`, `15`, `RTMIN+3`, `RTMAX-1`. Returns 1 to SIGNAL_MAX, or 0. */
int signal_parse(const char *word, size_t len);

/* Appends `SIGTERM`, `SIGRTMIN+3`, or the number where it has no name. */
void signal_put(struct text *t, int signal_number);

#endif

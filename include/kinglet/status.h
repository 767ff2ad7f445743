/* status: the exit statuses that are ours to choose. */
#ifndef KINGLET_STATUS_H
#define KINGLET_STATUS_H

enum {
    STATUS_UNHEALTHY = 69, /* stopped for bad health (sysexits.h EX_UNAVAILABLE) */
    STATUS_REFUSED = 125,  /* kinglet itself refused (as docker run's own) */
    STATUS_NO_EXEC = 126,
    STATUS_NOT_FOUND = 127,
    STATUS_SIGNAL = 128, /* plus the signal's number */
};

#endif

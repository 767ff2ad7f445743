/* refusal: the one message of a start that does not happen. */
#ifndef KINGLET_REFUSAL_H
#define KINGLET_REFUSAL_H

#include "kinglet/text.h"

/* Logs the reasons as one error line, and writes them to the termination log (NULL: /dev/termination-log)
 * where that file exists: the kubelet shows its last 4096 bytes as the reason of the container's end. The
 * file is never created and no link is followed. */
void refuse(const char *termination_log, const struct text *reasons);

#endif

/* refusal: the one message of a start that does not happen. */
#ifndef KINGLET_REFUSAL_H
#define KINGLET_REFUSAL_H

/* Opens the termination log (NULL: /dev/termination-log) where that file exists, unless it is open already:
 * the kubelet shows its last 4096 bytes as the reason of the container's end. The file is never created and
 * no link is followed; what an earlier start has left in it goes. As root, since it may be root's. */
void refusal_open(const char *path);

/* Logs the reasons as one error line, and writes them to the termination log. The format is text_format's. */
void refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

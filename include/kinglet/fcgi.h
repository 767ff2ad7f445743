/* fcgi: a request to a FastCGI application (FastCGI 1.0) and the answer to it. Pure.
 *
 * Without a path it asks for a management value, which an application answers itself, no script involved.
 * With one it is a GET of that path, as php-fpm's ping.path or a script answers: a Status of 2xx is healthy,
 * or none, which means 200 (RFC 3875, 6.3.3).
 */
#ifndef KINGLET_FCGI_H
#define KINGLET_FCGI_H

#include "kinglet/answer.h"
#include "kinglet/target.h"
#include "kinglet/wire.h"

/* The form of the records. Sets its parts. */
const char *fcgi_request(const struct target *target, struct wire_part parts[WIRE_PARTS]);

/* What the bytes say that have come so far: see protocol.h. */
const char *fcgi_answer(const struct target *target, const char *bytes, size_t len, struct text *why);

#endif

/* fcgi: a request to a FastCGI application (FastCGI 1.0) and the answer to it. Pure.
 *
 * Without a path it asks for a management value, which an application answers itself, no script involved.
 * With a path it is a GET of that path, as php-fpm's ping.path or a script answers; a Status of 2xx is
 * healthy, or none, which means 200 (RFC 3875, 6.3.3).
 */
#ifndef KINGLET_FCGI_H
#define KINGLET_FCGI_H

#include "kinglet/answer.h"
#include "kinglet/target.h"

struct fcgi {
    bool get;         /* a path is asked for */
    unsigned char at; /* bytes of the record's header taken */
    unsigned char head[8];
    uint16_t left; /* of the record's content */
    unsigned char padding;
    unsigned char ended; /* protocolStatus of an end of request */
    bool colon;          /* in the line being read */
    unsigned char len;
    char line[20]; /* of the CGI header, as much as matters */
    uint16_t status;
};

/* Writes the records. `f` is zeroed. */
void fcgi_begin(struct fcgi *f, const struct target *target, struct text *out);

/* Takes the next byte. */
enum answer fcgi_take(struct fcgi *f, unsigned char byte, struct text *why);

#endif

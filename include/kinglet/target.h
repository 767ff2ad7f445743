/* target: what a probe looks at, as one writes it. Pure but for the arena.
 *
 *   http://[user:password@]host[:port][/path][?query]     http+unix:///run/app.sock[:/path]
 *   tcp://host:port                                       unix:///run/app.sock
 *   grpc://host:port[/service]                            grpc+unix:///run/app.sock[:/service]
 *   postgres://[user@]host[:port][/database]              postgres+unix:///run/postgresql/.s.PGSQL.5432
 *   redis://[[user:]password@]host[:port]                 redis+unix:///run/redis.sock
 *   fcgi://host[:port][/ping]                             fcgi+unix:///run/php-fpm.sock[:/ping]
 *   tls://host[:port]                                     file:///path[?max-age=30s]
 *
 * A host is a name, an IPv4 address, or an IPv6 address in brackets (RFC 3986, 3.2.2).
 */
#ifndef KINGLET_TARGET_H
#define KINGLET_TARGET_H

#include "kinglet/text.h"

#include <stdint.h>

enum target_kind {
    TARGET_HTTP,
    TARGET_CONNECT, /* tcp:// and unix://: that a connection is accepted is all */
    TARGET_GRPC,
    TARGET_POSTGRES,
    TARGET_REDIS,
    TARGET_FCGI,
    TARGET_TLS,
    TARGET_FILE,
};

struct target {
    enum target_kind kind;
    bool is_unix;         /* `host` is the path of a socket */
    uint16_t port;        /* 0 for sockets and files */
    const char *shown;    /* the whole, without credentials: fit for a message */
    const char *host;     /* name or address, without brackets; or the socket's path */
    const char *userinfo; /* what stands before @, percent-decoded; NULL: nothing */
    const char *path; /* from the / on, query included: what is asked for; "" where nothing was given. For a
                         file, its path */
    int64_t max_age;  /* TARGET_FILE: microseconds; INT64_MAX: any */
};

/* Parses `word`. Returns 0, or -1 with the reason in `faults`, which never holds a password. */
int target_parse(const char *word, struct target *target, struct text *faults);

#endif

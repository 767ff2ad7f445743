/* http: one request and the answer to it, HTTP/1.1 (RFC 9112), as a health probe needs it. Pure.
 *
 * The parser takes bytes in any split. It decides as soon as it can: at the status line, or, where the body
 * is asserted on, once the body says. It never allocates, and what it keeps of a response is a few lines
 * long, whatever the server sends.
 */
#ifndef KINGLET_HTTP_H
#define KINGLET_HTTP_H

#include "kinglet/answer.h"
#include "kinglet/json.h"
#include "kinglet/target.h"
#include "kinglet/text.h"

#include <stdbool.h>
#include <stdint.h>

/* What is asked, and what counts as healthy. */
struct http_want {
    bool head;
    unsigned json_count;
    const char *const *headers; /* `Name: value`, no line ends */
    size_t header_count;
    const char *body;   /* must occur in the body; NULL: no matter */
    const char *status; /* a list like `200-299,429` */
    struct json_assertion json[JSON_ASSERTIONS];
};

/* Whether `status` is in `list`: 1 or 0; or -1 for what is no such list. */
int http_status_in(const char *list, unsigned status);

/* Whether `header` is `Name: value` with a token for a name (RFC 9110, 5.1) and no control characters. */
bool http_header_is_valid(const char *header);

/* Writes the request for `target`. Headers of the caller's replace ours of the same name. */
void http_request(const struct target *target, const struct http_want *want, struct text *out);

struct http {
    const struct http_want *want;
    unsigned char phase;
    bool chunked;
    unsigned len; /* of `line` */
    unsigned status;
    unsigned taken;     /* of everything, against endless answers */
    const char *needle; /* what is still to come of want->body */
    uint64_t left;      /* of the body, or of the chunk */
    char line[64];
    struct json json;
};

void http_begin(struct http *h, const struct http_want *want);

/* Takes the next bytes; len 0 is the end of the connection. On ANSWER_GOOD and ANSWER_BAD the status, or what
 * is wrong, is appended to `why`. */
enum answer http_feed(struct http *h, const char *bytes, size_t len, struct text *why);

#endif

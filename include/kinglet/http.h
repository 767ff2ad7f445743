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

struct status_range {
    uint16_t first, last;
};

enum { STATUS_RANGES = 8 };

/* What is asked, and what counts as healthy. */
struct http_want {
    bool head;
    const char *const *headers; /* `Name: value`, no line ends */
    size_t header_count;
    const char *body; /* must occur in the body; NULL: no matter */
    size_t status_count, json_count;
    struct status_range status[STATUS_RANGES];
    struct json_assertion json[JSON_ASSERTIONS];
};

/* Parses `200-299,429`. Returns 0, or -1 for what is no such list. */
int http_status_parse(const char *word, struct http_want *want);

/* Whether `header` is `Name: value` with a token for a name (RFC 9110, 5.1) and no control characters. */
bool http_header_is_valid(const char *header);

/* Writes the request for `target`. Headers of the caller's replace ours of the same name. */
void http_request(const struct target *target, const struct http_want *want, struct text *out);

struct http {
    const struct http_want *want;
    unsigned char phase;
    unsigned char body; /* how its end is known */
    bool informational; /* the head being read is a 1xx */
    bool cut;           /* the line being read did not fit */
    unsigned short status;
    char line[64];
    unsigned char len;
    uint64_t left;  /* of the body, or of the chunk */
    uint64_t taken; /* of everything, against endless answers */
    size_t matched; /* of want->body */
    bool found;
    struct json json;
};

void http_begin(struct http *h, const struct http_want *want);

/* Takes the next bytes; len 0 is the end of the connection. On ANSWER_GOOD and ANSWER_BAD the status, or what
 * is wrong, is appended to `why`. */
enum answer http_feed(struct http *h, const char *bytes, size_t len, struct text *why);

#endif

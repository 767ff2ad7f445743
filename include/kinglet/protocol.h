/* protocol: what the kinds of targets have in common. Pure.
 *
 * Every probe is one message sent, and then bytes taken until something is decided. A protocol is an encoder
 * of that message, NAME_request, which gives the message's form and sets the parts of it (wire.h), and a
 * parser, NAME_answer. The parser is a function of all that has come so far, at least 5 bytes and a NUL
 * behind them, and keeps nothing: so it cannot matter in which pieces they came. It decides at the first byte
 * that decides, says so as answer.h has it, or, where the words are the server's, appends them to `why` and
 * returns GOOD or BAD alone, and stays by it whatever follows. HTTP, whose answers may be large, takes pieces
 * instead.
 */
#ifndef KINGLET_PROTOCOL_H
#define KINGLET_PROTOCOL_H

#include "kinglet/answer.h"
#include "kinglet/http.h"
#include "kinglet/target.h"
#include "kinglet/tls.h"

enum {
    PROTOCOL_REQUEST_MAX = 4096,
    PROTOCOL_ANSWER_MAX =
        4096, /* with a NUL; what is not decided by then is refused. HTTP has limits of its own */
};

struct protocol {
    const struct target *target;
    const char *(*answer)(const struct target *, const char *, size_t, struct text *);
    struct text taken; /* all bytes so far */
    union {
        struct http http;
        char bytes[PROTOCOL_ANSWER_MAX];
    } state;
};

/* What a path that is a name asks for: the path without the slash and the query. */
struct wire_part protocol_name(const struct target *target);

/* Readies the parser and writes the message to send (nothing for TARGET_CONNECT). Messages that do not fit
 * are cut: out->cut. The random bytes are for TARGET_TLS alone, and the same bytes make the same message. */
void protocol_begin(struct protocol *p, const struct target *target, const struct http_want *want,
                    const unsigned char random[TLS_RANDOM], struct text *out);

/* Takes the next bytes; len 0: the server has closed. What was decided, and why, is appended to `why`. */
enum answer protocol_feed(struct protocol *p, const char *bytes, size_t len, struct text *why);

#endif

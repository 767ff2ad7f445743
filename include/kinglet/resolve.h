/* resolve: from a host's name to its addresses, without ever waiting.
 *
 * /etc/hosts first, then the name servers of /etc/resolv.conf, for A and AAAA at once, over UDP, and over TCP
 * where an answer was cut. It is a state machine beside others in one poll(2): the caller waits for `fd` to
 * be ready for `events`, or for `due`, and then calls resolve_step. Its memory is this struct, whatever
 * comes.
 *
 * IPv4 addresses come before IPv6 ones: what a container listens on without being told is, as a rule, IPv4,
 * and a network that has no IPv6 may say so only by silence.
 */
#ifndef KINGLET_RESOLVE_H
#define KINGLET_RESOLVE_H

#include "kinglet/address.h"
#include "kinglet/dns.h"
#include "kinglet/names.h"
#include "kinglet/text.h"

#include <stdbool.h>
#include <stdint.h>

enum resolve_answer { RESOLVE_MORE, RESOLVE_FOUND, RESOLVE_FAILED };

/* What several look-ups have in common: /etc/resolv.conf, read by the first of them. Zero-initialised. */
struct resolve_config {
    bool known;
    struct names_config names;
};

struct resolve {
    int fd; /* to be waited for, and closed by the caller where a look-up is given up; -1: none */
    short events;
    int64_t due; /* the moment when the present try is over */
    int64_t deadline;
    const struct names_config *config;
    const char *host;
    struct addresses *result;
    struct text *why;
    uint16_t id[2];          /* of the two questions */
    unsigned char open;      /* bits, 1 for IPv4 and 2 for IPv6: questions without an answer */
    unsigned char cut;       /* bits: those to be asked over TCP */
    unsigned char refused;   /* bits: those that the present server cannot answer */
    unsigned char candidate; /* which name of names_candidate */
    unsigned char tries;     /* of this name */
    unsigned char server;
    bool tcp;
    bool exists; /* some name exists, without an address */
    bool failed; /* some server has said that it cannot say */
    unsigned short query_len,
        got; /* got: of an answer. The two bytes of length come first, in message and in query */
    struct addresses found[2]; /* IPv4, IPv6 */
    unsigned char query[2 + DNS_QUERY_MAX];
    unsigned char message[2 + DNS_MESSAGE_MAX];
};

/* Begins to look `host` up, until `deadline` at the latest (which is the caller's to watch). Answers as
 * resolve_step does; `config`, `host`, `result` and `why` are kept. */
enum resolve_answer resolve_begin(struct resolve *r, struct resolve_config *config, const char *host,
                                  int64_t deadline, struct addresses *result, struct text *why);

/* Goes on: `fd` is ready, or else `due` has come. On RESOLVE_FOUND there is at least one address in `result`,
 * on RESOLVE_FAILED the reason has been appended to `why`; both leave no descriptor open. */
enum resolve_answer resolve_step(struct resolve *r, bool ready);

#endif

/* grpc: grpc.health.v1.Health/Check over HTTP/2 in the clear (RFC 9113), one call in one connection. Pure.
 *
 * Everything that a call needs is sent at once. As the header table is set to no size at all, a server's
 * headers (RFC 7541) refer to nothing that came before, so that they can be read byte by byte with no table
 * and no state but that of one field: what is looked for is :status and grpc-status, and only these are
 * decoded, Huffman's code included. An index into a table that is not there, a frame out of order, or a
 * message that is not a HealthCheckResponse is an error.
 */
#ifndef KINGLET_GRPC_H
#define KINGLET_GRPC_H

#include "kinglet/answer.h"
#include "kinglet/target.h"

struct grpc {
    const char *service;
    /* frames */
    unsigned char head[9], at; /* the frame's header, and how much of it is there */
    unsigned char type;        /* of the frame, as far as it is ours */
    unsigned char padding, skip;
    bool padded;   /* the next byte is the length of the padding */
    bool settled;  /* the server's SETTINGS have begun */
    bool in_block; /* of headers: nothing but CONTINUATION may come */
    bool ends;     /* the block ends the stream */
    uint32_t left; /* of the frame's payload */
    uint32_t error;
    unsigned char error_len;
    /* headers */
    unsigned char state, field, shift;
    bool is_value, huffman;
    unsigned length, taken; /* of the string */
    unsigned char text[11];
    unsigned value[3]; /* of fields: none, :status and grpc-status, each and 1; 0: has not come */
    /* the message, its prefix included */
    unsigned char message[7], message_len;
};

/* Writes the call. `g` is zeroed. The service is the target's path. */
void grpc_begin(struct grpc *g, const struct target *target, struct text *out);

/* Takes the next byte. */
enum answer grpc_take(struct grpc *g, unsigned char byte, struct text *why);

#endif

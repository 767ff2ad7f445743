/* postgres: a start-up packet and the first answer to it (PostgreSQL's protocol 3.0, chapter 55 of its
 * manual). Pure.
 *
 * As pg_isready: any request for authentication is accepting, and so is any error but SQLSTATE 57P03 (cannot
 * connect now: starting up, shutting down, in recovery). The packet goes out in the clear without an
 * SSLRequest before it: a server looks at its own state before it asks for encryption, and one that answered
 * "S" would have to be spoken TLS to from there on.
 */
#ifndef KINGLET_POSTGRES_H
#define KINGLET_POSTGRES_H

#include "kinglet/answer.h"
#include "kinglet/target.h"

struct postgres {
    unsigned char at;    /* bytes of type and length taken */
    unsigned char type;  /* of the message */
    unsigned char field; /* of an error's fields: which one; 0: one begins */
    unsigned char code_len, words_len;
    bool told; /* the field with the words is over */
    char code[5];
    char words[100];
    uint32_t left; /* of the message; while `at` counts, its length so far */
};

/* Writes the packet: user from user@, or else postgres; database from the path, or else the user's. `p` is
 * zeroed. */
void postgres_begin(const struct target *target, struct text *out);

/* Takes the next byte. */
enum answer postgres_take(struct postgres *p, unsigned char byte, struct text *why);

#endif

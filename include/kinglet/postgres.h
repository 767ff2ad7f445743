/* postgres: a start-up packet and the first answer to it (protocol 3.0, chapter 55 of PostgreSQL's manual).
 * Pure.
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
#include "kinglet/wire.h"

/* The form of the packet: the user from user@, or else postgres; the database from the path, or else the
 * user's name. Sets its parts. */
const char *postgres_request(const struct target *target, struct wire_part parts[WIRE_PARTS]);

/* What the bytes say that have come so far: see protocol.h. */
const char *postgres_answer(const struct target *target, const char *bytes, size_t len, struct text *why);

#endif

/* tls: see kinglet/tls.h. Pure. */
#include "kinglet/tls.h"

#include "kinglet/address.h"

#include <string.h>

enum { ALERT = 21, HANDSHAKE = 22, SERVER_HELLO = 2, RECORD_MAX = 1 << 14 };

const char *tls_request(const struct target *target, struct wire_part parts[WIRE_PARTS])
{
    static struct address ignored;
    const char *host = target->host;
    size_t len = strlen(host);

    parts[0].len = parts[1].len = TLS_RANDOM / 2;
    parts[1].at = parts[0].at + TLS_RANDOM / 2;
    parts[2].at = address_parse(host, &ignored) == 0 ? NULL : host;
    parts[2].len = len - (host[len - 1] == '.');
    return "\x16\3\1" WIRE "b" /* record */
           "\1" WIRE "c\3\3"   /* ClientHello */
        WIRE "0"               /* random */
           "\0"                /* no session */
           "\0\x1a\x13\1\x13\2\x13\3\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8"
           "\0\x9c\0\x9d\0\x2f\0\xff" /* the last: RFC 5746, 3.4 */
           "\1\0"                     /* no compression */
        WIRE "b"                      /* extensions */
        /* server_name: a list of names with one of type 0, a host's without the dot at the end (RFC 6066, 3)
         */
        WIRE "\"\x11\0\0" WIRE "b" WIRE "b\0" WIRE "b" WIRE "2" WIRE "r" WIRE "r" WIRE "r"
           "\0\x0a\0\x08\0\6\0\x1d\0\x17\0\x18"                           /* supported_groups */
           "\0\x0b\0\2\1\0"                                               /* ec_point_formats */
           "\0\x0d\0\x14\0\x12\4\3\5\3\6\3\x08\4\x08\5\x08\6\4\1\5\1\6\1" /* signature_algorithms */
           "\0\x2b\0\5\4\3\4\3\3"                                         /* supported_versions */
           "\0\x33\0\x26\0\x24\0\x1d\0\x20" WIRE "1"                      /* key_share */
        WIRE "r" WIRE "s" WIRE "r" WIRE;
}

const char *tls_answer(const struct target *target, const char *bytes, size_t len, struct text *why)
{
    uint32_t size = wire_get(bytes + 3, 2);

    (void)target;
    if (bytes[1] == 3 && bytes[0] == HANDSHAKE && size > 0 && size <= RECORD_MAX) {
        if (len < 6)
            return NULL;
        if (bytes[5] == SERVER_HELLO)
            return GOOD "ServerHello";
    }
    if (bytes[1] == 3 && bytes[0] == ALERT && size == 2) {
        if (len < 7)
            return NULL;
        if (bytes[5] == 1 || bytes[5] == 2) { /* warning, fatal */
            text_format(why, "alert %u", (unsigned char)bytes[6]);
            return GOOD;
        }
    }
    return ALIEN;
}

/* tls: see kinglet/tls.h. Pure. */
#include "kinglet/tls.h"

#include "kinglet/resolve.h"
#include "kinglet/wire.h"

#include <string.h>

enum {
    HANDSHAKE = 22,
    ALERT = 21,
    SERVER_HELLO = 2,
    WARNING = 1,
    FATAL = 2,
    RECORD_MAX = 1 << 14,
};

/* RFC 6066, 3: names only, and without the dot at the end. */
static void put_server_name(struct text *out, const char *host)
{
    size_t len = strlen(host);
    struct address address;

    if (address_parse(host, &address) == 0)
        return;
    len -= host[len - 1] == '.';
    wire_put(out, 0, 2);
    wire_put(out, len + 5, 2);
    wire_put(out, len + 3, 2);
    wire_put(out, len, 3); /* and its type, 0 */
    text_raw(out, host, len);
}

void tls_begin(const struct target *target, const unsigned char random[TLS_RANDOM], struct text *out)
{
    static const char head[] = "\x16\3\1\0\0" /* record */
                               "\1\0\0\0\3\3" /* ClientHello */;
    static const char suites[] = "\0" /* no session */
                                 "\0\x1a\x13\1\x13\2\x13\3\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8"
                                 "\0\x9c\0\x9d\0\x2f\0\xff" /* the last: renegotiation is safe (RFC 5746) */
                                 "\1\0"                     /* no compression */
                                 "\0\0" /* length of the extensions */;
    static const char extensions[] = "\0\x0a\0\x08\0\6\0\x1d\0\x17\0\x18" /* groups */
                                     "\0\x0b\0\2\1\0"                     /* point formats */
                                     "\0\x0d\0\x14\0\x12\4\3\5\3\6\3\x08\4\x08\5\x08\6\4\1\5\1\6\1"
                                     "\0\x2b\0\5\4\3\4\3\3" /* versions */
                                     "\0\x33\0\x26\0\x24\0\x1d\0\x20" /* key share */;
    const char *bytes = (const char *)random;
    size_t start = out->len, extended;

    text_raw(out, head, sizeof head - 1);
    text_raw(out, bytes, TLS_RANDOM / 2);
    text_raw(out, suites, sizeof suites - 1);
    extended = out->len;
    put_server_name(out, target->host);
    text_raw(out, extensions, sizeof extensions - 1);
    text_raw(out, bytes + TLS_RANDOM / 2, TLS_RANDOM / 2);
    wire_length(out, extended - 2, 2, extended);
    wire_length(out, start + 6, 3, start + 9);
    wire_length(out, start + 3, 2, start + 5);
}

enum answer tls_take(struct tls *s, unsigned char byte, struct text *why)
{
    const unsigned char *r = s->record;
    unsigned len;

    s->record[s->at++] = byte;
    if (s->at < 5)
        return ANSWER_MORE;
    len = (unsigned)r[3] << 8 | r[4];
    if (r[0] == HANDSHAKE && r[1] == 3 && len > 0 && len <= RECORD_MAX) {
        if (s->at == 5)
            return ANSWER_MORE;
        if (byte != SERVER_HELLO)
            return ANSWER_ALIEN;
        text_put(why, "ServerHello");
        return ANSWER_GOOD;
    }
    if (r[0] != ALERT || r[1] != 3 || len != 2 || (s->at == 6 && byte != WARNING && byte != FATAL))
        return ANSWER_ALIEN;
    if (s->at < sizeof s->record)
        return ANSWER_MORE;
    text_format(why, "alert %u", byte);
    return ANSWER_GOOD;
}

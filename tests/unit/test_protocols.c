/* gRPC, PostgreSQL, Redis, FastCGI and TLS: what is sent, and answers in every split, cut off at every byte,
 * spoilt at every byte, and of every other protocol. */
#include "unit.h"

#include "kinglet/protocol.h"

#define BYTES(s) (s), sizeof(s) - 1

/* An HTTP/2 frame, written out: length, type, flags, stream 1 or 0. */
#define FRAME(length, type, flags, stream) "\0\0" length type flags "\0\0\0" stream
#define SETTINGS                           FRAME("\0", "\4", "\0", "\0")
#define OK_HEADERS                         FRAME("\1", "\1", "\4", "\1") "\x88"
#define DATA_1                             FRAME("\7", "\0", "\0", "\1") "\0\0\0\0\2\x08\1"
#define DATA_2                             FRAME("\7", "\0", "\0", "\1") "\0\0\0\0\2\x08\2"
#define PLAIN_0                                                                                              \
    "\0\x0bgrpc-status\1"                                                                                    \
    "0"
#define CODED(value) "\0\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f\x81" value
#define TRAILERS     FRAME("\x0f", "\1", "\5", "\1") PLAIN_0

static const unsigned char random_bytes[TLS_RANDOM] = {1, 2, 3, [32] = 9, [63] = 7};
static const struct http_want nothing;

static void parse(const char *word, struct target *t)
{
    FAULTS(faults);

    if (target_parse(word, t, &faults) != 0)
        fail_msg("%s", faults.at);
}

/* The verdict on `bytes` cut into a first piece of `first` and others of `piece`, and then, if `closed`, the
 * end. */
static enum answer verdict(const struct target *t, const char *bytes, size_t len, size_t first, size_t piece,
                           bool closed, struct text *why)
{
    static struct protocol p;
    enum answer a = ANSWER_MORE;
    char request[PROTOCOL_REQUEST_MAX];
    struct text out;

    memset(&p, 0xA5, sizeof p);
    text_init(&out, request, sizeof request);
    text_init(why, why->at, why->cap);
    protocol_begin(&p, t, &nothing, random_bytes, &out);
    for (size_t i = 0, n = first; i < len && a == ANSWER_MORE; i += n, n = piece) {
        if (i + n > len)
            n = len - i;
        if (n > 0)
            a = protocol_feed(&p, bytes + i, n, why);
        if (a == ANSWER_MORE)
            assert_int_equal(why->len, 0);
    }
    return a == ANSWER_MORE && closed ? protocol_feed(&p, NULL, 0, why) : a;
}

static void expect(const char *word, const char *bytes, size_t len, enum answer answer, const char *words)
{
    struct target t;
    size_t decided;
    FAULTS(why);

    parse(word, &t);
    for (size_t piece = 1; piece <= len; piece++) {
        enum answer a = verdict(&t, bytes, len, piece, piece, false, &why);
        if (a != answer || strcmp(why.at, words) != 0)
            fail_msg("%s in pieces of %zu: %d '%s', not '%s'", word, piece, (int)a, why.at, words);
        a = verdict(&t, bytes, len, piece, len, false, &why);
        if (a != answer || strcmp(why.at, words) != 0)
            fail_msg("%s cut at %zu: %d '%s', not '%s'", word, piece, (int)a, why.at, words);
    }
    for (decided = 0; verdict(&t, bytes, decided, decided, 1, false, &why) == ANSWER_MORE && decided < len;)
        decided++;
    for (size_t n = 0; n < decided; n++) { /* cut off before that: nothing is good, and the end is told */
        assert_int_equal(verdict(&t, bytes, n, n, 1, true, &why), ANSWER_BAD);
        assert_string_equal(why.at, n == 0 ? "the connection was closed without an answer"
                                           : "the connection was closed in the middle of the answer");
    }
    for (size_t i = 0; i < len;
         i++) { /* spoilt: the same in one piece and byte by byte, in words for a terminal */
        char copy[1024], words_one[256];
        static const unsigned char spoil[] = {0xFF, 0x80, 0x01, 0x20, 0x04};
        assert_true(len <= sizeof copy);
        for (size_t s = 0; s < sizeof spoil; s++) {
            struct text one;
            enum answer a;
            text_init(&one, words_one, sizeof words_one);
            memcpy(copy, bytes, len);
            copy[i] = (char)((unsigned char)copy[i] ^ spoil[s]);
            a = verdict(&t, copy, len, len, len, true, &one);
            assert_true(a == ANSWER_GOOD || a == ANSWER_BAD);
            assert_int_equal(verdict(&t, copy, len, 1, 1, true, &why), a);
            assert_string_equal(one.at, why.at);
            for (const char *c = why.at; *c != '\0'; c++)
                assert_true((unsigned char)*c >= ' ' && *c != 0x7F);
        }
    }
}

static void request(const char *word, struct text *out)
{
    static struct protocol p;
    struct target t;

    parse(word, &t);
    text_init(out, out->at, out->cap);
    protocol_begin(&p, &t, &nothing, random_bytes, out);
    assert_false(out->cut);
}

#define assert_sends(word, bytes)                                                                            \
    do {                                                                                                     \
        FAULTS(sent);                                                                                        \
        request((word), &sent);                                                                              \
        assert_int_equal(sent.len, sizeof(bytes) - 1);                                                       \
        assert_memory_equal(sent.at, (bytes), sent.len);                                                     \
    } while (0)

static void test_redis(void **state)
{
    static const char *const unready[] = {
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "MISCONF Redis is configured to save RDB snapshots",
        "BUSY Redis is busy running a script",
        "ERR max number of clients reached",
        "DENIED Redis is running in protected mode"};
    const char *r = "redis://h", *auth = "redis://u:p@h";

    (void)state;
    assert_sends("redis://h", "*1\r\n$4\r\nPING\r\n");
    assert_sends("redis://:pass@h", "*2\r\n$4\r\nAUTH\r\n$4\r\npass\r\n*1\r\n$4\r\nPING\r\n");
    assert_sends("redis://pass@h", "*2\r\n$4\r\nAUTH\r\n$4\r\npass\r\n*1\r\n$4\r\nPING\r\n");
    assert_sends("redis://me:a%3Ab%FE@h",
                 "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$4\r\na:b\xfe\r\n*1\r\n$4\r\nPING\r\n");
    expect(r, BYTES("+PONG\r\n"), ANSWER_GOOD, "+PONG");
    expect(r, BYTES("-NOAUTH Authentication required.\r\n"), ANSWER_GOOD, "NOAUTH Authentication required.");
    expect(r, BYTES("-NOPERM this user\r\n"), ANSWER_GOOD, "NOPERM this user");
    for (size_t i = 0; i < sizeof unready / sizeof unready[0]; i++) {
        char line[128];
        int n = snprintf(line, sizeof line, "-%s\r\n", unready[i]);
        expect(r, line, (size_t)n, ANSWER_BAD, unready[i]);
    }
    expect(r, BYTES("-ERR \x1b[31m\r\n"), ANSWER_BAD, "ERR \\x1b[31m");
    expect(r, BYTES("+PONGS\r\n"), ANSWER_BAD, "not Redis");
    expect(r, BYTES("$4\r\nPONG\r\n"), ANSWER_BAD, "not Redis");
    expect(r, BYTES("HTTP/1.1 400 Bad\r\n"), ANSWER_BAD, "not Redis but HTTP/1");
    expect(r, BYTES("\x15\3\1\0\2\2\x28"), ANSWER_BAD, "not Redis but TLS");
    expect(auth, BYTES("+OK\r\n+PONG\r\n"), ANSWER_GOOD, "+PONG");
    expect(auth, BYTES("+OK\r\n-LOADING x\r\n"), ANSWER_BAD, "LOADING x");
    expect(auth, BYTES("-WRONGPASS invalid username-password pair or user is disabled.\r\n+PONG\r\n"),
           ANSWER_BAD, "WRONGPASS invalid username-password pair or user is disabled.");
    expect(auth, BYTES("-NOAUTH x\r\n"), ANSWER_BAD, "NOAUTH x");
    expect(auth, BYTES("+PONG\r\n"), ANSWER_BAD, "not Redis");
}

static void test_postgres(void **state)
{
    const char *p = "postgres://h";

    (void)state;
    assert_sends("postgres://h",
                 "\0\0\0\x42\0\3\0\0application_name\0kinglet\0user\0postgres\0database\0postgres\0\0");
    assert_sends("postgres://me:secret@h",
                 "\0\0\0\x36\0\3\0\0application_name\0kinglet\0user\0me\0database\0me\0\0");
    assert_sends("postgres://me@h/shop?sslmode=disable",
                 "\0\0\0\x38\0\3\0\0application_name\0kinglet\0user\0me\0database\0shop\0\0");
    expect(p, BYTES("R\0\0\0\x08\0\0\0\0"), ANSWER_GOOD, "accepting connections");
    expect(p, BYTES("R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"), ANSWER_GOOD, "accepting connections");
    expect(p,
           BYTES("E\0\0\0\x5dSFATAL\0VFATAL\0C57P03\0Mthe database system is starting "
                 "up\0Fpostmaster.c\0L2400\0RProcess\0\0"),
           ANSWER_BAD, "rejecting connections: the database system is starting up");
    expect(p, BYTES("E\0\0\0\x2dMthe database system is shutting down\0C57P03\0\0"), ANSWER_BAD,
           "rejecting connections: the database system is shutting down");
    expect(p, BYTES("E\0\0\0\x40SFATAL\0VFATAL\0C28000\0Mrole \"x\" does not exist\0\0"), ANSWER_GOOD,
           "accepting connections");
    expect(p, BYTES("E\0\0\0\x40SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"), ANSWER_GOOD,
           "accepting connections");
    expect(p, BYTES("E\0\0\0\x20SFATAL\0Mno code\0\0"), ANSWER_BAD, "rejecting connections: no code");
    expect(p, BYTES("E\0\0\0 C123\0Mshort\0\0"), ANSWER_BAD, "rejecting connections: short");
    expect(p, BYTES("Ecould not fork new process for connection: x\n\0"), ANSWER_BAD,
           "rejecting connections: could not fork new process for connection: x\\x0a");
    expect(p, BYTES("N\0\0\0\x08xxxx"), ANSWER_BAD, "not PostgreSQL");
    expect(p, BYTES("R\0\0\0\4"), ANSWER_BAD, "not PostgreSQL");
    expect(p, BYTES("R\x7f\0\0\x08...."), ANSWER_BAD, "not PostgreSQL");
    expect(p, BYTES("E\0\0\0\0SFATAL\0"), ANSWER_BAD, "not PostgreSQL");
    expect(p, BYTES("HTTP/1.1 400 Bad Request\r\n"), ANSWER_BAD, "not PostgreSQL but HTTP/1");
}

static void test_tls(void **state)
{
    const char *t = "tls://example.org";
    FAULTS(out);

    (void)state;
    request(t, &out);
    assert_int_equal(out.len, 5 + ((unsigned char)out.at[3] << 8 | (unsigned char)out.at[4]));
    assert_int_equal(out.len, 9 + ((unsigned char)out.at[7] << 8 | (unsigned char)out.at[8]));
    assert_memory_equal(out.at + 11, random_bytes, 32);
    assert_memory_equal(out.at + out.len - 32, random_bytes + 32, 32);
    assert_int_equal(out.len, 76 + ((unsigned char)out.at[74] << 8 | (unsigned char)out.at[75]));
    assert_memory_equal(out.at + 76,
                        "\0\0\0\x10\0\x0e\0\0\x0b"
                        "example.org",
                        20);
    request("tls://example.org.", &out);
    assert_memory_equal(out.at + 76,
                        "\0\0\0\x10\0\x0e\0\0\x0b"
                        "example.org\0\x0a",
                        22);
    request("tls://127.0.0.1", &out);
    assert_memory_equal(out.at + 76, "\0\x0a\0\x08", 4);
    request("tls://[::1]:444", &out);
    assert_memory_equal(out.at + 76, "\0\x0a\0\x08", 4);
    expect(t, BYTES("\x16\3\3\0\x7a\2\0\0\x76\3\3"), ANSWER_GOOD, "ServerHello");
    expect(t, BYTES("\x16\3\1\x40\0\2"), ANSWER_GOOD, "ServerHello");
    expect(t, BYTES("\x15\3\1\0\2\2\x28"), ANSWER_GOOD, "alert 40");
    expect(t, BYTES("\x15\3\1\0\2\1\0"), ANSWER_GOOD, "alert 0");
    expect(t, BYTES("\x15\3\1\0\2\3\0"), ANSWER_BAD, "not TLS");
    expect(t, BYTES("\x15\3\1\0\3\2\0"), ANSWER_BAD, "not TLS");
    expect(t, BYTES("\x16\3\3\0\x7a\1"), ANSWER_BAD, "not TLS");
    expect(t, BYTES("\x16\3\3\0\0\2"), ANSWER_BAD, "not TLS");
    expect(t, BYTES("\x16\3\3\x40\1\2"), ANSWER_BAD, "not TLS");
    expect(t, BYTES("\x16\2\3\0\x7a\2"), ANSWER_BAD, "not TLS");
    expect(t, BYTES("\x17\3\3\0\x7a\2"), ANSWER_BAD, "not TLS");
    expect(t, BYTES("HTTP/1.1 400 Bad Request\r\n"), ANSWER_BAD, "not TLS but HTTP/1");
    expect(t, BYTES("220 mail ESMTP\r\n"), ANSWER_BAD, "not TLS");
}

#define RECORD(type, length) "\1" type "\0\1\0" length "\0\0"

static void test_fcgi(void **state)
{
    const char *f = "fcgi://h/ping", *v = "fcgi://h";

    (void)state;
    assert_sends("fcgi://h", "\1\x09\0\0\0\x11\0\0\x0f\0FCGI_MPXS_CONNS");
    assert_sends("fcgi://h/ping?a=b",
                 "\1\1\0\1\0\x08\0\0\0\1\0\0\0\0\0\0"
                 "\1\4\0\1\0\xc6\0\0"
                 "\x11\7GATEWAY_INTERFACECGI/1.1\x0f\x08SERVER_PROTOCOLHTTP/1.1\x0b\x09SERVER_NAMElocalhost"
                 "\x0b\2SERVER_PORT80\x0e\3REQUEST_METHODGET"
                 "\x0b\x80\0\0\5SCRIPT_NAME/ping\x0f\x80\0\0\5SCRIPT_FILENAME/ping"
                 "\x0b\x80\0\0\x09REQUEST_URI/ping?a=b\x0c\x80\0\0\3QUERY_STRINGa=b"
                 "\1\4\0\1\0\0\0\0\1\5\0\1\0\0\0\0");
    expect(v, BYTES("\1\x0a\0\0\0\x12\6\0\x0f\1FCGI_MPXS_CONNS0......"), ANSWER_GOOD, "FastCGI answers");
    expect(v, BYTES("\1\x0b\0\0\0\x08\0\0\x09\0\0\0\0\0\0\0"), ANSWER_GOOD, "FastCGI answers");
    expect(v, BYTES("\1\6\0\1\0\x08\0\0"), ANSWER_BAD, "not FastCGI");
    expect(v, BYTES("\1\3\0\0\0\x08\0\0"), ANSWER_BAD, "not FastCGI");
    expect(v, BYTES("\2\x0a\0\0\0\x08\0\0"), ANSWER_BAD, "not FastCGI");
    expect(f,
           BYTES(RECORD("\6", "\x1c") "Content-type: text\r\n\r\npong!!" RECORD("\3",
                                                                                "\x08") "\0\0\0\0\0\0\0\0"),
           ANSWER_GOOD, "200");
    expect(f,
           BYTES(RECORD("\7", "\3") "oh!" RECORD("\6", "\x0d") "sTATus: 204\r\n" RECORD("\6", "\2") "\r\n"),
           ANSWER_GOOD, "204");
    expect(f, BYTES(RECORD("\6", "\x0a") "Status: 40" RECORD("\6", "\x0f") "4 Not Found\r\n\r\n"), ANSWER_BAD,
           "404");
    expect(f, BYTES(RECORD("\6", "\x10") "Status: 302\nX:\n\n"), ANSWER_BAD, "302");
    expect(f, BYTES(RECORD("\6", "\x0d") "Status: abc\r\n"), ANSWER_BAD, "a bad CGI header");
    expect(f, BYTES(RECORD("\6", "\x10") "Status: 12345\r\n\r"), ANSWER_BAD, "a bad CGI header");
    expect(f, BYTES(RECORD("\6", "\4") "\r\n\r\n"), ANSWER_BAD, "a bad CGI header");
    expect(f, BYTES(RECORD("\6", "\5") "junk\n"), ANSWER_BAD, "a bad CGI header");
    expect(f, BYTES(RECORD("\3", "\x08") "\0\0\0\0\2\0\0\0"), ANSWER_BAD, "overloaded");
    expect(f, BYTES(RECORD("\3", "\x08") "\0\0\0\0\0\0\0\0"), ANSWER_BAD, "ended without an answer");
    expect(f, BYTES("\1\6\0\2\0\x08\0\0"), ANSWER_BAD, "not FastCGI");
    expect(f, BYTES("HTTP/1.1 400 Bad Request\r\n"), ANSWER_BAD, "not FastCGI but HTTP/1");
}

static void test_grpc_request(void **state)
{
    FAULTS(out);

    (void)state;
    /* the preface; SETTINGS; HEADERS; DATA */
    assert_sends("grpc://localhost:50051/my.Svc", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                                  "\0\0\x0c\4\0\0\0\0\0"
                                                  "\0\1\0\0\0\0\0\2\0\0\0\0"
                                                  "\0\0\x5b\1\4\0\0\0\1"
                                                  "\x83\x86\4\x1c/grpc.health.v1.Health/Check"
                                                  "\1\x0flocalhost:50051"
                                                  "\x0f\x10\x10\x61pplication/grpc"
                                                  "\0\2te\x08trailers\x0f\x2b\7kinglet"
                                                  "\0\0\x0d\0\1\0\0\0\1"
                                                  "\0\0\0\0\x08\x0a\6my.Svc");
    request("grpc://[::1]:1", &out);
    assert_memory_equal(out.at + 54 + 32, "\1\7[::1]:1\x0f", 10);
    assert_memory_equal(out.at + out.len - 14, "\0\0\5\0\1\0\0\0\1\0\0\0\0\0", 14);
    request("grpc+unix:///run/x.sock:/a?b", &out);
    assert_memory_equal(out.at + 54 + 32, "\1\x09localhost\x0f", 12);
    assert_memory_equal(out.at + out.len - 4, "\3\x0a\1\x61", 4);
    /* an authority of 127 bytes and more */
    for (size_t n = 120; n < 250; n++) {
        char word[300] = "grpc://";
        memset(word + 7, 'h', n);
        memcpy(word + 7 + n, ":12", 4);
        request(word, &out);
        assert_int_equal((unsigned char)out.at[46] << 8 | (unsigned char)out.at[47],
                         n + 3 + (n + 3 < 127 ? 76 : 77));
        assert_int_equal((unsigned char)out.at[54 + 33], n + 3 < 127 ? n + 3 : 127);
        if (n + 3 >= 127)
            assert_int_equal((unsigned char)out.at[54 + 34], n + 3 - 127);
    }
}

static void test_grpc(void **state)
{
    const char *g = "grpc://h:1/svc";

    (void)state;
    expect(g, BYTES(SETTINGS OK_HEADERS DATA_1 TRAILERS), ANSWER_GOOD, "SERVING");
    expect(g, BYTES(SETTINGS OK_HEADERS DATA_2 TRAILERS), ANSWER_BAD, "NOT_SERVING");
    expect(g, BYTES(SETTINGS OK_HEADERS FRAME("\5", "\0", "\0", "\1") "\0\0\0\0\0" TRAILERS), ANSWER_BAD,
           "UNKNOWN");
    expect(g, BYTES(SETTINGS OK_HEADERS FRAME("\7", "\0", "\0", "\1") "\0\0\0\0\2\x08\3" TRAILERS),
           ANSWER_BAD, "SERVICE_UNKNOWN");
    expect(g, BYTES(SETTINGS OK_HEADERS FRAME("\7", "\0", "\0", "\1") "\0\0\0\0\2\x08\5" TRAILERS),
           ANSWER_BAD, "not a health answer");
    expect(g, BYTES(SETTINGS OK_HEADERS FRAME("\7", "\0", "\0", "\1") "\1\0\0\0\2\x08\1" TRAILERS),
           ANSWER_BAD, "not a health answer");
    expect(g, BYTES(SETTINGS OK_HEADERS FRAME("\x08", "\0", "\0", "\1") "\0\0\0\0\2\x08\1x"), ANSWER_BAD,
           "not a health answer");
    expect(g, BYTES(SETTINGS OK_HEADERS TRAILERS), ANSWER_BAD, "not a health answer");
    expect(g, BYTES(SETTINGS OK_HEADERS FRAME("\3", "\0", "\0", "\1") "\0\0\0" TRAILERS), ANSWER_BAD,
           "not a health answer");
    /* DATA in two pieces, the prefix apart; unknown frames, PING, WINDOW_UPDATE, other streams between */
    expect(g,
           BYTES(SETTINGS FRAME("\x08", "\6", "\0", "\0") "12345678" FRAME("\4", "\x08", "\0",
                                                                           "\0") "\0\1\0\0" OK_HEADERS
                     FRAME("\3", "\0", "\0", "\1") "\0\0\0" FRAME("\1", "\xbe", "\xff", "\1") "?" FRAME(
                         "\2", "\0", "\1", "\3") "xx" FRAME("\4", "\0", "\0", "\1") "\0\2\x08\1" TRAILERS),
           ANSWER_GOOD, "SERVING");
    /* PADDED and PRIORITY */
    expect(g,
           BYTES(SETTINGS FRAME("\x09", "\1", "\x2c", "\1") "\2\0\0\0\0\0\x88zz" FRAME(
               "\x0a", "\0", "\x08", "\1") "\2\0\0\0\0\2\x08\1zz" TRAILERS),
           ANSWER_GOOD, "SERVING");
    expect(g, BYTES(SETTINGS FRAME("\3", "\1", "\x0c", "\1") "\3\x88z"), ANSWER_BAD, "a bad HTTP/2 frame");
    expect(g, BYTES(SETTINGS FRAME("\3", "\1", "\x24", "\1") "\0\0\0"), ANSWER_BAD, "a bad HTTP/2 frame");
    expect(g, BYTES(SETTINGS OK_HEADERS FRAME("\0", "\0", "\x08", "\1")), ANSWER_BAD, "a bad HTTP/2 frame");
    /* trailers-only, an interim answer, a size of the table, and literals that C-core marks for the table */
    expect(g,
           BYTES(SETTINGS FRAME("\x15", "\1", "\5", "\1") "\x20\x88\x40\x0bgrpc-status\2"
                                                          "12"
                                                          "\x10\2ab"),
           ANSWER_BAD, "bad HTTP/2 headers");
    expect(g,
           BYTES(SETTINGS FRAME("\x12", "\1", "\5", "\1") "\x20\x88\x40\x0bgrpc-status\2"
                                                          "12"),
           ANSWER_BAD, "no health service");
    expect(g, BYTES(SETTINGS FRAME("\x0e", "\1", "\5", "\1") "\x88\x10\x0bgrpc-status"), ANSWER_BAD,
           "bad HTTP/2 headers");
    expect(g,
           BYTES(SETTINGS FRAME("\x05", "\1", "\4", "\1") "\x08\3"
                                                          "103" OK_HEADERS DATA_1 TRAILERS),
           ANSWER_GOOD, "SERVING");
    expect(g, BYTES(SETTINGS FRAME("\x0d", "\1", "\5", "\1") "\x88" CODED("\x6f")), ANSWER_BAD,
           "unknown service 'svc'");
    expect(g, BYTES(SETTINGS FRAME("\1", "\1", "\5", "\1") "\x88"), ANSWER_BAD, "no gRPC status");
    expect(g, BYTES(SETTINGS OK_HEADERS FRAME("\7", "\0", "\1", "\1") "\0\0\0\0\2\x08\1"), ANSWER_BAD,
           "no gRPC status");
    expect(g, BYTES(SETTINGS FRAME("\1", "\1", "\4", "\1") "\x8d"), ANSWER_BAD, "HTTP status 404");
    expect(g,
           BYTES(SETTINGS FRAME("\5", "\1", "\4", "\1") "\x48\3"
                                                        "503"),
           ANSWER_BAD, "HTTP status 503");
    expect(g, BYTES(SETTINGS FRAME("\5", "\1", "\4", "\1") "\x08\x83\x6c\x0c\xff"), ANSWER_BAD,
           "HTTP status 503");
    /* the end before the end */
    expect(g, BYTES(SETTINGS FRAME("\4", "\3", "\0", "\1") "\0\0\0\7"), ANSWER_BAD,
           "reset by the server (HTTP/2 error 7)");
    expect(g, BYTES(SETTINGS OK_HEADERS DATA_1 FRAME("\4", "\3", "\0", "\1") "\0\0\0\0"), ANSWER_BAD,
           "reset by the server (HTTP/2 error 0)");
    expect(g, BYTES(SETTINGS FRAME("\x0a", "\7", "\0", "\0") "\0\0\0\1\0\0\0\x0b!!"), ANSWER_BAD,
           "closed by the server (HTTP/2 error 11)");
    expect(g, BYTES(SETTINGS FRAME("\3", "\3", "\0", "\1") "\0\0\0"), ANSWER_BAD, "a bad HTTP/2 frame");
    expect(g, BYTES(SETTINGS FRAME("\7", "\7", "\0", "\0") "\0\0\0\1\0\0\0"), ANSWER_BAD,
           "a bad HTTP/2 frame");
    /* what cannot be */
    expect(g, BYTES(SETTINGS FRAME("\1", "\1", "\4", "\1") "\xbe"), ANSWER_BAD,
           "bad HTTP/2 headers"); /* 62: dynamic */
    expect(g, BYTES(SETTINGS FRAME("\1", "\1", "\4", "\1") "\x80"), ANSWER_BAD, "bad HTTP/2 headers"); /* 0 */
    expect(g, BYTES(SETTINGS FRAME("\4", "\1", "\4", "\1") "\x88\x7e\1x"), ANSWER_BAD,
           "bad HTTP/2 headers"); /* 62 */
    expect(g, BYTES(SETTINGS FRAME("\2", "\1", "\4", "\1") "\x88\x21"), ANSWER_BAD, "bad HTTP/2 headers");
    expect(g, BYTES(SETTINGS FRAME("\2", "\1", "\4", "\1") "\x88\x88"), ANSWER_BAD,
           "bad HTTP/2 headers"); /* twice */
    expect(g, BYTES(SETTINGS FRAME("\6", "\1", "\4", "\1") "\x88\0\x7f\xff\xff\xff"), ANSWER_BAD,
           "bad HTTP/2 headers");
    expect(g, BYTES(SETTINGS FRAME("\1", "\1", "\4", "\1") "\x84"), ANSWER_BAD,
           "bad HTTP/2 headers"); /* no :status */
    expect(g, BYTES(SETTINGS FRAME("\1", "\1", "\0", "\1") "\x88"), ANSWER_BAD,
           "bad HTTP/2 headers"); /* goes on */
    expect(g, BYTES(SETTINGS FRAME("\1", "\x09", "\4", "\1") "\x88"), ANSWER_BAD, "a bad HTTP/2 frame");
    expect(g, BYTES(SETTINGS FRAME("\4", "\5", "\4", "\1") "\0\0\0\2"), ANSWER_BAD, "a bad HTTP/2 frame");
    expect(g, BYTES(SETTINGS "\0\x40\1\0\0\0\0\0\1"), ANSWER_BAD, "a bad HTTP/2 frame");
    expect(g, BYTES(OK_HEADERS DATA_1 TRAILERS), ANSWER_BAD, "not gRPC");
    expect(g, BYTES(FRAME("\0", "\4", "\1", "\0") OK_HEADERS), ANSWER_BAD, "not gRPC");
    expect(g, BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), ANSWER_BAD, "not gRPC but HTTP/1");
    expect(g, BYTES("\x15\3\1\0\2\2\x28\0\0"), ANSWER_BAD, "not gRPC but TLS");
}

static void test_grpc_status_in_huffman_code(void **state)
{
    static const char *const coded[] = {
        "\x07", "\x0f",     "\x17",     "\x67",     "\x6b",     "\x6f",     "\x73",     "\x77",    "\x7b",
        "\x7f", "\x08\x3f", "\x08\x7f", "\x08\xbf", "\x0b\x3f", "\x0b\x5f", "\x0b\x7f", "\x0b\x9f"};
    static const char *const no_number[] = {
        "\x06", "\x03", "\xff", "\x1f", "\x07\xff", "\xff\xff\xff", "\x08\x42\x1f\xff"};

    (void)state;
    for (unsigned i = 0; i < 17 + sizeof no_number / sizeof no_number[0]; i++) {
        const char *value = i < 17 ? coded[i] : no_number[i - 17];
        char bytes[128], words[32];
        size_t n = strlen(value), at = sizeof(SETTINGS OK_HEADERS DATA_1) - 1;
        memcpy(bytes, SETTINGS OK_HEADERS DATA_1 FRAME("\0", "\1", "\5", "\1") CODED(""), at + 9 + 11);
        bytes[at + 2] = (char)(11 + n);
        bytes[at + 9 + 10] = (char)(0x80 | n);
        memcpy(bytes + at + 9 + 11, value, n);
        snprintf(words, sizeof words, "gRPC status %u", i < 17 ? i : 1000);
        expect("grpc://h:1", bytes, at + 9 + 11 + n, i == 0 ? ANSWER_GOOD : ANSWER_BAD,
               i == 0    ? "SERVING"
               : i == 5  ? "unknown service ''"
               : i == 12 ? "no health service"
                         : words);
    }
}

/* Nothing that another protocol says, and no noise, is an answer of this one; and no answer grows without
 * end. */
static void test_strangers(void **state)
{
    static const struct {
        const char *word, *answer;
        size_t len;
    } all[] = {
        {"redis://h", BYTES("+PONG\r\n\0")},
        {"postgres://h", BYTES("R\0\0\0\x08\0\0\0\0")},
        {"tls://h", BYTES("\x16\3\3\0\x7a\2\0\0\x76\3\3")},
        {"fcgi://h", BYTES("\1\x0a\0\0\0\x12\6\0\x0f\1FCGI_MPXS_CONNS0......")},
        {"fcgi://h/ping", BYTES(RECORD("\6", "\x1c") "Content-type: text\r\n\r\npong!!")},
        {"grpc://h:1", BYTES(SETTINGS OK_HEADERS DATA_1 TRAILERS)},
        {"", BYTES("HTTP/1.1 200 OK\r\n\r\n")},
        {"", BYTES("SSH-2.0-OpenSSH_9.2\r\n")},
        {"", BYTES("J\0\0\0\x0a"
                   "8.0.36\0")},
    };
    enum { COUNT = sizeof all / sizeof all[0] };
    char noise[5000];
    uint32_t seed = 1;
    struct target t;
    FAULTS(why);

    (void)state;
    for (size_t i = 0; i < COUNT - 3; i++) {
        parse(all[i].word, &t);
        for (size_t j = 0; j < COUNT; j++)
            assert_int_equal(verdict(&t, all[j].answer, all[j].len, 1, 1, true, &why),
                             i == j ? ANSWER_GOOD : ANSWER_BAD);
        for (unsigned round = 0; round < 2000; round++) {
            for (size_t n = 0; n < 64; n++) {
                seed = seed * 1664525 + 1013904223;
                noise[n] = (char)(seed >> 24);
            }
            assert_int_equal(verdict(&t, noise, 64, 64, 64, true, &why), ANSWER_BAD);
        }
        memset(noise, 'x', sizeof noise);
        memcpy(noise,
               i == 0   ? "-xxxx"
               : i == 1 ? "E\0\0\x70\0"
               : i == 4 ? "\1\6\0\1\xff\xff\0\0"
                        : SETTINGS "\0\x30\0\6\0\0\0\0\0",
               i == 0 || i == 1 ? 5
               : i == 4         ? 8
                                : 18);
        assert_int_equal(verdict(&t, noise, sizeof noise, 1, 1, false, &why), ANSWER_BAD);
        if (i == 0 || i == 1 || i > 3)
            assert_string_equal(why.at, "too long an answer");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redis),
        cmocka_unit_test(test_postgres),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_fcgi),
        cmocka_unit_test(test_grpc_request),
        cmocka_unit_test(test_grpc),
        cmocka_unit_test(test_grpc_status_in_huffman_code),
        cmocka_unit_test(test_strangers),
    };

    return cmocka_run_group_tests_name("protocols", tests, NULL, NULL);
}

/* target: see kinglet/target.h. */
#include "kinglet/target.h"

#include "kinglet/arena.h"
#include "kinglet/clock.h"
#include "kinglet/duration.h"
#include "kinglet/number.h"

#include <string.h>

enum { SOCKET_PATH_MAX = 107 /* sun_path less its NUL, unix(7) */ };

static const struct scheme {
    char name[9];
    unsigned char kind;
    bool any_unix; /* also as NAME+unix:// */
    uint16_t port; /* the default; 0: must be given */
} schemes[] = {
    {"http", TARGET_HTTP, true, 80},           {"tcp", TARGET_CONNECT, false, 0},
    {"unix", TARGET_CONNECT, true, 0},         {"grpc", TARGET_GRPC, true, 0},
    {"postgres", TARGET_POSTGRES, true, 5432}, {"redis", TARGET_REDIS, true, 6379},
    {"fcgi", TARGET_FCGI, true, 9000},         {"tls", TARGET_TLS, false, 443},
    {"file", TARGET_FILE, false, 0},
};

static char *copy(const char *bytes, size_t len)
{
    char *fresh = arena_take(len + 1);

    if (fresh != NULL && len > 0)
        memcpy(fresh, bytes, len);
    return fresh;
}

/* Percent-decodes `s` in place (RFC 3986, 2.1). Returns 0, or -1 for a bad escape or a control character. */
static int decode(char *s)
{
    char *to = s;

    for (; *s != '\0'; s++) {
        if (*s == '%') {
            int high = text_hex(s[1]), low = high < 0 ? -1 : text_hex(s[2]);
            if (low < 0 || high * 16 + low < 0x20 || high * 16 + low == 0x7F)
                return -1;
            *to++ = (char)(high * 16 + low);
            s += 2;
        } else {
            *to++ = *s;
        }
    }
    *to = '\0';
    return 0;
}

static const struct scheme *find_scheme(const char *word, size_t len, bool *is_unix)
{
    static const char suffix[] = "+unix";
    size_t n = sizeof suffix - 1;

    *is_unix = len > n && memcmp(word + len - n, suffix, n) == 0;
    if (*is_unix)
        len -= n;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        const struct scheme *s = &schemes[i];
        if (strlen(s->name) != len || memcmp(s->name, word, len) != 0)
            continue;
        if (*is_unix && (!s->any_unix || s->kind == TARGET_CONNECT))
            return NULL;
        *is_unix = *is_unix || strcmp(s->name, "unix") == 0;
        return s;
    }
    return NULL;
}

/* Each of these returns NULL, or what is wrong. */
static const char *parse_authority(const char *at, size_t len, const struct scheme *scheme, struct target *t)
{
    const char *end = at + len, *host = at, *host_end, *port;
    uint64_t number;

    for (const char *c = at; c < end; c++)
        if (*c == '@')
            host = c + 1;
    if (host > at) {
        char *userinfo = copy(at, (size_t)(host - 1 - at));
        if (userinfo == NULL || decode(userinfo) != 0)
            return "has bad credentials";
        t->userinfo = userinfo;
    }
    if (host < end && *host == '[') {
        host++;
        host_end = memchr(host, ']', (size_t)(end - host));
        if (host_end == NULL)
            return "has a [ that is not closed";
        port = host_end + 1;
        for (const char *c = host; c < host_end; c++)
            if (text_hex(*c) < 0 && *c != ':' && *c != '.')
                return "has a bad IPv6 address";
    } else {
        host_end = memchr(host, ':', (size_t)(end - host));
        if (host_end == NULL)
            host_end = end;
        port = host_end;
        for (const char *c = host; c < host_end; c++)
            if (!text_is_alnum(*c) && *c != '.' && *c != '-' && *c != '_')
                return "has a bad host";
    }
    if (host_end == host)
        return "has no host";
    if (host_end - host > 253)
        return "has too long a host";
    t->port = scheme->port;
    if (port < end && *port != ':')
        return "has a bad host";
    if (port < end) {
        if (number_parse(port + 1, (size_t)(end - port - 1), 65535, &number) != 0 || number == 0)
            return "has a bad port (1 to 65535)";
        t->port = (uint16_t)number;
    }
    if (t->port == 0)
        return "needs a port (host:port)";
    t->host = copy(host, (size_t)(host_end - host));
    return t->host == NULL ? "does not fit into memory" : NULL;
}

/* `at` begins with the socket's path; `:/` begins what is asked for. */
static const char *parse_socket(const char *at, struct target *t)
{
    const char *rest = text_find(at, ":/");
    size_t len = rest == NULL ? strlen(at) : (size_t)(rest - at);

    if (at[0] != '/' || len < 2)
        return "needs the absolute path of a socket";
    if (len > SOCKET_PATH_MAX)
        return "has too long a path for a socket (107 bytes)";
    t->is_unix = true;
    t->host = copy(at, len);
    t->path = rest == NULL ? "" : copy(rest + 1, strcspn(rest + 1, "#"));
    return t->host == NULL || t->path == NULL ? "does not fit into memory" : NULL;
}

static const char *parse_file(const char *at, struct target *t)
{
    static const char age[] = "max-age=";
    size_t len = strcspn(at, "?");

    if (at[0] != '/' || len < 2)
        return "needs an absolute path";
    t->path = copy(at, len);
    t->max_age = INT64_MAX;
    if (at[len] == '?') {
        if (strncmp(at + len + 1, age, sizeof age - 1) != 0)
            return "knows no other query than ?max-age=DURATION";
        if (duration_parse(at + len + sizeof age, &t->max_age) != NULL)
            return "has a bad max-age (like 30s)";
    }
    return t->path == NULL ? "does not fit into memory" : NULL;
}

static const char *parse(const char *word, struct target *t)
{
    const char *rest = text_find(word, "://");
    const struct scheme *scheme;
    bool is_unix;
    size_t len;

    for (const char *c = word; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F)
            return "holds a blank or a control character";
    if (rest == NULL)
        return "is not a target (like http://localhost:8000/health)";
    scheme = find_scheme(word, (size_t)(rest - word), &is_unix);
    if (scheme == NULL)
        return strncmp(word, "https:", 6) == 0
                   ? "would need TLS, which is not spoken here: tls://host:port tells whether it answers"
                   : "has an unknown scheme (http, tcp, unix, grpc, tls, postgres, redis, fcgi and file are "
                     "known)";
    rest += 3;
    t->kind = (enum target_kind)scheme->kind;
    t->path = "";
    if (t->kind == TARGET_FILE)
        return parse_file(rest, t);
    if (is_unix)
        return parse_socket(rest, t);
    len = strcspn(rest, "/?#");
    if (rest[len] != '\0') {
        size_t path_len = strcspn(rest + len, "#");
        bool slash = rest[len] == '?'; /* http://host?query asks for /?query */
        char *path = arena_take(path_len + 2);
        if (path == NULL)
            return "does not fit into memory";
        if (path_len > 0) {
            path[0] = '/';
            memcpy(path + slash, rest + len, path_len);
        }
        t->path = path;
    }
    return parse_authority(rest, len, scheme, t);
}

/* The word without what stands between :// and @. */
static const char *without_credentials(const char *word)
{
    const char *from, *at = NULL;
    size_t authority;
    char *shown;

    if (strchr(word, '@') == NULL)
        return word;
    from = text_find(word, "://");
    if (from == NULL)
        return word;
    from += 3;
    authority = strcspn(from, "/?#");
    for (size_t i = 0; i < authority; i++)
        if (from[i] == '@')
            at = from + i + 1;
    if (at == NULL)
        return word;
    shown = copy(word, strlen(word));
    if (shown == NULL)
        return "...";
    memmove(shown + (from - word), at, strlen(at) + 1);
    return shown;
}

int target_parse(const char *word, struct target *target, struct text *faults)
{
    const char *wrong;

    memset(target, 0, sizeof *target);
    target->shown = without_credentials(word);
    wrong = parse(word, target);
    if (wrong == NULL)
        return 0;
    text_fault(faults, "target '%s' %s", target->shown, wrong);
    return -1;
}

/* target: see kinglet/target.h. */
#include "kinglet/target.h"

#include "kinglet/arena.h"
#include "kinglet/clock.h"
#include "kinglet/duration.h"
#include "kinglet/number.h"

#include <string.h>

enum {
    SOCKET_PATH_MAX = 107, /* sun_path less its NUL, unix(7) */
    HOST_MAX = 253,        /* RFC 1035, 2.3.4 */
};

enum { NO_SOCKET, OR_SOCKET /* as NAME+unix:// */, SOCKET };

static const struct scheme {
    char name[9];
    unsigned char kind, form;
    uint16_t port; /* the default; 0: must be given */
} schemes[] = {
    {"http", TARGET_HTTP, OR_SOCKET, 80},
    {"tcp", TARGET_CONNECT, NO_SOCKET, 0},
    {"unix", TARGET_CONNECT, SOCKET, 0},
    {"grpc", TARGET_GRPC, OR_SOCKET, 0},
    {"postgres", TARGET_POSTGRES, OR_SOCKET, 5432},
    {"redis", TARGET_REDIS, OR_SOCKET, 6379},
    {"fcgi", TARGET_FCGI, OR_SOCKET, 9000},
    {"tls", TARGET_TLS, NO_SOCKET, 443},
    {"file", TARGET_FILE, NO_SOCKET, 0},
};

/* The scheme called `name`, from which +unix is taken, or NULL. */
static const struct scheme *find_scheme(char *name, bool *is_unix)
{
    char *suffix = (char *)text_find(name, "+unix");
    bool suffixed = suffix != NULL && suffix[5] == '\0';

    if (suffixed)
        *suffix = '\0';
    for (const struct scheme *s = schemes; s < schemes + sizeof schemes / sizeof schemes[0]; s++)
        if (strcmp(s->name, name) == 0 && (!suffixed || s->form == OR_SOCKET)) {
            *is_unix = suffixed || s->form == SOCKET;
            return s;
        }
    return NULL;
}

/* Each of these returns NULL, or what is wrong. */

/* Percent-decodes in place (RFC 3986, 2.1). */
static const char *parse_userinfo(char *s, struct target *t)
{
    char *to = s;

    t->userinfo = s;
    for (; *s != '\0'; s++) {
        int c = (unsigned char)*s;
        if (c == '%') {
            c = text_hex(s[1]) * 16 | text_hex(s[2]); /* negative where one of them is */
            s += 2;
        }
        if (c < 0x20 || c == 0x7F)
            return "has bad credentials";
        *to++ = (char)c;
    }
    *to = '\0';
    return NULL;
}

static const char *parse_host(char *host, const struct scheme *scheme, struct target *t)
{
    bool v6 = *host == '[';
    char *end, *port;
    uint64_t number = scheme->port;

    host += v6;
    end = host;
    while (*end == '.' ||
           (v6 ? *end == ':' || text_hex(*end) >= 0 : *end == '-' || *end == '_' || text_is_alnum(*end)))
        end++;
    if (v6 && *end != ']')
        return *end == '\0' ? "has a [ that is not closed" : "has a bad IPv6 address";
    port = end + v6;
    if (*port == ':') {
        port++;
        if (number_parse(port, strlen(port), 65535, &number) != 0 || number == 0)
            return "has a bad port (1 to 65535)";
    } else if (*port != '\0') {
        return "has a bad host";
    }
    if (end == host)
        return "has no host";
    if (end - host > HOST_MAX)
        return "has too long a host";
    if (number == 0)
        return "needs a port (host:port)";
    *end = '\0';
    t->host = host;
    t->port = (uint16_t)number;
    return NULL;
}

/* What stands behind the path of a file, from which the ? has been taken if it was there. */
static const char *parse_age(const char *query, struct target *t)
{
    static const char age[] = "max-age=";

    t->max_age = INT64_MAX;
    if (query[-1] != '\0')
        return NULL;
    if (strncmp(query, age, sizeof age - 1) != 0)
        return "knows no other query than ?max-age=DURATION";
    return duration_parse(query + sizeof age - 1, &t->max_age) == NULL ? NULL
                                                                       : "has a bad max-age (like 30s)";
}

/* In place: where the parts of a copy of `word` are not followed by NULs, NULs are put there. */
static const char *parse(const char *word, struct target *t)
{
    const char *colon = text_find(word, "://"), *wrong;
    const struct scheme *scheme;
    size_t len = strlen(word), before;
    char *copy, *rest, *host, *end;

    if (colon == NULL)
        return "is not a target (like http://localhost:8000/health)";
    copy = arena_take(2 * len + 2);
    if (copy == NULL) {
        t->shown = "...";
        return "does not fit into memory";
    }
    memcpy(copy, word, len);
    before = (size_t)(colon - word) + 3;
    rest = host = copy + before;
    for (end = rest; *end != '\0' && *end != '/' && *end != '?' && *end != '#'; end++)
        if (*end == '@')
            host = end + 1;
    t->shown = memcpy(copy + len + 1, word, before);
    memcpy(copy + len + 1 + before, host, strlen(host));
    for (; *word != '\0'; word++)
        if ((unsigned char)*word <= ' ' || *word == 0x7F)
            return "holds a blank or a control character";
    rest[-3] = '\0';
    scheme = find_scheme(copy, &t->is_unix);
    if (scheme == NULL)
        return strcmp(copy, "https") == 0
                   ? "would need TLS, which is not spoken here: tls://host:port tells whether it answers"
                   : "has an unknown scheme (http, tcp, unix, grpc, tls, postgres, redis, fcgi and file are "
                     "known)";
    t->kind = (enum target_kind)scheme->kind;
    t->path = rest;
    if (t->is_unix || t->kind == TARGET_FILE) {
        end = t->is_unix ? (char *)text_find(rest, ":/") : strchr(rest, '?');
        if (end == NULL)
            end = rest + strlen(rest);
        else
            *end++ = '\0';
        if (rest[0] != '/' || rest[1] == '\0')
            return t->is_unix ? "needs the absolute path of a socket" : "needs an absolute path";
        if (!t->is_unix)
            return parse_age(end, t);
        if (strlen(rest) > SOCKET_PATH_MAX)
            return "has too long a path for a socket (107 bytes)";
        t->host = rest;
    } else {
        /* away from the path, to have room for a NUL, and for the / of http://host?query, which asks for
         * /?query */
        memmove(copy, rest, (size_t)(end - rest));
        copy[end - rest] = '\0';
        if (host > rest) {
            copy[host - rest - 1] = '\0';
            wrong = parse_userinfo(copy, t);
            if (wrong != NULL)
                return wrong;
        }
        wrong = parse_host(copy + (host - rest), scheme, t);
        if (wrong != NULL)
            return wrong;
        if (*end == '?')
            *--end = '/';
    }
    t->path = end;
    end[strcspn(end, "#")] = '\0';
    return NULL;
}

int target_parse(const char *word, struct target *target, struct text *faults)
{
    const char *wrong;

    memset(target, 0, sizeof *target);
    target->shown = word;
    wrong = parse(word, target);
    if (wrong == NULL)
        return 0;
    text_fault(faults, "target '%s' %s", target->shown, wrong);
    return -1;
}

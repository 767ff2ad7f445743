/* resolve: see kinglet/resolve.h.
 *
 * A name is asked for at one server at a time, in the order of resolv.conf, as often as its `attempts` say.
 * Each try has an equal share of the time that is left, one more share being kept for the connection: a
 * server that is dead costs a part of the deadline and never all of it.
 */
#include "kinglet/resolve.h"

#include "kinglet/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PORT = 53, LINE_ROOM = 1200 /* a search list and what stands before it */ };

/* --- the two files --- */

/* Each line goes to `config`, or else it is one of hosts for `r`. Of a line that is too long the whole words
 * that fit are taken. */
static void read_lines(const char *path, struct names_config *config, struct resolve *r)
{
    char line[LINE_ROOM], bytes[512];
    size_t len = 0;
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return;
    do {
        n = read(fd, bytes, sizeof bytes);
        if (n <= 0)
            bytes[0] = '\n'; /* the last line may lack its own */
        for (ssize_t i = 0; i < n || i == 0; i++) {
            if (bytes[i] != '\n') {
                if (len < sizeof line - 1)
                    line[len++] = bytes[i];
                continue;
            }
            if (len == sizeof line - 1)
                while (len > 0 && line[len - 1] != ' ' && line[len - 1] != '\t')
                    len--;
            line[len] = '\0';
            len = 0;
            if (config != NULL)
                names_config_line(config, line);
            else
                names_hosts_line(line, r->host, r->found);
        }
    } while (n > 0);
    close(fd);
}

/* --- one try --- */

static void hang_up(struct resolve *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
}

/* Makes r->query the one of the two questions. */
static void ask(struct resolve *r, unsigned v6)
{
    memcpy(r->query + 2, &r->id[v6], sizeof r->id[v6]);
    r->query[r->query_len - 1] = v6 ? DNS_AAAA : DNS_A; /* its type, behind the two bytes of length */
}

/* Turns to the present server, for a share of the time that is left. */
static bool dial(struct resolve *r, bool tcp)
{
    const struct names_config *config = r->config;
    int64_t now = clock_us(),
            share = (r->deadline - now) / (int64_t)(config->servers * config->attempts - r->tries + 2);

    r->due = now + (share < config->timeout * 1000000 ? share : config->timeout * 1000000);
    /* Where there is one server alone, a late answer to the first question still counts. */
    if (r->fd < 0 || r->tcp || tcp || config->servers > 1) {
        hang_up(r);
        r->tcp = tcp;
        r->got = tcp ? 0 : 2;
        r->fd = address_connect(&config->server[r->server], NULL, PORT, tcp ? SOCK_STREAM : SOCK_DGRAM);
    }
    r->events = tcp ? POLLOUT : POLLIN;
    return r->fd >= 0;
}

/* Sends what is open to the next server, until that works. Returns false once every try has been made. */
static bool try_next(struct resolve *r)
{
    bool sent = false;

    while (!sent && r->tries < r->config->servers * r->config->attempts) {
        if (r->tries++ > 0)
            r->server = (unsigned char)((r->server + 1U) % r->config->servers);
        r->cut = r->refused = 0;
        sent = dial(r, false);
        for (unsigned v6 = 0; v6 < 2 && sent; v6++)
            if ((r->open & (v6 + 1)) != 0) {
                ask(r, v6);
                sent = send(r->fd, r->query + 2, r->query_len, MSG_NOSIGNAL) >= 0;
            }
    }
    return sent;
}

/* --- one name after the other --- */

static enum resolve_answer fail(struct resolve *r, const char *words)
{
    hang_up(r);
    text_put(r->why, words);
    return RESOLVE_FAILED;
}

/* Begins with the candidate that is due, or else the first behind it that has the form of a name. */
static enum resolve_answer next_name(struct resolve *r)
{
    char name[NAMES_LONGEST + 1];

    for (; names_candidate(r->config, r->host, r->candidate, name); r->candidate++) {
        r->query_len = (unsigned short)dns_question(r->query + 2, name);
        if (r->query_len == 0)
            continue;
        r->query[0] = (unsigned char)(r->query_len >> 8);
        r->query[1] = (unsigned char)r->query_len;
        if (syscall(SYS_getrandom, r->id, sizeof r->id, GRND_NONBLOCK) <
            0) /* only while the machine starts */
            r->id[0] = r->id[1] = (uint16_t)clock_us();
        r->open = 1 | 2;
        r->tries = 0;
        return try_next(r) ? RESOLVE_MORE : fail(r, "no name server can be reached");
    }
    return fail(r, r->failed   ? "the name servers have failed"
                   : r->exists ? "the name has no address"
                               : "no such name");
}

/* The present name has been answered, or every try at it is over. */
static enum resolve_answer settle(struct resolve *r)
{
    hang_up(r);
    *r->result = r->found[0];
    for (unsigned i = 0; i < r->found[1].count; i++)
        address_add(r->result, true, r->found[1].at[i].bytes);
    if (r->result->count > 0)
        return RESOLVE_FOUND;
    if (r->open != 0 && !r->failed)
        return fail(r, "no name server has answered");
    r->candidate++;
    return next_name(r);
}

/* This try has come to nothing. What it has found all the same is enough: there are servers that never answer
 * for AAAA, and networks that let no TCP through. */
static enum resolve_answer again(struct resolve *r)
{
    return r->found[0].count + r->found[1].count == 0 && try_next(r) ? RESOLVE_MORE : settle(r);
}

/* --- answers --- */

/* There are `len` bytes of message, which may be the answer to one of the questions. */
static void note(struct resolve *r, unsigned v6, size_t len)
{
    unsigned char bit = (unsigned char)(v6 + 1);
    enum dns_answer answer;

    ask(r, v6);
    answer = dns_answer(r->message + 2, len, r->query + 2, r->query_len, &r->found[v6]);
    if (r->tcp && (answer == DNS_FOREIGN || answer == DNS_CUT))
        answer = DNS_FAILED;
    if (answer == DNS_CUT) {
        r->cut |= bit;
    } else if (answer == DNS_FAILED) {
        r->refused |= bit;
        r->failed = true;
    } else if (answer != DNS_FOREIGN) {
        r->exists |= answer == DNS_NOTHING;
        r->open &= (unsigned char)~bit;
    }
}

/* An answer has been noted: what now? */
static enum resolve_answer go_on(struct resolve *r)
{
    if (r->open == 0)
        return settle(r);
    if ((r->open & ~r->cut & ~r->refused) != 0 || (r->cut != 0 && dial(r, true)))
        return RESOLVE_MORE;
    return again(r);
}

/* A datagram, or one question and its answer over TCP, each behind two bytes of length (RFC 7766). */
enum resolve_answer resolve_step(struct resolve *r, bool ready)
{
    unsigned asked = r->tcp ? r->cut & -r->cut : r->open & ~r->refused;
    size_t len, want;
    ssize_t n;

    if (!ready)
        return again(r);
    if (r->events == POLLOUT) {
        r->events = POLLIN;
        ask(r, asked - 1);
        n = send(r->fd, r->query, r->query_len + 2U, MSG_NOSIGNAL);
        return n == r->query_len + 2 ? RESOLVE_MORE : again(r);
    }
    n = recv(r->fd, r->message + r->got, sizeof r->message - r->got, 0);
    if (n < r->tcp) /* a datagram may be empty */
        return n < 0 && errno == EAGAIN ? RESOLVE_MORE : again(r);
    len = r->got + (size_t)n;
    if (r->tcp) {
        r->got = (unsigned short)len;
        want = 2U + ((unsigned)r->message[0] << 8 | r->message[1]);
        if (len < 2 || (len < want && len < sizeof r->message))
            return RESOLVE_MORE;
        if (len > want)
            len = want;
        r->cut &= (unsigned char)~asked;
    }
    for (unsigned v6 = 0; v6 < 2; v6++)
        if ((asked & (v6 + 1)) != 0)
            note(r, v6, len - 2);
    return go_on(r);
}

enum resolve_answer resolve_begin(struct resolve *r, struct resolve_config *config, const char *host,
                                  int64_t deadline, struct addresses *result, struct text *why)
{
    memset(r, 0, sizeof *r);
    r->fd = -1;
    r->config = &config->names;
    r->host = host;
    r->deadline = deadline;
    r->result = result;
    r->why = why;
    read_lines("/etc/hosts", NULL, r);
    if (r->found[0].count + r->found[1].count > 0)
        return settle(r);
    if (!config->known) {
        names_begin(&config->names);
        read_lines("/etc/resolv.conf", &config->names, NULL);
        names_end(&config->names);
        config->known = true;
    }
    return next_name(r);
}

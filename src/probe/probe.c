/* probe: connections to all targets, driven by one poll(2) loop under one deadline. See kinglet/probe.h. */
#include "kinglet/probe.h"

#include "kinglet/clock.h"
#include "kinglet/log.h"
#include "kinglet/protocol.h"
#include "kinglet/resolve.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    DRAIN_MAX = 16384, /* of what a server still sends once everything is decided: closing on unread data is a
                          reset, which servers log */
    DRAIN_TIME = 5000,
    BACKOFF_FIRST = 50000,
    BACKOFF_MAX = 1000000,
    LAST_ATTEMPT =
        100000, /* what the last attempt of a wait gets at least, so that it can find out a reason */
};

enum step { BEGINNING, RESOLVING, CONNECTING, SENDING, RECEIVING, DRAINING, CLOSED };
enum moment { BEGAN, RESOLVED, CONNECTED, ANSWERED, DECIDED, MOMENTS };

struct look {
    struct text why; /* first, as it is used most */
    const struct target *target;
    const struct http_want *want;
    int64_t deadline, due; /* of all of it, of the present step */
    int64_t at[MOMENTS];   /* 0: not reached */
    int fd;
    unsigned moved;     /* bytes sent, and then bytes drained */
    unsigned tried;     /* of the addresses; the last one is being tried */
    unsigned char step; /* enum step */
    bool healthy;
    bool late;                  /* the deadline has ended it */
    struct addresses addresses; /* what stands before them is zero at first */
    char words[384];            /* what was decided */
    unsigned char random[TLS_RANDOM];
    union { /* one after the other */
        struct resolve resolve;
        struct protocol protocol;
    };
};

static struct resolve_config config; /* of the present attempt */

/* At once, and not only when all targets are done: a server that takes one connection at a time would make
 * one target wait for another. */
static void hang_up(struct look *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    l->step = CLOSED;
}

static void decide(struct look *l)
{
    l->step = DRAINING;
    l->moved = 0;
    l->at[DECIDED] = clock_us();
    l->due = l->at[DECIDED] + DRAIN_TIME;
    if (l->due > l->deadline)
        l->due = l->deadline;
}

static void fail(struct look *l, const char *words)
{
    text_put(&l->why, words);
    if (l->step == CONNECTING && !l->target->is_unix) {
        const char *before = " (";
        for (unsigned i = 0; i < l->tried; i++) {
            text_put(&l->why, before);
            address_put(&l->why, &l->addresses.at[i]);
            before = ", ";
        }
        text_put(&l->why, ")");
    }
    decide(l);
    hang_up(l);
}

static void fail_errno(struct look *l, int error)
{
    fail(l, error == EAGAIN ? "the socket's backlog is full" : log_errno(error));
}

/* Turns to the addresses that are left, until one is not refused at once; the last one has failed with
 * `error`. An address that only keeps silent has an equal share of the time that is left, so that the others
 * get their turn. */
static void try_next(struct look *l, int error)
{
    int64_t now = clock_us();

    hang_up(l);
    l->step = CONNECTING;
    while (l->fd < 0 && l->tried < l->addresses.count) {
        l->fd = address_connect(&l->addresses.at[l->tried++], l->target->is_unix ? l->target->host : NULL,
                                l->target->port, SOCK_STREAM);
        error = errno;
    }
    l->due = now + (l->deadline - now) / (l->addresses.count - l->tried + 1);
    if (l->fd < 0)
        fail_errno(l, error);
}

static void resolved(struct look *l, enum resolve_answer answer)
{
    l->fd = l->resolve.fd;
    l->due = l->resolve.due;
    if (answer == RESOLVE_FAILED)
        fail(l, "");
    if (answer != RESOLVE_FOUND)
        return;
    l->at[RESOLVED] = clock_us();
    try_next(l, 0);
}

static void connected(struct look *l)
{
    l->at[CONNECTED] = clock_us();
    l->due = l->deadline;
    l->step = SENDING;
    if (l->target->kind == TARGET_CONNECT) {
        text_put(&l->why, "accepted");
        l->healthy = true;
        decide(l);
    }
}

/* Sends, receives or drains some. */
static void exchange(struct look *l)
{
    static char bytes[PROTOCOL_REQUEST_MAX];
    enum answer answer;
    struct text out;
    ssize_t n;

    if (l->step == SENDING) { /* made anew for each part that is sent, which is once but for the largest */
        text_init(&out, bytes, sizeof bytes);
        protocol_begin(&l->protocol, l->target, l->want, l->random, &out);
        n = send(l->fd, bytes + l->moved, out.len - l->moved, MSG_NOSIGNAL);
    } else {
        n = recv(l->fd, bytes, sizeof bytes, 0);
    }
    if (n < 0) {
        int error = errno;
        if (error == EAGAIN || error == EINTR)
            return;
        if (l->step != DRAINING) {
            fail_errno(l, error);
            return;
        }
    }
    if (l->step == DRAINING) {
        l->moved += (unsigned)n;
        if (n <= 0 || l->moved >= DRAIN_MAX)
            hang_up(l);
    } else if (l->step == SENDING) {
        l->moved += (unsigned)n;
        if (l->moved == out.len)
            l->step = RECEIVING;
    } else {
        if (n > 0 && l->at[ANSWERED] == 0)
            l->at[ANSWERED] = clock_us();
        answer = protocol_feed(&l->protocol, bytes, (size_t)n, &l->why);
        if (answer == ANSWER_MORE)
            return;
        l->healthy = answer == ANSWER_GOOD;
        decide(l);
        if (n == 0)
            hang_up(l);
    }
}

static void look_at_file(struct look *l)
{
    struct stat st;
    int64_t age;
    bool ahead;

    if (stat(l->target->path, &st) != 0) {
        fail_errno(l, errno);
        return;
    }
    age = clock_wall_us() - (int64_t)st.st_mtim.tv_sec * 1000000 - st.st_mtim.tv_nsec / 1000;
    /* A time to come is as far off as one gone by: a clock that was set back must not keep a dead worker
     * fresh. */
    ahead = age < 0;
    age = ahead ? -age : age;
    text_put(&l->why, "changed ");
    text_duration(&l->why, age);
    text_put(&l->why, ahead ? " in the future" : " ago");
    l->healthy = age <= l->target->max_age;
    decide(l);
    hang_up(l);
}

static void begin(struct look *l)
{
    const struct target *target = l->target;

    l->step = RESOLVING;
    l->at[BEGAN] = clock_us();
    text_init(&l->why, l->words, sizeof l->words);
    if (target->kind == TARGET_TLS) /* No key hangs on these: where the kernel has none yet, zeros will do. */
        syscall(SYS_getrandom, l->random, sizeof l->random, GRND_NONBLOCK);
    l->addresses.count = 1; /* the path of a socket */
    if (target->kind == TARGET_FILE)
        look_at_file(l);
    else if (target->is_unix || address_literal(target->host, &l->addresses))
        try_next(l, 0);
    else
        resolved(l, resolve_begin(&l->resolve, &config, target->host, l->deadline, &l->addresses, &l->why));
}

/* Its descriptor is ready, or else the time of the present step is over. */
static void advance(struct look *l, bool ready)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (l->step == BEGINNING) {
        begin(l);
    } else if (!ready && l->step != DRAINING && clock_us() >= l->deadline) {
        l->late = true;
        fail(l, l->step == RESOLVING    ? "no answer of a name server in time"
                : l->step == CONNECTING ? "no connection in time"
                                        : "no answer in time");
    } else if (l->step == RESOLVING) {
        resolved(l, resolve_step(&l->resolve, ready));
    } else if (l->step == CONNECTING) {
        if (ready)
            getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (ready && error == 0)
            connected(l);
        else
            try_next(l, error);
    } else if (ready) {
        exchange(l);
    } else {
        hang_up(l);
    }
}

static void put_line(const struct look *l, const struct probe_plan *plan, struct text *report)
{
    const char *name = "resolve\0connect\0first byte\0end", *before = " (";
    int64_t since = l->at[BEGAN];

    if (plan->brief)
        text_next(report);
    text_format(report, "%s: %s: %s", l->healthy ? "healthy" : "unhealthy", l->target->shown, l->why.at);
    if (l->late || l->at[CONNECTED] != 0) {
        text_put(report, l->late ? ": " : " in ");
        text_duration(report, l->at[DECIDED] - since);
    }
    if (plan->verbose) {
        for (int i = RESOLVED; i <= DECIDED; i++, name = text_after(name)) {
            if (l->at[i] == 0)
                continue;
            text_format(report, "%s%s ", before, name);
            text_duration(report, l->at[i] - since);
            since = l->at[i];
            before = ", ";
        }
        text_put(report, ")");
    }
    if (!plan->brief)
        text_put(report, "\n");
}

/* One attempt. */
static bool attempt(const struct probe_plan *plan, int64_t deadline, struct text *report)
{
    static struct look looks[PROBE_TARGETS]; /* not on the stack, where all of it would be touched */
    struct pollfd fds[PROBE_TARGETS];
    bool open, bad;

    config.known = false;
    for (size_t i = 0; i < plan->count; i++) {
        struct look *l = &looks[i];
        memset(l, 0, offsetof(struct look, addresses));
        l->target = &plan->target[i];
        l->want = &plan->want;
        l->deadline = deadline;
        l->fd = -1;
    }
    do {
        int64_t now = clock_us(), next = deadline;
        open = bad = false;
        for (size_t i = 0; i < plan->count; i++) {
            struct look *l = &looks[i];
            if (l->step != CLOSED && now >= l->due)
                advance(l, false);
            fds[i].fd = l->fd;
            fds[i].events = l->step == RESOLVING                          ? l->resolve.events
                            : l->step == CONNECTING || l->step == SENDING ? POLLOUT
                                                                          : POLLIN;
            if (l->step == CLOSED) {
                bad |= !l->healthy;
                continue;
            }
            open = true;
            if (l->due < next)
                next = l->due;
        }
        next = (next - now + 999) / 1000;
        if (open && poll(fds, plan->count, next > INT_MAX ? INT_MAX : (int)next) > 0)
            for (size_t i = 0; i < plan->count; i++)
                if (fds[i].revents != 0)
                    advance(&looks[i], true);
    } while (open);
    for (size_t i = 0; i < plan->count; i++)
        if (!plan->brief || looks[i].healthy != bad)
            put_line(&looks[i], plan, report);
    if (report->cut && !plan->brief)
        report->at[report->len - 1] = '\n';
    return bad;
}

int probe_run(const struct probe_plan *plan, struct text *report)
{
    int64_t end = clock_us() + plan->wait, pause = BACKOFF_FIRST;

    while (true) {
        int64_t now = clock_us(), deadline = now + plan->timeout, left;
        if (plan->wait > 0 && deadline > end)
            deadline = end;
        report->len = 0;
        report->cut = false;
        if (!attempt(plan, deadline, report))
            return 0;
        left = end - clock_us() - LAST_ATTEMPT;
        if (left <= 0)
            return 1;
        if (pause > left)
            pause = left;
        poll(NULL, 0, (int)(pause / 1000));
        pause = pause * 2 > BACKOFF_MAX ? BACKOFF_MAX : pause * 2;
    }
}

/* probe: connections to all targets, driven by one poll(2) loop under one deadline. See kinglet/probe.h. */
#include "kinglet/probe.h"

#include "kinglet/clock.h"
#include "kinglet/log.h"
#include "kinglet/protocol.h"
#include "kinglet/resolve.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
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

enum step { RESOLVING, CONNECTING, SENDING, RECEIVING, DRAINING, CLOSED };

struct look {
    const struct target *target;
    size_t sent;
    size_t drained;
    int64_t began, resolved, connecting, connected, answered, decided; /* 0: not reached */
    struct text why;
    unsigned tried; /* of the addresses; the last one is being tried */
    int fd;
    unsigned char step; /* enum step */
    bool healthy;
    bool late; /* the deadline has ended it */
    struct addresses addresses;
    unsigned char random[TLS_RANDOM];
    char words[384]; /* what was decided */
    union {          /* one after the other */
        struct resolve resolve;
        struct protocol protocol;
    };
};

/* At once, and not only when all targets are done: a server that takes one connection at a time would make
 * one target wait for another. */
static void hang_up(struct look *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    l->step = CLOSED;
}

static void decide(struct look *l, bool healthy)
{
    l->healthy = healthy;
    l->decided = clock_us();
    l->step = l->fd < 0 ? CLOSED : DRAINING;
}

static void fail(struct look *l, const char *words)
{
    text_put(&l->why, words);
    decide(l, false);
    hang_up(l);
}

static void put_tried(struct look *l)
{
    if (l->target->is_unix)
        return;
    text_put(&l->why, " (");
    for (unsigned i = 0; i < l->tried; i++) {
        if (i > 0)
            text_put(&l->why, ", ");
        address_put(&l->why, &l->addresses.at[i]);
    }
    text_put(&l->why, ")");
}

/* Returns 0, EINPROGRESS or what went wrong. */
static int begin_connect(struct look *l)
{
    struct sockaddr_un to;

    l->connecting = l->tried > 0 ? clock_us() : l->resolved != 0 ? l->resolved : l->began;
    if (!l->target->is_unix)
        return address_connect(&l->addresses.at[l->tried++], l->target->port, SOCK_STREAM, &l->fd);
    memset(&to, 0, sizeof to);
    to.sun_family = AF_UNIX;
    memcpy(to.sun_path, l->target->host, strlen(l->target->host));
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return errno;
    return connect(l->fd, (const struct sockaddr *)&to, sizeof to) == 0 ? 0 : errno;
}

static void transmit(struct look *l, const struct probe_plan *plan);

static void connected(struct look *l, const struct probe_plan *plan)
{
    l->connected = clock_us();
    if (l->target->kind == TARGET_CONNECT) {
        text_put(&l->why, "accepted");
        decide(l, true);
        return;
    }
    l->step = SENDING;
    transmit(l, plan);
}

static bool has_next(const struct look *l)
{
    return !l->target->is_unix && l->tried < l->addresses.count;
}

/* Tries the addresses that are left, one after the other, until one is not refused at once. */
static void try_next(struct look *l, const struct probe_plan *plan)
{
    int error;

    do {
        if (l->fd >= 0)
            close(l->fd);
        error = begin_connect(l);
    } while (error != 0 && error != EINPROGRESS && has_next(l));
    l->step = CONNECTING;
    if (error == 0) {
        connected(l, plan);
    } else if (error != EINPROGRESS) {
        text_put(&l->why, error == EAGAIN ? "the socket's backlog is full" : log_errno(error));
        put_tried(l);
        fail(l, "");
    }
}

static void connect_result(struct look *l, const struct probe_plan *plan)
{
    int error = 0;
    socklen_t len = sizeof error;

    getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error == 0) {
        connected(l, plan);
    } else if (has_next(l)) {
        try_next(l, plan);
    } else {
        text_put(&l->why, log_errno(error));
        put_tried(l);
        fail(l, "");
    }
}

static void resolved(struct look *l, const struct probe_plan *plan, enum resolve_answer answer)
{
    l->fd = l->resolve.fd;
    if (answer == RESOLVE_FAILED)
        fail(l, "");
    if (answer != RESOLVE_FOUND)
        return;
    l->resolved = clock_us();
    try_next(l, plan);
}

/* The message is made anew for each part that is sent, which is once but for the largest. */
static void transmit(struct look *l, const struct probe_plan *plan)
{
    char message[PROTOCOL_REQUEST_MAX];
    struct text out;
    ssize_t n;

    text_init(&out, message, sizeof message);
    protocol_begin(&l->protocol, l->target, &plan->want, l->random, &out);
    n = send(l->fd, message + l->sent, out.len - l->sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        fail(l, log_errno(errno));
        return;
    }
    l->sent += n < 0 ? 0 : (size_t)n;
    if (l->sent == out.len)
        l->step = RECEIVING;
}

static void receive(struct look *l, const struct probe_plan *plan)
{
    char bytes[4096];
    ssize_t n = recv(l->fd, bytes, sizeof bytes, 0);
    enum answer answer;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (l->step == DRAINING) {
        l->drained += n < 0 ? 0 : (size_t)n;
        if (n <= 0 || l->drained >= DRAIN_MAX)
            hang_up(l);
        return;
    }
    if (n < 0) {
        fail(l, log_errno(errno));
        return;
    }
    if (plan->verbose && l->answered == 0 && n > 0)
        l->answered = clock_us();
    answer = protocol_feed(&l->protocol, bytes, (size_t)n, &l->why);
    if (answer != ANSWER_MORE)
        decide(l, answer == ANSWER_GOOD);
    if (answer != ANSWER_MORE && n == 0)
        hang_up(l);
}

static void look_at_file(struct look *l)
{
    struct stat st;
    int64_t age;
    bool ahead;

    if (stat(l->target->path, &st) != 0) {
        fail(l, log_errno(errno));
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
    decide(l, age <= l->target->max_age);
}

static void begin(struct look *l, const struct target *target, const struct probe_plan *plan,
                  struct resolve_config *config, int64_t deadline)
{
    l->target = target;
    l->fd = -1;
    l->step = RESOLVING;
    l->tried = 0;
    l->sent = l->drained = 0;
    l->resolved = l->connected = l->answered = l->decided = 0;
    l->late = false;
    l->began = deadline - plan->timeout;
    text_init(&l->why, l->words, sizeof l->words);
    if (target->kind == TARGET_TLS) {
        /* No key hangs on these: where the kernel has none yet, zeros will do. */
        memset(l->random, 0, sizeof l->random);
        syscall(SYS_getrandom, l->random, sizeof l->random, GRND_NONBLOCK);
    }
    if (target->kind == TARGET_FILE)
        look_at_file(l);
    else if (target->is_unix || address_literal(target->host, &l->addresses))
        try_next(l, plan);
    else
        resolved(l, plan, resolve_begin(&l->resolve, config, target->host, deadline, &l->addresses, &l->why));
}

static void advance(struct look *l, const struct probe_plan *plan)
{
    if (l->step == RESOLVING)
        resolved(l, plan, resolve_step(&l->resolve, true));
    else if (l->step == CONNECTING)
        connect_result(l, plan);
    else if (l->step == SENDING)
        transmit(l, plan);
    else
        receive(l, plan);
}

/* When the present step has to be over. An address that only keeps silent has an equal share of the time that
 * is left, so that the others get their turn. */
static int64_t due(const struct look *l, int64_t deadline)
{
    int64_t end = deadline;

    if (l->step == RESOLVING)
        end = l->resolve.due;
    else if (l->step == CONNECTING && has_next(l))
        end = l->connecting + (deadline - l->connecting) / (int64_t)(l->addresses.count - l->tried + 1);
    else if (l->step == DRAINING)
        end = l->decided + DRAIN_TIME;
    return end < deadline ? end : deadline;
}

static void overdue(struct look *l, const struct probe_plan *plan, int64_t now, int64_t deadline)
{
    if (l->step == DRAINING) {
        hang_up(l);
    } else if (now < deadline && l->step == RESOLVING) {
        resolved(l, plan, resolve_step(&l->resolve, false));
    } else if (now < deadline) {
        try_next(l, plan);
    } else {
        l->late = true;
        text_put(&l->why, l->step == RESOLVING    ? "no answer of a name server"
                          : l->step == CONNECTING ? "no connection"
                                                  : "no answer");
        text_put(&l->why, " in time");
        if (l->step == CONNECTING)
            put_tried(l);
        fail(l, "");
    }
}

static short events(const struct look *l)
{
    return l->step == RESOLVING                          ? l->resolve.events
           : l->step == CONNECTING || l->step == SENDING ? POLLOUT
                                                         : POLLIN;
}

/* One round of poll(2). Returns whether anything is still open. */
static bool turn(struct look *looks, const struct probe_plan *plan, int64_t deadline)
{
    struct pollfd fds[PROBE_TARGETS];
    int64_t now = clock_us(), next = deadline, left;
    bool open = false;

    for (size_t i = 0; i < plan->count; i++) {
        struct look *l = &looks[i];
        int64_t end = due(l, deadline);
        if (l->step != CLOSED && now >= end) {
            overdue(l, plan, now, deadline);
            end = due(l, deadline);
        }
        fds[i].fd = l->step == CLOSED ? -1 : l->fd;
        fds[i].events = events(l);
        fds[i].revents = 0;
        if (l->step == CLOSED)
            continue;
        open = true;
        if (end < next)
            next = end;
    }
    if (!open)
        return false;
    left = (next - now + 999) / 1000;
    if (poll(fds, plan->count, left > INT_MAX ? INT_MAX : (int)left) <= 0)
        return true;
    for (size_t i = 0; i < plan->count; i++)
        if (fds[i].revents != 0)
            advance(&looks[i], plan);
    return true;
}

/* The time that a step took, where it was reached; *since moves on to its end. */
static void put_step(struct text *report, const char *name, int64_t end, int64_t *since)
{
    if (end == 0)
        return;
    text_put(report, name);
    text_duration(report, end - *since);
    *since = end;
}

static void put_line(const struct look *l, const struct probe_plan *plan, struct text *report)
{
    int64_t since = l->began;

    if (plan->brief)
        text_next(report);
    text_put(report, l->healthy ? "healthy: " : "unhealthy: ");
    text_safe(report, l->target->shown, strlen(l->target->shown));
    text_put(report, ": ");
    text_safe(report, l->why.at, l->why.len);
    if (l->late || (l->connected != 0 && l->decided != 0)) {
        text_put(report, l->late ? ": " : " in ");
        text_duration(report, l->decided - l->began);
    }
    if (plan->verbose && l->decided != 0) {
        text_put(report, " (");
        put_step(report, "resolve ", l->resolved, &since);
        put_step(report, l->resolved == 0 ? "connect " : ", connect ", l->connected, &since);
        put_step(report, ", first byte ", l->answered, &since);
        put_step(report, since == l->began ? "end " : ", end ", l->decided, &since);
        text_put(report, ")");
    }
    if (!plan->brief)
        text_raw(report, "\n", 1);
}

int probe_run(const struct probe_plan *plan, struct text *report)
{
    static struct look looks[PROBE_TARGETS]; /* not on the stack, where all of it would be touched */
    struct resolve_config config;
    int64_t deadline = clock_us() + plan->timeout;
    int bad = 0;

    config.known = false;
    for (size_t i = 0; i < plan->count; i++)
        begin(&looks[i], &plan->target[i], plan, &config, deadline);
    while (turn(looks, plan, deadline))
        continue;
    for (size_t i = 0; i < plan->count; i++)
        bad |= !looks[i].healthy;
    for (size_t i = 0; i < plan->count; i++)
        if (!plan->brief || looks[i].healthy != bad)
            put_line(&looks[i], plan, report);
    if (report->cut && !plan->brief)
        report->at[report->len - 1] = '\n';
    return bad;
}

int probe_wait(const struct probe_plan *plan, struct text *report)
{
    struct probe_plan attempt = *plan;
    int64_t deadline = clock_us() + plan->wait, pause = BACKOFF_FIRST;

    while (true) {
        int64_t left = deadline - clock_us();
        report->len = 0;
        report->cut = false;
        if (left < plan->timeout)
            attempt.timeout = left > 0 ? left : 1;
        if (probe_run(&attempt, report) == 0)
            return 0;
        left = deadline - clock_us() - LAST_ATTEMPT;
        if (left <= 0)
            return 1;
        if (pause > left)
            pause = left;
        poll(NULL, 0, (int)(pause / 1000));
        pause = pause * 2 > BACKOFF_MAX ? BACKOFF_MAX : pause * 2;
    }
}

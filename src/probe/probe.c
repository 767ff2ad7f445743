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

enum step { CONNECTING, SENDING, RECEIVING, DRAINING, CLOSED };

struct look {
    const struct target *target;
    struct protocol protocol;
    unsigned char random[TLS_RANDOM];
    struct addresses addresses;
    unsigned tried; /* of the addresses; the last one is being tried */
    int fd;
    unsigned char step; /* enum step */
    bool healthy;
    size_t sent;
    size_t drained;
    int64_t began, connected, decided;
    char words[160]; /* what was decided */
    struct text why;
};

static void decide(struct look *l, bool healthy)
{
    l->healthy = healthy;
    l->decided = clock_us();
    if (l->fd < 0)
        l->step = CLOSED;
    else
        l->step = DRAINING;
}

static void fail(struct look *l, const char *words)
{
    text_put(&l->why, words);
    decide(l, false);
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    l->step = CLOSED;
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
    union {
        struct sockaddr any;
        struct sockaddr_un un;
        unsigned char in[28]; /* sockaddr_in, sockaddr_in6: family, port, ... in network order */
    } to;
    socklen_t len;

    memset(&to, 0, sizeof to);
    if (l->target->is_unix) {
        to.un.sun_family = AF_UNIX;
        memcpy(to.un.sun_path, l->target->host, strlen(l->target->host));
        len = sizeof to.un;
    } else {
        const struct address *a = &l->addresses.at[l->tried++];
        to.any.sa_family = a->v6 ? AF_INET6 : AF_INET;
        to.in[2] = (unsigned char)(l->target->port >> 8);
        to.in[3] = (unsigned char)l->target->port;
        memcpy(to.in + (a->v6 ? 8 : 4), a->bytes, a->v6 ? 16 : 4);
        len = a->v6 ? 28 : 16;
    }
    l->fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return errno;
    return connect(l->fd, &to.any, len) == 0 ? 0 : errno;
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

/* Tries the addresses that are left, one after the other, until one is not refused at once. */
static void try_next(struct look *l, const struct probe_plan *plan)
{
    int error;

    do {
        if (l->fd >= 0)
            close(l->fd);
        error = begin_connect(l);
    } while (error != 0 && error != EINPROGRESS && !l->target->is_unix && l->tried < l->addresses.count);
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
    } else if (!l->target->is_unix && l->tried < l->addresses.count) {
        try_next(l, plan);
    } else {
        text_put(&l->why, log_errno(error));
        put_tried(l);
        fail(l, "");
    }
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

static void receive(struct look *l)
{
    char bytes[4096];
    ssize_t n = recv(l->fd, bytes, sizeof bytes, 0);
    enum answer answer;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (l->step == DRAINING) {
        l->drained += n < 0 ? 0 : (size_t)n;
        if (n <= 0 || l->drained >= DRAIN_MAX)
            l->step = CLOSED;
        return;
    }
    if (n < 0) {
        fail(l, log_errno(errno));
        return;
    }
    answer = protocol_feed(&l->protocol, bytes, (size_t)n, &l->why);
    if (answer != ANSWER_MORE)
        decide(l, answer == ANSWER_GOOD);
    if (answer != ANSWER_MORE && n == 0)
        l->step = CLOSED;
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
    text_put(&l->why, ahead ? "changed in the future, in " : "changed ");
    text_duration(&l->why, age);
    text_put(&l->why, ahead ? "" : " ago");
    decide(l, age <= l->target->max_age);
}

static void begin(struct look *l, const struct target *target, const struct probe_plan *plan,
                  int64_t deadline)
{
    l->target = target;
    l->fd = -1;
    l->step = CONNECTING;
    l->tried = 0;
    l->sent = l->drained = 0;
    l->connected = l->decided = 0;
    l->began = clock_us();
    text_init(&l->why, l->words, sizeof l->words);
    if (target->kind == TARGET_TLS) {
        /* No key hangs on these: where the kernel has none yet, zeros will do. */
        memset(l->random, 0, sizeof l->random);
        syscall(SYS_getrandom, l->random, sizeof l->random, GRND_NONBLOCK);
    }
    if (target->kind == TARGET_FILE)
        look_at_file(l);
    else if (!target->is_unix && !resolve_literal(target->host, &l->addresses) &&
             resolve_name(target->host, deadline, &l->addresses, &l->why) != 0)
        fail(l, "");
    else
        try_next(l, plan);
}

static void advance(struct look *l, const struct probe_plan *plan)
{
    if (l->step == CONNECTING)
        connect_result(l, plan);
    else if (l->step == SENDING)
        transmit(l, plan);
    else
        receive(l);
}

static int64_t due(const struct look *l, int64_t deadline)
{
    return l->step == DRAINING && l->decided + DRAIN_TIME < deadline ? l->decided + DRAIN_TIME : deadline;
}

/* One round of poll(2). Returns whether anything is still open. */
static bool turn(struct look *looks, const struct probe_plan *plan, int64_t deadline)
{
    struct pollfd fds[PROBE_TARGETS];
    int64_t now = clock_us(), next = deadline, left;
    bool open = false;

    for (size_t i = 0; i < plan->count; i++) {
        struct look *l = &looks[i];
        if (l->step != CLOSED && now >= due(l, deadline)) {
            if (l->step == DRAINING)
                l->step = CLOSED;
            else
                fail(l, l->step == CONNECTING ? "no connection in time" : "no answer in time");
        }
        fds[i].fd = l->step == CLOSED ? -1 : l->fd;
        fds[i].events = l->step == CONNECTING || l->step == SENDING ? POLLOUT : POLLIN;
        fds[i].revents = 0;
        if (l->step == CLOSED)
            continue;
        open = true;
        if (due(l, deadline) < next)
            next = due(l, deadline);
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

static void put_line(const struct look *l, const struct probe_plan *plan, struct text *report)
{
    if (plan->brief)
        text_next(report);
    text_put(report, l->healthy ? "healthy: " : "unhealthy: ");
    text_safe(report, l->target->shown, strlen(l->target->shown));
    text_put(report, ": ");
    text_safe(report, l->why.at, l->why.len);
    if (l->connected != 0 && l->decided != 0) {
        text_put(report, " in ");
        text_duration(report, l->decided - l->began);
    }
    if (plan->verbose && l->connected != 0) {
        text_put(report, " (connected after ");
        text_duration(report, l->connected - l->began);
        text_put(report, ", answered ");
        text_duration(report, l->decided - l->connected);
        text_put(report, " later)");
    }
    if (!plan->brief)
        text_raw(report, "\n", 1);
}

int probe_run(const struct probe_plan *plan, struct text *report)
{
    static struct look looks[PROBE_TARGETS]; /* as much of it as there are targets becomes memory */
    int64_t deadline = clock_us() + plan->timeout;
    int bad = 0;

    for (size_t i = 0; i < plan->count; i++)
        begin(&looks[i], &plan->target[i], plan, deadline);
    while (turn(looks, plan, deadline))
        continue;
    for (size_t i = 0; i < plan->count; i++) {
        if (looks[i].fd >= 0)
            close(looks[i].fd);
        bad |= !looks[i].healthy;
    }
    for (size_t i = 0; i < plan->count; i++)
        if (!plan->brief || looks[i].healthy != bad)
            put_line(&looks[i], plan, report);
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

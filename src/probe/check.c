/* check: the command that images use as their HEALTHCHECK. See kinglet/probe.h. */
#include "kinglet/probe.h"

#include "kinglet/calls.h"
#include "kinglet/expand.h"
#include "kinglet/log.h"
#include "kinglet/number.h"
#include "kinglet/options.h"
#include "kinglet/output.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { UNHEALTHY = 1 };

struct check_options {
    struct probe_options probe;
    bool help;
};

#define AT(member) offsetof(struct check_options, member)

static const struct option table[] = {
    {"timeout", 't', OPTION_DURATION, AT(probe.timeout), NULL},
    {"wait", 0, OPTION_DURATION, AT(probe.wait), NULL},
    {"status", 0, OPTION_STRING, AT(probe.status), NULL},
    {"header", 'H', OPTION_LIST, AT(probe.headers), NULL},
    {"method", 'X', OPTION_CHOICE, AT(probe.method), "GET|HEAD"},
    {"body", 0, OPTION_STRING, AT(probe.body), NULL},
    {"json", 0, OPTION_LIST, AT(probe.json), NULL},
    {"quiet", 'q', OPTION_FLAG, AT(probe.quiet), NULL},
    {"verbose", 'v', OPTION_FLAG, AT(probe.verbose), NULL},
    {"help", 'h', OPTION_FLAG, AT(help), NULL},
};

static const char help[] =
    "usage: kinglet check [OPTION...] [TARGET...]   exit 0 when all are healthy, or 1\n"
    "targets  http://host[:port]/path      http+unix:///run/app.sock:/path\n"
    "         tcp://host:port              unix:///run/app.sock\n"
    "         grpc://host:port[/service]   tls://host:port\n"
    "         postgres://host  redis://host  fcgi://host[/ping]  (NAME+unix:// too)\n"
    "         file:///path?max-age=30s     ${VAR:-word} is expanded in all of them\n"
    "         none: what PID 1 says, or else the targets in KINGLET_HEALTH\n"
    "options  -t --timeout 2s   total, for all targets     --wait DURATION  retry\n"
    "         --status 200-399  -H --header 'Name: value'  -X --method GET|HEAD\n"
    "         --body TEXT       --json PATH=VALUE          -q  -v\n";

/* The contents of a small file of /proc, NUL-terminated. Returns its length, or 0. */
static size_t read_small(const char *path, char *buffer, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, buffer, size - 1);

    if (fd >= 0)
        close(fd);
    buffer[n < 0 ? 0 : n] = '\0';
    return n < 0 ? 0 : (size_t)n;
}

/* Exit status by the name of PID 1, which it alone can set; -1 where it supervises nothing. */
static int verdict_of_pid1(bool quiet)
{
    static const char prefix[] = "init:";
    char name[32], line[160];
    struct text t;
    size_t len = read_small("/proc/1/comm", name, sizeof name);
    bool healthy;

    if (len > 0 && name[len - 1] == '\n')
        name[len - 1] = '\0';
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return -1;
    healthy = strcmp(name + sizeof prefix - 1, "healthy") == 0;
    text_init(&t, line, sizeof line);
    text_format(&t, "%s: PID 1 says %s (since when is not known here)\n", healthy ? "healthy" : "unhealthy",
                name + sizeof prefix - 1);
    t.at[t.len - 1] = '\n';
    if (!quiet)
        output_bytes(line, t.len);
    return healthy ? 0 : UNHEALTHY;
}

/* The first number behind `key` in the text of /proc/1/status, or -1. */
static long status_field(const char *status, const char *key)
{
    const char *at = text_find(status, key);
    uint64_t number;

    if (at == NULL)
        return -1;
    at += strlen(key);
    at += strspn(at, " \t");
    return number_scan(&at, UINT32_MAX / 2, &number) == 0 ? (long)number : -1;
}

/* A probe that an engine starts as root in an image that drops to another user: become that user, as far as
 * that is allowed. */
static void become_like_pid1(void)
{
    char status[2048];
    long uid, gid;
    unsigned group;

    if (geteuid() != 0 || read_small("/proc/1/status", status, sizeof status) == 0)
        return;
    uid = status_field(status, "\nUid:");
    gid = status_field(status, "\nGid:");
    if (uid <= 0 || gid < 0)
        return;
    group = (unsigned)gid;
    syscall(CALL_SETGROUPS, 1, &group);
    syscall(CALL_SETRESGID, gid, gid, gid);
    syscall(CALL_SETRESUID, uid, uid, uid);
}

static void targets_from_environment(char *const *env, struct list *targets, struct text *faults)
{
    struct list *list = targets;
    static const struct option health[] = {{"health", 0, OPTION_LIST, 0, NULL}};
    char *const none[] = {"check", NULL};

    options_parse(health, 1, list, none, env, faults);
}

int check_command(char *const *argv, char *const *env)
{
    char reasons[PIPE_BUF], lines[PIPE_BUF];
    struct check_options options;
    struct list targets = {NULL, 0, 0};
    struct probe_plan plan;
    struct text faults, report;
    int first, result;

    memset(&options, 0, sizeof options);
    text_init(&faults, reasons, sizeof reasons);
    text_init(&report, lines, sizeof lines);
    first = options_parse(table, sizeof table / sizeof table[0], &options, argv, env, &faults);
    if (options.help)
        return output_string(help) == 0 ? 0 : UNHEALTHY;
    for (; argv[first] != NULL; first++)
        list_add(&targets, argv[first]);
    if (targets.count == 0 && faults.len == 0) {
        result = verdict_of_pid1(options.probe.quiet);
        if (result >= 0)
            return result;
        targets_from_environment(env, &targets, &faults);
        if (targets.count == 0 && faults.len == 0)
            text_put(
                &faults,
                "check: no TARGET is given, PID 1 does not supervise health, and KINGLET_HEALTH is not set");
    }
    if (faults.len > 0 || probe_prepare(&options.probe, &targets, env, &plan, &faults) != 0) {
        log_line(LOG_ERROR, "%s", faults.at);
        return UNHEALTHY;
    }
    become_like_pid1();
    result = plan.wait > 0 ? probe_wait(&plan, &report) : probe_run(&plan, &report);
    if (!options.probe.quiet)
        output_bytes(report.at, report.len);
    return result;
}

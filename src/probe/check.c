/* check: the command that images use as their HEALTHCHECK. See kinglet/probe.h. */
#include "kinglet/probe.h"

#include "kinglet/calls.h"
#include "kinglet/clock.h"
#include "kinglet/file.h"
#include "kinglet/log.h"
#include "kinglet/number.h"
#include "kinglet/options.h"
#include "kinglet/output.h"

#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { UNHEALTHY = 1, LOOK_AGAIN = 50 /* milliseconds */ };

struct check_options {
    struct probe_options probe;
    bool help;
};

#define AT(member) offsetof(struct check_options, member)

#define OPTIONS(X)                                                                                           \
    X("timeout", 't', OPTION_DURATION, probe.timeout)                                                        \
    X("wait", 0, OPTION_DURATION, probe.wait)                                                                \
    X("status", 0, OPTION_STRING, probe.status)                                                              \
    X("header", 'H', OPTION_LIST, probe.headers)                                                             \
    X("method\0GET|HEAD", 'X', OPTION_CHOICE, probe.method)                                                  \
    X("body", 0, OPTION_STRING, probe.body)                                                                  \
    X("json", 0, OPTION_LIST, probe.json)                                                                    \
    X("quiet", 'q', OPTION_FLAG, probe.quiet)                                                                \
    X("verbose", 'v', OPTION_FLAG, probe.verbose)                                                            \
    X("help", 'h', OPTION_FLAG, help)

static const char names[] = OPTIONS(OPTION_NAME);
static const struct option rows[] = {OPTIONS(OPTION_ROW){0, OPTION_END, 0}};

static const char help[] =
    "usage: kinglet check [OPTION...] [TARGET...]   exit 0 when all are healthy, or 1\n"
    "targets      http://host[:port]/path     http+unix:///run/app.sock:/path\t"
    "tcp://host:port             unix:///run/app.sock\t"
    "grpc://host:port[/service]  tls://host:port\t"
    "postgres://host redis://host fcgi://host[/ping] (NAME+unix:// too)\t"
    "file:///path?max-age=30s    ${VAR:-word} is expanded in all of them\t"
    "none: what PID 1 says, or else the targets in KINGLET_HEALTH\n"
    "options      -t --timeout 2s   total, for all targets     --wait DURATION  retry\t"
    "--status 200-399  -H --header 'Name: value'  -X --method GET|HEAD\t"
    "--body TEXT       --json PATH=VALUE   -q --quiet   -v --verbose\n";

/* The exit status by the name of PID 1, which it alone can set; bad news is waited out for `wait`. Or -1
 * where PID 1 supervises nothing. The report says which. */
static int verdict_of_pid1(int64_t wait, struct text *report)
{
    static const char prefix[] = "init:";
    static char name[32];
    const char *verdict = name + sizeof prefix - 1;
    int64_t deadline = clock_us() + wait;

    while (true) {
        bool readable = file_read("/proc/1/comm", name, sizeof name) > 0, healthy;
        name[strcspn(name, "\n")] = '\0';
        if (strncmp(name, prefix, sizeof prefix - 1) != 0) {
            text_format(report, "PID 1 %s%s",
                        !readable                      ? "cannot be seen in /proc"
                        : strcmp(name, "kinglet") == 0 ? "does not supervise health: "
                                                       : "is another program: ",
                        name);
            return -1;
        }
        healthy = strcmp(verdict, "healthy") == 0;
        if (healthy || clock_us() >= deadline) {
            text_format(report, "%s: PID 1 says %s (since when is not known)\n",
                        healthy ? "healthy" : "unhealthy", verdict);
            return healthy ? 0 : UNHEALTHY;
        }
        poll(NULL, 0, LOOK_AGAIN);
    }
}

/* The first number of the next line behind `*at` that begins with `name` (four bytes), or -1. */
static long status_field(const char **at, const char *name)
{
    uint64_t number;

    do {
        *at = strchr(*at + 1,
                     name[0]); /* most lines begin with something else: a tenth of the work of text_find */
        if (*at == NULL)
            return -1;
    } while ((*at)[-1] != '\n' || strncmp(*at, name, 4) != 0);
    *at += 5; /* a tab is behind it */
    return number_scan(at, UINT32_MAX / 2, &number) == 0 ? (long)number : -1;
}

/* A probe that an engine starts as root in an image that drops to another user: become that user, as far as
 * that is allowed. */
static void become_like_pid1(void)
{
    static char status[2048];
    const char *at = status;
    long uid, gid;
    unsigned group;

    if (geteuid() != 0 || file_read("/proc/1/status", status, sizeof status) <= 0)
        return;
    uid = status_field(&at, "Uid:");
    gid = uid <= 0 ? -1 : status_field(&at, "Gid:");
    if (gid < 0)
        return;
    group = (unsigned)gid;
    syscall(CALL_SETGROUPS, 1, &group);
    syscall(CALL_SETRESGID, gid, gid, gid);
    syscall(CALL_SETRESUID, uid, uid, uid);
}

int check_command(char *const *argv, char *const *env)
{
    static const struct option health[] = {{0, OPTION_LIST, 0}, {0, OPTION_END, 0}};
    static char reasons[PIPE_BUF], lines[PIPE_BUF];
    static struct check_options options;
    struct list targets;
    static struct probe_plan plan;
    struct text faults, report;
    size_t count = 0;
    int result = -1;

    text_init(&faults, reasons, sizeof reasons);
    text_init(&report, lines, sizeof lines);
    argv += options_parse(names, rows, &options, argv, env, &faults);
    if (options.help)
        return output_help(help) == 0 ? 0 : UNHEALTHY;
    while (argv[count] != NULL)
        count++;
    targets = (struct list){(const char **)argv, count, 0};
    if (count == 0 && faults.len == 0) {
        result = verdict_of_pid1(options.probe.wait, &report);
        if (result < 0) {
            options_parse("health", health, &targets, argv - 1 /* no words are left */, env, &faults);
            if (targets.count == 0 && faults.len == 0)
                text_format(&faults, "check: no TARGET is given, KINGLET_HEALTH is not set, and %s",
                            report.at);
        }
    }
    if (result < 0) {
        report.len = 0;
        probe_prepare(&options.probe, &targets, env, &plan, &faults);
        if (faults.len > 0) {
            log_line(LOG_ERROR, "%s", faults.at);
            return UNHEALTHY;
        }
        become_like_pid1();
        result = probe_run(&plan, &report);
    }
    if (!options.probe.quiet)
        output_bytes(report.at, report.len);
    return result;
}

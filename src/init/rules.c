/* rules: from the options of `kinglet PROGRAM` to the lifecycle's rules. Pure. See kinglet/run.h. */
#include "kinglet/number.h"
#include "kinglet/run.h"

#include <signal.h>
#include <string.h>

/* What is taken where an option is 0 or not given: dockerd's (daemon/health.go), and ours. */
enum {
    DOCKER_INTERVAL = 30000000,
    DOCKER_TIMEOUT = 30000000,
    DOCKER_START_INTERVAL = 5000000,
    DOCKER_RETRIES = 3,
    WAIT_TIMEOUT = 60000000,
    SHORTEST = 1000
};

static bool never_comes(int signal_number)
{
    return signal_number == SIGKILL || signal_number == SIGSTOP || signal_number == SIGCHLD;
}

static void rewrite(const char *word, struct life_rules *rules, struct text *faults)
{
    size_t from_len = strcspn(word, ":");
    const char *to_word = word + from_len + (word[from_len] == ':');
    int from = signal_parse(word, from_len);
    int to = strcmp(to_word, "0") == 0 ? -1 : signal_parse(to_word, strlen(to_word));

    if (from == 0 || to == 0) {
        text_fault(faults, "--rewrite: '%s' is not FROM:TO of two signals (TO 0 drops FROM)", word);
    } else if (never_comes(from)) {
        text_fault(faults, "--rewrite: '%s': that signal never comes to be passed on", word);
    } else {
        rules->rewrite[from] = to < 0 ? 0 : (unsigned char)to;
    }
}

static void success(const char *word, struct life_rules *rules, struct text *faults)
{
    uint64_t code;

    if (number_parse(word, strlen(word), 255, &code) == 0) {
        rules->success[code / 8] |= (unsigned char)(1U << code % 8);
        return;
    }
    text_fault(faults, "--success: '%s' is not an exit code from 0 to 255", word);
}

static void restart(const char *word, struct life_rules *rules, struct text *faults)
{
    uint64_t max = 0;

    rules->restart = RESTART_NO;
    for (const char *policy = "no\0on-failure\0always\0"; *policy != '\0'; policy = text_after(policy)) {
        size_t len = strlen(policy);
        const char *rest = word + len;
        if (strncmp(word, policy, len) == 0 &&
            (*rest == '\0' || (rules->restart == RESTART_ON_FAILURE && *rest == ':' &&
                               number_parse(rest + 1, strlen(rest + 1), 1000000, &max) == 0))) {
            rules->restart_max = (unsigned)max;
            return;
        }
        rules->restart++;
    }
    text_fault(faults, "--restart: '%s' is none of no, on-failure, on-failure:MAX, always", word);
}

/* A duration of more than an instant: PID 1 would do nothing else but fork. */
static void complete(int64_t *value, int64_t otherwise)
{
    if (*value == 0)
        *value = otherwise;
    if (*value < SHORTEST)
        *value = SHORTEST;
}

void run_rules(struct run_options *options, struct text *faults)
{
    struct life_rules *rules = &options->rules;

    life_rules_init(rules);
    if (never_comes(rules->stop_signal)) {
        text_fault(faults, "--stop-signal: ");
        signal_put(faults, rules->stop_signal);
        text_put(faults, " cannot be waited for (TERM, INT and QUIT are usual)");
    }
    for (size_t i = 0; i < options->rewrite.count; i++)
        rewrite(options->rewrite.item[i], rules, faults);
    for (size_t i = 0; i < options->success.count; i++)
        success(options->success.item[i], rules, faults);
    restart(options->restart, rules, faults);
    rules->wait = options->wait_for.count > 0;
    rules->health = options->health.count > 0;
    complete(&rules->wait_timeout, WAIT_TIMEOUT);
    complete(&rules->interval, DOCKER_INTERVAL);
    complete(&rules->timeout, DOCKER_TIMEOUT);
    complete(&rules->start_interval, DOCKER_START_INTERVAL);
    if (rules->retries == 0)
        rules->retries = DOCKER_RETRIES;
    if (options->group && options->single) {
        text_fault(faults, "--group and --single-child contradict each other");
    }
    if (rules->on_unhealthy != HEALTH_NONE && !rules->health) {
        text_fault(faults, "--health-on-failure needs a --health TARGET to judge by");
    }
    if (options->write_strict && options->write.count == 0) {
        text_fault(faults, "--write-strict needs a --write PATH");
    }
    if (options->write.count > 0 && options->identity.allow_new_privs) {
        text_fault(faults, "--write and --allow-new-privs contradict each other");
    }
    if (options->own.count > 0 && options->identity.user == NULL) {
        text_fault(faults, "--own needs --user UID[:GID]");
    }
}

/* report: verdicts as lines of 80 columns, or as one JSON object. Pure. See kinglet/audit.h. */
#include "kinglet/audit.h"

#include <string.h>

enum { COLUMNS = 80, INDENT = 25 };

/* In the order of enum audit_check: its id; and the mend, one for everything, or for Docker, Compose and
 * Kubernetes. */
static const char checks[] =
    "user|--user 10001:10001|user: 10001:10001|runAsNonRoot, runAsUser: 10001\0"
    "no-new-privs|--security-opt no-new-privileges|security_opt: [no-new-privileges:true]|"
    "allowPrivilegeEscalation: false\0"
    "capabilities|--cap-drop ALL|cap_drop: [ALL]|capabilities: {drop: [ALL]}\0"
    "privileged|without --privileged|privileged: false|privileged: false\0"
    "seccomp|without seccomp=unconfined|the same|seccompProfile: {type: RuntimeDefault}\0"
    "lsm|without apparmor=unconfined, label=disable|the same|appArmorProfile: {type: RuntimeDefault}\0"
    "read-only-root|--read-only --tmpfs /tmp|read_only: true, tmpfs: [/tmp]|readOnlyRootFilesystem: true\0"
    "memory-limit|--memory 256m|mem_limit: 256m|limits: {memory: 256Mi}\0"
    "cpu-limit|--cpus 1|cpus: 1|limits: {cpu: 1}\0"
    "pids-limit|--pids-limit 100|pids_limit: 100|podPidsLimit of the kubelet\0"
    "core-files|--ulimit core=0|ulimits: {core: 0}|LimitCORE=0 of the container runtime's service\0"
    "host-namespaces|without --pid, --network, --ipc, --uts, --cgroupns host|the same|"
    "hostPID, hostNetwork, hostIPC: false\0"
    "user-namespace|dockerd --userns-remap default, or not root|the same|hostUsers: false\0"
    "engine-sockets|Do not mount it: whoever has it is root on the host\0"
    "host-mounts|Mount only what is needed, read-only: a named volume, or a folder of the application\0"
    "service-token|||automountServiceAccountToken: false\0"
    "tools|Build FROM scratch or distroless, and copy only the program into it\0"
    "set-id|In the Dockerfile: RUN chmod a-s FILE, setcap -r FILE\0"
    "app-folder|In the Dockerfile: COPY --chown=0:0; data go to a volume\0"
    "secrets|Mount files, and pass NAME_FILE (kinglet --secret NAME)\0"
    "init|ENTRYPOINT [\"/kinglet\", \"--\"], or --init|init: true|ENTRYPOINT [\"/kinglet\", \"--\"]\0"
    "zombies|As for init: PID 1 has to reap\0"
    "health|See what kinglet check says of the target\0";

static const char verdicts[FINDINGS][8] = {"n/a", "pass", "unknown", "warn", "fail"};

static size_t until_bar(const char *at)
{
    return strcspn(at, "|");
}

/* `mends` stands behind the id: one, or three with their places in front. */
static void put_mend(struct text *t, const char *mends)
{
    static const char places[] = "docker \0compose \0Kubernetes ";
    const char *place = places;

    if (mends[until_bar(mends)] == '\0') {
        text_put(t, mends);
        return;
    }
    for (; *mends != '\0'; place += strlen(place) + 1) {
        size_t len = until_bar(mends);
        if (len > 0) {
            text_next(t);
            text_put(t, place);
            text_raw(t, mends, len);
        }
        mends += len + (mends[len] == '|');
    }
}

static void put_blanks(struct text *t, size_t n)
{
    for (; n > 0; n--)
        text_put(t, " ");
}

/* Lines broken at blanks, and within a word that has no room on a line of its own; all but the first are
 * indented. What is not ASCII may be two columns wide. */
static void put_wrapped(struct text *t, const char *words)
{
    size_t column = INDENT;
    bool broken = false;

    while (*words != '\0') {
        size_t width = 0, len = 0;
        for (; words[len] != '\0' && words[len] != ' ' && width < COLUMNS - INDENT - 1; len++)
            width += (words[len] & 0x80) == 0 ? 1 : (words[len] & 0x40) != 0 ? 2 : 0;
        while ((words[len] & 0xC0) == 0x80)
            len++;
        if (broken || column + 1 + width > COLUMNS) {
            text_put(t, "\n");
            put_blanks(t, INDENT);
            column = INDENT;
        } else if (column > INDENT) {
            text_put(t, " ");
            column++;
        }
        text_raw(t, words, len);
        column += width;
        broken = words[len] != ' ' && words[len] != '\0';
        words += len + (words[len] == ' ');
    }
    text_put(t, "\n");
}

/* `name` comes with all that stands before its closing quote. */
static void put_string(struct text *t, const char *name, const char *value)
{
    text_put(t, name);
    text_put(t, "\":\"");
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            text_put(t, "\\");
        text_raw(t, value, 1);
    }
    text_put(t, "\"");
}

static void put_text_line(struct text *t, const char *id, enum finding v, const char *why, const char *mend,
                          bool colour)
{
    static const char colours[FINDINGS][6] = {"", "\033[32m", "", "\033[33m", "\033[31m"};

    text_put(t, colour ? colours[v] : "");
    text_put(t, verdicts[v]);
    text_put(t, colour && colours[v][0] != '\0' ? "\033[0m" : "");
    put_blanks(t, 8 - strlen(verdicts[v]));
    text_put(t, id);
    put_blanks(t, INDENT - 8 - strlen(id));
    put_wrapped(t, why);
    if (*mend != '\0') {
        put_blanks(t, INDENT);
        put_wrapped(t, mend);
    }
}

static void put_summary(struct text *t, bool json, const unsigned count[FINDINGS])
{
    for (size_t i = FINDINGS; i-- > 0;) {
        if (json)
            text_format(t, "\"%s\":%u", verdicts[i], count[i]);
        else
            text_format(t, "%u %s", count[i], verdicts[i]);
        text_put(t, i > 0 ? json ? "," : ", " : "");
    }
}

void audit_report(const struct audit_facts *facts, const struct audit_options *options, bool colour,
                  struct text *t, unsigned count[FINDINGS])
{
    const char *at = checks, *policy = options->policy == 1 ? "restricted" : "default";
    bool json = options->format == 1;

    memset(count, 0, FINDINGS * sizeof *count);
    if (json) {
        put_string(t, "{\"version", KINGLET_VERSION);
        put_string(t, ",\"policy", policy);
        text_format(t, ",\"processes\":%zu,\"checks\":[", facts->count);
    } else {
        text_format(t, "kinglet audit: policy %s, %zu processes\n", policy, facts->count);
    }
    for (unsigned check = 0; check < AUDIT_CHECKS; check++, at += strlen(at) + 1) {
        char id[20], evidence[4096], words[256];
        struct text i, why, mend;
        enum finding v;
        text_init(&i, id, sizeof id);
        text_raw(&i, at, until_bar(at));
        at += i.len + 1;
        text_init(&why, evidence, sizeof evidence);
        v = audit_judge(facts, (enum audit_check)check, &why);
        count[v]++;
        text_init(&mend, words, sizeof words);
        if (v >= FINDING_WARN)
            put_mend(&mend, at);
        if (!json) {
            put_text_line(t, id, v, evidence, words, colour);
            continue;
        }
        put_string(t, check > 0 ? ",{\"id" : "{\"id", id);
        put_string(t, ",\"verdict", verdicts[v]);
        put_string(t, ",\"evidence", evidence);
        put_string(t, ",\"mend", words);
        text_put(t, "}");
    }
    text_put(t, json ? "],\"summary\":{" : "");
    put_summary(t, json, count);
    text_put(t, json ? "}}\n" : "\n");
}

/* audit: texts of the kernel taken apart, and every verdict of every check. */
#include "unit.h"

#include "kinglet/audit.h"

#include <stdlib.h>

/* What is not said is as in a hardened container. */
struct recorded {
    const char *name, *state, *ids, *groups, *signals, *caps, *last;
    int pid, parent;
};

#define NO_CAPS                                                                                              \
    "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"                      \
    "CapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n"

static struct audit_facts facts;
static struct audit_process processes[AUDIT_PROCESSES];

static void add(struct recorded r)
{
    static char text[4096];
    struct audit_process *p = &processes[facts.count];

    facts.process[facts.count++] = p;
    snprintf(
        text, sizeof text,
        "Name:\t%s\nUmask:\t0022\nState:\t%s\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n%sFDSize:\t64\n"
        "Groups:\t%s\nNStgid:\t1\nVmPeak:\t      40 kB\n%s%s%sSpeculation_Store_Bypass:\tthread vulnerable\n",
        r.name == NULL ? "httpd" : r.name, r.state == NULL ? "S (sleeping)" : r.state, r.pid, r.pid, r.parent,
        r.ids == NULL ? "Uid:\t10001\t10001\t10001\t10001\nGid:\t10001\t10001\t10001\t10001\n" : r.ids,
        r.groups == NULL ? "10001 " : r.groups,
        r.signals == NULL
            ? "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000004000\n"
            : r.signals,
        r.caps == NULL ? NO_CAPS : r.caps, r.last == NULL ? "NoNewPrivs:\t1\nSeccomp:\t2\n" : r.last);
    audit_status_take(text, p);
    p->pid = (uint64_t)r.pid;
    audit_core_take("Limit                     Soft Limit           Hard Limit           Units     \n"
                    "Max core file size        0                    unlimited            bytes     \n",
                    p);
    audit_label_take("docker-default (enforce)\n", p);
    p->state[AUDIT_FOLDER] = p->state[AUDIT_SECRETS] = AUDIT_GOOD;
}

static const char *mount(const char *line)
{
    static char text[512];

    snprintf(text, sizeof text, "%s", line);
    return audit_mount_take(text, &facts);
}

static void forget(enum audit_check check)
{
    facts.state[check] = AUDIT_UNREAD;
    memset(&facts.found[check], 0, sizeof facts.found[check]);
}

static void limit(enum audit_check check, const char *file)
{
    static char text[512];

    snprintf(text, sizeof text, "%s", file);
    audit_limit_take(text, check, &facts);
}

static void namespaces(uint32_t inode)
{
    for (int ns = 0; ns < AUDIT_NAMESPACES_ALL; ns++)
        audit_namespace_take(&audit_initial[ns], inode, &facts);
}

/* All that was read of a hardened container, but for processes. */
static void begin(void)
{
    memset(&facts, 0, sizeof facts);
    memset(processes, 0, sizeof processes);
    facts.min_uid = 10001;
    facts.complete = true;
    for (int check = 0; check < AUDIT_CHECKS; check++)
        facts.state[check] = AUDIT_GOOD;
    facts.state[AUDIT_TOKEN] = AUDIT_ABSENT;
    facts.state[AUDIT_HEALTH] = AUDIT_UNREAD;
    for (int check = AUDIT_MEMORY; check <= AUDIT_PIDS; check++)
        facts.state[check] = AUDIT_UNREAD;
    mount("73 49 0:39 / / ro,relatime master:2 - overlay overlay ro,lowerdir=/x");
    limit(AUDIT_MEMORY, "268435456\n");
    limit(AUDIT_CPU, "50000 100000\n");
    limit(AUDIT_PIDS, "64\n");
    namespaces(4026532180);
    audit_namespace_take(&audit_initial[AUDIT_NS_USER], 4026531837,
                         &facts); /* as everywhere, unless asked for */
}

static void hardened(void)
{
    begin();
    add((struct recorded){.name = "kinglet", .pid = 1});
    audit_init_take(&processes[0], &facts);
    add((struct recorded){.pid = 7, .parent = 1});
}

static void is(enum audit_check check, enum finding wanted, const char *words)
{
    FAULTS(why);
    enum finding got = audit_judge(&facts, check, &why);

    if (got != wanted || strstr(why.at, words) == NULL)
        fail_msg("%s: verdict %d, wanted %d: '%s', wanted '%s'", audit_word(3 * (unsigned)check), (int)got,
                 (int)wanted, why.at, words);
}

static void test_hardened_has_nothing_to_mend(void **state)
{
    (void)state;
    hardened();
    for (int check = 0; check < AUDIT_CHECKS; check++)
        is((enum audit_check)check,
           check == AUDIT_TOKEN    ? FINDING_NONE
           : check == AUDIT_HEALTH ? FINDING_UNKNOWN
                                   : FINDING_PASS,
           ": ");
    is(AUDIT_USER, FINDING_PASS, ": 1 (kinglet) 10001:10001, 7 (httpd) 10001:10001");
}

static void test_user(void **state)
{
    static const struct {
        const char *ids, *groups;
        enum finding finding, in_namespace, restricted;
    } rows[] = {
        {"Uid:\t10001\t10001\t10001\t10001\nGid:\t10001\t10001\t10001\t10001\n", " ", FINDING_PASS,
         FINDING_PASS, FINDING_PASS},
        {"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", "0 10 ", FINDING_FAIL, FINDING_WARN, FINDING_FAIL},
        {"Uid:\t10001\t10001\t0\t10001\nGid:\t5\t5\t5\t5\n", "", FINDING_FAIL, FINDING_WARN, FINDING_FAIL},
        {"Uid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n", "", FINDING_WARN, FINDING_WARN,
         FINDING_WARN},
        {"Uid:\t10001\t10001\t10001\t10001\nGid:\t0\t0\t0\t0\n", "", FINDING_WARN, FINDING_WARN,
         FINDING_WARN},
        {"Uid:\t10001\t10001\t10001\t10001\nGid:\t10001\t10001\t10001\t10001\n", "4 0 ", FINDING_WARN,
         FINDING_WARN, FINDING_WARN},
        /* OpenShift: a random id, and group 0 on purpose */
        {"Uid:\t1000680000\t1000680000\t1000680000\t1000680000\nGid:\t0\t0\t0\t0\n", "0 1000680000 ",
         FINDING_PASS, FINDING_PASS, FINDING_PASS},
        {"Uid:\tx\t0\t0\t0\nGid:\t0\t0\t0\t0\n", "", FINDING_UNKNOWN, FINDING_UNKNOWN, FINDING_UNKNOWN},
        {"Uid:\t10001\t10001\n", "", FINDING_UNKNOWN, FINDING_UNKNOWN, FINDING_UNKNOWN},
        /* more groups than are looked at */
        {NULL, "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 ", FINDING_UNKNOWN,
         FINDING_UNKNOWN, FINDING_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hardened();
        add((struct recorded){
            .name = "app", .ids = rows[i].ids, .groups = rows[i].groups, .pid = 9, .parent = 1});
        is(AUDIT_USER, rows[i].finding, "9 (app)");
        audit_namespace_take(&audit_initial[AUDIT_NS_USER], 4026532999, &facts);
        is(AUDIT_USER, rows[i].in_namespace, "9 (app)");
        facts.restricted = true;
        is(AUDIT_USER, rows[i].restricted, "9 (app)");
    }
    hardened();
    facts.min_uid = 10002;
    is(AUDIT_USER, FINDING_WARN, "below --min-uid");
}

static void test_no_new_privs_and_seccomp(void **state)
{
    (void)state;
    hardened();
    add((struct recorded){.name = "app", .last = "NoNewPrivs:\t0\nSeccomp:\t0\n", .pid = 9, .parent = 1});
    is(AUDIT_NO_NEW_PRIVS, FINDING_FAIL, ": 9 (app): not set");
    is(AUDIT_SECCOMP, FINDING_FAIL, ": 9 (app): no filter");
    hardened();
    add((struct recorded){.name = "app", .last = "NoNewPrivs:\t1\nSeccomp:\t1\n", .pid = 9, .parent = 1});
    is(AUDIT_SECCOMP, FINDING_PASS, "9 (app)");
    hardened();
    add((struct recorded){.name = "app", .last = "", .pid = 9, .parent = 1});
    is(AUDIT_NO_NEW_PRIVS, FINDING_UNKNOWN, ": 9 (app): cannot be seen");
    is(AUDIT_SECCOMP, FINDING_UNKNOWN, "9 (app)");
}

#define CAPS(inh, prm, eff, bnd, amb)                                                                        \
    "CapInh:\t" inh "\nCapPrm:\t" prm "\nCapEff:\t" eff "\nCapBnd:\t" bnd "\nCapAmb:\t" amb "\n"
#define NONE  "0000000000000000"
#define BIND  "0000000000000400"
#define ADMIN "0000000000200000"

static void test_capabilities(void **state)
{
    static const struct {
        const char *caps, *last;
        enum finding finding, restricted;
        const char *words;
    } rows[] = {
        {CAPS(BIND, BIND, BIND, BIND, BIND), NULL, FINDING_PASS, FINDING_PASS, "9 (app)"},
        {CAPS(NONE, NONE, ADMIN, NONE, NONE), NULL, FINDING_FAIL, FINDING_FAIL, "9 (app) SYS_ADMIN: beyond"},
        {CAPS(NONE, "00000000a80425fb", NONE, NONE, NONE), NULL, FINDING_FAIL, FINDING_FAIL,
         "CHOWN DAC_OVERRIDE"},
        {CAPS(NONE, NONE, NONE, NONE, ADMIN), NULL, FINDING_FAIL, FINDING_FAIL, "SYS_ADMIN"},
        {CAPS(ADMIN, NONE, NONE, NONE, NONE), NULL, FINDING_WARN, FINDING_FAIL, "SYS_ADMIN"},
        /* inert under no_new_privs, which the Pod Security Standards do not take for an excuse */
        {CAPS(NONE, NONE, NONE, "000001ffffffffff", NONE), NULL, FINDING_PASS, FINDING_FAIL, "9 (app)"},
        {CAPS(NONE, NONE, NONE, ADMIN, NONE), "NoNewPrivs:\t0\nSeccomp:\t2\n", FINDING_WARN, FINDING_FAIL,
         "SYS_ADMIN"},
        {CAPS(NONE, NONE, NONE, NONE, "8000000000000000"), NULL, FINDING_FAIL, FINDING_FAIL, "(app) 63"},
        {CAPS(NONE, NONE, "00zz", NONE, NONE), NULL, FINDING_UNKNOWN, FINDING_UNKNOWN,
         "9 (app): cannot be seen"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hardened();
        add((struct recorded){
            .name = "app", .caps = rows[i].caps, .last = rows[i].last, .pid = 9, .parent = 1});
        is(AUDIT_CAPABILITIES, rows[i].finding, rows[i].words);
        facts.restricted = true;
        is(AUDIT_CAPABILITIES, rows[i].restricted, "9 (app)");
    }
}

static void test_privileged(void **state)
{
    (void)state;
    hardened();
    add((struct recorded){.name = "app", .caps = CAPS(NONE, NONE, NONE, ADMIN, NONE), .pid = 9, .parent = 1});
    is(AUDIT_PRIVILEGED, FINDING_FAIL, ": 9 (app): the host's");
    hardened();
    audit_found_add(&facts.found[AUDIT_PRIVILEGED], "/dev/sda");
    is(AUDIT_PRIVILEGED, FINDING_FAIL, ": /dev/sda: the host's");
    hardened();
    facts.state[AUDIT_PRIVILEGED] = AUDIT_UNREAD;
    is(AUDIT_PRIVILEGED, FINDING_UNKNOWN, "cannot be seen");
}

static void test_lsm(void **state)
{
    static const struct {
        const char *label;
        enum finding finding, restricted;
    } rows[] = {
        {"docker-default (enforce)\n", FINDING_PASS, FINDING_PASS},
        {"unconfined\n", FINDING_WARN, FINDING_FAIL},
        {"docker-default (complain)\n", FINDING_WARN, FINDING_FAIL},
        {"system_u:system_r:container_t:s0:c12,c85", FINDING_PASS, FINDING_PASS},
        {"system_u:system_r:spc_t:s0", FINDING_WARN, FINDING_FAIL},
        {"unconfined_u:unconfined_r:unconfined_t:s0", FINDING_WARN, FINDING_FAIL},
        {"", FINDING_PASS, FINDING_PASS}, /* absent: the others' verdict stands */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hardened();
        audit_label_take(rows[i].label, &processes[1]);
        is(AUDIT_LSM, rows[i].finding, "");
        facts.restricted = true;
        is(AUDIT_LSM, rows[i].restricted, "");
    }
    for (size_t i = 0; i < facts.count; i++)
        audit_label_take("", &processes[i]);
    is(AUDIT_LSM, FINDING_NONE, "does not apply here");
    processes[1].state[AUDIT_LSM] = AUDIT_UNREAD;
    is(AUDIT_LSM, FINDING_UNKNOWN, "7 (httpd)");
}

static void test_read_only(void **state)
{
    (void)state;
    hardened();
    mount("1 2 0:4 / /tmp rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw");
    mount("1 2 0:4 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755");
    mount("1 2 0:4 / /proc/acpi rw,relatime - tmpfs tmpfs rw");
    mount("1 2 0:4 / /ro ro,relatime - tmpfs tmpfs rw");
    is(AUDIT_READ_ONLY, FINDING_PASS, "as it should be");
    mount("1 2 0:4 / /run rw,nosuid - tmpfs tmpfs rw");
    is(AUDIT_READ_ONLY, FINDING_PASS, ": /run: programs can be put there");
    facts.state[AUDIT_READ_ONLY] = AUDIT_BAD;
    is(AUDIT_READ_ONLY, FINDING_WARN, "/run");
    facts.state[AUDIT_READ_ONLY] = AUDIT_UNREAD;
    is(AUDIT_READ_ONLY, FINDING_UNKNOWN, "cannot be seen");
}

static void test_limits(void **state)
{
    static const struct {
        const char *file;
        bool none, unread;
    } rows[] = {
        {"max\n", true, false},
        {"-1\n", true, false},
        {"max 100000\n", true, false},
        {"9223372036854771712\n", true, false},
        {"6291456\n", false, false},
        {"100000 100000\n", false, false},
        {"cache 0\nhierarchical_memory_limit 9223372036854771712\ntotal_cache 0\n", true, false},
        {"cache 0\nhierarchical_memory_limit 6291456\n", false, false},
        {"", true, false}, /* an empty file is a limit of nobody */
        {"nonsense\n", false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int check = AUDIT_MEMORY; check <= AUDIT_PIDS; check++) {
            enum finding bad = check == AUDIT_MEMORY ? FINDING_FAIL : FINDING_WARN;
            hardened();
            forget((enum audit_check)check);
            is((enum audit_check)check, FINDING_UNKNOWN, "cannot be seen");
            limit((enum audit_check)check, rows[i].file);
            is((enum audit_check)check,
               rows[i].none     ? bad
               : rows[i].unread ? FINDING_UNKNOWN
                                : FINDING_PASS,
               ": ");
            /* what a level above says counts where this one has none */
            limit((enum audit_check)check, "4096\n");
            is((enum audit_check)check, FINDING_PASS, rows[i].none || rows[i].unread ? ": 4096" : ": ");
            limit((enum audit_check)check, "max\n");
            is((enum audit_check)check, FINDING_PASS, ": ");
        }
    /* Kubernetes sets the limit of processes on the pod */
    hardened();
    forget(AUDIT_PIDS);
    facts.kubernetes = true;
    limit(AUDIT_PIDS, "max\n");
    is(AUDIT_PIDS, FINDING_UNKNOWN, "cannot be seen");
    limit(AUDIT_PIDS, "64\n");
    is(AUDIT_PIDS, FINDING_PASS, ": 64");
}

static void test_cgroup_paths(void **state)
{
    static const char *const rows[][2] = {
        {"0::/\n", "/\n"},
        {"0::/../x\n", "/../x\n"},
        {"9:name=systemd:/docker/abc\n4:memory:/docker/abc\n0::/docker/abc\n", "/docker/abc\n"},
        {"4:cpu,cpuacct:/kubepods/burstable/pod1/c\n1:name=systemd:/k\n", "/k\n"},
        {"", ""},
        {"garbage\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(audit_cgroup_path(rows[i][0]), rows[i][1]);
}

static void test_core_files(void **state)
{
    (void)state;
    hardened();
    audit_core_take("Max core file size        unlimited            unlimited            bytes     \n",
                    &processes[1]);
    is(AUDIT_CORE, FINDING_WARN, ": 7 (httpd): limit not 0");
    hardened();
    audit_core_take("Max core file size        1024                 0                    bytes     \n",
                    &processes[1]);
    is(AUDIT_CORE, FINDING_WARN, "");
    hardened();
    processes[1].state[AUDIT_CORE] = AUDIT_UNREAD;
    audit_core_take("Max cpu time              unlimited\n", &processes[1]);
    is(AUDIT_CORE, FINDING_UNKNOWN, ": 7 (httpd)");
}

static void test_namespaces(void **state)
{
    static const uint32_t initial[] = {4026531836, 4026531833, 4026531839, 4026531838, 4026531832};

    (void)state;
    for (int ns = 0; ns < AUDIT_NS_USER; ns++) {
        hardened();
        audit_namespace_take(&audit_initial[ns], initial[ns], &facts);
        is(AUDIT_NAMESPACES, FINDING_FAIL, audit_initial[ns].name);
        hardened();
        audit_namespace_take(&audit_initial[ns], 0, &facts);
        is(AUDIT_NAMESPACES, FINDING_UNKNOWN, "");
    }
    /* root, or a capability, in the host's user namespace warns; without either it is harmless */
    hardened();
    audit_namespace_take(&audit_initial[AUDIT_NS_USER], 4026531837, &facts);
    is(AUDIT_USER_NAMESPACE, FINDING_PASS, "");
    add((struct recorded){.name = "app", .caps = CAPS(NONE, BIND, BIND, BIND, NONE), .pid = 9, .parent = 1});
    is(AUDIT_USER_NAMESPACE, FINDING_WARN, ": 9 (app): the host's");
    audit_namespace_take(&audit_initial[AUDIT_NS_USER], 4026532999, &facts);
    is(AUDIT_USER_NAMESPACE, FINDING_PASS, "");
    audit_namespace_take(&audit_initial[AUDIT_NS_USER], 0, &facts);
    is(AUDIT_USER_NAMESPACE, FINDING_UNKNOWN, "");
}

static void test_mounts(void **state)
{
    static const struct {
        const char *line;
        bool socket, host;
    } rows[] = {
        {"90 73 254:0 /var/lib/docker/containers/x/hosts /etc/hosts rw,relatime - ext4 /dev/vda rw", false,
         false},
        {"90 73 254:0 /var/lib/docker/volumes/data/_data /data rw,relatime - ext4 /dev/vda rw", false, false},
        {"90 73 259:1 / /data rw,relatime - ext4 /dev/nvme1n1 rw", false, false}, /* a volume of its own */
        {"50 74 0:42 /sys /proc/sys ro,nosuid,nodev,noexec,relatime - proc proc rw", false, false},
        {"79 78 0:29 /docker/e /sys/fs/cgroup/cpu ro,nosuid - cgroup cgroup rw,cpu", false, false},
        {"76 75 0:6 /null /dev/null rw,nosuid - devtmpfs devtmpfs rw", false, false}, /* rootless podman */
        {"1 2 0:22 /docker.sock /run/docker.sock rw - tmpfs tmpfs rw", true, false},
        {"1 2 0:22 /docker.sock /tmp/other rw - tmpfs tmpfs rw", true, false},
        {"1 2 254:0 /x /run/containerd/containerd.sock rw - ext4 /dev/vda rw", true, false},
        {"1 2 254:0 /etc /host/etc ro,relatime shared:1 master:2 - ext4 /dev/vda rw", false, true},
        {"1 2 254:0 /var/lib/kubelet /x rw - xfs /dev/vda rw", false, true},
        {"1 2 0:5 / /host/proc rw - proc proc rw", false, true},
        {"1 2 0:5 / /processes rw - proc proc rw", false, true},
        {"1 2 0:5 / /host/sys rw - sysfs sysfs rw", false, true},
        {"1 2 0:6 / /dev rw - devtmpfs devtmpfs rw", false, true},
        {"1 2 0:29 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw", false, true},
        {"", false, false},
        {"1 2 3", false, false},
        {"1 2 3 / /x rw -", false, false},
        {"1 2 3 / /x rw no separator at all", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        hardened();
        mount(rows[i].line);
        is(AUDIT_SOCKETS, rows[i].socket ? FINDING_FAIL : FINDING_PASS, "");
        is(AUDIT_MOUNTS, rows[i].host ? FINDING_WARN : FINDING_PASS, "");
        facts.restricted = true;
        is(AUDIT_MOUNTS, rows[i].host ? FINDING_FAIL : FINDING_PASS, "");
    }
    hardened();
    assert_string_equal(mount("1 2 0:22 / /host/run rw - tmpfs tmpfs rw"), "/host/run");
    assert_null(mount("1 2 0:22 / /data rw - nfs4 server:/x rw"));
    facts.state[AUDIT_SOCKETS] = facts.state[AUDIT_MOUNTS] = AUDIT_UNREAD;
    is(AUDIT_SOCKETS, FINDING_UNKNOWN, "");
    is(AUDIT_MOUNTS, FINDING_UNKNOWN, "");
}

static void test_kubernetes(void **state)
{
    (void)state;
    hardened();
    is(AUDIT_TOKEN, FINDING_NONE, "does not apply");
    mount("1 2 8:1 /var/lib/kubelet/pods/u/containers/app/1 /dev/termination-log rw,relatime - ext4 "
          "/dev/sda1 rw");
    assert_true(facts.kubernetes);
    facts.state[AUDIT_TOKEN] = AUDIT_GOOD;
    is(AUDIT_TOKEN, FINDING_PASS, "");
    mount("1 2 0:9 / /run/secrets/kubernetes.io/serviceaccount ro,relatime - tmpfs tmpfs rw");
    is(AUDIT_TOKEN, FINDING_WARN, ": /run/secrets/kubernetes.io/serviceaccount: mounted");
    is(AUDIT_MOUNTS, FINDING_PASS, "");
    is(AUDIT_READ_ONLY, FINDING_PASS, "as it should be");
}

static void test_tools_and_set_id(void **state)
{
    (void)state;
    hardened();
    audit_found_add(&facts.found[AUDIT_TOOLS], "/bin/sh");
    audit_found_add(&facts.found[AUDIT_SET_ID], "/bin/su");
    is(AUDIT_TOOLS, FINDING_WARN, ": /bin/sh: in the image");
    is(AUDIT_SET_ID, FINDING_PASS, ": /bin/su: inert only under"); /* all are under no_new_privs */
    add((struct recorded){.name = "app", .last = "NoNewPrivs:\t0\nSeccomp:\t2\n", .pid = 9, .parent = 1});
    is(AUDIT_SET_ID, FINDING_FAIL, "/bin/su");
    mount("73 49 0:39 / / ro,nosuid,relatime - overlay overlay ro");
    is(AUDIT_SET_ID, FINDING_PASS, "/bin/su");
    hardened();
    facts.state[AUDIT_TOOLS] = facts.state[AUDIT_SET_ID] = AUDIT_UNREAD;
    is(AUDIT_TOOLS, FINDING_UNKNOWN, "");
    is(AUDIT_SET_ID, FINDING_UNKNOWN, "");
}

static void test_folder(void **state)
{
    (void)state;
    hardened();
    audit_found_add(&facts.found[AUDIT_FOLDER], "/app");
    processes[1].state[AUDIT_FOLDER] = AUDIT_BAD;
    is(AUDIT_FOLDER, FINDING_WARN, ": /app: 7 (httpd): writable");
    hardened();
    processes[0].state[AUDIT_FOLDER] = processes[0].state[AUDIT_SECRETS] = AUDIT_UNREAD;
    is(AUDIT_FOLDER, FINDING_PASS, ": 7 (httpd)"); /* an init that is not dumpable */
    is(AUDIT_SECRETS, FINDING_PASS, ": 7 (httpd)");
    processes[1].state[AUDIT_FOLDER] = processes[1].state[AUDIT_SECRETS] = AUDIT_UNREAD;
    is(AUDIT_FOLDER, FINDING_UNKNOWN, ": 7 (httpd): cannot be seen");
    is(AUDIT_SECRETS, FINDING_UNKNOWN, ": 7 (httpd): cannot be seen");
    facts.count = 1;
    is(AUDIT_FOLDER, FINDING_UNKNOWN, ": 1 (kinglet): cannot be seen");
}

static void test_secrets(void **state)
{
    static const struct {
        const char *variable;
        bool secret;
    } rows[] = {
        {"DB_PASSWORD=x", true},
        {"PGPASSWORD=x", true},
        {"db_password=x", true},
        {"API_KEY=x", true},
        {"APIKEY=x", true},
        {"SECRET_KEY_BASE=x", true},
        {"AWS_SECRET_ACCESS_KEY=x", true},
        {"GITHUB_TOKEN=x", true},
        {"MYSQL_PWD=x", true},
        {"DATABASE_URL=postgres://app:pw@db/app", true},
        {"DATABASE_URL=postgres://app@db/app", false},
        {"URL=http://host:80/a@b", false},
        {"DB_PASSWORD=", false},
        {"DB_PASSWORD_FILE=/run/secrets/db", false},
        {"TOKEN_FILE=relative", false},
        {"GOOGLE_APPLICATION_CREDENTIALS=/run/key.json", false},
        {"SSL_CERT_FILE=/etc/ssl/cert.pem", false},
        {"GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", false},
        {"JWT_PUBLIC_KEY=x", false},
        {"TOKENIZERS_PARALLELISM=true", false},
        {"MONKEY=x", false},
        {"PWD=app", false},
        {"PATH=/bin", false},
        {"no equals sign", false},
        {"=x", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].variable);
        char *environ = calloc(1, len + 6); /* of exactly its size, for the sanitizer */
        memcpy(environ, "A=b", 4);
        memcpy(environ + 4, rows[i].variable, len + 1);
        hardened();
        audit_environ_take(environ, len + 5, &facts, &processes[1]);
        free(environ);
        if ((processes[1].state[AUDIT_SECRETS] == AUDIT_BAD) != rows[i].secret)
            fail_msg("%s", rows[i].variable);
        is(AUDIT_SECRETS, rows[i].secret ? FINDING_WARN : FINDING_PASS, "7 (httpd)");
        if (rows[i].secret) {
            FAULTS(why);
            audit_judge(&facts, AUDIT_SECRETS, &why);
            assert_null(strstr(why.at, "pw"));
            assert_null(strstr(why.at, "=x"));
        }
    }
}

static void test_init_zombies_and_health(void **state)
{
    static const struct {
        const char *name, *signals;
        enum finding init, health;
    } rows[] = {
        /* in sigtimedwait(2), which blocks nothing meanwhile */
        {"tini", "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n",
         FINDING_PASS, FINDING_UNKNOWN},
        {"systemd", "SigBlk:\t7be3c0fe28014a03\nSigIgn:\t0000000000001000\nSigCgt:\t00000001800004ec\n",
         FINDING_PASS, FINDING_UNKNOWN},
        {"python3", "SigBlk:\t0000000000000000\nSigIgn:\t0000000001001000\nSigCgt:\t0000000000004002\n",
         FINDING_PASS, FINDING_UNKNOWN},
        {"sh", "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000004\nSigCgt:\t0000000000010002\n",
         FINDING_FAIL, FINDING_UNKNOWN},
        {"app", "SigBlk:\t0000000000000000\nSigIgn:\t0000000000004000\nSigCgt:\t0000000000000000\n",
         FINDING_FAIL, FINDING_UNKNOWN},
        {"app", "SigBlk:\tzz\n", FINDING_UNKNOWN, FINDING_UNKNOWN},
        {"init:healthy", NULL, FINDING_PASS, FINDING_PASS},
        {"init:starting", NULL, FINDING_PASS, FINDING_PASS},
        {"init:unhealthy", NULL, FINDING_PASS, FINDING_WARN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin();
        add((struct recorded){.name = rows[i].name, .signals = rows[i].signals, .pid = 1});
        audit_init_take(&processes[0], &facts);
        is(AUDIT_INIT, rows[i].init, rows[i].name);
        is(AUDIT_HEALTH, rows[i].health, "");
    }
    facts.state[AUDIT_INIT] = AUDIT_ABSENT; /* a pod's pause, which is not of this container */
    is(AUDIT_INIT, FINDING_NONE, "does not apply");
    hardened();
    audit_found_add(&facts.found[AUDIT_ZOMBIES], "sh");
    is(AUDIT_ZOMBIES, FINDING_WARN, ": sh: not reaped");
    hardened();
    facts.state[AUDIT_ZOMBIES] = AUDIT_UNREAD;
    is(AUDIT_ZOMBIES, FINDING_UNKNOWN, "");
}

static void test_what_is_hidden_is_no_pass(void **state)
{
    (void)state;
    hardened();
    facts.complete = false; /* more processes than were looked at */
    is(AUDIT_USER, FINDING_UNKNOWN, "cannot be seen");
    is(AUDIT_SECRETS, FINDING_UNKNOWN, "");
    add((struct recorded){
        .name = "app", .ids = "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", .pid = 9, .parent = 1});
    is(AUDIT_USER, FINDING_FAIL, "9 (app) 0:0");
    memset(&facts, 0, sizeof facts); /* no /proc at all */
    for (int check = 0; check < AUDIT_CHECKS; check++)
        is((enum audit_check)check, FINDING_UNKNOWN, "cannot be seen from here");
}

static void test_names_are_bounded_and_printable(void **state)
{
    struct audit_found found = {0};
    char name[300];

    (void)state;
    memset(name, '\x1b', sizeof name);
    name[299] = '\0';
    for (char c = 'a'; c <= 'z'; c++) {
        name[0] = c;
        audit_found_add(&found, name);
        audit_found_add(&found, name);
    }
    assert_int_equal(found.count, AUDIT_NAMED + 2 * (26 - AUDIT_NAMED));
    assert_false(found.names.cut);
    assert_null(strchr(found.names.at, '\x1b'));
    hardened();
    add((struct recorded){
        .name = "a\\nUid:\t0 \xff\"\\", .ids = "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", .pid = 9});
    is(AUDIT_USER, FINDING_FAIL, "9 (a\\nUid:\\x090 \\xff\"\\) 0:0");
    for (int pid = 10; pid < 20; pid++)
        add((struct recorded){.ids = "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", .pid = pid});
    is(AUDIT_USER, FINDING_FAIL, ", 11 (httpd) 0:0 and more: root");
}

static void test_report(void **state)
{
    static char bytes[65536];
    unsigned count[FINDINGS];
    struct text report;
    char name[200];

    (void)state;
    hardened();
    memset(name, 'x', sizeof name);
    name[199] = '\0';
    audit_found_add(&facts.found[AUDIT_TOOLS], name);
    audit_found_add(&facts.found[AUDIT_TOOLS],
                    "/bin/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8"
                    "\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac");
    add((struct recorded){
        .name = "a\"\\", .caps = CAPS(NONE, NONE, "00000000a80425fb", NONE, NONE), .pid = 9});
    text_init(&report, bytes, sizeof bytes);
    audit_report(&facts, AUDIT_PLAIN, &report, count);
    assert_false(report.cut);
    assert_int_equal(count[FINDING_FAIL], 1);
    assert_int_equal(count[FINDING_WARN], 1);
    assert_int_equal(count[FINDING_NONE], 1);
    assert_int_equal(count[FINDING_UNKNOWN], 1);
    assert_int_equal(count[FINDING_PASS], AUDIT_CHECKS - 4);
    assert_holds(report, "fail    capabilities: 9 (a\"\\)");
    assert_holds(report, "        --cap-drop ALL");
    assert_holds(report, " SETPCAP"); /* a long list is broken between names */
    assert_null(strchr(report.at, '\033'));
    for (const char *line = report.at; *line != '\0'; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("longer than 80 columns: %.*s", (int)strcspn(line, "\n"), line);
    text_init(&report, bytes, sizeof bytes);
    audit_report(&facts, AUDIT_COLOURED, &report, count);
    assert_holds(report, "\033[31mfail\033[m");
    assert_holds(report, "\033[33mwarn\033[m");
    assert_holds(report, "\033[32mpass\033[m");
    text_init(&report, bytes, sizeof bytes);
    audit_report(&facts, AUDIT_JSON, &report, count);
    assert_holds(report, "9 (a\\\"\\\\)");
    assert_holds(report, "\"summary\":{\"fail\":1,\"warn\":1,\"unknown\":1,");
    assert_null(strchr(report.at, '\033'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hardened_has_nothing_to_mend),
        cmocka_unit_test(test_user),
        cmocka_unit_test(test_no_new_privs_and_seccomp),
        cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_privileged),
        cmocka_unit_test(test_lsm),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_cgroup_paths),
        cmocka_unit_test(test_core_files),
        cmocka_unit_test(test_namespaces),
        cmocka_unit_test(test_mounts),
        cmocka_unit_test(test_kubernetes),
        cmocka_unit_test(test_tools_and_set_id),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_init_zombies_and_health),
        cmocka_unit_test(test_what_is_hidden_is_no_pass),
        cmocka_unit_test(test_names_are_bounded_and_printable),
        cmocka_unit_test(test_report),
    };

    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}

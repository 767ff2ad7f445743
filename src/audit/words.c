/* words: what the checks and verdicts are called, what is bad about it, and how it is mended. Pure. See
 * kinglet/audit.h. */
#include "kinglet/audit.h"

const char *audit_word(unsigned n)
{
    /* In the order of enum audit_check. A mend is what docker run takes, then Compose, then Kubernetes. */
    static const char words[] =
        "user\0root, group 0 or below --min-uid\0--user 10001:10001; runAsUser: 10001\0"
        "no-new-privs\0not set\0--security-opt no-new-privileges; allowPrivilegeEscalation: false\0"
        "capabilities\0beyond NET_BIND_SERVICE\0--cap-drop ALL; capabilities.drop: [ALL]\0"
        "privileged\0the host's\0no --privileged; privileged: false\0"
        "seccomp\0no filter\0no seccomp=unconfined; seccompProfile: RuntimeDefault\0"
        "lsm\0unconfined\0no apparmor=unconfined; appArmorProfile: RuntimeDefault\0"
        "read-only-root\0programs can be put there\0--read-only; readOnlyRootFilesystem: true\0"
        "memory-limit\0none\0--memory 256m; limits.memory: 256Mi\0"
        "cpu-limit\0none\0--cpus 1; limits.cpu: 1\0"
        "pids-limit\0none\0--pids-limit 100; podPidsLimit\0"
        "core-files\0limit not 0\0--ulimit core=0; LimitCORE=0\0"
        "host-namespaces\0the host's\0no --pid, --network host; hostPID, hostNetwork: false\0"
        "user-namespace\0the host's, and root or capable\0as for user; hostUsers: false\0"
        "engine-sockets\0gives root on the host\0mount none\0"
        "host-mounts\0the host's\0data volumes alone\0"
        "service-token\0mounted\0automountServiceAccountToken: false\0"
        "tools\0in the image\0FROM scratch\0"
        "set-id\0inert only under nosuid or no-new-privs\0RUN chmod a-s, setcap -r\0"
        "app-folder\0writable\0COPY --chown=0:0\0"
        "secrets\0in the environment\0--secret NAME, from files\0"
        "init\0ignores SIGTERM: docker stop takes 10 s, then SIGKILL\0ENTRYPOINT /kinglet --; --init\0"
        "zombies\0not reaped\0as for init\0"
        "health\0says PID 1\0kinglet check tells why\0"
        "does not apply here\0as it should be\0cannot be seen from here\0"
        "9n/a\0002pass\0009unknown\0003warn\0001fail";
    const char *at = words;

    for (; n > 0; n--)
        at = text_after(at);
    return at;
}

/* The drop: its order, and a refusal at the first failure, for every system call that it makes.
 *
 * A small model of the kernel's credentials stands behind the calls, so that the verification at the end
 * reads what the calls before it have done. `fail_at` makes the n-th call fail.
 *
 * wrap: syscall prctl geteuid getegid
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <cmocka.h>

#include "kinglet/identity.h"
#include "kinglet/log.h"

static struct {
    uint32_t uid, gid, groups[4];
    long group_count;
    uint64_t permitted, effective, inheritable, bounding, ambient;
    bool no_new_privs, dumpable, keepcaps;
} kernel;

static char order[1024];
static int calls, fail_at;

static bool fails(const char *name)
{
    if (order[0] != '\0')
        strcat(order, " ");
    if (strlen(order) < sizeof order - 32)
        strcat(order, name);
    return ++calls == fail_at;
}

static bool has_cap(int c)
{
    return kernel.effective >> c & 1;
}

long __wrap_syscall(long number, ...);
int __wrap_prctl(int option, ...);
uid_t __wrap_geteuid(void);
gid_t __wrap_getegid(void);

uid_t __wrap_geteuid(void)
{
    return kernel.uid;
}

gid_t __wrap_getegid(void)
{
    return kernel.gid;
}

long __wrap_syscall(long number, ...)
{
    va_list a;
    long result = -1;

    va_start(a, number);
    errno = EPERM;
    if (number == SYS_getresuid || number == SYS_getresgid) {
        uint32_t value = number == SYS_getresuid ? kernel.uid : kernel.gid;
        for (int i = 0; i < 3; i++)
            *va_arg(a, uint32_t *) = value;
        result = 0;
    } else if (number == SYS_getgroups) {
        long room = va_arg(a, int);
        memcpy(va_arg(a, uint32_t *), kernel.groups, sizeof kernel.groups);
        result = room < kernel.group_count ? -1 : kernel.group_count;
    } else if (number == SYS_setgroups) {
        if (!fails("setgroups") && has_cap(6)) {
            kernel.group_count = (long)va_arg(a, size_t);
            memcpy(kernel.groups, va_arg(a, uint32_t *), (size_t)kernel.group_count * 4);
            result = 0;
        }
    } else if (number == SYS_setresgid) {
        uint32_t gid = va_arg(a, uint32_t);
        if (!fails("setresgid") && (has_cap(6) || gid == kernel.gid)) {
            kernel.gid = gid;
            result = 0;
        }
    } else if (number == SYS_setresuid) {
        uint32_t uid = va_arg(a, uint32_t);
        bool regain = uid == 0 && kernel.uid != 0;
        if ((regain || !fails("setresuid")) && (has_cap(7) || uid == kernel.uid)) {
            kernel.uid = uid;
            result = 0;
            if (uid != 0) {
                kernel.effective = 0;
                kernel.permitted = kernel.keepcaps ? kernel.permitted : 0;
                kernel.dumpable = true;
            }
        }
    } else if (number == SYS_capget || number == SYS_capset) {
        va_arg(a, void *);
        uint32_t *s = va_arg(a, uint32_t *);
        if (number == SYS_capget) {
            s[0] = (uint32_t)kernel.effective, s[3] = (uint32_t)(kernel.effective >> 32);
            s[1] = (uint32_t)kernel.permitted, s[4] = (uint32_t)(kernel.permitted >> 32);
            s[2] = (uint32_t)kernel.inheritable, s[5] = (uint32_t)(kernel.inheritable >> 32);
            result = 0;
        } else if (!fails("capset")) {
            uint64_t permitted = s[1] | (uint64_t)s[4] << 32;
            if ((permitted & ~kernel.permitted) == 0) {
                kernel.permitted = permitted;
                kernel.effective = s[0] | (uint64_t)s[3] << 32;
                kernel.inheritable = s[2] | (uint64_t)s[5] << 32;
                result = 0;
            }
        }
    } else {
        fail_msg("a system call that is not expected: %ld", number);
    }
    va_end(a);
    return result;
}

int __wrap_prctl(int option, ...)
{
    va_list a;
    unsigned long x, y;

    va_start(a, option);
    x = va_arg(a, unsigned long);
    y = option == PR_CAP_AMBIENT ? va_arg(a, unsigned long) : 0;
    va_end(a);
    errno = EPERM;
    switch (option) {
    case PR_SET_NO_NEW_PRIVS:
        if (fails("no_new_privs"))
            return -1;
        kernel.no_new_privs = true;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return kernel.no_new_privs;
    case PR_CAPBSET_READ:
        return x > 40 ? -1 : (int)(kernel.bounding >> x & 1);
    case PR_CAPBSET_DROP:
        if (x == 0 && fails("bounding"))
            return -1;
        if (!has_cap(8))
            return -1;
        kernel.bounding &= ~(UINT64_C(1) << x);
        return 0;
    case PR_SET_KEEPCAPS:
        if (fails("keepcaps"))
            return -1;
        kernel.keepcaps = true;
        return 0;
    case PR_CAP_AMBIENT:
        if (x == PR_CAP_AMBIENT_CLEAR_ALL) {
            kernel.ambient = 0;
            return 0;
        }
        if (fails("ambient") || (kernel.permitted >> y & kernel.inheritable >> y & 1) == 0)
            return -1;
        kernel.ambient |= UINT64_C(1) << y;
        return 0;
    case PR_SET_DUMPABLE:
        if (fails("dumpable"))
            return -1;
        kernel.dumpable = x != 0;
        return 0;
    default:
        fail_msg("a prctl that is not expected: %d", option);
        return -1;
    }
}

static void boot(uint32_t uid, uint32_t gid, uint64_t capabilities)
{
    memset(&kernel, 0, sizeof kernel);
    kernel.uid = uid;
    kernel.gid = gid;
    kernel.permitted = kernel.effective = kernel.bounding = capabilities;
    kernel.dumpable = true;
    kernel.groups[0] = 4;
    kernel.group_count = uid == 0;
    order[0] = '\0';
    calls = fail_at = 0;
}

#define ALL ((UINT64_C(1) << 41) - 1)

static struct identity wanted(void)
{
    struct identity id = {.wanted = true, .uid = 10001, .gid = 10002, .group = {10002}, .group_count = 1};

    return id;
}

static int drop(const struct identity *id, struct text *faults)
{
    static char bytes[1024];

    text_init(faults, bytes, sizeof bytes);
    return identity_drop(id, faults);
}

static void assert_dropped(void)
{
    assert_int_equal(kernel.uid, 10001);
    assert_int_equal(kernel.gid, 10002);
    assert_int_equal(kernel.group_count, 1);
    assert_int_equal(kernel.groups[0], 10002);
    assert_true(kernel.no_new_privs && !kernel.dumpable);
}

static void test_order(void **state)
{
    struct identity id = wanted();
    struct text faults;

    (void)state;
    boot(0, 0, ALL);
    assert_int_equal(drop(&id, &faults), 0);
    assert_string_equal(order, "no_new_privs bounding setgroups setresgid setresuid capset dumpable");
    assert_dropped();
    assert_true(kernel.permitted == 0 && kernel.effective == 0 && kernel.inheritable == 0 &&
                kernel.bounding == 0);
}

static void test_order_with_a_kept_capability(void **state)
{
    struct identity id = wanted();
    struct text faults;

    (void)state;
    id.keep_caps = UINT64_C(1) << 10;
    boot(0, 0, ALL);
    assert_int_equal(drop(&id, &faults), 0);
    assert_string_equal(
        order, "no_new_privs capset keepcaps bounding setgroups setresgid setresuid capset ambient dumpable");
    assert_dropped();
    assert_true(kernel.permitted == id.keep_caps && kernel.ambient == id.keep_caps && kernel.bounding == 0);
}

/* Whichever call fails, there is no PROGRAM: all but the bounding set, which no_new_privs makes harmless. */
static void test_refused_at_the_first_failure(void **state)
{
    struct identity id = wanted();
    struct text faults;
    int total;

    (void)state;
    id.keep_caps = UINT64_C(1) << 10;
    boot(0, 0, ALL);
    assert_int_equal(drop(&id, &faults), 0);
    total = calls;
    assert_int_equal(total, 10);
    for (int n = 1; n <= total; n++) {
        boot(0, 0, ALL);
        fail_at = n;
        if (n == 4) {
            assert_int_equal(drop(&id, &faults), 0);
            continue;
        }
        if (drop(&id, &faults) >= 0)
            fail_msg("call %d failed, and it went on: %s", n, order);
        assert_true(faults.len > 0);
        assert_int_equal(calls, n); /* and nothing was tried after it */
    }
}

static void test_nothing_can_be_dropped_without_setuid(void **state)
{
    struct identity id = wanted();
    struct text faults;

    (void)state;
    boot(0, 0, 0);
    assert_true(drop(&id, &faults) < 0);
    assert_non_null(strstr(faults.at, "SETUID and SETGID"));
    /* SETUID alone would give uid 10001 with gid 0 */
    boot(0, 0, UINT64_C(1) << 7);
    assert_true(drop(&id, &faults) < 0);
    assert_int_equal(kernel.uid, 0);
    boot(0, 0, UINT64_C(3) << 6);
    assert_int_equal(drop(&id, &faults), 0);
    assert_dropped();
}

static void test_started_as_another_user(void **state)
{
    struct identity id = wanted();
    struct text faults;

    (void)state;
    boot(10001, 10002, 0);
    kernel.groups[0] = 10002;
    kernel.group_count = 1;
    assert_int_equal(drop(&id, &faults), 0);
    assert_dropped();
    boot(1000690000, 0, 0);
    assert_int_equal(drop(&id, &faults), 0);
    assert_int_equal(kernel.uid, 1000690000);
    assert_true(kernel.no_new_privs && !kernel.dumpable);
    id.strict = true;
    boot(1000690000, 0, 0);
    assert_true(drop(&id, &faults) < 0);
    assert_non_null(strstr(faults.at, "--strict-user: started as 1000690000:0"));
}

static void test_without_user_nothing_is_touched(void **state)
{
    struct identity id = {.wanted = false};
    struct text faults;

    (void)state;
    boot(0, 0, ALL);
    assert_int_equal(drop(&id, &faults), 0);
    assert_string_equal(order, "dumpable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_order_with_a_kept_capability),
        cmocka_unit_test(test_refused_at_the_first_failure),
        cmocka_unit_test(test_nothing_can_be_dropped_without_setuid),
        cmocka_unit_test(test_started_as_another_user),
        cmocka_unit_test(test_without_user_nothing_is_touched),
    };

    log_setup(LOG_ERROR, NULL, NULL);
    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}

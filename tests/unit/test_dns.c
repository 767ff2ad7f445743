/* dns and names: questions, answers at every length and with every byte changed, pointers that lead nowhere;
 * hosts and resolv.conf. */
#include "unit.h"

#include "kinglet/dns.h"
#include "kinglet/names.h"

#include <stdlib.h>

#define NAME               "\x03www\x04test" /* and the root's zero */
#define QUERY              "\x12\x34\x01\0\0\1\0\0\0\0\0\0" NAME "\0\0\1\0\1"
#define HEAD(flags, count) "\x12\x34" flags "\0\1\0" count "\0\0\0\0" NAME "\0\0\1\0\1"
#define A_RECORD(owner, a) owner "\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0" a
#define WWW                "\xc0\x0c" /* a pointer to the question's name */

/* The answer to QUERY in memory of exactly its size. */
static enum dns_answer judge(const void *bytes, size_t len, struct addresses *found)
{
    unsigned char *exact = malloc(len + 1);
    enum dns_answer answer;

    memcpy(exact, bytes, len);
    exact = realloc(exact, len == 0 ? 1 : len);
    found->count = 0;
    answer = dns_answer(exact, len, (const unsigned char *)QUERY, sizeof QUERY - 1, found);
    free(exact);
    return answer;
}

#define JUDGE(bytes, found) judge(bytes, sizeof(bytes) - 1, found)

static void test_questions(void **state)
{
    unsigned char query[DNS_QUERY_MAX];
    char name[300];
    size_t len;

    (void)state;
    assert_int_equal(dns_question(query, "www.test"), sizeof QUERY - 1);
    assert_memory_equal(&query[2], &QUERY[2], sizeof QUERY - 3);
    assert_int_equal(dns_question(query, "www.test."), sizeof QUERY - 1);
    assert_memory_equal(&query[2], &QUERY[2], sizeof QUERY - 3);
    len = dns_question(query, "www.test");
    assert_int_equal(query[len - 3], DNS_A);
    assert_int_equal(dns_question(query, ""), 0);
    assert_int_equal(dns_question(query, "."), 0);
    assert_int_equal(dns_question(query, "a..b"), 0);
    assert_int_equal(dns_question(query, ".a"), 0);
    memset(name, 'x', sizeof name);
    name[63] = '\0';
    assert_int_not_equal(dns_question(query, name), 0);
    name[63] = 'x';
    name[64] = '\0';
    assert_int_equal(dns_question(query, name), 0);
    for (size_t n = 200; n < sizeof name; n++) { /* 253 characters are the most */
        for (size_t i = 0; i < n; i++)
            name[i] = i % 50 == 49 && i + 1 < n ? '.' : 'x';
        name[n] = '\0';
        assert_true((dns_question(query, name) != 0) == (n <= 253));
    }
}

static void test_answers(void **state)
{
    struct addresses found;

    (void)state;
    assert_int_equal(JUDGE(HEAD("\x81\x80", "\1") A_RECORD(WWW, "\7"), &found), DNS_FOUND);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.at[0].bytes[3], 7);
    assert_int_equal(
        JUDGE(HEAD("\x81\x80", "\2") A_RECORD(WWW, "\7") A_RECORD("\3WWW\4tEst\0", "\x8"), &found),
        DNS_FOUND);
    assert_int_equal(found.count, 2);
    assert_int_equal(JUDGE(HEAD("\x81\x80", "\0"), &found), DNS_NOTHING);
    assert_int_equal(JUDGE(HEAD("\x81\x83", "\0"), &found), DNS_NO_NAME);
    assert_int_equal(JUDGE(HEAD("\x81\x82", "\0"), &found), DNS_FAILED);
    assert_int_equal(JUDGE(HEAD("\x81\x85", "\0"), &found), DNS_FAILED);
    assert_int_equal(JUDGE(HEAD("\x83\x80", "\1") A_RECORD(WWW, "\7"), &found), DNS_CUT);
    assert_int_equal(found.count, 1);
    /* somebody else's address, another class, another type, another length */
    assert_int_equal(JUDGE(HEAD("\x81\x80", "\1") A_RECORD("\3xxx\xc0\x10", "\7"), &found), DNS_NOTHING);
    assert_int_equal(JUDGE(HEAD("\x81\x80", "\1") WWW "\0\1\0\3\0\0\0\x3c\0\4\x0a\0\0\7", &found),
                     DNS_NOTHING);
    assert_int_equal(JUDGE(HEAD("\x81\x80", "\1") WWW "\0\x10\0\1\0\0\0\x3c\0\4\3abc", &found), DNS_NOTHING);
    assert_int_equal(JUDGE(HEAD("\x81\x80", "\1") WWW "\0\1\0\1\0\0\0\x3c\0\3\x0a\0\0", &found), DNS_NOTHING);
}

static void test_aliases(void **state)
{
    static const char chain[] = HEAD("\x81\x80", "\3") WWW
        "\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x10"
        "\1b\xc0\x10\0\5\0\1\0\0\0\x3c\0\4\1c\xc0\x10" A_RECORD("\1c\4test\0", "\7");
    static const char backwards[] = HEAD("\x81\x80", "\3")
        A_RECORD("\1c\4test\0", "\7") "\1b\xc0\x10\0\5\0\1\0\0\0\x3c\0\4\1c\xc0\x10" WWW
                                      "\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x10";
    static const char round[] = HEAD("\x81\x80", "\2") WWW "\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x10"
                                                           "\1b\xc0\x10\0\5\0\1\0\0\0\x3c\0\2\xc0\x0c";
    struct addresses found;

    (void)state;
    assert_int_equal(JUDGE(chain, &found), DNS_FOUND);
    assert_int_equal(found.at[0].bytes[3], 7);
    assert_int_equal(JUDGE(backwards, &found), DNS_FOUND);
    assert_int_equal(JUDGE(round, &found), DNS_FAILED);
}

static void test_what_is_not_the_answer(void **state)
{
    static const char good[] = HEAD("\x81\x80", "\1") A_RECORD(WWW, "\7");
    struct addresses found;
    char copy[sizeof good];

    (void)state;
    for (size_t i = 0; i < sizeof QUERY - 1; i++) { /* id, flags, count of questions, name, type, class */
        memcpy(copy, good, sizeof good);
        copy[i] ^= 0x40;
        if (i == 3 || (i >= 6 && i < 12) || i == 2)
            continue;
        assert_int_equal(judge(copy, sizeof copy - 1, &found), DNS_FOREIGN);
    }
    memcpy(copy, good, sizeof good);
    copy[2] &= 0x7F; /* a question */
    assert_int_equal(judge(copy, sizeof copy - 1, &found), DNS_FOREIGN);
    memcpy(copy, good, sizeof good);
    copy[13] = 'W'; /* in the other case it is the same name */
    assert_int_equal(judge(copy, sizeof copy - 1, &found), DNS_FOUND);
}

static void test_every_length_and_every_byte(void **state)
{
    static const char good[] =
        HEAD("\x81\x80", "\2") WWW "\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x10" A_RECORD("\1b\xc0\x10", "\7");
    struct addresses found;

    (void)state;
    for (size_t len = 0; len < sizeof good - 1; len++) {
        enum dns_answer answer = judge(good, len, &found);
        assert_int_equal(answer, len < sizeof QUERY - 1 ? DNS_FOREIGN : DNS_FAILED);
        assert_int_equal(found.count, 0);
    }
    for (size_t i = 0; i < sizeof good - 1; i++)
        for (unsigned value = 0; value < 256; value++) {
            char copy[sizeof good];
            memcpy(copy, good, sizeof good);
            copy[i] = (char)value;
            judge(copy, sizeof copy - 1, &found);
            assert_true(found.count <= 1);
        }
}

static void test_pointers_that_lead_nowhere(void **state)
{
    static const char itself[] = HEAD("\x81\x80", "\1") A_RECORD("\xc0\x1a", "\7"); /* 0x1a: this very name */
    static const char forward[] = HEAD("\x81\x80", "\1") A_RECORD("\xc0\x1c", "\7");
    static const char outside[] = HEAD("\x81\x80", "\1") A_RECORD("\xff\xff", "\7");
    static const char reserved[] = HEAD("\x81\x80", "\1") A_RECORD("\x40x\0", "\7");
    static const char past[] = HEAD("\x81\x80", "\1") "\x3fxyz";
    static const char two[] =
        HEAD("\x81\x80", "\2") A_RECORD("\1x\xc0\x1a", "\7"); /* a label, then back to itself */
    char far[1024];
    struct addresses found;
    size_t at = sizeof QUERY - 1;

    (void)state;
    assert_int_equal(JUDGE(itself, &found), DNS_FAILED);
    assert_int_equal(JUDGE(forward, &found), DNS_FAILED);
    assert_int_equal(JUDGE(outside, &found), DNS_FAILED);
    assert_int_equal(JUDGE(reserved, &found), DNS_FAILED);
    assert_int_equal(JUDGE(past, &found), DNS_FAILED);
    assert_int_equal(JUDGE(two, &found), DNS_FAILED);
    /* five labels of 60 bytes: longer than a name may be */
    memcpy(far, HEAD("\x81\x80", "\1"), at);
    for (int i = 0; i < 5; i++, at += 61) {
        far[at] = 60;
        memset(far + at + 1, 'x', 60);
    }
    memcpy(far + at, A_RECORD("\0", "\7"), sizeof A_RECORD("\0", "\7") - 1);
    assert_int_equal(judge(far, at + sizeof A_RECORD("\0", "\7") - 1, &found), DNS_FAILED);
}

static void test_more_addresses_than_are_kept(void **state)
{
    char many[sizeof HEAD("\x81\x80", "\x14") + 20 * 16] = HEAD("\x81\x80", "\x14");
    struct addresses found;

    (void)state;
    for (int i = 0; i < 20; i++)
        memcpy(many + sizeof QUERY - 1 + i * 16, A_RECORD(WWW, "\7"), 16);
    assert_int_equal(judge(many, sizeof QUERY - 1 + 20 * 16, &found), DNS_FOUND);
    assert_int_equal(found.count, ADDRESSES);
    assert_int_equal(judge(many, sizeof QUERY - 1 + 20 * 16 - 3, &found),
                     DNS_FOUND); /* cut behind the eighth */
}

static void read_config(struct names_config *c, const char *lines)
{
    names_begin(c);
    while (*lines != '\0') {
        char line[2048];
        size_t len = strcspn(lines, "\n");
        memcpy(line, lines, len);
        line[len] = '\0';
        names_config_line(c, line);
        lines += len + (lines[len] != '\0');
    }
    names_end(c);
}

static void test_resolv_conf(void **state)
{
    struct names_config c;
    char name[NAMES_LONGEST + 1], longest[NAMES_LONGEST + 1];

    (void)state;
    read_config(&c, "");
    assert_int_equal(c.servers, 1);
    assert_int_equal(c.server[0].bytes[0], 127);
    assert_int_equal(c.ndots, 1);
    assert_int_equal(c.attempts, 2);
    assert_int_equal(c.timeout, 5);
    assert_true(names_candidate(&c, "db", 0, name));
    assert_string_equal(name, "db");
    assert_false(names_candidate(&c, "db", 1, name));

    read_config(
        &c, "# nameserver 9.9.9.9\n;x\nnameserver\t10.0.0.53 # ours\nnameserver fd00::53\nnameserver bad\n"
            "nameserver fe80::1%eth0\nnameserver 10.0.0.54\nnameserver 10.0.0.55\ndomain one.test\n"
            "search two.test  .three.test\t. \noptions rotate ndots:99 timeout:x attempts:0 "
            "timeout:7\r\nsortlist x\n"
            "options");
    assert_int_equal(c.servers, 3);
    assert_true(c.server[1].v6);
    assert_int_equal(c.server[2].bytes[3], 54);
    assert_int_equal(c.ndots, 15);
    assert_int_equal(c.attempts, 1);
    assert_int_equal(c.timeout, 7);
    assert_true(names_candidate(&c, "db", 0, name));
    assert_string_equal(name, "db.two.test");
    assert_true(names_candidate(&c, "db", 1, name));
    assert_string_equal(name, "db.three.test");
    assert_true(names_candidate(&c, "db", 2, name));
    assert_string_equal(name, "db");
    assert_true(names_candidate(&c, "db", 3, name));
    assert_string_equal(name, "db");
    assert_false(names_candidate(&c, "db", 4, name));
    assert_true(names_candidate(&c, "db.", 0, name));
    assert_string_equal(name, "db.");
    assert_false(names_candidate(&c, "db.", 1, name));

    read_config(&c, "search two.test three.test\noptions ndots:2");
    assert_true(names_candidate(&c, "a.b.c", 0, name)); /* dots enough: as it is comes first */
    assert_string_equal(name, "a.b.c");
    assert_true(names_candidate(&c, "a.b.c", 2, name));
    assert_string_equal(name, "a.b.c.three.test");
    assert_false(names_candidate(&c, "a.b.c", 3, name));
    memset(longest, 'x', 250);
    longest[250] = '\0';
    assert_true(names_candidate(&c, longest, 1, name)); /* too long with a domain: passed over, not cut */
    assert_string_equal(name, "");

    read_config(&c, "options ndots:0 timeout:0");
    assert_int_equal(c.timeout, 1);
    assert_true(names_candidate(&c, "db", 0, name));
    assert_string_equal(name, "db");
}

static void test_a_search_list_that_is_too_long(void **state)
{
    struct names_config c;
    char line[2000] = "search", name[NAMES_LONGEST + 1];
    unsigned n = 0;

    (void)state;
    for (int i = 0; i < 120; i++)
        strcat(line, " long.test.test");
    read_config(&c, line);
    while (names_candidate(&c, "db", n, name) && strcmp(name, "db") != 0) {
        assert_string_equal(name, "db.long.test.test");
        n++;
    }
    assert_in_range(n, 60, 119);
}

static void test_hosts(void **state)
{
    static const char *const lines[] = {
        "127.0.0.1 localhost",   "# 10.0.0.1 db",   "10.0.0.2 x#db",   "10.0.0.300 db", "db", "", "   ",
        "10.0.0.3\tother Db \r", "fd00::3   db db", "10.0.0.4 dbx xdb"};
    struct addresses found[2] = {{.count = 0}, {.count = 0}};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char *line = strdup(lines[i]);
        names_hosts_line(line, "dB", found);
        free(line);
    }
    assert_int_equal(found[0].count, 1);
    assert_int_equal(found[0].at[0].bytes[3], 3);
    assert_int_equal(found[1].count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_what_is_not_the_answer),
        cmocka_unit_test(test_every_length_and_every_byte),
        cmocka_unit_test(test_pointers_that_lead_nowhere),
        cmocka_unit_test(test_more_addresses_than_are_kept),
        cmocka_unit_test(test_resolv_conf),
        cmocka_unit_test(test_a_search_list_that_is_too_long),
        cmocka_unit_test(test_hosts),
    };

    return cmocka_run_group_tests_name("dns", tests, NULL, NULL);
}

"""Names: the same addresses as the C library finds with a real name server, and nothing that a bad one sends is believed or waited for
beyond the deadline."""
import re
import subprocess

import pytest
from names import Names
from pid1 import KINGLET

RECORDS = ["host-record=four.test,10.0.0.1", "host-record=six.test,fd00::1", "host-record=both.test,10.0.0.2,fd00::2",
           "cname=alias.test,both.test", "cname=chain.test,alias.test", "host-record=db.inner.test,10.0.0.3",
           "host-record=a.b.outer.test,10.0.0.4", "host-record=a.b,10.0.0.5", "host-record=single,10.0.0.6",
           "txt-record=text.test,words", "host-record=single.outer.test,10.0.0.7",
           *[f"host-record=many.test,10.1.0.{i}" for i in range(1, 61)],
           *[f"host-record=many.test,fd00::{i:x}:1" for i in range(1, 41)]]
# A refusal may come before the second question has been sent, or after.
REFUSED = ("no name server can be reached", "no name server has answered")


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    with Names(tmp_path_factory.mktemp("names")) as names:
        yield names


@pytest.fixture(autouse=True)
def afresh(net):
    yield
    net.stop_servers()
    net.hosts("")
    net.resolv("")


def same(net, name, *expected):
    """Ours are the expected ones, IPv4 first, and the C library says the same."""
    ours = net.addresses(name)
    assert ours == list(expected)
    assert net.libc(name) == set(ours)


def none(net, name, words):
    assert net.words(name) == words
    assert net.libc(name) == set()


def test_hosts_file(net):
    net.hosts("# 10.9.9.9 nine\n10.0.0.9\tNine nine.local # nine-not\n  fd00::9 x nine\n10.0.0.8 x\n10.0.0.10 nine\nrubbish nine\n10.0.0.300 nine")
    net.resolv("nameserver 127.0.0.1")
    same(net, "nine", "10.0.0.9", "10.0.0.10", "fd00::9")
    same(net, "NINE.LOCAL", "10.0.0.9")
    assert net.words("nine-not") in REFUSED
    net.hosts("10.0.0.1 " + " ".join(f"alias{i}" for i in range(400)) + " end")  # longer than the buffer: no half word is taken
    same(net, "alias0", "10.0.0.1")
    for cut in ("alias11", "alias1", "alias12"):
        assert net.addresses(cut) == ["10.0.0.1"]
    subprocess.run(["sh", "-c", f"printf '10.0.0.7 last' > {net.folder}/hosts"], check=True)  # no newline at the end
    same(net, "last", "10.0.0.7")


def test_a_and_aaaa_and_aliases(net):
    net.dnsmasq("127.0.0.1", *RECORDS)
    net.resolv("nameserver 127.0.0.1")
    same(net, "four.test", "10.0.0.1")
    same(net, "FOUR.Test", "10.0.0.1")
    same(net, "four.test.", "10.0.0.1")
    same(net, "six.test", "fd00::1")
    same(net, "both.test", "10.0.0.2", "fd00::2")
    same(net, "alias.test", "10.0.0.2", "fd00::2")
    same(net, "chain.test", "10.0.0.2", "fd00::2")
    none(net, "nope.test", "no such name")
    none(net, "text.test", "the name has no address")
    none(net, "x" * 63 + ".test", "no such name")


def test_without_resolv_conf_it_is_this_machine(net):
    net.dnsmasq("127.0.0.1", *RECORDS)
    same(net, "four.test", "10.0.0.1")


def test_search_and_ndots(net):
    net.dnsmasq("127.0.0.1", *RECORDS)
    net.resolv("domain nowhere.test\nsearch inner.test outer.test\nnameserver 127.0.0.1")
    same(net, "db", "10.0.0.3")            # in the first domain
    same(net, "single", "10.0.0.7")        # the domains come before the name as it is
    same(net, "single.", "10.0.0.6")       # which a dot at its end asks for
    same(net, "four.test", "10.0.0.1")
    same(net, "a.b", "10.0.0.5")           # one dot is enough by default
    net.resolv("search inner.test outer.test\nnameserver 127.0.0.1\noptions timeout:1 ndots:2 attempts:1")
    same(net, "a.b", "10.0.0.4")           # and now is not
    same(net, "four.test", "10.0.0.1")     # as it is, in the end
    net.resolv("nameserver 127.0.0.1\noptions ndots:5\nsearch " + " ".join(f"d{i}.test" for i in range(5)) + " outer.test")
    same(net, "single", "10.0.0.7")
    none(net, "db", "no such name")


def test_what_is_cut_is_asked_for_again_over_tcp(net):
    net.dnsmasq("127.0.0.1", *RECORDS)
    net.resolv("nameserver 127.0.0.1")
    ours = net.addresses("many.test")
    assert len(ours) == len(set(ours)) == 8 and set(ours) < net.libc("many.test")
    net.stop_servers()
    net.fake("cut")
    assert net.addresses("cut.test") == ["10.0.0.7", "fd00::7"]


def test_name_server_over_ipv6(net):
    net.dnsmasq("::1", *RECORDS)
    net.resolv("nameserver ::1")
    same(net, "both.test", "10.0.0.2", "fd00::2")


def test_a_dead_first_server_costs_a_share(net):
    net.dnsmasq("127.0.0.2", *RECORDS)
    net.resolv("nameserver 127.0.0.1\nnameserver 127.0.0.2\noptions timeout:1")
    same(net, "both.test", "10.0.0.2", "fd00::2")  # refused
    net.fake("silent")
    same(net, "both.test", "10.0.0.2", "fd00::2")
    net.stop_servers()
    net.dnsmasq("127.0.0.2", *RECORDS)
    net.fake("servfail")
    same(net, "both.test", "10.0.0.2", "fd00::2")


def test_no_name_server_within_the_deadline(net):
    net.resolv("nameserver 127.0.0.1\nnameserver 127.0.0.2")
    assert net.words("a.test") in REFUSED
    net.fake("silent")
    for timeout in ("300ms", "2s"):
        p = net.check("-v", "-t", timeout, "tcp://a.test:9")
        taken = re.search(r"\(end ([\d.]+) (ms|s)\)", p.stdout)
        assert p.returncode == 1 and "no name server has answered" in p.stdout, p
        assert float(taken[1]) * (1 if taken[2] == "ms" else 1000) <= (2000 if timeout == "2s" else 300) + 50
    net.stop_servers()
    net.resolv("nameserver 10.0.0.53")
    assert net.words("a.test") == "no name server can be reached"  # there is no route


@pytest.mark.parametrize("kind", ["wrong-id", "other-name", "other-socket"])
def test_what_is_no_answer_to_the_question_is_not_believed(net, kind):
    net.resolv("nameserver 127.0.0.1")
    net.fake(kind)
    assert net.words("a.test", "-t", "500ms") == "no name server has answered"


@pytest.mark.parametrize("kind,expected", [
    ("garbage", ["10.0.0.7", "fd00::7"]),       # it sends the good answer as well
    ("no-aaaa", ["10.0.0.7"]),
    ("servfail-aaaa", ["10.0.0.7"]),
    ("slow", ["10.0.0.7", "fd00::7"]),          # a late answer to the first question counts
    ("no-tcp", ["10.0.0.7", "fd00::7"]),        # what fitted into the datagram is better than nothing
    ("mute-tcp", ["10.0.0.7", "fd00::7"]),
    ("garbage-tcp", ["10.0.0.7", "fd00::7"]),
])
def test_servers_that_are_half_broken(net, kind, expected):
    net.resolv("nameserver 127.0.0.1")
    net.fake(kind)
    assert net.addresses("a.test") == expected


@pytest.mark.parametrize("kind,words", [("loop", "the name servers have failed"), ("pointer-loop", "the name servers have failed"),
                                        ("servfail", "the name servers have failed")])
def test_servers_that_are_broken(net, kind, words):
    net.resolv("nameserver 127.0.0.1")
    net.fake(kind)
    assert net.words("a.test", "-t", "1s") == words


def test_a_slow_look_up_delays_no_other_target(net):
    net.hosts("127.0.0.1 here")
    net.resolv("nameserver 127.0.0.1")
    net.fake("silent")
    net.start("/usr/bin/python3", "-c", "import socket\ns = socket.create_server(('127.0.0.1', 80))\nprint('ready', flush=True)\n"
              "while True:\n c = s.accept()[0]\n c.recv(999)\n c.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')\n c.close()")
    p = net.check("-v", "-t", "1s", "http://slow.test/", "http://here/", "http://127.0.0.1/", "tcp://slower.test:80")
    lines = p.stdout.splitlines()
    assert p.returncode == 1 and len(lines) == 4
    assert lines[0].startswith("unhealthy: http://slow.test/: no name server has answered")
    assert re.match(r"healthy: http://here/: 200 in [\d.]+ (us|ms) \(resolve [\d.]+ (us|ms), connect [\d.]+ (us|ms), first byte [\d.]+ (us|ms), end [\d.]+ us\)$", lines[1])
    assert re.match(r"healthy: http://127.0.0.1/: 200 in [\d.]+ (us|ms) \(connect [\d.]+ (us|ms), first byte [\d.]+ (us|ms), end [\d.]+ us\)$", lines[2])
    assert lines[3].startswith("unhealthy: tcp://slower.test:80: no name server has answered")


def test_an_address_that_is_silent_leaves_time_for_the_next(net):
    """A full backlog keeps silent; the next address of the same name answers."""
    net.hosts("127.0.0.8 two\n127.0.0.9 two")
    net.start("/usr/bin/python3", "-c", "import socket, time\na = socket.create_server(('127.0.0.8', 80), backlog=0)\n"
              "full = []\nfor i in range(4):\n c = socket.socket()\n c.setblocking(False)\n c.connect_ex(('127.0.0.8', 80))\n full.append(c)\n"
              "b = socket.create_server(('127.0.0.9', 80))\nprint('ready', flush=True)\n"
              "while True:\n c = b.accept()[0]\n c.recv(999)\n c.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n')\n c.close()")
    p = net.check("-t", "1s", "http://two/")
    assert p.returncode == 0 and p.stdout.startswith("healthy: http://two/: 200 in "), p
    p = net.check("-t", "400ms", "http://127.0.0.8/")
    assert p.returncode == 1 and re.match(r"unhealthy: http://127.0.0.8/: no connection in time \(127.0.0.8\): 4\d\d.\d ms$", p.stdout), p


def test_names_that_are_none_are_never_looked_up(net):
    for name in ("a..b", ".", "x" * 64, "256.1.1.1", "1.2.3", "[1::2::3]", "[::1:]"):
        p = net.check(f"tcp://{name}:80")
        assert p.returncode == 1 and p.stdout == "" and p.stderr.count("\n") == 1 and f"'tcp://{name}:80' has a bad host" in p.stderr, p


def test_the_probe_of_pid_1_looks_names_up_too(net):
    net.hosts("127.0.0.1 here")
    net.start("/usr/bin/python3", "-c", "import socket, time\ns = socket.create_server(('127.0.0.1', 80))\nprint('ready', flush=True)\ntime.sleep(100)")
    p = net.run(KINGLET, "--wait-for", "tcp://here:80", "--wait-timeout", "10s", "--", "sh", "-c", "echo started")
    assert p.returncode == 0 and "started" in p.stdout, p

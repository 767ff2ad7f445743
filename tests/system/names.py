"""A network of its own with name servers on it: a new network and mount namespace whose /etc/hosts and /etc/resolv.conf are ours.

    with Names(tmp_path) as net:
        net.hosts("10.0.0.9 nine")
        net.resolv("nameserver 127.0.0.1")
        net.dnsmasq("127.0.0.1", "host-record=a.test,10.0.0.1")
        net.addresses("a.test")                 # what `kinglet check` tries, in its order; or its words
        net.libc("a.test")                   # what the C library says: a set, empty where there is none
"""
import os
import re
import signal
import subprocess
import sys

from pid1 import KINGLET, until

FAKE = r"""
import socket, struct, sys, threading
# Answers by the first label of the name: what a name server must not be believed.
kind, address = sys.argv[1:]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((address, 53))
tcp = socket.socket()
tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if kind != "no-tcp":
    tcp.bind((address, 53))
    tcp.listen(8)
print("ready", flush=True)
def answer(query, flags=0x8180, ident=None, records=None):
    end = 12
    while query[end]:
        end += query[end] + 1
    question = query[12:end + 5]
    v6 = question[-3] == 28
    if records is None:
        records = [b"\xc0\x0c" + struct.pack(">HHIH", 28 if v6 else 1, 1, 60, 16 if v6 else 4) + (b"\xfd" + bytes(14) + b"\x07" if v6 else b"\x0a\x00\x00\x07")]
    ident = struct.unpack(">H", query[:2])[0] if ident is None else ident
    return struct.pack(">HHHHHH", ident, flags, 1, len(records), 0, 0) + question + b"".join(records)
def serve_tcp():
    while True: # one connection a question
        c = tcp.accept()[0]
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        whole = answer(c.recv(512)[2:])
        whole = struct.pack(">H", len(whole)) + whole if kind == "cut" else b"\xff" * 3000
        try:
            for b in whole:
                c.send(bytes([b]))
        except OSError:
            pass
        c.close()
if kind in ("cut", "garbage-tcp"):
    threading.Thread(target=serve_tcp, daemon=True).start()
held = []
while True:
    query, peer = udp.recvfrom(4096)
    v6 = query[-3] == 28
    if kind == "silent":
        continue
    if kind == "wrong-id":
        for i in range(8):
            udp.sendto(answer(query, ident=struct.unpack(">H", query[:2])[0] ^ (1 << i)), peer)
        continue
    if kind == "other-name":
        udp.sendto(answer(query[:12] + b"\x05other\x04test\x00" + query[-4:]), peer)
        continue
    if kind == "other-socket":
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(answer(query), peer)
        continue
    if kind == "garbage":
        for n in range(len(query)):
            udp.sendto(answer(query)[:n] + b"\xff" * 8, peer)
        udp.sendto(b"", peer)
    if kind == "loop":
        udp.sendto(answer(query, records=[b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 2) + b"\xc0\x0c"] * 20), peer)
        continue
    if kind == "pointer-loop":
        at = len(answer(query, records=[]))
        udp.sendto(answer(query, records=[struct.pack(">H", 0xc000 | at) + struct.pack(">HHIH", 1, 1, 60, 4) + b"\x0a\x00\x00\x07"]), peer)
        continue
    if kind == "servfail":
        udp.sendto(answer(query, flags=0x8182, records=[]), peer)
        continue
    if kind == "no-aaaa" and v6:
        continue
    if kind == "servfail-aaaa" and v6:
        udp.sendto(answer(query, flags=0x8184, records=[]), peer)
        continue
    if kind == "slow":
        held.append((query, peer))
        if len(held) == 4: # both questions have come a second time
            for q, p in held[:2]:
                udp.sendto(answer(q), p)
        continue
    if kind in ("no-tcp", "mute-tcp", "cut", "garbage-tcp"):
        udp.sendto(answer(query, flags=0x8380, records=[] if kind == "cut" else None), peer)
        continue
    udp.sendto(answer(query), peer)
"""


class Names:
    def __init__(self, folder):
        self.folder = folder
        self.started = []
        for name in ("hosts", "resolv.conf"):
            (folder / name).write_text("")
        script = (f"mount --bind {folder}/hosts /etc/hosts && mount --bind {folder}/resolv.conf /etc/resolv.conf && "
                  "ip link set lo up && echo ready && exec sleep 1000")
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "--", "sh", "-c", script], stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n"
        self.enter = ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "--"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_servers()
        self.holder.kill()
        self.holder.communicate()

    def hosts(self, text):
        (self.folder / "hosts").write_text(text + "\n")

    def resolv(self, text):
        (self.folder / "resolv.conf").write_text(text + "\n")

    def run(self, *argv, **more):
        return subprocess.run([*self.enter, *argv], capture_output=True, text=True, timeout=60, check=False, **more)

    def start(self, *argv, ready="ready"):
        p = subprocess.Popen([*self.enter, *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.started.append(p)
        seen = ""
        while ready not in seen:
            line = p.stdout.readline()
            seen += line
            assert line, seen
        return p

    def stop_servers(self):
        for p in self.started:
            if p.poll() is None:
                os.kill(p.pid, signal.SIGTERM)
            p.communicate()
        self.started = []

    def dnsmasq(self, address, *lines):
        config = self.folder / f"dnsmasq-{address}.conf"
        config.write_text("\n".join(["no-resolv", "no-hosts", "bind-interfaces", "user=root", "local=/#/", f"listen-address={address}",
                                     "log-facility=-", "pid-file=", *lines]) + "\n")
        self.start("dnsmasq", "--keep-in-foreground", f"--conf-file={config}", ready="started")
        until(lambda: address in self.run("ss", "-Hulnp").stdout)

    def fake(self, kind, address="127.0.0.1"):
        self.start(sys.executable, "-c", FAKE, kind, address)

    def check(self, *argv):
        return self.run(KINGLET, "check", *argv)

    def addresses(self, name, *options):
        p = self.check(*options, f"tcp://{name}:9")
        assert p.returncode == 1 and p.stdout.count("\n") == 1, p
        match = re.fullmatch(r"unhealthy: tcp://\S+: .* \((.*)\)\n", p.stdout)
        assert match, p.stdout
        return match.group(1).split(", ")

    def words(self, name, *options):
        p = self.check(*options, f"tcp://{name}:9")
        assert p.returncode == 1 and p.stdout.count("\n") == 1, p
        return p.stdout.split(": ", 2)[2].rstrip("\n")

    def libc(self, name):
        script = ("import socket, sys\ntry:\n r = socket.getaddrinfo(sys.argv[1], 9, type=socket.SOCK_STREAM)\n"
                  "except socket.gaierror:\n r = []\nprint(' '.join({a[4][0] for a in r}))")
        p = self.run(sys.executable, "-c", script, name)
        assert p.returncode == 0, p
        return set(p.stdout.split())

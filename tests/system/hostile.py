"""A server that misbehaves in every way a probe can meet: the cases, and what must be made of each.

    with Server(case) as port: ...

A case's `play(connection)` gets an accepted connection whose request has been read. `options` are those of `kinglet check` for it.
"""
import socket
import struct
import threading
import time

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
JSON = b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"a":[1,{"b":"\\u0078"}]} '


class Case:
    """verdict: True healthy, False not; `words`: what stands behind the target; at_deadline: decided by the deadline alone."""

    def __init__(self, name, play, verdict, words, options=(), accept=True, read=True, at_deadline=False):
        self.name, self.play, self.verdict, self.words = name, play, verdict, words
        self.options, self.accept, self.read, self.at_deadline = options, accept, read, at_deadline


def send(*parts, pause=0.0, close=True, then=None):
    """Sends the parts, a pause behind each, and then closes, or keeps silent until the probe hangs up."""
    def play(c):
        for part in parts:
            c.sendall(part)
            if pause:
                time.sleep(pause)
        if then:
            then(c)
        elif not close:
            wait_for_end(c)
    return play


def wait_for_end(c):
    try:
        while c.recv(4096):
            pass
    except OSError:
        pass


def drip(first, byte, pause):
    def play(c):
        c.sendall(first)
        while True:
            c.sendall(byte)
            time.sleep(pause)
    return play


def flood(first, block):
    def play(c):
        c.sendall(first)
        while True:
            c.sendall(block)
    return play


def reset(first):
    def play(c):
        if first:
            c.sendall(first)
            time.sleep(0.05)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return play


def pieces(data):
    return [bytes([b]) for b in data]


BODY = ("--body", "ok")
LATE = "no answer in time"
CLOSED = "the connection was closed in the middle of the answer"
CASES = [
    Case("status line in one-byte pieces", send(*pieces(OK), pause=0.002), True, "200"),
    Case("100 Continue, then 200", send(b"HTTP/1.1 100 Continue\r\n\r\n", OK, pause=0.02), True, "200"),
    Case("103 Early Hints, then 200", send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK), True, "200"),
    Case("a hundred 102, then 503", send(b"HTTP/1.1 102 Processing\r\n\r\n" * 100 + b"HTTP/1.1 503 No\r\n\r\n"), False, "503"),
    Case("1xx without end", flood(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100), False, "the answer is too large"),
    Case("101 Switching Protocols", send(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), False, "101"),
    Case("headers trickle", drip(b"HTTP/1.1 200 OK\r\n", b"X", 0.05), True, "200"),
    Case("status line trickles", drip(b"HTTP/1.1 ", b"2", 0.8), False, LATE, at_deadline=True),
    Case("body trickles, body asserted", drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.02), False, LATE, BODY, at_deadline=True),
    Case("body without end", flood(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), True, "200"),
    Case("body without end, body asserted", flood(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), False, "the answer is too large", BODY),
    Case("headers without end, body asserted", flood(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 9999), False, "the answer is too large", BODY),
    Case("one header line without end", flood(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536), False, "the answer is too large", BODY),
    Case("chunks without end", flood(CHUNKED, b"1\r\nx\r\n" * 9999), False, "the answer is too large", BODY),
    Case("200, ignores Connection: close", send(OK, close=False), True, "200"),
    Case("204 never closed", send(b"HTTP/1.1 204 No Content\r\n\r\n", close=False), True, "204"),
    Case("204 never closed, body asserted", send(b"HTTP/1.1 204 No Content\r\n\r\n", close=False), False,
         "204, but the body does not hold what --body asks for", BODY),
    Case("a header of 1 MB", send(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000000 + b"\r\nContent-Length: 2\r\n\r\nok"), True, "200"),
    Case("a header of 1 MB, body asserted", send(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000000 + b"\r\nContent-Length: 2\r\n\r\nok"), True,
         "200", BODY),
    Case("Content-Length cut short", send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxy"), True, "200"),
    Case("Content-Length cut short, asserted", send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxy"), False, CLOSED, BODY),
    Case("NUL in a header", send(b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\0: x\r\nContent-Length: 2\r\n\r\nok"), True, "200", BODY),
    Case("HTTP/0.9", send(b"<html>ok</html>\n"), False, "not HTTP/1"),
    Case("leading NULs", send(b"\0\0" + OK), False, "not HTTP/1"),
    Case("HTTP/2 preface", send(b"\0\0\x12\x04\0\0\0\0\0\0\3\0\0\0\x64\0\4\0\x10\0\0\0\6\0\1\0\0"), False, "not HTTP/1 but HTTP/2"),
    Case("TLS alert", send(b"\x15\x03\x01\0\2\2\x46" + b"\x15\x03\x01\0\2\1\0"), False, "not HTTP but TLS"),
    Case("no reason phrase", send(b"HTTP/1.1 200\r\n\r\n"), True, "200"),
    Case("bare line feeds", send(b"HTTP/1.0 200 OK\nContent-Length: 2\n\nok"), True, "200", BODY),
    Case("HTTP/1.1 2000", send(b"HTTP/1.1 2000 OK\r\n\r\n"), False, "a bad HTTP status line"),
    Case("HTTP/1.1 -20", send(b"HTTP/1.1 -20 OK\r\n\r\n"), False, "a bad HTTP status line"),
    Case("301", send(b"HTTP/1.1 301 Moved\r\nLocation: http://example.invalid/\r\nContent-Length: 0\r\n\r\n"), True, "301"),
    Case("404", send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"), False, "404"),
    Case("an escape sequence in the status line", send(b"HTTP/1.1 \x1b[31m200 OK\r\n\r\n"), False, "a bad HTTP status line"),
    Case("a chunk's size that is none", send(CHUNKED + b"-1\r\nok\r\n0\r\n\r\n"), False, "a bad chunk", BODY),
    Case("a chunk's size of 2^64", send(CHUNKED + b"10000000000000000\r\nok\r\n"), False, "a bad chunk", BODY),
    Case("Content-Length of 2^64", send(b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nok"), False,
         "a bad Content-Length", BODY),
    Case("Content-Length -1", send(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok"), False, "a bad Content-Length", BODY),
    Case("JSON nested 100,000 deep", send(b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100000), False, "200, but the body is not valid JSON",
         ("--json", "a=1")),
    Case("JSON string without end", flood(b"HTTP/1.1 200 OK\r\n\r\n{\"a\":\"", b"x" * 65536), False, "the answer is too large", ("--json", "a=1")),
    Case("closed at once", send(), False, "the connection was closed without an answer"),
    Case("reset at once", reset(b""), False, "connection reset"),
    Case("reset in the status line", reset(b"HTTP/1.1 2"), False, "connection reset"),
    Case("reset in the body, body asserted", reset(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxy"), False, "connection reset", BODY),
    Case("never answers", send(close=False), False, LATE, at_deadline=True),
    Case("never reads", send(then=lambda c: time.sleep(20)), False, LATE, read=False, at_deadline=True),
    Case("never accepts, a full backlog", None, False, "no connection in time (127.0.0.1)", accept=False, at_deadline=True),
]


class Server:
    """One case on a port of its own."""

    def __init__(self, case):
        self.case = case
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16 if case.accept else 0)
        self.port = self.listener.getsockname()[1]
        self.fill = []
        if case.accept:
            threading.Thread(target=self.serve, daemon=True).start()
        else:
            for _ in range(4):
                c = socket.socket()
                c.setblocking(False)
                c.connect_ex(("127.0.0.1", self.port))
                self.fill.append(c)

    def __enter__(self):
        return self.port

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)  # ends the accept of the thread
        self.listener.close()
        for c in self.fill:
            c.close()

    def serve(self):
        while True:
            try:
                c = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.talk, args=(c,), daemon=True).start()

    def talk(self, c):
        with c:
            try:
                if self.case.read:
                    seen = b""
                    while b"\r\n\r\n" not in seen:
                        some = c.recv(4096)
                        if not some:
                            return
                        seen += some
                self.case.play(c)
            except OSError:
                pass

"""A small IRC client for tests: one socket, a list of received lines, and waits for a condition.

It is not a general client: it answers PING and nothing else. Invariant: `wait` never looks at a line twice,
so the server must send lines in the order in which a test waits for them.
"""

import base64
import socket
import ssl
import time

WAIT_S = 10.0


class Line:
    """One parsed message: `tags`, `source` (without colon), `verb`, `params`, and the `raw` text."""

    def __init__(self, raw):
        self.raw = raw
        self.tags, self.source = {}, ""
        rest = raw
        if rest.startswith("@"):
            head, _, rest = rest[1:].partition(" ")
            for tag in head.split(";"):
                key, _, value = tag.partition("=")
                self.tags[key] = value
        rest = rest.lstrip(" ")
        if rest.startswith(":"):
            self.source, _, rest = rest[1:].partition(" ")
        middle, colon, trailing = (" " + rest).partition(" :")
        words = middle.split()
        self.verb = words[0].upper() if words else ""
        self.params = words[1:] + ([trailing] if colon else [])

    @property
    def nick(self):
        return self.source.partition("!")[0]

    def __repr__(self):
        return self.raw


class Lines:
    """RFC 1459 framing: lines end in CR LF; a bare LF is accepted, too."""

    def __init__(self):
        self.partial = b""

    def encode(self, text):
        return text.encode() + b"\r\n"

    def decode(self, data):
        *whole, self.partial = (self.partial + data).split(b"\n")
        return [line.rstrip(b"\r").decode("utf-8", "replace") for line in whole if line.strip(b"\r")]


def tls_context(ca):
    """Returns a context that trusts only the certificate in the PEM file `ca`."""
    context = ssl.create_default_context(cafile=ca)
    # Python 3.13 made this the default; it asks for extensions that a self-signed leaf need not have.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def connect(port, ca=None, receive_bytes=None):
    """Returns a socket connected to 127.0.0.1; with `ca` (a PEM file) over TLS, with the certificate verified for localhost."""
    sock = socket.socket()
    if receive_bytes:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    sock.settimeout(WAIT_S)
    sock.connect(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if ca:
        sock = tls_context(ca).wrap_socket(sock, server_hostname="localhost")
    return sock


class Client:
    """A connection that remembers every line in `seen`, and answers PING as long as `answers_pings` is set."""

    def __init__(self, sock, framing=None):
        self.sock, self.framing = sock, framing or Lines()
        self.seen, self.cursor, self.closed = [], 0, False
        self.answers_pings = True

    def send(self, *lines):
        self.sock.settimeout(WAIT_S)
        self.sock.sendall(b"".join(self.framing.encode(line) for line in lines))

    def read(self, timeout_s):
        """Reads once, for at most `timeout_s`; returns false if nothing arrived."""
        if self.closed:
            return False
        self.sock.settimeout(max(timeout_s, 0.001))
        try:
            data = self.sock.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            return False
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return False
        for raw in self.framing.decode(data):
            line = Line(raw)
            self.seen.append(line)
            if line.verb == "PING" and self.answers_pings:
                self.send("PONG :" + line.params[-1])
        return True

    def find(self, wanted, timeout_s=WAIT_S):
        """Returns the next line for which `wanted(line)` is true, or None at the deadline or end of the connection."""
        deadline = time.monotonic() + timeout_s
        while True:
            while self.cursor < len(self.seen):
                line = self.seen[self.cursor]
                self.cursor += 1
                if wanted(line):
                    return line
            left_s = deadline - time.monotonic()
            if self.closed or left_s <= 0:
                return None
            self.read(left_s)

    def wait(self, wanted, what, timeout_s=WAIT_S):
        """Like `find`, but fails at a timeout, with `what` was expected and the last lines."""
        line = self.find(wanted, timeout_s)
        if line is None:
            end = "connection closed" if self.closed else f"nothing in {timeout_s:g} s"
            last = "".join(f"\n    {line}" for line in self.seen[-6:])
            raise AssertionError(f"{what}: {end}; last lines:{last or ' none'}")
        return line

    def register(self, nick):
        """Registers, and returns after the whole welcome, regardless of its last numeric."""
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.wait(lambda m: m.verb == "001", f"welcome of {nick}")
        self.ping("welcomed")
        self.nick = nick
        return self

    def log_in(self, account, password):
        """Like `register`, but logs in to the account with SASL PLAIN first; attaches to its user if that is online."""
        credentials = base64.b64encode(f"\0{account}\0{password}".encode()).decode()
        self.send("CAP REQ sasl", "AUTHENTICATE PLAIN")
        self.wait(lambda m: m.verb == "AUTHENTICATE", f"AUTHENTICATE + to {account}")
        self.send(f"AUTHENTICATE {credentials}")
        self.wait(lambda m: m.verb == "903", f"login of {account}")
        self.send("CAP END")
        return self.register(account)

    def join(self, channel):
        self.send(f"JOIN {channel}")
        self.wait(lambda m: m.verb == "366", f"names of {channel}")
        return self

    def ping(self, token="still-here", timeout_s=WAIT_S):
        """Sends PING; returns the seconds until the PONG."""
        start = time.monotonic()
        self.send(f"PING {token}")
        self.wait(lambda m: m.verb == "PONG" and token in m.params, f"PONG {token}", timeout_s)
        return time.monotonic() - start

    def wait_closed(self, timeout_s=WAIT_S):
        """Reads until the server closes the connection; returns false if it has not by the deadline."""
        deadline = time.monotonic() + timeout_s
        while not self.closed and time.monotonic() < deadline:
            self.read(deadline - time.monotonic())
        return self.closed

    def close(self):
        self.closed = True
        self.sock.close()


def plain(port, **options):
    """Returns a client on a plain listener."""
    return Client(connect(port, **options))


def tls(port, ca):
    """Returns a client on a TLS listener whose certificate must be the one in `ca`."""
    return Client(connect(port, ca=ca))

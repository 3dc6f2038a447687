"""The attacks that the script `attacks` runs, and how their effect is measured."""

import base64
import multiprocessing
import os
import socket
import ssl
import struct
import time

from support import ircd, irc, websocket
from support.chatter import Chatter, quantile

SERVER_IP = "198.51.100.1"
PAIRS, PACE_S = 60, 1.0
# The 99th percentile of the delay of others under attack, relative to that without. A delay up to the floor is accepted
# in any case, because on a busy machine so short delays vary by themselves.
P99_RATIO_MAX, P99_FLOOR_MS = 1.5, 5.0
# The same for debug builds, which are measured for one second only, too short for more than a coarse result.
P99_RATIO_SMALL_MAX, P99_FLOOR_SMALL_MS = 10.0, 100.0
GROWTH_MAX_MB = 8
# Time limit for an attack to report that it is complete.
ATTACK_MAX_S = 40.0
SILENT = 600
STAY = 16

LIMITS = "    ip-limits: {count: true, max-concurrent-connections: 16, throttle: true, window: 10m, max-connections-per-window: 1000}"
FEW = "    max-clients: 200"
OPERS = """\
oper-classes:
    fast: {title: Fast, capabilities: [ban, nofakelag]}
opers:
    admin: {class: fast, password: $2a$04$bKb6k5A6yuFA2wx.iJtxcuT2dojHQAjHd5ZPK/I2sjJml7p4spxjG}
fakelag: {enabled: true, window: 1s, burst-limit: 5, messages-per-window: 2, cooldown: 2s,
    command-budgets: {CHATHISTORY: 16, MARKREAD: 16, MONITOR: 1, WHO: 4, WEBPUSH: 1}}
history: {enabled: true, channel-length: 2048, client-length: 256, chathistory-maxmessages: 1000, znc-maxmessages: 1000,
    autoreplay-on-join: 0}
"""
API_PORT = 8089
API = f"""\
api: {{enabled: true, listener: "127.0.0.1:{API_PORT}", bearer-tokens: [EYBbXVilnumTtfn4A9HE8_TiKLGWEGylre7FG6gEww0]}}
"""
ACCOUNTS = """\
    authentication-enabled: true
    registration: {enabled: true}
    login-throttling: {enabled: true, duration: 1m, max-attempts: 3}
"""


class Exposed(ircd.Server):
    """A server that listens on all addresses of the namespace and limits connections per address."""

    def yaml(self, server_keys, *others):
        text = super().yaml(LIMITS + "\n" + server_keys, *others).replace('"127.0.0.1:', '"0.0.0.0:')
        return text.replace("    ip-limits: {count: false, throttle: false}\n", "")


def connect_from(address, port):
    """Returns a connection to the server from this address."""
    return socket.create_connection((SERVER_IP, port), timeout=irc.WAIT_S, source_address=(address, 0))


def is_open(sock):
    """Returns whether the server has not closed it."""
    sock.setblocking(False)
    try:
        return sock.recv(65536, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def count_open(sockets, wanted, timeout_s=5.0):
    """Returns the number of open sockets once it is `wanted`, or after the timeout."""
    deadline = time.monotonic() + timeout_s
    while (count := sum(map(is_open, sockets))) != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    return count


def take_precedence():
    """Raises the priority of the server and the pairs if permitted, so that other load is not measured."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    except PermissionError:
        pass


def without_precedence(attack, report):
    os.setpriority(os.PRIO_PROCESS, 0, 0)
    attack(report)


class Siege:
    """A server and pairs that chat on it; measures their delay and its memory during an attack."""

    def __init__(self, checks, server, small):
        self.checks, self.server, self.small = checks, server, small
        self.chatter = Chatter(server.plain, PAIRS, PACE_S)
        self.admin = irc.plain(server.plain).register("admin")
        self.admin.send("OPER admin operpassword")
        self.admin.wait(lambda line: line.verb == "381", "operator")
        self.talk_s = 1.0 if small else 10.0

    def p99_ms(self, is_over=lambda: True):
        """Returns the 99th percentile of the round trips over at least `talk_s`, until `is_over`, or for `ATTACK_MAX_S`."""
        begin = time.monotonic()
        last = begin + ATTACK_MAX_S
        until = lambda: (time.monotonic() > begin + self.talk_s and is_over()) or time.monotonic() > last
        return quantile(self.chatter.talk(until), 0.99)

    def endure(self, name, attack, growth_max_mb=GROWTH_MAX_MB):
        """Runs `attack(report)` in a process of its own, while the pairs are measured, until it has reported that it is
        complete. Returns its last report."""
        calm_ms, before_mb = self.p99_ms(), self.server.memory_mb()
        near, far = multiprocessing.Pipe()
        process = multiprocessing.Process(target=without_precedence, args=(attack, far.send), daemon=True)
        process.start()
        try:
            far.close()
            attacked_ms = self.p99_ms(lambda: near.poll(0))
            growth_mb = self.server.memory_mb() - before_mb
            reported = []
            while near.poll(0):
                reported.append(near.recv())
        finally:
            process.terminate()
            process.join()
        if not reported:
            raise AssertionError(f"{name}: not complete after {ATTACK_MAX_S:g} s")
        bound_ms = max(P99_RATIO_MAX * calm_ms, P99_FLOOR_MS)
        if self.small:
            bound_ms = max(P99_RATIO_SMALL_MAX * calm_ms, P99_FLOOR_SMALL_MS)
        self.checks.check(f"{name}: others are not delayed (p99 {calm_ms:.1f} ms before, {attacked_ms:.1f} ms with it)",
                          attacked_ms <= bound_ms)
        self.checks.check(f"{name}: memory is bounded ({growth_mb:+.1f} MB)", growth_mb <= growth_max_mb)
        return reported[-1]


def hold(report, value):
    """Reports once and keeps everything open until the attack is over."""
    report(value)
    while True:
        time.sleep(60)


# ---- answers that are never read

UNREAD = {
    "CHATHISTORY": "CHATHISTORY LATEST #full * 1000",
    "HISTORY": "HISTORY #full 1000",
    "HISTSERV PLAY": "HISTSERV PLAY #full 1000",
    "ZNC playback": "PRIVMSG *playback :PLAY #full 0",
    "a labeled page": "@label=x CHATHISTORY LATEST #full * 1000",
    "NAMES": "NAMES #full",
    "WHO": "WHO #full",
    "LIST": "LIST",
    "MONITOR": "MONITOR L",
    "HELP": "HELP",
    "echo": "@+x=" + "e" * 3000 + " PRIVMSG #full :x",
}


UNREAD_SMALL = {"CHATHISTORY", "HISTSERV PLAY", "ZNC playback", "a labeled page", "LIST", "echo"}


def fill_channel(siege):
    """Sends long messages with long tags until history in memory is full."""
    siege.admin.send("CAP REQ :message-tags")
    siege.admin.join("#full")
    for number in range(400):
        siege.admin.send(f"@+x={'y' * 4060} PRIVMSG #full :{number}")
        if number % 50 == 0:
            siege.admin.ping(f"filled-{number}")


def unread_answers(siege):
    fill_channel(siege)
    for number, (name, line) in enumerate(UNREAD.items()):
        if siege.small and name not in UNREAD_SMALL:
            continue
        def ask(report, number=number, line=line):
            clients = []
            for which in range(4):
                client = irc.plain(siege.server.plain, receive_bytes=4096)
                client.send("CAP REQ :message-tags batch draft/chathistory draft/event-playback labeled-response echo-message")
                client.send(f"NICK deaf{number}x{which}", "USER d 0 * :d", "CAP END")
                client.wait(lambda line: line.verb == "001", "welcome")
                client.join("#full")
                clients.append(client)
            for client in clients:
                client.send(*[line] * 63)
            hold(report, None)
        siege.endure(f"{name} 63 times by each of four clients that read nothing", ask)


# ---- connections that send nothing

def silent_crowd(siege):
    for name, port in (("TLS", siege.server.tls), ("WebSocket", siege.server.ws), ("secure WebSocket", siege.server.wss)):
        def crowd(report, port=port):
            sockets = [connect_from("203.0.113.7", port) for _ in range(SILENT)]
            hold(report, count_open(sockets, STAY))
        stay = siege.endure(f"{SILENT} silent connections ({name}) from one address", crowd)
        siege.checks.check(f"... {STAY} of them stay open ({stay})", stay == STAY)


def silent_crowd_from_everywhere(siege):
    """Needs `max-clients: 200`: a quarter of these may be in handshakes. Other clients must still be able to connect."""
    def crowd(report):
        sockets = []
        for number in range(220):
            sockets.append(connect_from(f"203.0.113.{number // 11 + 1}", siege.server.tls))
        hold(report, len(sockets))
    siege.endure("220 silent TLS connections from 20 addresses", crowd)
    irc.plain(siege.server.plain).register("plainly").close()
    start = time.monotonic()
    process = multiprocessing.Process(target=crowd, args=(lambda _: None,), daemon=True)
    process.start()
    try:
        irc.tls(siege.server.tls, siege.server.cert).register("patient").close()
        took_s = time.monotonic() - start
        siege.checks.check(f"... and a client that completes its handshake can register meanwhile (after {took_s:.1f} s)", took_s < 10)
    finally:
        process.terminate()
        process.join()


def banned(siege):
    siege.admin.send("DLINE 203.0.113.66 :go away")
    siege.admin.ping("banned")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def knock(report):
        tries, done = 0, 0
        while True:
            tries += 1
            try:
                with context.wrap_socket(connect_from("203.0.113.66", siege.server.tls)):
                    done += 1
            except OSError:
                pass
            if tries % 20 == 0:
                report((tries, done))
    tries, done = siege.endure("a banned address that keeps connecting over TLS", knock)
    siege.checks.check(f"... completes no handshake ({done} of {tries})", done == 0 and tries > 0)


# ---- input that costs work and contains no message

def empty_lines(siege):
    def pour(report):
        while True:
            report(None)
            for sock in [connect_from("203.0.113.8", siege.server.plain) for _ in range(3)]:
                with sock:
                    try:
                        while True:
                            sock.sendall(b"\n" * 65536)
                    except OSError:
                        pass
            time.sleep(0.2)
    cpu_s, start = siege.server.cpu_s(), time.monotonic()
    siege.endure("an endless stream of empty lines", pour)
    share = (siege.server.cpu_s() - cpu_s) / (time.monotonic() - start)
    siege.checks.check(f"... at little cost (CPU {share:.0%})", share < 0.3)


# ---- logins that fail

def failing_logins(siege):
    """From 20 addresses, without reading the answers."""
    siege.admin.send("NS REGISTER sesame")
    siege.admin.wait(lambda line: line.nick == "NickServ", "NickServ")
    guess = base64.b64encode(b"\0admin\0wrong").decode()
    attempts = f"AUTHENTICATE PLAIN\r\nAUTHENTICATE {guess}\r\nAUTHENTICATE SCRAM-SHA-256\r\nAUTHENTICATE =\r\n".encode() * 100

    def guess_on(report):
        while True:
            report(None)
            for sock in [connect_from(f"203.0.113.{number}", siege.server.plain) for number in range(20, 40)]:
                with sock:
                    try:
                        sock.sendall(b"CAP REQ :sasl\r\n" + attempts)
                    except OSError:
                        pass
            time.sleep(0.2)
    siege.endure("20 addresses that keep guessing a password", guess_on)


ENDLESS = {
    "a frame that announces 2^62 bytes": b"\x81\xff" + struct.pack("!Q", 1 << 62) + b"mask",
    "a frame that announces 64 KiB": b"\x81\xff" + struct.pack("!Q", 1 << 16) + b"mask",
    "endless empty fragments": b"\x01\x81mask" + b"x" + b"\x00\x80mask" * 70_000,
    "fragments that exceed the limit together": b"\x01\x81mask" + b"x" + (b"\x00\xfe\x03\xe8mask" + b"x" * 1000) * 20,
}


def endless_messages(siege):
    for name, frames in ENDLESS.items():
        client = websocket.client(siege.server.ws)
        client.sock.settimeout(5)
        heard = b""
        try:
            client.sock.sendall(frames)
            while data := client.sock.recv(65536):
                heard += data
        except OSError as problem:
            heard += str(problem).encode()
        siege.checks.check(f"{name}: closed with 1009", heard.endswith(b"\x88\x02" + struct.pack("!H", 1009)), repr(heard[-80:]))


# ---- HTTP requests that take forever

HALF_REQUESTS = [b"POST /v1/status HTTP/1.1\r\nHost: x\r\nX: ", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"]


def slow_requests(siege):
    """2,000 connections from 125 addresses: half of them to the API, half to the WebSocket listener. They are opened again
    when the server closes them, and each sends another byte every second. At most 2,000 are opened in a second, because
    the kernel of one machine delays everyone when it connects all of them at once."""
    places = [(number, port) for number in range(8 * 125) for port in (API_PORT, siege.server.ws)]

    def crawl(report):
        sockets = {}
        while True:
            for place in places:
                try:
                    if place not in sockets:
                        number, port = place
                        sockets[place] = connect_from(f"203.0.113.{number % 125 + 1}", port)
                        sockets[place].sendall(HALF_REQUESTS[number % 2])
                        time.sleep(0.0005)
                    else:
                        sockets[place].sendall(b"x")
                except OSError:
                    sockets.pop(place).close()
            report(len(sockets))
            time.sleep(1)
    # Of the connections that are open at a time, each may have a buffer for a request head.
    siege.endure("2000 HTTP requests that take forever", crawl, growth_max_mb=32)


# Keys of the section `server`, of other sections, and of `accounts`; and the attacks on a server with them.
ATTACKS = [
    (("", OPERS), [unread_answers]),
    (("", OPERS), [silent_crowd, banned, empty_lines, endless_messages]),
    ((FEW, OPERS), [silent_crowd_from_everywhere]),
    (("", OPERS, ACCOUNTS), [failing_logins]),
    (("", OPERS + API), [slow_requests]),
]

"""More connections than file descriptors, a member that never reads, half-open connections, shutdown by SIGTERM."""

import os
import socket
import time

from support import irc, websocket

CROWD = 400
WATCHED_S = 5.0
CPU_SHARE_MAX = 0.10
LOG_LINES_MAX = 10
SLACK_S = 3.0


def settled(server, deadline_s=5.0):
    """Waits until the server has accepted all connections it can, so the number of its descriptors stops changing."""
    count = lambda: len(os.listdir(f"/proc/{server.process.pid}/fd"))
    deadline, last, since = time.monotonic() + deadline_s, count(), time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - since < 0.5:
        time.sleep(0.05)
        if (now := count()) != last:
            last, since = now, time.monotonic()
    return last


def too_many(checks, server):
    """Needs a server that was started with 256 descriptors."""
    served = [irc.plain(server.plain).register("early"), irc.tls(server.tls, server.cert).register("secure")]
    crowd = [socket.socket() for _ in range(CROWD)]
    try:
        for sock in crowd:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", server.plain))
        descriptors = settled(server)
        cpu_s, start, slowest_s = server.cpu_s(), time.monotonic(), 0.0
        while time.monotonic() - start < WATCHED_S:
            slowest_s = max(slowest_s, *(client.ping() for client in served))
            time.sleep(0.25)
        share = (server.cpu_s() - cpu_s) / (time.monotonic() - start)
        lines = len(server.log_text().splitlines()) - server.lines_at_start
        checks.check("256 descriptors, 400 connections: the limit was reached", descriptors >= 200, f"{descriptors} open")
        checks.check(f"... CPU near idle ({share:.1%})", share <= CPU_SHARE_MAX)
        checks.check(f"... few log lines ({lines})", lines <= LOG_LINES_MAX, server.tail())
        checks.check(f"... accepted clients get their PONG within a second ({slowest_s * 1000:.0f} ms)", slowest_s < 1)
    finally:
        for sock in crowd:
            sock.close()
    start = time.monotonic()
    checks.run("... then a new client registers", lambda: irc.plain(server.plain).register("late"))
    took_s = time.monotonic() - start
    checks.check(f"... at once ({took_s:.2f} s)", took_s < SLACK_S)


def never_reads(checks, server):
    """Needs `max-sendq: 64k`. The kernel buffers about 3 MB more, so the talker continues until the QUIT appears. It sends
    20 KB at a time, so that members that do read never come near the limit."""
    talker = irc.plain(server.plain).register("talker").join("#slow")
    observer = irc.plain(server.plain).register("observer").join("#slow")
    deaf = irc.plain(server.plain, receive_bytes=4096).register("deaf").join("#slow")
    sent, gone, slowest_s, deadline = 0, None, 0.0, time.monotonic() + 30
    while gone is None and time.monotonic() < deadline:
        talker.send(*(f"PRIVMSG #slow :{n} {'.' * 380}" for n in range(sent, sent + 50)))
        sent += 50
        slowest_s = max(slowest_s, talker.ping(f"after-{sent}"), observer.ping(f"seen-{sent}"))
        gone = next((m for m in observer.seen if m.verb == "QUIT" and m.nick == "deaf"), None)
    checks.check(f"a member that never reads: the channel sees its QUIT (after {sent} lines)", gone)
    checks.check("... with the reason", gone and gone.params[-1] == "SendQ exceeded", gone)
    heard = [int(m.params[1].split()[0]) for m in observer.seen if m.verb == "PRIVMSG"]
    checks.check("... the others get every line exactly once", heard == list(range(sent)), f"{len(heard)} of {sent}")
    checks.check(f"... without delay ({slowest_s * 1000:.0f} ms at most)", slowest_s < 1)
    checks.check("... its connection is closed", deaf.wait_closed())
    for client in (talker, observer):
        client.send("QUIT")


def half_open(checks, server):
    """Needs `idle-timeouts.registration: 2s`."""
    start = time.monotonic()
    notified = {"silent": irc.plain(server.plain), "silent, TLS": irc.tls(server.tls, server.cert),
                "silent, ws": websocket.client(server.ws), "NICK only": irc.plain(server.plain), "CAP LS only": irc.plain(server.plain)}
    only_closed = {"no TLS handshake": irc.plain(server.tls), "no upgrade, ws": irc.plain(server.ws),
                   "no handshake, wss": irc.plain(server.wss)}
    notified["NICK only"].send("NICK half")
    notified["CAP LS only"].send("CAP LS 302")
    whole = irc.plain(server.plain).register("whole")
    for name, client in {**notified, **only_closed}.items():
        closed = client.wait_closed(start + 2 + SLACK_S - time.monotonic())
        took_s = time.monotonic() - start
        checks.check(f"half-open, {name}: closed in time ({took_s:.1f} s)", closed and took_s > 1)
        if name in notified:
            checks.check(f"half-open, {name}: received ERROR", any(m.verb == "ERROR" for m in client.seen), client.seen)
    checks.run("half-open: a client that registered in time stays", whole.ping)


def sigterm_notifies_clients(checks, server):
    """Sends SIGTERM while there are clients on every kind of listener."""
    clients = {
        "plain": irc.plain(server.plain), "TLS": irc.tls(server.tls, server.cert),
        "ws text": websocket.client(server.ws), "ws binary": websocket.client(server.ws, "binary.ircv3.net"),
        "wss text": websocket.client(server.wss, ca=server.cert), "wss binary": websocket.client(server.wss, "binary.ircv3.net", server.cert),
    }
    for n, client in enumerate(clients.values()):
        client.register(f"last{n}").join("#end")
    clients["half-open"] = half = irc.plain(server.plain)
    half.send("CAP LS 302")
    half.wait(lambda m: m.verb == "CAP", "answer to CAP LS")
    start = time.monotonic()
    server.terminate()
    status = server.exit_status()
    took_s = time.monotonic() - start
    for name, client in clients.items():
        checks.check(f"SIGTERM: ERROR to {name}", client.find(lambda m: m.verb == "ERROR", 3), client.seen[-3:])
        checks.check(f"SIGTERM: {name} closed", client.wait_closed(3))
    checks.check(f"SIGTERM: exit status 0 ({took_s:.2f} s)", status == 0, status)
    checks.check("SIGTERM: no panic in the log", "panicked" not in server.log_text(), server.tail())

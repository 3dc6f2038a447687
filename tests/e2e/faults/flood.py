"""A client that sends far too much, and a thousand that send nothing: other clients are not affected."""

import selectors
import threading
import time

from support import irc
from support.chatter import Chatter, quantile

# The limits of `ircd.yaml`.
FAKELAG = "fakelag: {enabled: true, window: 1s, burst-limit: 5, messages-per-window: 2, cooldown: 2s}"
BURST, PER_SECOND = 5, 2
PAIRS, PACE_S, TALK_S = 60, 1.0, 5.0
P99_RATIO_MAX, P99_FLOOR_MS = 3.0, 25.0
HALF_OPEN, REGISTRATION_S, SLACK_S = 1_000, 2.0, 3.0
MEMORY_RATIO_MAX = 1.10


def pour(client, lines):
    """Sends as fast as the server accepts, until the connection ends."""
    try:
        while True:
            client.sock.sendall(lines)
    except OSError:
        pass


def is_past(moment):
    return lambda: time.monotonic() > moment


def flood(checks, server):
    """Needs `FAKELAG`."""
    chatter = Chatter(server.plain, PAIRS, PACE_S)
    flooder, listener = (irc.plain(server.plain).register(name).join("#flood") for name in ("flooder", "listener"))
    # Meanwhile the flooder regains its full burst, part of which it used for joining.
    calm_ms = chatter.talk(is_past(time.monotonic() + TALK_S))
    flooder.sock.settimeout(None)
    threading.Thread(target=pour, args=(flooder, b"PRIVMSG #flood :all at once\r\n" * 500), daemon=True).start()
    cpu_s, start = server.cpu_s(), time.monotonic()
    flooded_ms = chatter.talk(is_past(start + TALK_S))
    share, took_s = (server.cpu_s() - cpu_s) / (time.monotonic() - start), time.monotonic() - start
    listener.ping()
    heard = sum(line.verb == "PRIVMSG" for line in listener.seen)
    most = BURST + PER_SECOND * (took_s + 1)
    checks.check(f"a flood: limited ({heard} lines in {took_s:.1f} s, at most {most:.0f})", 0 < heard <= most)
    checks.check(f"... at little cost (CPU {share:.0%})", share < 0.5)
    p99_ms = [quantile(times_ms, 0.99) for times_ms in (calm_ms, flooded_ms)]
    checks.check("... other clients see no delay (p99 {:.1f} ms before, {:.1f} ms with it)".format(*p99_ms),
                 p99_ms[1] <= max(P99_RATIO_MAX * p99_ms[0], P99_FLOOR_MS))
    flooder.close()


def half_open_crowd(checks, server):
    """Needs `idle-timeouts.registration: 2s`. Memory that the allocator keeps after the first crowd does not count."""
    for name in ("first", "second"):
        before_mb, start = server.memory_mb(), time.monotonic()
        crowd = {number: irc.connect(server.plain) for number in range(HALF_OPEN)}
        opened_s = time.monotonic() - start
        notified, last_s = await_close(crowd, start + opened_s + REGISTRATION_S + SLACK_S)
        checks.check(f"half-open: the {name} {HALF_OPEN} all get ERROR and are disconnected (the last after {last_s - start:.1f} s)",
                     notified == HALF_OPEN and not crowd, f"{notified} got ERROR, {len(crowd)} are open")
        irc.plain(server.plain).register(f"after-{name}").send("QUIT")
    ratio = server.memory_mb() / before_mb
    checks.check(f"half-open: memory is released ({ratio:.2f} times)", ratio <= MEMORY_RATIO_MAX)


def await_close(crowd, deadline):
    """Reads from all and removes those that are closed; returns the number that saw ERROR, and the time of the last close."""
    heard, last = dict.fromkeys(crowd, b""), time.monotonic()
    with selectors.DefaultSelector() as selector:
        for number, sock in crowd.items():
            selector.register(sock, selectors.EVENT_READ, number)
        while crowd and time.monotonic() < deadline:
            for key, _ in selector.select(0.1):
                data = key.fileobj.recv(4096)
                heard[key.data] += data
                if not data:
                    selector.unregister(key.fileobj)
                    crowd.pop(key.data).close()
                    last = time.monotonic()
    return sum(b"ERROR " in text for text in heard.values()), last

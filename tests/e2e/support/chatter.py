"""Pairs of clients that chat at a steady pace, and the time that a line and its answer take."""

import selectors
import time

from support import irc

PACE_S = 0.1


class Pair:
    """`one` sends a number, `other` sends it back."""

    def __init__(self, port, number):
        self.names = f"one{number}", f"other{number}"
        self.clients = [irc.plain(port).register(name) for name in self.names]
        self.sent_at = None

    def say(self, who, text):
        self.clients[who].sock.sendall(f"PRIVMSG {self.names[1 - who]} :{text}\r\n".encode())


class Chatter:
    """Many pairs, one thread."""

    def __init__(self, port, pairs, pace_s=PACE_S):
        self.selector, self.pace_s = selectors.DefaultSelector(), pace_s
        self.pairs = [Pair(port, number) for number in range(pairs)]
        for pair in self.pairs:
            for who, client in enumerate(pair.clients):
                client.sock.setblocking(False)
                self.selector.register(client.sock, selectors.EVENT_READ, (pair, who))

    def talk(self, until):
        """Returns round trips in ms until `until()` holds, with pairs spread evenly over `pace_s`. A pair that still waits
        for an answer sends nothing new, and the whole wait counts."""
        round_trips_ms, turn, begin = [], 0, time.monotonic()
        step_s = self.pace_s / len(self.pairs)
        while not until():
            while begin + turn * step_s <= time.monotonic():
                pair = self.pairs[turn % len(self.pairs)]
                turn += 1
                if pair.sent_at is None:
                    pair.sent_at = time.monotonic()
                    pair.say(0, "x")
            self.listen(max(0, begin + turn * step_s - time.monotonic()), round_trips_ms)
        deadline = time.monotonic() + irc.WAIT_S
        while any(pair.sent_at for pair in self.pairs) and time.monotonic() < deadline:
            self.listen(0.1, round_trips_ms)
        lost = sum(pair.sent_at is not None for pair in self.pairs)
        if lost:
            raise AssertionError(f"{lost} pairs are without an answer")
        return sorted(round_trips_ms)

    def listen(self, timeout_s, round_trips_ms):
        for key, _ in self.selector.select(timeout_s):
            pair, who = key.data
            data = key.fileobj.recv(65536)
            if not data:
                raise AssertionError(f"{pair.names[who]}: connection closed")
            if b"PING" in data:
                key.fileobj.sendall(b"PONG :" + data.rpartition(b"PING")[2].partition(b":")[2].strip() + b"\r\n")
            if b"PRIVMSG" not in data:
                continue
            if who == 1:
                pair.say(1, "x")
            else:
                round_trips_ms.append((time.monotonic() - pair.sent_at) * 1000)
                pair.sent_at = None


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

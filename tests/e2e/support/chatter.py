"""Pairs of clients that chat at a steady pace, to measure round trips."""

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

    def say(self, side, text):
        self.clients[side].sock.sendall(f"PRIVMSG {self.names[1 - side]} :{text}\r\n".encode())


class Chatter:
    """Many pairs in one thread."""

    def __init__(self, port, pairs, pace_s=PACE_S):
        self.selector, self.pace_s = selectors.DefaultSelector(), pace_s
        self.pairs = [Pair(port, number) for number in range(pairs)]
        for pair in self.pairs:
            for side, client in enumerate(pair.clients):
                client.sock.setblocking(False)
                self.selector.register(client.sock, selectors.EVENT_READ, (pair, side))

    def talk(self, until):
        """Chats until `until()` is true, with the pairs spread evenly over `pace_s`; returns the round trips in ms, sorted. A
        pair that still waits for an answer sends nothing new, and its whole wait counts."""
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
            raise AssertionError(f"{lost} pairs got no answer")
        return sorted(round_trips_ms)

    def listen(self, timeout_s, round_trips_ms):
        for key, _ in self.selector.select(timeout_s):
            pair, side = key.data
            data = key.fileobj.recv(65536)
            if not data:
                raise AssertionError(f"{pair.names[side]}: connection closed")
            if b"PING" in data:
                key.fileobj.sendall(b"PONG :" + data.rpartition(b"PING")[2].partition(b":")[2].strip() + b"\r\n")
            if b"PRIVMSG" not in data:
                continue
            if side == 1:
                pair.say(1, "x")
            else:
                round_trips_ms.append((time.monotonic() - pair.sent_at) * 1000)
                pair.sent_at = None


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

"""Always-on users who connect, disconnect and change their state until the server is killed: channels, away text, modes,
real name, read markers. Afterwards, everything must be as it was last acknowledged."""

import collections
import random

from account_server import log_in, new_always_on
from support import irc
from things import Thing

Place = collections.namedtuple("Place", "channels away modes realname markers")
CHANNELS = [f"#home{number}" for number in range(8)]
LETTERS = "RT"


class Resident:
    """One always-on user. A change is acknowledged before the next one is tried."""

    def __init__(self, port, number):
        self.port, self.nick, self.password = port, f"resident{number}", "sesame"
        self.random, self.clock = random.Random(200 + number), 0
        new_always_on(port, self.nick, self.password).close()
        self.thing = Thing(Place(frozenset(), None, frozenset(), self.nick, frozenset()))

    def live(self, count):
        # An attached session ends the away status.
        self.thing.possible = self.thing.acknowledged._replace(away=None)
        client = log_in(self.port, self.nick, self.password)
        client.send("CAP REQ :setname draft/read-marker")
        client.ping("ready")
        self.thing.settle(self.thing.possible)
        while True:
            kind, wanted, line, acknowledges = self.next_change(self.thing.acknowledged)
            self.thing.try_for(wanted, lambda: self.demand(client, line, acknowledges))
            count[kind] += 1

    @staticmethod
    def demand(client, line, acknowledges):
        client.send(line)
        client.wait(acknowledges, f"the answer to {line}")

    def next_change(self, now):
        """Returns the next change: its kind, the resulting state, the line to send, and its acknowledgement."""
        by_me = lambda verb: lambda m: m.verb == verb and m.nick == self.nick
        kind = self.random.choice(["JOIN or PART", "AWAY", "user MODE", "SETNAME", "MARKREAD", "MARKREAD"])
        name, number = self.random.choice(CHANNELS), self.random.randrange(10**9)
        if kind == "AWAY":
            away = None if now.away else f"gone {number}"
            line = f"AWAY :{away}" if away else "AWAY"
            return kind, now._replace(away=away), line, lambda m: m.verb == ("306" if away else "305")
        if kind == "user MODE":
            letter = self.random.choice(LETTERS)
            sign = "-" if letter in now.modes else "+"
            return kind, now._replace(modes=now.modes ^ {letter}), f"MODE {self.nick} {sign}{letter}", by_me("MODE")
        if kind == "SETNAME":
            realname = f"name {number}"
            return kind, now._replace(realname=realname), f"SETNAME :{realname}", by_me("SETNAME")
        if kind == "MARKREAD" and now.channels:
            name = self.random.choice(sorted(now.channels))
            self.clock += 1
            stamp = f"2026-01-01T{self.clock // 3600000:02}:{self.clock // 60000 % 60:02}:{self.clock // 1000 % 60:02}.{self.clock % 1000:03}Z"
            markers = frozenset({**dict(now.markers), name: stamp}.items())
            answer = lambda m: m.verb == "MARKREAD" and stamp in m.raw
            return kind, now._replace(markers=markers), f"MARKREAD {name} timestamp={stamp}", answer
        if name in now.channels:
            answer = lambda m: m.verb == "PART" and m.nick == self.nick and m.params[0] == name
            return "always-on PART", now._replace(channels=now.channels - {name}), f"PART {name}", answer
        joined = lambda m: m.verb == "366" and name in m.params
        return "always-on JOIN", now._replace(channels=now.channels | {name}), f"JOIN {name}", joined

    def losses(self, everything=False):
        """Returns the differences from the acknowledged state."""
        found = self.look()
        matches = found in self.thing.states()
        losses = [] if matches else [
            f"{self.nick}: found {found}, acknowledged {self.thing.acknowledged}, possible {self.thing.possible}"]
        # Looking attached a session, which ended the away status.
        self.thing.settle(found._replace(away=None))
        return losses

    def look(self):
        """Returns the current state, as others and the user itself see it."""
        visitor = irc.plain(self.port).register(f"visitor-{self.nick}")
        visitor.send(f"WHOIS {self.nick}")
        whois = until(visitor, "318")
        visitor.close()
        away = next((m.params[-1] for m in whois if m.verb == "301"), None)
        realname = next((m.params[-1] for m in whois if m.verb == "311"), None)
        client = log_in(self.port, self.nick, self.password)
        channels = frozenset(m.params[0] for m in client.seen if m.verb == "JOIN" and m.nick == self.nick)
        client.send("CAP REQ :draft/read-marker", f"MODE {self.nick}")
        modes = client.wait(lambda m: m.verb == "221", f"modes of {self.nick}").params[-1]
        markers = {}
        for name in CHANNELS:
            client.send(f"MARKREAD {name}")
            marker = client.wait(lambda m: m.verb in ("MARKREAD", "FAIL"), f"the marker of {name}").params[-1]
            if marker.startswith("timestamp="):
                markers[name] = marker.partition("=")[2]
        # Only members can see a marker.
        known = {name: stamp for name, stamp in self.thing.acknowledged.markers if name not in markers and name not in channels}
        client.close()
        return Place(channels, away, frozenset(modes) & frozenset(LETTERS), realname, frozenset({**known, **markers}.items()))


def until(client, verb):
    """Returns the lines up to one with this verb."""
    start = client.cursor
    client.wait(lambda m: m.verb == verb, verb)
    return client.seen[start:client.cursor]

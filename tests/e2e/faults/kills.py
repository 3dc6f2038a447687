"""kill -9 at random moments while accounts, channels, always-on users and messages change. Afterwards, nothing that a client
has seen is lost, doubled or out of order.

For each value, the test knows the last acknowledged state, and the state if a pending change was stored.
Any other state after a restart is a loss. A change of several modes must be stored completely or not at all.
"""

import collections
import random
import threading
import time

import speakers
from account_server import Server, log_in, new_always_on, order
from residents import Resident
from support import irc
from things import Thing

Channel = collections.namedtuple("Channel", "registered member flags key bans topic")
ABSENT = Channel(False, False, frozenset("nt"), None, frozenset(), None)
FLAGS = "mCu"
FOUNDERS = 3
REGISTRANTS = 2
RESIDENTS = 3
# Minimum and maximum number of acknowledged changes between two kills, and the time limit for them.
CHANGES = (50, 800)
ROUND_S = 60
SPEAKERS = 4
HISTORY_FILE = "    sqlite: {{enabled: true, database-path: {}/history.db, busy-timeout: 10s}}"
CHANNELS_AT_ONCE = 5


class Founder:
    """An always-on user who creates channels, changes them, joins and parts."""

    def __init__(self, port, number):
        self.port, self.nick, self.password = port, f"founder{number}", "sesame"
        self.random, self.channels, self.touched, self.made = random.Random(number), {}, set(), 0
        new_always_on(port, self.nick, self.password).close()

    def live(self, count):
        client = log_in(self.port, self.nick, self.password)
        while True:
            name = self.pick()
            thing = self.channels[name]
            self.touched.add(name)
            kind, wanted, line, acknowledges = self.next_change(name, thing.acknowledged)
            thing.try_for(wanted, lambda: self.demand(client, line, acknowledges))
            count[kind] += 1

    @staticmethod
    def demand(client, line, acknowledges):
        client.send(line)
        client.wait(acknowledges, f"the answer to {line}")

    def pick(self):
        if len(self.channels) < CHANNELS_AT_ONCE or self.random.random() < 0.03:
            self.made += 1
            name = f"#{self.nick}-{self.made}"
            self.channels[name] = Thing(ABSENT)
            return name
        return self.random.choice(list(self.channels)[-CHANNELS_AT_ONCE:])

    def next_change(self, name, now):
        """Returns the next change of a channel: its kind, the resulting channel, the line to send, and its acknowledgement."""
        by_me = lambda verb: lambda m: m.verb == verb and m.nick == self.nick and m.params[0] == name
        if not now.member:
            line = f"JOIN {name} {now.key or ''}".strip()
            return "JOIN", now._replace(member=True), line, lambda m: m.verb == "366" and name in m.params
        if not now.registered:
            yours = lambda m: m.nick == "ChanServ" and "successfully registered" in m.raw and name in m.raw
            return "CS REGISTER", now._replace(registered=True), f"CS REGISTER {name}", yours
        kind = self.random.choice(["TOPIC", "MODE", "MODE", "PART"])
        if kind == "PART":
            return kind, now._replace(member=False), f"PART {name}", by_me("PART")
        if kind == "TOPIC":
            topic = f"topic {self.random.randrange(10**9)} " + "x" * self.random.randrange(300)
            return kind, now._replace(topic=topic), f"TOPIC {name} :{topic}", by_me("TOPIC")
        wanted, changes = self.modes(now)
        return kind, wanted, f"MODE {name} {changes}", by_me("MODE")

    def modes(self, now):
        """Returns a change of flags, key and ban list in one line: the resulting channel, and the parameters of MODE."""
        flag, mask = self.random.choice(FLAGS), f"eve{self.random.randrange(10**6)}!*@*"
        flags, letters, params = now.flags ^ {flag}, "-" if flag in now.flags else "+", []
        letters += flag
        key = None if now.key else f"key{self.random.randrange(10**6)}"
        letters += "+k" if key else "-k"
        params.append(key or now.key)
        bans = now.bans | {mask}
        letters += "+b"
        params.append(mask)
        if len(now.bans) > 5:
            gone = sorted(now.bans)[0]
            bans, letters = bans - {gone}, letters + "-b"
            params.append(gone)
        return now._replace(flags=flags, key=key, bans=bans), f"{letters} {' '.join(params)}"

    def losses(self, everything=False):
        """Returns the differences from the acknowledged values of the last round, or of all, and adopts the values it found."""
        client = log_in(self.port, self.nick, self.password)
        if client is None:
            return [f"{self.nick}: the password was rejected"]
        here = {m.params[0] for m in client.seen if m.verb == "JOIN" and m.nick == self.nick}
        losses = [f"{name}: {self.nick} is there and should not be" for name in here - set(self.channels)]
        for name in list(self.channels) if everything else sorted(self.touched):
            thing = self.channels[name]
            found = look(client, name, name in here)
            match = [state for state in thing.states() if shown(state) == shown(found)]
            if not match:
                losses.append(f"{name}: found {found}, acknowledged {thing.acknowledged}, possible {thing.possible}")
            thing.settle(match[0] if match else found)
            if not thing.acknowledged.registered:
                if found.member:
                    self.demand(client, f"PART {name}", lambda m: m.verb == "PART" and name in m.params)
                del self.channels[name]
        self.touched.clear()
        client.close()
        return losses


def shown(channel):
    """Returns what a restart must preserve: of an unregistered channel only membership. Only members can see a key."""
    if not channel.registered:
        return channel.member
    return channel if channel.member else channel._replace(key=bool(channel.key))


def look(client, name, member):
    """Returns a channel as it is now."""
    client.send(f"CS INFO {name}", f"MODE {name}", f"TOPIC {name}", f"MODE {name} b", f"PING {name}")
    start = client.cursor
    client.wait(lambda m: m.verb == "PONG" and name in m.params, f"the state of {name}")
    channel = ABSENT._replace(member=member)
    for line in client.seen[start:client.cursor]:
        if line.nick == "ChanServ" and f"registered by {client.nick}" in line.raw:
            channel = channel._replace(registered=True)
        elif line.verb == "324":
            letters, params = line.params[2].lstrip("+"), line.params[3:]
            key = (params[0] if params else "hidden") if "k" in letters else None
            channel = channel._replace(flags=frozenset(letters) - {"k"}, key=key)
        elif line.verb == "332":
            channel = channel._replace(topic=line.params[2])
        elif line.verb == "367":
            channel = channel._replace(bans=channel.bans | {line.params[2]})
    return channel


class Registrant:
    """Registers accounts, and changes their passwords."""

    def __init__(self, port, number):
        self.port, self.number, self.made = port, number, 0
        self.accounts, self.touched = {}, set()
        self.random = random.Random(100 + number)

    def live(self, count):
        while True:
            self.made += 1
            nick = f"user{self.number}-{self.made}"
            client = irc.plain(self.port).register(nick)
            account = self.accounts[nick] = Thing("")
            self.touched.add(nick)
            password = f"first{self.random.randrange(10**9)}"
            account.try_for(password, lambda: order(client, f"NS REGISTER {password}", "Account created"))
            count["NS REGISTER"] += 1
            for _ in range(self.random.randrange(4)):
                old, new = account.acknowledged, f"new{self.random.randrange(10**9)}"
                account.try_for(new, lambda: order(client, f"NS PASSWD {old} {new} {new}", "Password changed"))
                count["NS PASSWD"] += 1
            client.close()

    def losses(self, everything=False):
        """Checks the accounts of the last round, or all."""
        losses = []
        for nick in list(self.accounts) if everything else sorted(self.touched):
            thing = self.accounts[nick]
            right = [password for password in thing.states() if password and self.opens(nick, password)]
            if len(right) != 1 and thing.acknowledged:
                losses.append(f"{nick}: {len(right)} of the passwords {thing.states()} work")
            thing.settle(right[0] if right else "")
            if not right:
                del self.accounts[nick]
        self.touched.clear()
        return losses

    def opens(self, nick, password):
        client = log_in(self.port, nick, password)
        if client:
            client.close()
        return client is not None


def one_round(server, actors, count, changes):
    """Runs all clients until this many changes are acknowledged, then kills the server; returns the problems before that."""
    problems, killed = [], threading.Event()

    def live(actor):
        try:
            actor.live(count)
        except (AssertionError, OSError) as problem:
            if not killed.is_set():
                problems.append(f"{type(problem).__name__}: {problem}")

    threads = [threading.Thread(target=live, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    wanted, deadline = sum(count.values()) + changes, time.monotonic() + ROUND_S
    while sum(count.values()) < wanted and not problems and time.monotonic() < deadline:
        time.sleep(0.001)
    killed.set()
    server.kill()
    for thread in threads:
        thread.join()
    return problems


def check_kills(checks, binary, directory, rounds):
    """Prints the figures; each round that loses something is a failure."""
    chance, count, lost, starts = random.Random(1), collections.Counter(), [], []
    place = directory / "kills"
    with Server(binary, place, history=speakers.HISTORY, datastore_keys=HISTORY_FILE.format(place)) as server:
        server.start()
        actors = [Founder(server.plain, number) for number in range(FOUNDERS)]
        actors += [Registrant(server.plain, number) for number in range(REGISTRANTS)]
        actors += [Resident(server.plain, number) for number in range(RESIDENTS)]
        talking = [speakers.Speaker(server.plain, number) for number in range(SPEAKERS)]
        audience = speakers.Audience(server.plain, talking)
        problems, done = [], 0
        for _ in range(rounds):
            problems += one_round(server, actors + talking, count, chance.randrange(*CHANGES))
            start = time.monotonic()
            server.start()
            starts.append(time.monotonic() - start)
            lost += [loss for actor in actors for loss in actor.losses()] + audience.losses()
            done += 1
            if len(lost) + len(problems) > 20:
                break
        lost += [loss for actor in actors for loss in actor.losses(everything=True)]
        log = server.log_text()
    bad = [line for line in log.splitlines() if "panicked" in line or "cannot read record" in line]
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(count.items()))
    print(f"kills: {done} rounds, {sum(count.values())} acknowledged changes ({kinds}) and {audience.seen} lines seen, "
          f"{len(lost)} missing, doubled or out of order; restart {max(starts):.2f} s at most")
    checks.check(f"kills: nothing acknowledged is lost in {rounds} rounds", not lost and done == rounds, lost[:5])
    checks.check("kills: every client is answered until the kill", not problems, problems[:5])
    checks.check("kills: no record is partially written", not bad, bad[:5])
    checks.check("kills: there was something to lose", min((count[kind] for kind in (
        "NS REGISTER", "NS PASSWD", "CS REGISTER", "TOPIC", "MODE", "JOIN", "PART", "PRIVMSG", "always-on JOIN", "always-on PART",
        "AWAY", "user MODE", "SETNAME", "MARKREAD")), default=0) > 0, kinds)

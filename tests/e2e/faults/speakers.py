"""Clients that speak in channels until the server is killed. Afterwards, every line that one of them saw must be in the
stored history once, with its id, and in the order in which it was seen."""

import collections
import time

from support import irc

CHANNELS = 2
# Lines of a speaker in flight.
WINDOW = 8
# Pause between two windows of a speaker, so that other clients get a share of the server.
PAUSE_S = 0.02
PAGE = 1000
HISTORY = f"""\
fakelag: {{enabled: false}}
history:
    enabled: true
    # So few that the database has to be queried.
    channel-length: 50
    client-length: 50
    chathistory-maxmessages: {PAGE}
    persistent: {{enabled: true, unregistered-channels: true, registered-channels: opt-out, direct-messages: opt-out}}
"""
BEGINNING = "timestamp=2020-01-01T00:00:00.000Z"


class Speaker:
    """Sends numbered lines, and remembers all lines that it sees in its channel."""

    def __init__(self, port, number):
        self.port, self.nick, self.channel = port, f"speaker{number}", f"#talk{number % CHANNELS}"
        self.said, self.client = 0, None

    def live(self, count):
        self.client = client = irc.plain(self.port)
        client.send("CAP REQ :echo-message message-tags", "CAP END")
        client.register(self.nick).join(self.channel)
        while True:
            texts = [f"{self.nick}-{self.said + number}" for number in range(WINDOW)]
            self.said += WINDOW
            client.send(*(f"PRIVMSG {self.channel} :{text}" for text in texts))
            for text in texts:
                client.wait(lambda m: m.verb == "PRIVMSG" and m.params[-1] == text, f"the echo of {text}")
                count["PRIVMSG"] += 1
            time.sleep(PAUSE_S)

    def take_heard(self):
        """Returns the texts and ids that it received since it connected, in order. First reads the rest that the server sent."""
        if self.client is None:
            return []
        while self.client.read(1):
            pass
        heard = [(m.params[-1], m.tags["msgid"]) for m in self.client.seen if m.verb == "PRIVMSG"]
        self.client.sock.close()
        self.client = None
        return heard


class Audience:
    """Compares what all speakers heard with what is stored."""

    def __init__(self, port, speakers):
        self.port, self.speakers = port, speakers
        self.after = {speaker.channel: BEGINNING for speaker in speakers}
        self.texts, self.seen = collections.Counter(), 0

    def losses(self):
        """Returns the missing, doubled and misplaced lines of the last round."""
        losses = []
        reader = irc.plain(self.port)
        reader.send("CAP REQ :batch draft/chathistory message-tags", "CAP END")
        reader.register("reader")
        for channel in self.after:
            reader.join(channel)
            stored = read_history(reader, channel, self.after[channel])
            self.texts.update(text for text, _ in stored)
            losses += [f"{text} is stored twice" for text, _ in stored if self.texts[text] > 1]
            place = {message: at for at, message in enumerate(stored)}
            for speaker in self.speakers:
                if speaker.channel == channel:
                    losses += self.compare(speaker, place)
            if stored:
                self.after[channel] = f"msgid={stored[-1][1]}"
        reader.close()
        return losses

    def compare(self, speaker, place):
        heard = speaker.take_heard()
        self.seen += len(heard)
        losses = [f"{speaker.nick} saw {message}, which is not stored" for message in heard if message not in place]
        at = [place[message] for message in heard if message in place]
        losses += [f"{speaker.nick} saw {heard[n + 1]} in another order" for n in range(len(at) - 1) if at[n] >= at[n + 1]]
        return losses


def read_history(client, channel, after):
    """Returns the texts and ids that CHATHISTORY has for a channel after a position, in its order."""
    found = []
    while True:
        client.send(f"CHATHISTORY AFTER {channel} {after} {PAGE}")
        page = []
        while True:
            line = client.wait(lambda m: m.verb in ("PRIVMSG", "BATCH", "FAIL"), f"a page of {channel}", 30)
            if line.verb == "FAIL":
                raise AssertionError(line.raw)
            if line.verb == "PRIVMSG":
                page.append((line.params[-1], line.tags["msgid"]))
            elif line.params[0].startswith("-"):
                break
        if not page:
            return found
        found += page
        after = f"msgid={page[-1][1]}"

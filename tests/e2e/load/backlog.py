"""A year of history in many channels, inserted into tables that `ircd` has created.

Invariant: everything, including ids, follows from the number of the channel and of the message in it, so that any answer
can be checked. Messages are spread evenly over the year, one in each channel in turn. `ircd` must not run meanwhile.
"""

import sqlite3
import time

YEAR_MS = 365 * 86_400_000
SPEAKERS = 20
ALPHABET = "0123456789abcdefghijklmnopqrstuv"
WORDS = "so that a line has the length that lines have, with 几个汉字 in it and nothing else of note "
PRIVMSG = 1
COLUMNS = ("target", "id", "kind", "bot", "source", "account", "tags", "params", "text", "author")


def msgid(bits):
    """Returns an id in the form that clients see."""
    return "".join(ALPHABET[bits >> 5 * place & 31] for place in range(25, -1, -1))


class Backlog:
    """`messages` in total, a quarter of them by senders without an account. They are not indexed by account, the default."""

    def __init__(self, messages, channels):
        self.channels, self.each = channels, messages // channels
        self.messages = self.each * channels
        self.step_ms = YEAR_MS // self.messages
        self.begin_ms = int(time.time() * 1000) - YEAR_MS

    def channel(self, channel):
        return f"#channel{channel:04}"

    def bits(self, channel, number):
        """Returns the id of a message: milliseconds, a counter and salt, like those of the server."""
        turn = number * self.channels + channel
        salt = turn * 0x9e37_79b9_7f4a_7c15 >> 8 & 0xff_ffff_ffff_ffff
        return self.begin_ms + turn * self.step_ms << 80 | (turn & 0xff_ffff) << 56 | salt

    def msgid(self, channel, number):
        return msgid(self.bits(channel, number))

    def rows(self):
        """Yields the channel's number (from 1), id, source, account, channel name and text of each, ordered by channel and id."""
        texts = [WORDS[:45 + 2 * length] for length in range(20)]
        for channel in range(self.channels):
            name = self.channel(channel)
            nicks = [f"speaker{channel}x{speaker}" for speaker in range(SPEAKERS)]
            speakers = [(f"{nick}!~u@k3zx8gs7rd2wq.irc", nick if at % 4 else None) for at, nick in enumerate(nicks)]
            for number in range(self.each):
                source, account = speakers[number * number % SPEAKERS]
                yield channel + 1, self.bits(channel, number), source, account, name, f"message {number} {texts[number % 20]}"

    def names(self):
        return [(channel + 1, self.channel(channel)) for channel in range(self.channels)]

    def fill_sqlite(self, file):
        """Inserts in one transaction, flushed at its end."""
        database = sqlite3.connect(file, isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")
        database.executemany("INSERT INTO targets (id, owner, name) VALUES (?, '', ?)", self.names())
        rows = ((target, bits.to_bytes(16, "big"), source, account, name, text)
                for target, bits, source, account, name, text in self.rows())
        database.executemany(f"INSERT INTO messages ({', '.join(COLUMNS)}) VALUES (?, ?, {PRIVMSG}, 0, ?, ?, '', ?, ?, NULL)", rows)
        database.execute("COMMIT")
        database.close()

    def fill_mysql(self, server, database):
        """Inserts with one statement into empty tables, so that the server builds each index at once."""
        values = ", ".join(f"({target}, '', '{name}')" for target, name in self.names())
        if server.query(f"INSERT INTO targets (id, owner, name) VALUES {values}", database) is None:
            raise AssertionError("the channels cannot be inserted")
        null = "\\N"
        lines = (f"{target}\t{bits:032x}\t{source}\t{account or null}\t{name}\t{text}\n".encode()
                 for target, bits, source, account, name, text in self.rows())
        server.load("SET unique_checks = 0, foreign_key_checks = 0; LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE messages "
                    "CHARACTER SET utf8mb4 (target, @id, source, account, params, text) "
                    f"SET id = UNHEX(@id), kind = {PRIVMSG}, bot = 0, tags = ''", lines, database)

"""Replays session-2020.txt as a telnet user typed it, and matches every line of the server against its expected form.

The other members of the channels must be silent meanwhile, because lines must match one to one and in order.
"""

import pathlib
import re

from support import irc

SCRIPT = pathlib.Path(__file__).resolve().parent / "session-2020.txt"
CAPS = ("account-notify account-tag away-notify batch cap-notify draft/chathistory extended-join invite-notify message-tags "
        "multi-prefix server-time userhost-in-names znc.in/self-message").split()

SILENCE_S = 20
CLOAK = r"[a-km-np-z2-9]{13}\.irc"
TAGS = {"time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "msgid": r"[a-z0-9]{26}", "batch": r"1"}
PATTERNS = {
    "text": r"[^\0]+", "timeout": r"Ping timeout: .+", "word": r"[^\0 ]+", "n": r"\d+", "rest": r".+", "cloak": CLOAK,
    "U-and-more": r"[A-Z]*U[A-Z]*", "me-or-star": r"(?:\*|kiwi-n26)", "+Zi": r"\+(?:Zi|iZ)", "kiwi-n26-mask": r"kiwi-n26(?:!\*@\*)?",
}


def pattern(text, own):
    """Returns the regular expression for a form; `own` has the patterns of this run."""
    parts = re.split(r"\{([^}]+)\}", text)
    known = {**PATTERNS, **own}
    return "".join(known[part] if i % 2 else re.escape(part) for i, part in enumerate(parts))


def in_any_order(words):
    """Returns a pattern that matches each of `words` once, in any order, with an optional space at the end."""
    return "".join(rf"(?=(?:[^\0]* )?{word}(?: |\0|$))" for word in words) + rf"(?:[^\0 ]+ ?){{{len(words)}}}"


class Replay:
    """One run of the script over one connection; `members` are the nicks in both channels, the first of them an operator."""

    def __init__(self, port, members):
        self.client = irc.plain(port)
        member = lambda nick, prefix="": rf"{prefix}{re.escape(nick)}!~u@{CLOAK}"
        everyone = [member(members[0], "@"), *map(member, [*members[1:], "kiwi-n26"])]
        self.own = {"members": in_any_order(everyone), "caps": in_any_order([re.escape(name) for name in CAPS])}
        self.run_of_lines, self.compared = [], 0
        self.steps = list(enumerate(SCRIPT.read_text().splitlines(), 1))

    def play(self):
        """Types everything up to the silence, even after a difference; then raises the first difference."""
        difference = None
        while self.steps:
            number, step = self.steps.pop(0)
            kind, _, text = step.partition(" ")
            try:
                if kind == "-":
                    break
                if kind == ">":
                    self.client.send(text)
                elif difference is None and kind in ("<", "<+"):
                    self.expect(text, again=kind == "<+")
                elif difference is None and kind == "~":
                    self.expect_words(text.split())
            except AssertionError as problem:
                difference = f"{SCRIPT.name}:{number}: {problem}"
        if difference:
            raise AssertionError(difference)

    def fall_silent(self):
        """Plays the end of the session, in which PING is not answered."""
        self.client.answers_pings = False
        self.client.cursor = len(self.client.seen)
        self.play()

    def expect(self, text, again):
        """Reads the next line, or with `again` the next run of lines, which must have this form."""
        shape = irc.Line(text)
        line = self.client.wait(lambda m: True, f"expected {text}", SILENCE_S)
        if not self.matches(shape, line):
            raise AssertionError(f"\n    expected {text}\n    got      {line}")
        self.run_of_lines = [line]
        while again and self.continues(shape, line):
            line = self.client.wait(lambda m: True, f"the line after {text}")
            if not self.matches(shape, line):
                self.client.cursor -= 1
                break
            self.run_of_lines.append(line)
        self.compared += len(self.run_of_lines)

    @staticmethod
    def continues(shape, line):
        """Returns whether another line may follow: CAP says so, other runs end with a numeric."""
        return shape.verb != "CAP" or line.params[2] == "*"

    def matches(self, shape, line):
        wanted = pattern("\0".join([shape.source, shape.verb, *shape.params]), self.own)
        return (all(re.fullmatch(TAGS[tag], line.tags.get(tag, "")) for tag in shape.tags)
                and re.fullmatch(wanted, "\0".join([line.source, line.verb, *line.params])) is not None)

    def expect_words(self, words):
        said = {word for line in self.run_of_lines for param in line.params for word in param.split()}
        has = lambda word: any(re.fullmatch(pattern(word, self.own), one) for one in said)
        if missing := [word for word in words if not has(word)]:
            raise AssertionError(f"missing: {' '.join(missing)}")

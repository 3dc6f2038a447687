"""A server with many accounts: its configuration, and its datastore as the JSON Lines that `ircd importdb` reads.

The server itself hashes the passphrase: one account is registered and exported, and all others share its credentials.
Invariant: every account's passphrase is `PASSPHRASE`, and a channel's founder and topic follow from its number.
"""

import base64
import json

from support import ircd, irc

PASSPHRASE = "correct-horse"
COST, DEFAULT_COST = 10, 12
AT_MS = 1_700_000_000_000
ACCOUNTS = """\
    authentication-enabled: true
    login-via-pass-command: true
    registration:
        enabled: true
        bcrypt-cost: {cost}
        throttling: {{enabled: false}}
        verify-timeout: 0s
    login-throttling: {{enabled: false}}"""


class Server(ircd.Server):
    """`ircd` without throttles, with the bcrypt cost `cost` for new passphrases."""

    def __init__(self, binary, directory, cost=COST):
        super().__init__(binary, directory, other_keys="channels:\n    registration: {enabled: true}\n",
                         account_keys=ACCOUNTS.format(cost=cost))

    def conf_command(self, *arguments):
        done = self.command(*arguments, "--conf", str(self.conf), timeout_s=600)
        if done.returncode:
            raise AssertionError(f"{arguments[0]}: exit {done.returncode}, {done.stdout}{done.stderr}")
        return done.stdout


def account(number):
    return f"account{number:06}"


def channel(number):
    return f"#channel{number:05}"


def topic(number):
    return f"The topic of channel {number}, as long as topics are:{' la' * 12}"


def plain(name, passphrase=PASSPHRASE):
    """Returns the parameter of AUTHENTICATE for PLAIN."""
    return base64.b64encode(f"\0{name}\0{passphrase}".encode()).decode()


def template(binary, directory, cost):
    """Returns the two header lines and an account's record, as a server with this cost exports them."""
    with Server(binary, directory, cost) as server:
        server.make_certs()
        server.start()
        client = irc.plain(server.plain).register("template")
        client.send(f"NS REGISTER {PASSPHRASE}")
        client.wait(lambda m: m.verb == "900", "an account")
        lines = [json.loads(line) for line in exported(server).splitlines()]
    return lines[0], lines[1], next(line["value"] for line in lines if line["key"] == "account/template")


def exported(server):
    target = server.directory / "export.jsonl"
    done = server.command("exportdb", str(target), "--conf", str(server.conf))
    return target.read_text() if target.exists() else done.stdout


def records(accounts, channels, cheap, dear):
    """Yields all records of accounts and channels. The account `dear` has a hash of the default cost."""
    def one(name, credentials=cheap["credentials"], **others):
        return "account/" + name, {**cheap, "name": name, "registered_ms": AT_MS, "credentials": credentials, **others}

    for number in range(accounts):
        yield one(account(number), email=f"{account(number)}@example.com")
    yield one("dear", dear["credentials"])
    yield one("suspended", suspended={"by": "admin", "reason": "spam", "at_ms": AT_MS})
    yield one("unverified", verified=False)
    for number in range(channels):
        yield "channel/" + channel(number), {
            "version": cheap["version"], "name": channel(number), "created_s": AT_MS // 1000, "registered_ms": AT_MS,
            "founder": account(number % accounts), "modes": "nt",
            "topic": {"text": topic(number), "by": account(number % accounts), "at_s": AT_MS // 1000},
        }


def fill(server, accounts, channels):
    """Creates the datastore of a server before its start; returns the size of its export in MB."""
    header, secret, cheap = template(server.binary, server.directory / "cheap", COST)
    dear = template(server.binary, server.directory / "dear", DEFAULT_COST)[2]
    lines = [secret] + [{"key": key, "value": value} for key, value in records(accounts, channels, cheap, dear)]
    header["value"]["lines"] = len(lines)
    file = server.directory / "import.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in [header, *lines]))
    server.conf_command("importdb", str(file))
    return file.stat().st_size / 1e6

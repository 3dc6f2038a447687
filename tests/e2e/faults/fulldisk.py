"""The datastore's disk is full: clear errors, chat works, nothing acknowledged is lost, and the server recovers."""

import pathlib
import subprocess
import time

from account_server import Server, log_in, new_account, order
from support import irc

SIZE = "24m"
FULL = "disk is full"
PATIENCE_S = 10.0


def fill(ballast):
    """Uses up all remaining space."""
    with open(ballast, "ab", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def fill_up(client, ballast):
    """Sets topics until one is rejected; returns the last one that was acknowledged."""
    deadline, topic, number = time.monotonic() + 4 * PATIENCE_S, None, 0
    while time.monotonic() < deadline:
        fill(ballast)
        number += 1
        wanted = f"topic {number}"
        if not order(client, f"TOPIC #kept :{wanted}", f" TOPIC #kept :{wanted}", FULL):
            return topic
        topic = wanted
    raise AssertionError(f"{number} topics were accepted with a full disk")


def check_rejections(checks, server, owner, guest):
    """Checks the wording of each rejection."""
    for client, line in ((guest, "NS REGISTER sesame"), (owner, "NS PASSWD sesame open open"), (owner, "MODE #kept +m"),
                         (owner, "CS REGISTER #new"), (owner, "TOPIC #kept :no"), (guest, "REGISTER * * sesame")):
        client.send(line)
        answer = client.find(lambda m: FULL in m.raw)
        checks.check(f"full disk: {line} is rejected with an explanation", answer is not None)
    owner.send("PRIVMSG #kept :still here")
    heard = guest.find(lambda m: m.verb == "PRIVMSG" and "still here" in m.raw)
    checks.check("full disk: chat works", heard is not None)
    guest.send("JOIN #passing", "TOPIC #passing :fleeting")
    checks.check("full disk: unregistered channels work as usual", guest.find(lambda m: "fleeting" in m.raw) is not None)
    checks.check("full disk: the server runs", server.running(), server.tail(5))


def last_topic(server):
    """Logs in as the owner, if the password still works, and returns the topic."""
    owner = log_in(server.plain, "owner", "sesame").join("#kept")
    shown = next((m for m in reversed(owner.seen) if m.verb == "332"), None)
    owner.close()
    return shown and shown.params[-1]


def check_recovery(checks, owner, ballast):
    """Frees space while the server runs."""
    ballast.unlink()
    start = time.monotonic()
    while not order(owner, "TOPIC #kept :recovered", " TOPIC #kept :recovered", FULL):
        if time.monotonic() > start + PATIENCE_S:
            break
        time.sleep(0.1)
    took_s = time.monotonic() - start
    print(f"full disk: writable {took_s:.1f} s after space was freed")
    checks.check(f"full disk: everything works within {PATIENCE_S:g} s after space is freed", took_s < PATIENCE_S)


def check_killed(checks, server, topic, ballast):
    """Kills the server while the disk is full: the next start reports that or succeeds; with space, nothing is lost."""
    server.kill()
    try:
        server.start()
    except AssertionError as problem:
        said = str(problem).splitlines()[-1]
        print(f"full disk: the start after kill -9 says:{said.replace(str(server.datastore), 'ircd.db')}")
        checks.check("full disk: a start that fails says why", "no space left" in said.lower(), said)
    else:
        server.kill()
    ballast.unlink()
    server.start()
    found = last_topic(server)
    checks.check("full disk: nothing acknowledged is lost", found == topic, f"{found}, not {topic}")
    new_account(server.plain, "late", "sesame").close()
    checks.check("full disk: accounts can be registered again", log_in(server.plain, "late", "sesame") is not None)


def check_full_disk(checks, binary, directory):
    disk = pathlib.Path(directory) / "small-disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)],
                             capture_output=True, text=True)
    if mounted.returncode:
        print(f"skip  full disk: no small disk can be mounted here: {mounted.stderr.strip()}")
        return
    try:
        with Server(binary, directory / "full-disk", datastore=disk / "ircd.db") as server:
            server.start()
            owner = new_account(server.plain, "owner", "sesame").join("#kept")
            order(owner, "CS REGISTER #kept", "successfully registered")
            owner.join("#new")
            guest = irc.plain(server.plain).register("guest").join("#kept")
            fill_up(owner, disk / "ballast")
            check_rejections(checks, server, owner, guest)
            check_recovery(checks, owner, disk / "ballast")
            topic = fill_up(owner, disk / "ballast") or "recovered"
            check_killed(checks, server, topic, disk / "ballast")
    finally:
        subprocess.run(["umount", str(disk)], check=True)

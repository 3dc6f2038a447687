"""A datastore that is truncated or garbled after a crash: a clear error, nothing overwritten, and a copy restores everything."""

import hashlib
import random
import shutil
import subprocess

from account_server import Server, log_in, new_account, order

CASES = 12
START_S = 90


def files(datastore):
    """Returns the hash of each file of a datastore."""
    return {str(path.relative_to(datastore)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(datastore.rglob("*")) if path.is_file()}


def cut(data, chance):
    return data[:chance.randrange(len(data))]


def garble(data, chance):
    """Overwrites some of the used bytes with noise; the reserved bytes after them have no meaning."""
    written = len(data.rstrip(b"\0"))
    start = chance.randrange(written)
    end = min(written, start + chance.randrange(16, 4096))
    return data[:start] + chance.randbytes(end - start) + data[end:]


def run_and_read(server):
    """Starts the server on this datastore; returns its exit status (None while it runs) and its output."""
    process = subprocess.Popen([server.binary, "run", "--conf", str(server.conf)], cwd=server.directory,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _, words = process.communicate(timeout=START_S)
        return process.returncode, words
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def intact(server):
    """Returns whether everything acknowledged is there after a start."""
    owner = log_in(server.plain, "owner7", "sesame")
    if owner is None:
        return False
    owner.send("CS INFO #kept")
    said = owner.wait(lambda m: m.nick == "ChanServ", "CS INFO")
    owner.close()
    return "registered by owner7" in said.raw


def damaged_once(server, whole, number):
    """Tries one kind of damage; returns whether the server rejected it, and the server's fault, or None."""
    chance = random.Random(number)
    shutil.rmtree(server.datastore)
    shutil.copytree(whole, server.datastore)
    path = server.datastore / "db"
    data = path.read_bytes()
    how = (cut, garble)[number % 2]
    changed = how(data, chance)
    path.write_bytes(changed)
    before = files(server.datastore)
    try:
        server.start()
    except AssertionError:
        status, words = run_and_read(server)
        lines = [line for line in words.splitlines() if "damaged" in line and str(server.datastore) in line]
        if status is None or status <= 0 or not lines:
            return True, f"{how.__name__} {number}: exit status {status}: {words[-600:]}"
        if files(server.datastore) != before:
            return True, f"{how.__name__} {number}: something was overwritten"
        return True, None
    kept = intact(server)
    server.kill()
    return False, None if kept else f"{how.__name__} {number}: it started, but an acknowledged change is lost"


def check_damage(checks, binary, directory):
    with Server(binary, directory / "damage") as server:
        server.start()
        for number in range(8):
            owner = new_account(server.plain, f"owner{number}", "sesame")
        owner.join("#kept")
        order(owner, "CS REGISTER #kept", "successfully registered")
        server.kill()
        whole = directory / "whole"
        shutil.copytree(server.datastore, whole)
        results = [damaged_once(server, whole, number) for number in range(CASES)]
        wrong, rejected = [problem for _, problem in results if problem], sum(rejected for rejected, _ in results)
        print(f"damage: {CASES} cases, {rejected} rejected, {CASES - rejected} accepted without loss")
        checks.check(f"damage: {CASES} times a clear error and nothing overwritten, or no loss", not wrong, wrong)
        shutil.rmtree(server.datastore)
        shutil.copytree(whole, server.datastore)
        server.start()
        checks.check("damage: a copy put in its place restores everything", intact(server))

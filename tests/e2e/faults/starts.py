"""Starts that must fail because of the environment, not the configuration: with one clear line and a non-zero status within 5 s.
And one that is stopped at once."""

import socket
import subprocess

from support import ircd

QUIET = "logging: [{method: stderr, type: '*', level: error}]"
STOPS = 20


def one_line(server, wanted):
    """Returns None if `run` printed one line with a word of each of `wanted` and exited, or else the problem."""
    try:
        done = server.command("run", "--conf", str(server.conf), timeout_s=5)
    except subprocess.TimeoutExpired:
        return "still running after 5 s"
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    if done.returncode <= 0:
        return f"exit status {done.returncode}: {lines}"
    if len(lines) != 1 or not all(any(word in lines[0].lower() for word in words) for words in wanted):
        return f"expected one line with {wanted}, got: {lines}"
    return None


def another(server, name):
    """Returns a second server that logs errors only and has the first one's certificate."""
    other = ircd.Server(server.binary, server.directory.parent / name)
    text = other.conf.read_text()
    other.conf.write_text(text[:text.index("logging:")] + QUIET + "\n")
    for ours, theirs in ((server.cert, other.cert), (server.key, other.key)):
        theirs.write_bytes(ours.read_bytes())
    return other


def occupied_port(checks, server):
    other = another(server, "occupied")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", other.plain))
        holder.listen()
        problem = one_line(other, [[str(other.plain)], ["in use"]])
    checks.check("start: a port in use", problem is None, problem)


def unreadable_key(checks, server):
    for name, content in (("garbage", b"\x00\xffnot a key\n"), ("a certificate", server.cert.read_bytes()), ("empty", b"")):
        other = another(server, f"key-{name.replace(' ', '-')}")
        other.key.write_bytes(content)
        problem = one_line(other, [["privkey.pem"], ["key"]])
        checks.check(f"start: a key file that contains {name}", problem is None, problem)
    other = another(server, "key-directory")
    other.key.unlink()
    other.key.mkdir()
    problem = one_line(other, [["privkey.pem"]])
    checks.check("start: a key file that is a directory", problem is None, problem)


def locked_datastore(checks, server):
    """The other server has its own lock file and ports, so that only the datastore is shared."""
    other = another(server, "locked")
    path = str(other.directory / "ircd.db")
    other.conf.write_text(other.conf.read_text().replace(path, str(server.directory / "ircd.db")))
    problem = one_line(other, [["ircd.db"], ["lock", "in use", "another"]])
    checks.check("start: a datastore that another server has open", problem is None, problem)


def lock_file_held(checks, server):
    other = another(server, "lock-file")
    own = str(other.directory / "ircd.lock")
    other.conf.write_text(other.conf.read_text().replace(own, str(server.directory / "ircd.lock")))
    problem = one_line(other, [["ircd.lock"], ["lock", "in use", "another", "running"]])
    checks.check("start: a lock file that another server holds", problem is None, problem)


def stopped_at_once(checks, server):
    """Sends SIGTERM as soon as the first listener is open, several times."""
    other = another(server, "short-lived")
    statuses = []
    for _ in range(STOPS):
        with other:
            other.launch()
            while not other.accepts(other.plain) and other.running():
                pass
            other.terminate()
            statuses.append(other.exit_status())
    checks.check(f"start: stopped at once, {STOPS} times: exit status 0", set(statuses) == {0}, statuses)


def no_config(checks, server):
    other = another(server, "no-config")
    other.conf.unlink()
    problem = one_line(other, [["ircd.yaml"]])
    checks.check("start: a missing configuration file", problem is None, problem)


def check_starts(checks, server):
    """Runs all cases; `server` is running, and the others must fail while it does."""
    for case in (occupied_port, unreadable_key, locked_datastore, lock_file_held, no_config, stopped_at_once):
        case(checks, server)
    checks.check("start: the running server is not affected", server.running())

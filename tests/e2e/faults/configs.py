"""Bad configurations, each one edit away from a valid one: the edit, and the error that the server must report."""

import re
import subprocess

RIGHT = """\
network:
    name: TestNet
server:
    name: irc.example.test
    listeners:
        "127.0.0.1:0":
        "127.0.0.1:00":
            websocket: true
    casemapping: ascii
    enforce-utf8: true
    coerce-ident: "~u"
    max-sendq: 96k
    idle-timeouts:
        registration: 60s
        ping: 1m30s
        disconnect: 2m30s
    proxy-allowed-from:
        - localhost
accounts:
    authentication-enabled: true
    registration:
        bcrypt-cost: 4
    multiclient:
        enabled: true
        always-on: opt-in
    nick-reservation:
        enabled: true
        method: strict
        guest-nickname-format: "Guest-*"
oper-classes:
    helper:
        capabilities: [kill]
    admin:
        extends: helper
        capabilities: [rehash]
opers:
    admin:
        class: admin
        password: "$2a$04$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
limits:
    nicklen: 32
datastore:
    path: ircd.db
logging:
    - method: stderr
      type: "*"
      level: error
"""

# name, text to replace, replacement, text on the line that must be named, key that must be named, words of the expectation
CASES = [
    ("a word for a number", "nicklen: 32", "nicklen: many", "many", r"limits\.nicklen", "number|integer"),
    ("a number below zero", "nicklen: 32", "nicklen: -3", "-3", r"limits\.nicklen", "number|integer"),
    ("a word for a boolean", "enforce-utf8: true", "enforce-utf8: perhaps", "perhaps", r"server\.enforce-utf8", "true"),
    ("a value for a section", "limits:\n    nicklen: 32", "limits: none", "limits:", "limits", "section|map"),
    ("a bad duration", "ping: 1m30s", "ping: 90 parsecs", "parsecs", r"server\.idle-timeouts\.ping", "time|duration"),
    ("a bad size", "max-sendq: 96k", "max-sendq: lots", "lots", r"server\.max-sendq", "size"),
    ("a bad casemapping", "mapping: ascii", "mapping: klingon", "klingon", r"server\.casemapping", "rfc1459"),
    ("no server name", "    name: irc.example.test\n", "", "server:", r"server\.name", "name"),
    ("a server name without a dot", "irc.example.test", "irc", "name: irc", r"server\.name", r"dot|\."),
    ("no network name", "    name: TestNet\n", "    nome: TestNet\n", "network:|nome", r"network\.name", "name"),
    ("a listener without a port", '"127.0.0.1:0"', '"127.0.0.1"', '"127.0.0.1"', r"server\.listeners", "port"),
    ("a port that is too high", '"127.0.0.1:0"', '"127.0.0.1:66667"', "66667", r"server\.listeners", "port"),
    ("no listener", RIGHT[RIGHT.index("    listeners"):RIGHT.index("    casemapping")], "    listeners: {}\n",
     "listeners: {}", r"server\.listeners", "listen|address"),
    ("a WebSocket without UTF-8", "enforce-utf8: true", "enforce-utf8: false", "websocket: true|enforce-utf8",
     r"websocket|server\.enforce-utf8", "enforce-utf8|true"),
    ("an sts-only listener without sts", "websocket: true", "sts-only: true", "sts-only", r"sts-only", r"sts\.enabled|sts"),
    ("a bad TLS version", "websocket: true", "min-tls-version: 0.9", "0.9", r"min-tls-version", r"1\.2"),
    ("TLS without a key", "websocket: true", "tls: {cert: a.pem}", "tls:", r"tls", "key|PEM"),
    ("a coerced ident without a tilde", '"~u"', '"u"', "coerce-ident", r"server\.coerce-ident", "~"),
    ("a coerced ident with ident lookups", '"~u"', '"~u"\n    check-ident: true', "coerce-ident|check-ident",
     r"server\.(coerce|check)-ident", "ident"),
    ("ping not before disconnect", "ping: 1m30s", "ping: 3m", "ping: 3m", r"server\.idle-timeouts\.(ping|disconnect)", "disconnect|less"),
    ("a bad network range", "- localhost", "- 10.0.0.0/99", "/99", r"server\.proxy-allowed-from", "range|CIDR|address"),
    ("a bcrypt cost that is too high", "bcrypt-cost: 4", "bcrypt-cost: 99", "99", r"accounts\.registration\.bcrypt-cost", "31"),
    ("a bad policy", "always-on: opt-in", "always-on: sometimes", "sometimes", r"accounts\.multiclient\.always-on", "opt-out"),
    ("a bad enforcement", "method: strict", "method: gentle", "gentle", r"accounts\.nick-reservation\.method", "strict"),
    ("a guest format without a star", '"Guest-*"', '"Guest"', "guest-nickname-format",
     r"accounts\.nick-reservation\.guest-nickname-format", r"\*"),
    ("an unknown oper class", "class: admin", "class: king", "king", r"opers\.admin\.class", "class"),
    ("classes that extend each other", "helper:\n", "helper:\n        extends: admin\n", "extends|helper:|admin:",
     r"oper-classes\.(helper|admin)", "class|itself|cycle"),
    ("a bad bcrypt hash", "$2a$04$abc", "$2a$xx$abc", "xx", r"opers\.admin\.password", "bcrypt"),
    ("a bad log level", "level: error", "level: loud", "loud", r"logging\.0\.level", "debug"),
    ("a bad log method", "method: stderr", "method: pigeon", "pigeon", r"logging\.0\.method", "stderr"),
    ("a tab for indentation", "    max-sendq", "\tmax-sendq", "\t|coerce-ident", "", "tab|blanks|spaces"),
    ("an unclosed bracket", "[kill]", "[kill", r"\[kill|admin:", "", "YAML|bracket|expected"),
    ("text that is not YAML", RIGHT, "@@@ this is not a configuration\n", "@@@", "", "expected"),
    ("an unknown key", "max-sendq", "max-sendque", "max-sendque", r"server\.max-sendque", r"max-sendq\b"),
    ("an unknown section", "limits:", "limitz:", "limitz", "limitz", r"limits\b"),
    ("an empty file", RIGHT, "", "", r"network|server|datastore", "expected"),
]


def complaint(file, text, where, key, expectation):
    """Returns the pattern of the expected error: `file:line: key: what was expected`."""
    lines = [str(n) for n, line in enumerate(text.splitlines(), 1) if re.search(where if "|" in where else re.escape(where), line)]
    numbers = "|".join(lines or ["1"])
    return rf"^.*{re.escape(file)}:(?:{numbers})\b.*?{key}.*(?:{expectation})"


def check_wrong(checks, server):
    """Runs every case through `run` and `check`."""
    right = server.directory / "right.yaml"
    right.write_text(RIGHT)
    done = server.command("check", "--conf", str(right))
    checks.check("config: the valid one passes `check`", done.returncode == 0, done.stdout + done.stderr)
    for name, old, new, where, key, expectation in CASES:
        assert old in RIGHT, name
        text = RIGHT.replace(old, new, 1)
        file = server.directory / "wrong.yaml"
        file.write_text(text)
        wanted = complaint(file.name, text, where, key, expectation)
        for command in ("run", "check"):
            problem = rejection_problem(server, command, file, wanted)
            checks.check(f"config: {name}: `{command}` reports the line and the expectation", problem is None, problem)


def rejection_problem(server, command, file, wanted):
    """Returns None if a command rejects the file as it should, or else the problem."""
    try:
        done = server.command(command, "--conf", str(file), timeout_s=5)
    except subprocess.TimeoutExpired:
        return "still running after 5 s"
    said = done.stderr if command == "run" else done.stdout + done.stderr
    if done.returncode == 0:
        return f"exit status 0: {said}"
    if done.returncode < 0 or "panicked" in said:
        return f"exit status {done.returncode}: {said}"
    if not re.search(wanted, said, re.MULTILINE):
        return f"expected {wanted}, got: {said}"
    return None if len(said.splitlines()) <= 12 else f"{len(said.splitlines())} lines for one error: {said}"

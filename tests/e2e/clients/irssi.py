"""irssi in its own terminal: input through a pty, output through the logs that it writes.

irssi writes each line to a log as it shows it. `autolog` writes one log for each window, and `EVERYTHING` is another log with
the lines of all windows and those that belong to no window.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time

CONFIG = """\
servers = ( {{ address = "localhost"; chatnet = "net"; port = "{port}"; family = "inet"; autoconnect = "yes"; {tls} }} );
chatnets = {{ net = {{ type = "IRC"; nick = "{nick}"; username = "{nick}"; realname = "irssi {nick}"; {sasl} }}; }};
channels = ( {channels} );
aliases = {{ NS = "quote NS"; CS = "quote CS"; }};
logs = {{ "{home}/everything.log" = {{ auto_open = "yes"; level = "ALL"; }}; }};
settings = {{
  core = {{ real_name = "irssi"; user_name = "{nick}"; nick = "{nick}"; resolve_prefer_ipv6 = "no";
    cmd_queue_speed = "10msec"; log_timestamp = "%H:%M:%S "; }};
  "fe-common/core" = {{
    autolog = "yes"; autolog_path = "{home}/$0.log"; autolog_level = "all -crap -clientcrap -ctcps"; autolog_only_saved_channels = "no";
  }};
  "fe-text" = {{ term_charset = "UTF-8"; paste_verify_line_count = "0"; show_server_time = "yes"; }};
}};
"""
TLS = 'use_tls = "yes"; tls_verify = "yes"; tls_cafile = "{ca}";'
CERTIFICATE = ' tls_cert = "{pem}"; tls_pkey = "{pem}";'
EVERYTHING = "everything"


class Irssi:
    """One irssi. `ca` is the certificate for verifying the server over TLS; without it, the connection is plain.

    `pem` is the file with irssi's own certificate and key; with `external`, it logs in with them (SASL EXTERNAL). `login` is
    the name (`account` or `account@device`) and the passphrase to log in with SASL PLAIN.
    """

    def __init__(self, nick, port, home, channels, ca=None, pem=None, external=False, login=None):
        self.nick, self.home = nick, home
        home.mkdir()
        joins = ", ".join(f'{{ name = "{name}"; chatnet = "net"; autojoin = "yes"; }}' for name in channels)
        tls = TLS.format(ca=ca) if ca else 'use_tls = "no";'
        tls += CERTIFICATE.format(pem=pem) if pem else ""
        sasl = 'sasl_mechanism = "EXTERNAL";' if external else ""
        if login:
            sasl = f'sasl_mechanism = "PLAIN"; sasl_username = "{login[0]}"; sasl_password = "{login[1]}";'
        (home / "config").write_text(CONFIG.format(port=port, tls=tls, nick=nick, sasl=sasl, channels=joins, home=home))
        self.screen = b""
        self.terminal, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        environment = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        self.process = subprocess.Popen(["irssi", f"--home={home}"], cwd=home, env=environment, stdin=inner,
                                        stdout=inner, stderr=inner, start_new_session=True)
        os.close(inner)
        self.drain = threading.Thread(target=self.read_screen, daemon=True)
        self.drain.start()

    def read_screen(self):
        """Reads the terminal so that it does not fill up; the end of it is shown when a test fails."""
        while True:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                return
            if not data:
                return
            self.screen = (self.screen + data)[-200_000:]

    def type(self, line):
        os.write(self.terminal, line.encode() + b"\r")

    def say(self, channel, text):
        self.type(f"/msg {channel} {text}")

    def log(self, window):
        path = self.home / f"{window}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def find(self, window, pattern, timeout_s):
        """Returns whether a line of the window matches by the deadline."""
        deadline = time.monotonic() + timeout_s
        while not (found := re.search(pattern, self.log(window), re.MULTILINE)) and time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        return bool(found)

    def shows(self, pattern, timeout_s=10):
        """Returns whether any window shows a line with the pattern."""
        return self.find(EVERYTHING, pattern, timeout_s)

    def joined(self, channel, timeout_s=15):
        return self.find(channel, rf"^[\d:]{{8}} -!- {re.escape(self.nick)} \[.*has joined {re.escape(channel)}$", timeout_s)

    def heard(self, window, nick, text, timeout_s):
        return self.find(window, rf"^[\d:]{{8}} <[ ~&@%+]?{re.escape(nick)}> {re.escape(text)}$", timeout_s)

    def quit(self, reason):
        """Types /quit; returns whether irssi then exited with status 0."""
        self.type(f"/quit {reason}")
        try:
            return self.process.wait(10) == 0
        except subprocess.TimeoutExpired:
            return False

    def evidence(self):
        logs = "".join(f"--- {path.name}\n{path.read_text(errors='replace')}" for path in sorted(self.home.glob("*.log")))
        screen = re.sub(r"\x1b\[[0-9;]*[Hd]", "\n", self.screen.decode("utf-8", "replace"))
        screen = re.sub(r"\x1b[\[(][0-9;?]*[A-Za-z]|[\x00-\x09\x0b-\x1f]", "", screen)
        return f"{logs}--- screen\n" + "\n".join(line for line in screen.splitlines() if line.strip())[-3000:]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.terminal)

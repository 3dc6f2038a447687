"""A server under test: private directory, free ports, configuration, log, shutdown.

Invariant: only servers started here are stopped here, by process id.
"""

import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys
import time

READY_S = 20.0
STOP_S = 10.0
ROOT = pathlib.Path(__file__).resolve().parents[3]


def binary(arguments):
    """Returns the path of the server to test: the first argument, or else the debug build of this checkout."""
    path = pathlib.Path(arguments[0]) if arguments else ROOT / "target" / "debug" / "ircd"
    if not os.access(path, os.X_OK):
        raise SystemExit(f"{path}: expected a server to test; build it first, or pass its path")
    return str(path.resolve())


def end_on_sigterm():
    """Makes SIGTERM unwind the script, so that it still stops what it started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def free_ports(count):
    """Returns distinct ports that were free on all addresses a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for sock in sockets:
            sock.bind(("0.0.0.0", 0))
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def cpu_s(task):
    """Returns the CPU seconds, user and system, used so far by a process (its id) or a thread (`PID/task/TID`)."""
    if "/task/" in str(task):
        # In nanoseconds. For a process, the sum over its threads would lack those that have ended.
        return int(pathlib.Path(f"/proc/{task}/schedstat").read_text().split()[0]) / 1e9
    fields = pathlib.Path(f"/proc/{task}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    """`ircd` on 127.0.0.1 with a plain, a TLS, a WebSocket and a secure WebSocket listener."""

    def __init__(self, binary, directory, server_keys="", other_keys="", account_keys="", descriptors_max=None, datastore=None,
                 datastore_keys=""):
        self.binary, self.directory = binary, pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.plain, self.tls, self.ws, self.wss = free_ports(4)
        self.cert, self.key = self.directory / "fullchain.pem", self.directory / "privkey.pem"
        self.datastore = datastore or self.directory / "ircd.db"
        self.conf, self.log = self.directory / "ircd.yaml", self.directory / "ircd.log"
        self.conf.write_text(self.yaml(server_keys, other_keys, account_keys, datastore_keys))
        self.descriptors_max, self.process = descriptors_max, None
        self.recording = None

    def yaml(self, server_keys, other_keys, account_keys, datastore_keys):
        """Returns the configuration. `server_keys`, `account_keys` and `datastore_keys` are YAML lines indented by four
        spaces; `other_keys` are not indented."""
        pair = f"{{cert: {self.cert}, key: {self.key}}}"
        (self.directory / "ircd.motd").write_text("The first line of the day\n\nand 最后一行 ✓\n")
        return f"""\
network:
    name: TestNet
server:
    name: oragono.test
    listeners:
        "127.0.0.1:{self.plain}":
        "127.0.0.1:{self.tls}":
            tls: {pair}
        "127.0.0.1:{self.ws}":
            websocket: true
        "127.0.0.1:{self.wss}":
            websocket: true
            tls: {pair}
    casemapping: ascii
    enforce-utf8: true
    lookup-hostnames: false
    coerce-ident: "~u"
    motd: {self.directory}/ircd.motd
    ip-limits: {{count: false, throttle: false}}
    ip-cloaking: {{enabled: true, netname: irc, cidr-len-ipv4: 32, cidr-len-ipv6: 64, num-bits: 64}}
{server_keys}
accounts:
    default-user-modes: +i
{account_keys}
limits:
    nicklen: 32
    identlen: 20
    channellen: 64
    awaylen: 390
    kicklen: 390
    topiclen: 390
    monitor-entries: 100
    chan-list-modes: 60
lock-file: {self.directory}/ircd.lock
datastore:
    path: {self.datastore}
{datastore_keys}
logging:
    - {{method: stderr, type: "* -userinput -useroutput -connect -connect-ip -quit", level: info}}
{other_keys}
"""

    def command(self, *arguments, timeout_s=60):
        """Runs one of the binary's commands to completion."""
        return subprocess.run([self.binary, *arguments], cwd=self.directory, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=timeout_s)

    def make_certs(self):
        done = self.command("mkcerts", "--conf", str(self.conf))
        if done.returncode or not self.cert.exists() or not self.key.exists():
            raise AssertionError(f"mkcerts: exit {done.returncode}, {done.stdout}{done.stderr}")

    def limit_descriptors(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors_max, self.descriptors_max))

    def launch(self):
        """Starts `ircd run` without waiting."""
        recorded = ["--record", str(self.recording)] if self.recording else []
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "run", "--conf", str(self.conf), *recorded], cwd=self.directory, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=self.limit_descriptors if self.descriptors_max else None)

    def start(self):
        """Starts `ircd run` and returns once every listener accepts connections."""
        self.launch()
        deadline = time.monotonic() + READY_S
        for port in (self.plain, self.tls, self.ws, self.wss):
            while not self.accepts(port):
                if self.process.poll() is not None:
                    raise AssertionError(f"the server exited with {self.process.returncode} at startup:\n{self.tail()}")
                if time.monotonic() > deadline:
                    raise AssertionError(f"no listener on port {port} after {READY_S:g} s:\n{self.tail()}")
                time.sleep(0.02)
        return self

    @staticmethod
    def accepts(port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    def terminate(self):
        """Sends SIGTERM; `exit_status` waits for the exit."""
        self.process.send_signal(signal.SIGTERM)

    def exit_status(self):
        """Returns the exit status, or None if the server still runs after `STOP_S`."""
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            return None

    def running(self):
        return self.process is not None and self.process.poll() is None

    def cpu_s(self):
        return cpu_s(self.process.pid)

    def memory_mb(self, field="VmRSS"):
        """Returns the resident memory: the current one (`VmRSS`), or the peak since its last reset (`VmHWM`)."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+)", status)[1]) / 1024

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines=40):
        return "\n".join("    " + line for line in self.log_text().splitlines()[-lines:])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running():
            self.terminate()
            if self.exit_status() is None:
                self.process.kill()
                self.process.wait()

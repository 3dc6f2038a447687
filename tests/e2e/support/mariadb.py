#!/usr/bin/env python3
"""A MariaDB server for tests: private data, a Unix socket and a random port on 127.0.0.1, one user with a password.

Usage: tests/e2e/support/mariadb.py COMMAND...    runs COMMAND with IRCD_TEST_MYSQL=USER:PASSWORD@SOCKET in its environment

Invariant: a server started here is stopped here, by process id, even if the command fails.
"""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import ircd

READY_S = 60.0
STOP_S = 30.0
USER, PASSWORD = "ircd", "pass'word"


class MariaDB:
    """A server with its data in `directory` and a buffer pool of `pool_mb`; 128 is also MariaDB's default."""

    def __init__(self, directory, pool_mb=128):
        self.directory = pathlib.Path(directory)
        self.data, self.log = self.directory / "data", self.directory / "log"
        self.socket, self.port = self.directory / "s", ircd.free_ports(1)[0]
        self.init, self.pool_mb, self.process = self.directory / "init.sql", pool_mb, None
        # MariaDB runs as root only if the user is given explicitly.
        self.own = ["--no-defaults", f"--user={pwd.getpwuid(os.getuid()).pw_name}", f"--datadir={self.data}"]

    def install(self):
        """Creates the data directory; the first start creates the user."""
        quoted = PASSWORD.replace("'", "''")
        self.init.write_text(
            f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{quoted}';\nGRANT ALL ON *.* TO '{USER}'@'%';\n")
        done = subprocess.run(
            ["mariadb-install-db", *self.own, "--skip-test-db", "--auth-root-authentication-method=normal"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=READY_S * 2)
        if done.returncode:
            raise AssertionError(f"mariadb-install-db: {done.stdout}{done.stderr}")
        return self

    def start(self, wait=True):
        server = shutil.which("mariadbd", path=os.environ["PATH"] + ":/usr/sbin")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [server, *self.own, f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
                 f"--pid-file={self.directory}/pid", f"--init-file={self.init}",
                 f"--innodb-buffer-pool-size={self.pool_mb}M", "--skip-name-resolve"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_S
        while wait and self.query("SELECT 1") is None:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"MariaDB does not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.1)
        return self

    def client(self, sql, database):
        return ["mariadb", "--no-defaults", f"--socket={self.socket}", f"--user={USER}", f"--password={PASSWORD}",
                "--batch", "--skip-column-names", "--default-character-set=utf8mb4", "--raw", "--quick", "--local-infile=1",
                f"--execute={sql}", *([database] if database else [])]

    def query(self, sql, database=""):
        """Returns the lines of the result, columns separated by tabs, or None if the query fails."""
        done = subprocess.run(self.client(sql, database), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        return None if done.returncode else done.stdout.splitlines()

    def load(self, sql, lines, database):
        """Executes a statement that reads `lines` (bytes) from /dev/stdin."""
        with subprocess.Popen(self.client(sql, database), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as client:
            client.stdin.writelines(lines)
            client.stdin.close()
            if client.wait():
                raise AssertionError(f"exit {client.returncode}: {sql}")

    def cpu_s(self):
        return ircd.cpu_s(self.process.pid)

    def send(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Shuts the server down cleanly, or kills it if that takes too long."""
        if self.process is None or self.process.poll() is not None:
            return
        self.send(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """Kills the server with -9."""
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def main():
    ircd.end_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="ircd-db-") as directory, MariaDB(directory) as server:
        server.install().start()
        environment = {**os.environ, "IRCD_TEST_MYSQL": f"{USER}:{PASSWORD}@{server.socket}"}
        return subprocess.run(sys.argv[1:], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())

"""Headless Chromium with one framed page per web client, and the small HTTP server that serves the pages.

Headless mode opens one address, which is a page with the others in frames.

The browser trusts one additional key: that of the server's certificate (by its SPKI hash).
"""

import html
import http.server
import json
import os
import pathlib
import queue
import shutil
import subprocess
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent / "browser"
ORDER_WAIT_S = 5
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
         "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-breakpad", "--enable-logging=stderr", "--disable-extensions", "--disable-background-timer-throttling",
         "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"]


def install(directory):
    """Installs the locked npm packages into `directory`; returns the browser build of irc-framework."""
    directory.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, directory)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=directory, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=100)
    if done.returncode:
        raise AssertionError(f"npm ci: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return directory / "node_modules" / "irc-framework" / "dist" / "browser" / "static" / "browser.js"


def spki_hash(certificate):
    """Returns the SHA-256 of the certificate's public key in base64, for --ignore-certificate-errors-spki-list."""
    step = lambda command, data: subprocess.run(command, input=data, capture_output=True, check=True).stdout
    key = step(["openssl", "x509", "-in", str(certificate), "-noout", "-pubkey"], b"")
    der = step(["openssl", "pkey", "-pubin", "-outform", "der"], key)
    digest = step(["openssl", "dgst", "-sha256", "-binary"], der)
    return step(["openssl", "base64"], digest).decode().strip()


class Page:
    """One web client: its reports, and the orders for it.

    With a `password`, it logs in to the account of its name with SASL PLAIN. `history` is the number of lines that it requests
    on joining, and again at each order to scroll. With `waits`, it connects when ordered to.
    """

    def __init__(self, nick, protocol="text.ircv3.net", channels=(), id=None, password="", history=0, waits=False):
        self.nick, self.protocol, self.id = nick, protocol, id or nick
        self.settings = {"id": self.id, "nick": nick, "protocol": protocol, "channels": ",".join(channels),
                         "password": password, "history": history or "", "waits": "yes" if waits else ""}
        self.reports, self.orders = [], queue.Queue()

    def find(self, wanted, timeout_s=10, since=0):
        """Returns the first report after the first `since` ones for which `wanted(report)` is true, or None at the deadline."""
        deadline = time.monotonic() + timeout_s
        while True:
            for report in list(self.reports[since:]):
                if wanted(report):
                    return report
            if time.monotonic() > deadline:
                return None
            time.sleep(0.05)

    def joined(self, channel, timeout_s=30, since=0):
        """Returns the nicks that the client lists in the channel once it has joined, or None."""
        report = self.find(lambda r: r["kind"] == "userlist" and r["channel"].lower() == channel, timeout_s, since)
        return report and report["nicks"]

    def order(self, **order):
        """Sends an order to the page (see `obey` in client.js); returns the number of reports before it."""
        since = len(self.reports)
        self.orders.put(order)
        return since

    def lines(self, window, since=0, history=None):
        """Returns the messages in a window in order; with `history`, only those from history or only the others."""
        found = [r for r in self.reports[since:] if r["kind"] == "message" and r["target"] == window]
        return [r for r in found if history in (None, r["history"])]

    def say(self, channel, text):
        self.orders.put({"say": text, "target": channel})

    def heard(self, window, nick, text, timeout_s):
        return self.find(lambda r: r["kind"] == "message" and (r["nick"], r["target"], r["text"]) == (nick, window, text),
                         timeout_s) is not None

    def quit(self, reason):
        """Quits; returns whether the server then closed the WebSocket."""
        self.orders.put({"quit": reason})
        return self.find(lambda r: r["kind"] == "close", 10) is not None

    def evidence(self):
        return "\n".join(json.dumps(report, ensure_ascii=False) for report in self.reports if report["kind"] != "frame")


class Chromium:
    """The browser and its pages. `origin` is the web origin of the pages, known before the server starts."""

    def __init__(self):
        self.pages, self.process, self.log = {}, None, None
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.http.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def handler(self):
        browser = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                if url.path == "/next":
                    self.answer("application/json", json.dumps(self.next_order(url.query)).encode())
                elif url.path in browser.files:
                    kind, path = browser.files[url.path]
                    self.answer(kind, path.read_bytes())
                else:
                    self.send_error(404)

            def next_order(self, query):
                page = browser.pages[urllib.parse.parse_qs(query)["id"][0]]
                try:
                    return page.orders.get(timeout=ORDER_WAIT_S)
                except queue.Empty:
                    return {}

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                browser.pages[body["id"]].reports.extend(body["reports"])
                self.answer("text/plain", b"")

            def answer(self, kind, body):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Logs nothing: the reports are enough."""

        return Handler

    def open(self, pages, port, irc_framework, certificate, home):
        """Starts the browser with `pages`, whose clients connect to this port."""
        self.files = {"/page.html": ("text/html", HERE / "page.html"), "/client.js": ("text/javascript", HERE / "client.js"),
                      "/irc-framework.js": ("text/javascript", irc_framework)}
        frames = []
        for page in pages:
            self.pages[page.id] = page
            query = urllib.parse.urlencode({"host": "127.0.0.1", "port": port, **page.settings})
            frames.append(f'<iframe src="/page.html?{html.escape(query)}"></iframe>')
        home.mkdir()
        (home / "frames.html").write_text("<!doctype html>" + "".join(frames))
        self.files["/frames.html"] = ("text/html", home / "frames.html")
        self.log = home / "chromium.log"
        environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        command = ["chromium", *FLAGS, f"--user-data-dir={home / 'profile'}",
                   f"--ignore-certificate-errors-spki-list={spki_hash(certificate)}", f"{self.origin}/frames.html"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def evidence(self):
        return "\n".join(line for line in self.log.read_text(errors="replace").splitlines()[-200:] if "dbus" not in line) if self.log else ""

    def close(self):
        for page in self.pages.values():
            page.orders.put({"end": True})
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.http.shutdown()
        self.http.server_close()

"""An application in two processes, as servers run it that fork their workers: `workers.py LOCK`.

Each worker serves four requests at a time. What the two have in common is a folder with a file for each session. With
`of-the-process`, a session is locked against the other threads of its process; with `of-the-store`, against everybody.
"""

import fcntl
import json
import os
import secrets
import sys
import threading
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from client_ref.__main__ import registration
from client_ref.client import Client, granted_in
from client_ref.errors import Refusal

LOCK = sys.argv[1]
STORE = Path(os.environ["STORE"])
PORT = int(os.environ["PORT"])
CLIENT = Client(registration(os.environ))
MINE = {}
AT_A_TIME = 4


@contextmanager
def locked(name):
    if LOCK == "of-the-process":
        with MINE.setdefault(name, threading.Lock()):
            yield
    else:
        with (STORE / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextmanager
def session_of(name):
    kept = STORE / name
    with locked(name):
        session = json.loads(kept.read_text()) if kept.exists() else {}
        try:
            yield session
        finally:
            written = STORE / f"{name}.{os.getpid()}"
            written.write_text(json.dumps(session))
            written.replace(kept)


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        sent = SimpleCookie(self.headers.get("cookie", "")).get("sid")
        name = sent.value if sent is not None and sent.value.isalnum() else secrets.token_hex(16)
        try:
            with session_of(name) as session:
                page = self.page(session)
        except Refusal as refusal:
            page = 401, refusal.code, ""
        # Not before the session is stored: what the browser asks next may come to the other worker.
        self.answer(*page, name)

    def page(self, session):
        path = self.path.partition("?")[0]
        if path == "/login":
            return 303, "", CLIENT.begin(session)
        if path == "/callback":
            CLIENT.land(session, f"http://localhost:{PORT}{self.path}")
            return 303, "", "/"
        if path == "/me":
            CLIENT.call_api(session)
        return 200, "Welcome." if granted_in(session) else "Who are you?", ""

    def answer(self, status, text, location, name):
        self.send_response(status)
        self.send_header("Set-Cookie", f"sid={name}; HttpOnly; SameSite=Lax; Path=/")
        self.send_header("Content-Length", str(len(text)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        """Nobody reads it."""


class Worker(ThreadingHTTPServer):
    """It takes no connection that it has no thread for, so that the other worker gets it."""

    free = threading.Semaphore(AT_A_TIME)

    def get_request(self):
        self.free.acquire()
        return super().get_request()

    def process_request_thread(self, *request):
        try:
            super().process_request_thread(*request)
        finally:
            self.free.release()


if __name__ == "__main__":
    worker = Worker(("127.0.0.1", PORT), Pages)
    if "alone" not in sys.argv:
        os.fork()
    worker.serve_forever()

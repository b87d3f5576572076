"""A small web application with many bad habits: how it starts is its argument, and each page has a habit of its own.

It plays a client and asks no server for tokens: a landing with `code=good` signs the browser in.
"""

import os
import signal
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

NEVER = threading.Event()
AUTHORIZE = os.environ.get("AUTHORIZE_URL", "")
SIGNED_IN = set()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class OneAtATime(socketserver.TCPServer):
    allow_reuse_address = True


class Page(BaseHTTPRequestHandler):
    # Connections stay open unless the browser says otherwise.
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        self.query = dict(parse_qsl(url.query))
        habit = HABITS.get(url.path) if url.path != "/callback" else LANDINGS.get(self.query.get("code", "denied"))
        if habit is None:
            self.answer(404, "Not found")
        else:
            habit(self)

    def do_POST(self):
        self.do_GET()

    def answer(self, status, text="", *headers):
        body = text.encode()
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, location, *headers):
        self.answer(302, "", ("Location", location), *headers)

    def begin(self, status):
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def flood(self, piece, pause=0.0):
        """Write until nobody listens any more."""
        try:
            while not NEVER.wait(pause) if pause else True:
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            self.close_connection = True

    def close(self):
        self.close_connection = True

    def log_message(self, *_):
        pass


def sign_in(page):
    SIGNED_IN.add("sid-1")
    page.redirect("/", ("Set-Cookie", "sid=sid-1; SameSite=Strict"))


def home(page):
    signed_in = "sid=" in page.headers.get("Cookie", "")
    page.answer(200, "Logged in. Log out" if signed_in else "Welcome, stranger. Log in")


def me(page):
    known = "sid=sid-1" in page.headers.get("Cookie", "")
    page.answer(200 if known else 401, page.headers.get("Cookie", ""))


HOSTILE_COOKIES = [
    ("Set-Cookie", line)
    for line in (
        "",
        ";;;",
        "=",
        "a=b; Domain=other.example",
        "a=b; Domain=.",
        f"big={'x' * 5000}",
        "__Host-a=b",
        "c=d; Max-Age=-99999999999999999999999; Expires=nonsense",
        "e=f; Path=nowhere; SameSite=Odd",
        "\xff\xfe=\x80; Secure",
        *(f"many-{n}=v" for n in range(300)),
    )
]

HABITS = {
    "/": home,
    "/me": me,
    "/headers": lambda page: page.answer(200, str(page.headers)),
    "/login": lambda page: page.redirect(f"{AUTHORIZE}?client_id=a&state=b"),
    "/login/in-steps": lambda page: page.redirect("in-steps/2", ("Set-Cookie", "step=1")),
    "/login/in-steps/2": lambda page: page.redirect(f"//{page.headers['Host']}/login"),
    "/login/circle": lambda page: page.redirect("/login/circle"),
    "/login/fails": lambda page: page.answer(500, "Traceback"),
    "/login/page": lambda page: page.answer(200, "<p>Press the button</p>"),
    "/login/link": lambda page: page.answer(200, f'<a href="{AUTHORIZE}?client_id=a&amp;state=b">Log in</a>'),
    "/login/json": lambda page: page.answer(200, f'{{"url":"{AUTHORIZE}?client_id=a\\u0026state=b"}}'),
    "/login/two-links": lambda page: page.answer(200, f'<a href="{AUTHORIZE}?a">1</a> <a href="{AUTHORIZE}?b">2</a>'),
    "/login/elsewhere": lambda page: page.redirect("https://login.example/authorize?client_id=a"),
    "/login/nowhere": lambda page: page.redirect("http://[nowhere"),
    "/login/https": lambda page: page.redirect("https://localhost/login"),
    "/login/hangs": lambda _: NEVER.wait(),
    "/login/closes": Page.close,
    "/login/no-http": lambda page: page.wfile.write(b"+OK ready\r\n"),
    "/login/long-head": lambda page: page.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X-Filler: " + b"x" * 8000) * 80),
    "/always-200": lambda page: page.answer(200, "Fine"),
    "/refresh": lambda page: page.answer(405) if page.command != "POST" else page.answer(200, "Refreshed"),
    "/refresh/restarts": lambda page: page.redirect("/login"),
}
LANDINGS = {
    "good": sign_in,
    "denied": lambda page: page.answer(200, f"Error: {page.query.get('error', 'access_denied')}"),
    "same": lambda page: page.answer(200, "Fine"),
    "fails": lambda page: page.answer(500, "Traceback"),
    "restarts": lambda page: page.redirect("/login"),
    "circle": lambda page: page.redirect(page.path),
    "elsewhere": lambda page: page.redirect("https://evil.example/?token=t"),
    "nowhere": lambda page: page.redirect("http://[nowhere"),
    "exits": lambda _: os._exit(7),
    "killed": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "closes": Page.close,
    "hangs": lambda _: NEVER.wait(),
    "drips": lambda page: (page.begin(200), page.flood(b".", 0.01)),
    "floods": lambda page: (page.begin(200), page.flood(b"x" * 65536)),
    "half": lambda page: page.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
    "interim": lambda page: page.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nwhole"),
    "dripping-redirect": lambda page: (
        page.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"), page.flood(b".", 0.01)),
    "hostile-cookies": lambda page: page.answer(200, "Fine", *HOSTILE_COOKIES),
}  # fmt: skip


def serve(port=None, family=socket.AF_INET):
    Server.address_family = family
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    Server((host, int(os.environ["PORT"]) if port is None else port), Page).serve_forever()


def ignore_sigterm():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def fork():
    """Two processes share the port; the child does not go when it is told to."""
    server = Server(("127.0.0.1", int(os.environ["PORT"])), Page)
    if os.fork() == 0:
        ignore_sigterm()
    server.serve_forever()


def daemon():
    """The process that serves has left the session of the one that was started, which waits."""
    server = Server(("127.0.0.1", int(os.environ["PORT"])), Page)
    if os.fork() == 0:
        os.setsid()
        server.serve_forever()
    server.socket.close()
    NEVER.wait()


def flood(stream, then=serve):
    def write():
        while True:
            stream.buffer.write(b"x" * 65535 + b"\n")

    threading.Thread(target=write, daemon=True).start()
    then()


def fail():
    sys.stderr.write(f"first\nsecret: {os.environ.get('CLIENT_SECRET')}\nlast words\n")
    sys.exit(3)


STARTS = {
    "serves": serve,
    "serves-one-at-a-time": lambda: OneAtATime(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever(),
    "serves-at-six": lambda: serve(family=socket.AF_INET6),
    "fails": fail,
    "ends": lambda: None,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "finds-port-taken": lambda: sys.exit("OSError: [Errno 98] Address already in use"),
    "never-listens": NEVER.wait,
    "listens-elsewhere": lambda: serve(0),
    "ignores-sigterm": lambda: (ignore_sigterm(), serve()),
    "forks": fork,
    "becomes-daemon": daemon,
    "floods-stdout": lambda: flood(sys.stdout),
    "floods-stderr-and-never-listens": lambda: flood(sys.stderr, NEVER.wait),
    "prints-environment": lambda: print("\n".join(f"{k}={v}" for k, v in sorted(os.environ.items()))),
    "reads-stdin": lambda: sys.exit(f"read {len(sys.stdin.read())} characters"),
}

if __name__ == "__main__":
    STARTS[sys.argv[1]]()

"""A small, right client on the standard library alone, and what happens to real ones: its arguments name mistakes.

`/login`, the callback, `/me` (401 for strangers), `/refresh`. Without an argument nothing is wrong with it.
"""

import json
import os
import secrets
import signal
import sys
import threading
import urllib.error
import urllib.request
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

HABITS = frozenset(sys.argv[1:])
TOLD = os.environ
BASIC = "CLIENT_SECRET" in TOLD


class Refused(Exception):
    pass


class Sessions:
    """The sessions of browsers by their cookie; with `one-session`, one for all of them."""

    def __init__(self):
        self.kept = {}
        self.only = {}

    def of(self, name):
        return self.only if "one-session" in HABITS else self.kept.get(name, {})

    def new(self):
        name = secrets.token_hex(8)
        self.kept[name] = {}
        return name


SESSIONS = Sessions()
# With `one-state`, what is sent is remembered once for all, and with `one-token` what was got.
SHARED = {}


MISTAKES = {
    "other-client-id": {"CLIENT_ID": "of-production"},
    "other-redirect-uri": {"REDIRECT_URI": TOLD["REDIRECT_URI"] + "/other"},
    "other-host": {"REDIRECT_URI": TOLD["REDIRECT_URI"].replace("localhost", "127.0.0.1")},
    "other-scope": {"SCOPE": "openid profile"},
    "own-scope": {"SCOPE": "offline comment.create"},
    "own-redirect-uri": {"REDIRECT_URI": TOLD["REDIRECT_URI"].partition("?")[0]},
    "scope-with-commas": {"SCOPE": TOLD.get("SCOPE", "").replace(" ", ",")},
    "scope-cut-at-a-plus": {"SCOPE": TOLD.get("SCOPE", "").replace("+", " ")},
    "other-secret": {"CLIENT_SECRET": "of-production"},
    "frameio": {"AUTHORIZE_URL": "https://applications.frame.io/oauth2/auth"},
    "other-login-path": {"AUTHORIZE_URL": TOLD["AUTHORIZE_URL"].replace("/oauth2/auth", "/authorize")},
    "other-token-path": {"TOKEN_URL": TOLD["TOKEN_URL"].replace("/oauth2/token", "/token")},
    "token-elsewhere": {"TOKEN_URL": "http://127.0.0.1:1/oauth2/token"},
}
MISTAKEN = {name: value for habit in HABITS for name, value in MISTAKES.get(habit, {}).items()}


def setting(name):
    return MISTAKEN.get(name, TOLD.get(name, ""))


def begin(session):
    session = SHARED if "one-state" in HABITS else session
    session["state"] = secrets.token_urlsafe(16)
    session["verifier"] = verifier = secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "token" if "implicit" in HABITS else "code",
        "client_id": setting("CLIENT_ID"),
        "redirect_uri": setting("REDIRECT_URI"),
        "scope": setting("SCOPE"),
        "state": session["state"],
    }
    asked |= {} if "no-pkce" in HABITS else {"code_challenge": challenge, "code_challenge_method": "S256"}
    return f"{setting('AUTHORIZE_URL')}?{urlencode(asked)}"


def land(session, query):
    kept = SHARED if "one-state" in HABITS else session
    if not kept.get("state") or query.get("state") != [kept["state"]]:
        raise Refused("state")
    del kept["state"]
    if "error" in query:
        raise Refused(f"the server says {query['error'][0]}")
    if len(query.get("code", ())) != 1 or not query["code"][0]:
        raise Refused("no code")
    form = {"grant_type": "authorization_code", "code": query["code"][0], "redirect_uri": setting("REDIRECT_URI")}
    if "hangs" in HABITS:
        threading.Event().wait()
    form |= {} if "no-pkce" in HABITS else {"code_verifier": kept.get("verifier", "")}
    form |= {"code_verifier": secrets.token_urlsafe(32)} if "other-verifier" in HABITS else {}
    answer = ask(form)
    if "breaks" in HABITS:
        raise Refused("KeyError: 'id_token'")
    keep(session, answer)


def refresh(session):
    if "token" not in session:
        raise Refused("nobody is signed in")
    keep(session, ask({"grant_type": "refresh_token", "refresh_token": session["token"]["refresh_token"]}))


def ask(form):
    if "no-token-request" in HABITS:
        raise Refused("it never asks")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if "secret-in-body" in HABITS:
        form |= {"client_id": setting("CLIENT_ID"), "client_secret": setting("CLIENT_SECRET")}
    elif (BASIC or "always-basic" in HABITS) and "never-basic" not in HABITS:
        pair = f"{quote_plus(setting('CLIENT_ID'))}:{quote_plus(setting('CLIENT_SECRET') or 'secret')}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = setting("CLIENT_ID")
    for attempt in (1, 2) if "retries" in HABITS else (2,):
        request = urllib.request.Request(setting("TOKEN_URL"), urlencode(form).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                refusal = Refused(f"the token endpoint answers {error.code}")
        except (OSError, ValueError) as error:
            sys.stderr.write(f"requests: {error}\n")
            refusal = Refused("the token endpoint cannot be understood")
        if attempt == 2:
            raise refusal
    raise AssertionError


def keep(session, answer):
    if not isinstance(answer, dict) or str(answer.get("token_type")).lower() != "bearer":
        raise Refused("no token")
    if "error" in answer or not isinstance(answer.get("access_token"), str) or not answer["access_token"]:
        raise Refused("no token")
    kept = SHARED if "one-token" in HABITS else session
    kept["token"] = answer | {"refresh_token": answer.get("refresh_token") or kept.get("refresh_token")}
    kept["refresh_token"] = kept["token"]["refresh_token"]


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        cookies = dict(pair.partition("=")[::2] for pair in self.headers.get("Cookie", "").split("; "))
        self.name, self.cookie = cookies.get("sid", ""), None
        if self.name not in SESSIONS.kept and url.path.startswith("/login"):
            self.name = SESSIONS.new()
            self.cookie = COOKIES.get(next((h for h in HABITS if h in COOKIES), ""), "sid={}; Path=/; HttpOnly")
        self.session = SESSIONS.of(self.name)
        try:
            self.serve(url)
        except Refused as refusal:
            self.refused(refusal)

    def do_POST(self):
        self.do_GET()

    def serve(self, url):
        if url.path == "/login":
            self.redirect("/login/prepared" if "hops" in HABITS else begin(self.session))
        elif url.path == "/login/prepared":
            self.redirect(begin(self.session))
        elif url.path == urlsplit(TOLD["REDIRECT_URI"]).path and "no-callback" not in HABITS:
            if "hops" in HABITS and "hopped" not in url.query:
                self.redirect(f"{url.path}?{url.query}&hopped=1")
                return
            land(self.session, parse_qs(url.query, keep_blank_values=True))
            self.redirect("/") if "always-200" not in HABITS else self.page(200, "Logged in")
        elif url.path == "/me":
            held = "token" in (SHARED if "one-token" in HABITS else self.session)
            self.page(200 if held else 401, "Somebody" if held else "Nobody")
        elif url.path == "/refresh":
            refresh(SHARED if "one-token" in HABITS else self.session)
            self.redirect("/")
        elif url.path == "/":
            held = "token" in (SHARED if "one-token" in HABITS else self.session)
            self.page(200, "Welcome" if "mute" in HABITS else "Welcome back. Log out" if held else "Hello. Log in")
        else:
            self.page(404, "Not found")

    def refused(self, refusal):
        if "restarts" in HABITS:
            self.redirect(begin(self.session))
        elif "mute" in HABITS:
            self.redirect("/")
        elif "circles" in HABITS:
            self.redirect(self.path)
        else:
            self.page(200 if "always-200" in HABITS else 400, f"That did not work: {refusal}")

    def redirect(self, location):
        self.page(302, "", ("Location", location))

    def page(self, status, text, *headers):
        headers = [*headers, ("Set-Cookie", self.cookie.format(self.name))] if self.cookie else headers
        headers = [*headers, *HOSTILE_COOKIES] if "hostile-cookies" in HABITS else headers
        body = text.encode() + (b"x" * 4_000_000 if "megabytes" in HABITS and status == 400 else b"")
        self.send_response(status)
        for name, value in (*headers, ("Content-Type", "text/html"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.by_the_byte(body) if "by-the-byte" in HABITS else self.wfile.write(body)

    def by_the_byte(self, body):
        for byte in body:
            self.wfile.write(bytes([byte]))

    def log_message(self, *_):
        pass


COOKIES = {
    "strict-cookie": "sid={}; Path=/; SameSite=Strict",
    "none-cookie": "sid={}; Path=/; SameSite=None",
    "cookie-of-another-host": "sid={}; Path=/; Domain=example.com",
    "no-cookie": "",
}


# None that would push the session's own cookie out of a jar: that would be a habit of its own.
HOSTILE_COOKIES = [
    ("Set-Cookie", line)
    for line in (
        *("", ";;;", "=", "a=b; Domain=other.example", "a=b; Domain=.", f"big={'x' * 5000}", "__Host-a=b"),
        *("c=d; Max-Age=-99999999999999999999999; Expires=nonsense", "e=f; Path=nowhere; SameSite=Odd"),
        *(f"many-{number}=v" for number in range(20)),
    )
]


class OneAtATime(TCPServer):
    allow_reuse_address = True
    request_queue_size = 64


class Threaded(ThreadingMixIn, OneAtATime):
    daemon_threads = True


def flood():
    while True:
        sys.stdout.write("x" * 65535 + "\n")


if __name__ == "__main__":
    if "needs-variables" in HABITS:
        sys.exit(f"KeyError: 'FRAMEIO_CLIENT_ID' (it has {sorted(TOLD)[:1]})")
    if "needs-https" in HABITS:
        sys.exit("oauthlib.oauth2.rfc6749.errors.InsecureTransportError: OAuth 2 MUST utilize https.")
    if "ignores-sigterm" in HABITS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "floods-stdout" in HABITS:
        threading.Thread(target=flood, daemon=True).start()
    if "forks" in HABITS and os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Event().wait()
    server = OneAtATime if "one-request-at-a-time" in HABITS else Threaded
    server(("127.0.0.1", int(TOLD["PORT"])), Page).serve_forever()

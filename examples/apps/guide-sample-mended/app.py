"""The app of ../guide-sample with what it lacks: each mend is numbered, and README.md says what each is for."""

import base64
import hashlib
import html
import json
import os
import secrets
from urllib.parse import parse_qsl, quote_plus, urlencode

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

AUTHORIZE_URL = os.environ["AUTHORIZE_URL"]
TOKEN_URL = os.environ["TOKEN_URL"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ.get("CLIENT_SECRET")
REDIRECT_URI = os.environ["REDIRECT_URI"]
SCOPE = os.environ["SCOPE"]
API_URL = os.environ["API_URL"]

COOKIE = "session"
# Bytes; no honest token answer is longer.
LONGEST = 1024 * 1024

http = httpx.Client(follow_redirects=False, timeout=10)
# One dictionary for each browser, by the random name that its cookie holds. A real application has a store.
sessions: dict[str, dict] = {}


class Refused(Exception):
    """The login ends here."""


def session_of(request: Request) -> dict:
    """What belongs to this browser; nothing where it is new."""
    return sessions.get(request.cookies.get(COOKIE, ""), {})


def keep(response: Response, session: dict, old_name: str = "") -> Response:
    """Keep a session, under a fresh name."""
    sessions.pop(old_name, None)
    name = secrets.token_urlsafe(32)
    sessions[name] = session
    response.set_cookie(COOKIE, name, httponly=True, samesite="lax", secure=REDIRECT_URI.startswith("https:"))
    return response


def with_scope() -> dict[str, str]:
    """The scope as a parameter, where there is one: an empty parameter is none."""
    return {"scope": SCOPE} if SCOPE else {}


def login(request: Request) -> Response:
    """Send the browser away, and remember with what."""
    session = session_of(request)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    session.setdefault("logins", {})[state] = verifier  # 1
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "client_id": CLIENT_ID,
        **with_scope(),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),  # 2
        "code_challenge_method": "S256",
    }
    # An endpoint may have a query already.
    separator = "&" if "?" in AUTHORIZE_URL else "?"
    answer = RedirectResponse(f"{AUTHORIZE_URL}{separator}{urlencode(query)}", 302)
    return keep(answer, session, request.cookies.get(COOKIE, ""))


def callback(request: Request) -> Response:
    """Finish a login of this browser, or say why not."""
    session = session_of(request)
    try:
        code, verifier, state = landed(session, parse_qsl(request.url.query, keep_blank_values=True))
        tokens = exchanged(code, verifier, state)
    except Refused as refusal:
        return page(str(refusal), 400)
    session["tokens"] = tokens
    return keep(RedirectResponse("/me", 303), session, request.cookies.get(COOKIE, ""))


def landed(session: dict, pairs: list[tuple[str, str]]) -> tuple[str, str, str]:
    """The code of an authorization response, and the verifier and state of the login that it is for."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("A parameter was sent twice.")
    state = found.get("state", "")
    verifier = session.get("logins", {}).pop(state, None)
    if verifier is None:
        raise Refused("No login of this browser waits for that state.")  # 3
    if "error" in found:
        raise Refused("The login was declined, or failed.")
    if not found.get("code"):
        raise Refused("There was no code.")  # 4
    return found["code"], verifier, state


def exchanged(code: str, verifier: str, state: str) -> dict:
    """The tokens for a code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "state": state,
        **with_scope(),
        "code_verifier": verifier,
    }
    headers = {}
    if CLIENT_SECRET is None:
        form["client_id"] = CLIENT_ID
    else:
        pair = f"{quote_plus(CLIENT_ID)}:{quote_plus(CLIENT_SECRET)}"  # 5
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    try:
        tokens = json.loads(posted(form, headers), object_pairs_hook=members)
    except (httpx.HTTPError, ValueError, RecursionError):
        tokens = None
    if not is_good(tokens):
        raise Refused("The server gave no token.")  # 6
    return tokens


def posted(form: dict, headers: dict) -> bytes:
    """The body of a token answer; `ValueError` where it is no JSON under status 200, or has no end."""
    body = b""
    with http.stream("POST", TOKEN_URL, data=form, headers=headers) as answer:
        if answer.status_code != 200 or media_type(answer) != "application/json":
            raise ValueError("no success")
        for part in answer.iter_bytes():
            body += part
            if len(body) > LONGEST:
                raise ValueError("too long")
    return body


def media_type(answer: httpx.Response) -> str:
    """What an answer says it is, without parameters."""
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def members(pairs: list[tuple[str, object]]) -> dict:
    """A JSON object, if each of its members is there once."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member is there twice")
    return found


def is_good(tokens: object) -> bool:
    """True for a token answer that is a success, and of a kind that this app can use."""
    if not isinstance(tokens, dict) or "error" in tokens:
        return False
    token, kind = tokens.get("access_token"), tokens.get("token_type")
    return isinstance(token, str) and token != "" and isinstance(kind, str) and kind.lower() == "bearer"


def me(request: Request) -> Response:
    """Who is logged in, as the API says it."""
    tokens = session_of(request).get("tokens")
    if tokens is None:
        return page("Nobody is logged in.", 401)
    answer = http.get(f"{API_URL}/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    if answer.status_code != 200:
        return page("Log in again.", 401)
    return page(f"Logged in as {answer.json()['name']}.")


def page(text: str, status: int = 200) -> Response:
    """A page; what stands on it is escaped."""
    return HTMLResponse(f"<!doctype html><p>{html.escape(text)}</p>", status, {"Cache-Control": "no-store"})  # 7


landing = Route("/callback", callback)
landing.methods = {"GET"}  # 8: Starlette adds HEAD, and a HEAD must not spend a code
app = Starlette(routes=[Route("/login", login), landing, Route("/me", me)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False)

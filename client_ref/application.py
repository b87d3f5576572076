"""A real web application around the client: `/ /login /callback /refresh /me /logout`.

Sessions live on the server; the browser holds a random name for one and nothing else. The callback is answered with a
redirect, so that the code leaves the address bar, and no page shows or logs a secret.
"""

from __future__ import annotations

import html
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from client_ref.client import Assignment, AsyncClient, async_factory, granted_in
from client_ref.errors import LoginRequired, Refusal
from client_ref.session import Session

COOKIE = "client-ref-session"
MOST_SESSIONS = 10_000
SESSION_LIFETIME = 30 * 24 * 3600.0
"""Seconds a session may lie unused: as long as Frame.io's refresh tokens live."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

HOME = '<a href="/">Home</a>'

logger = logging.getLogger("client_ref")


class Sessions:
    """The browsers' sessions, by the random name that each browser's cookie holds; the longest unused makes room."""

    def __init__(self, most: int = MOST_SESSIONS, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept: OrderedDict[str, tuple[float, Session]] = OrderedDict()
        self._most = most
        self._clock = clock

    def find(self, name: str) -> Session | None:
        """The session of that name, unless there is none or it is too old."""
        if name not in self._kept:
            return None
        used, session = self._kept.pop(name)
        if self._clock() - used > SESSION_LIFETIME:
            return None
        self._kept[name] = (self._clock(), session)
        return session

    def add(self, session: Session) -> str:
        """Keep a session under a name that nobody can guess."""
        name = secrets.token_urlsafe(32)
        self._kept[name] = (self._clock(), session)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return name

    def rename(self, name: str, session: Session) -> str:
        """Give a session a fresh name: one that was planted before the login is worth nothing after it."""
        self._kept.pop(name, None)
        return self.add(session)


def page(title: str, *paragraphs: str, status: int = 200) -> HTMLResponse:
    """Compose a page; the paragraphs are markup already, and load nothing from anywhere."""
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    text = f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{title}</title>\n<h1>{title}</h1>\n{body}\n"
    return HTMLResponse(text, status, HEADERS)


def redirect(path: str) -> RedirectResponse:
    """Send the browser on, to a place of our own."""
    return RedirectResponse(path, 303, HEADERS)


def home(session: Session) -> Response:
    """The page that everybody sees: what this browser may do, and the buttons for it."""
    held = granted_in(session)
    if held is None:
        return page("Not logged in", '<a href="/login">Log in</a>')
    expires_at = held["expires_at"]
    until = "an unknown time" if expires_at is None else time.strftime("%H:%M:%S UTC", time.gmtime(expires_at))
    return page(
        "Logged in",
        f"Granted: {html.escape(held['scope']) or 'no scope'}. The access token lives until {until}.",
        '<a href="/me">Who am I?</a>',
        '<form method="post" action="/refresh"><button>Refresh</button></form>',
        '<form method="post" action="/logout"><button>Log out</button></form>',
    )


def begun(_request: Request, _session: Session) -> None:
    """Take nothing along from the address at which a login begins."""


def leaving(_session: Session, response: Response) -> Response:
    """Give the browser nothing to carry to the authorization server and back."""
    return response


def arrived(_request: Request, _session: Session) -> None:
    """Take nothing from the browser but its session."""


def landed(_request: Request, _session: Session) -> Response:
    """Answer a callback that logged somebody in: go home, and leave the code behind (RFC 6749 section 3.1.2.5)."""
    return redirect("/")


def refused(_request: Request, refusal: Refusal) -> Response:
    """Tell the person why it did not work, in words of our own."""
    logger.warning("refused: %s", refusal)
    status = 401 if isinstance(refusal, LoginRequired) else 400
    return page(
        "That did not work",
        f"<code>{html.escape(refusal.code)}</code>: {html.escape(refusal.cause)}.",
        f"{html.escape(refusal.next_step)} ({html.escape(refusal.clause)})",
        HOME,
        status=status,
    )


@dataclass(frozen=True, slots=True)
class Pages:
    """What the browser gets. As with `Policy`, only the default is meant for use."""

    home: Callable[[Session], Response] = home
    begun: Callable[[Request, Session], None] = begun
    leaving: Callable[[Session, Response], Response] = leaving
    arrived: Callable[[Request, Session], None] = arrived
    landed: Callable[[Request, Session], Response] = landed
    refused: Callable[[Request, Refusal], Response] = refused
    landing_methods: frozenset[str] = frozenset({"GET"})


class Application:
    """The endpoints. One client serves all users; what is theirs is in their session."""

    def __init__(self, client: AsyncClient, redirect_uri: str, pages: Pages | None = None) -> None:
        self._client = client
        self._redirect_uri = urlsplit(redirect_uri)
        self._pages = pages or Pages()
        self._sessions = Sessions()

    def starlette(self) -> Starlette:
        """The application as an ASGI callable; its callback is at the path of the redirect_uri."""
        callback = Route(unquote(self._redirect_uri.path) or "/", self._callback)
        # Starlette adds HEAD to GET, and a HEAD must not spend a code.
        callback.methods = set(self._pages.landing_methods)
        return Starlette(
            routes=[
                callback,
                Route("/", self._home),
                Route("/login", self._login),
                Route("/refresh", self._refresh, methods=["GET", "POST"]),
                Route("/me", self._me),
                Route("/logout", self._logout, methods=["POST"]),
            ],
            exception_handlers={Refusal: self._refused},
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        await self._client.close()

    async def _home(self, request: Request) -> Response:
        return self._pages.home(self._session(request))

    async def _login(self, request: Request) -> Response:
        name = request.cookies.get(COOKIE, "")
        session = self._sessions.find(name)
        if session is None:
            session = {}
            name = self._sessions.add(session)
        self._pages.begun(request, session)
        response = redirect(await self._client.begin(session))
        return self._with_cookie(self._pages.leaving(session, response), name)

    async def _callback(self, request: Request) -> Response:
        session = self._session(request)
        self._pages.arrived(request, session)
        await self._client.land(session, self._arrived_at(request))
        name = self._sessions.rename(request.cookies.get(COOKIE, ""), session)
        return self._with_cookie(self._pages.landed(request, session), name)

    async def _refresh(self, request: Request) -> Response:
        await self._client.refresh(self._session(request))
        return redirect("/")

    async def _me(self, request: Request) -> Response:
        held = await self._client.call_api(self._session(request))
        return page("The API knows you", f"Granted: {html.escape(held['scope']) or 'no scope'}.", HOME)

    async def _logout(self, request: Request) -> Response:
        await self._client.log_out(self._session(request))
        return redirect("/")

    async def _refused(self, request: Request, refusal: Exception) -> Response:
        # Starlette's types do not say that a handler gets what it was registered for.
        return self._pages.refused(request, cast("Refusal", refusal))

    def _session(self, request: Request) -> Session:
        """The session of this browser; an empty one that is not kept if it has none."""
        session = self._sessions.find(request.cookies.get(COOKIE, ""))
        return {} if session is None else session

    def _arrived_at(self, request: Request) -> str:
        """The URL as the browser sees it; before a proxy that ends TLS only the redirect_uri knows the scheme."""
        path = request.scope.get("raw_path", request.scope["path"].encode()).decode("latin-1")
        query = request.scope["query_string"].decode("latin-1")
        return f"{self._redirect_uri.scheme}://{request.headers.get('host', '')}{path}?{query}"

    def _with_cookie(self, response: Response, name: str) -> Response:
        response.set_cookie(
            COOKIE,
            name,
            httponly=True,
            samesite="lax",
            secure=self._redirect_uri.scheme == "https",
        )
        return response


def factory(assignment: Assignment) -> Starlette:
    """Build the application around the strict client, for whoever hosts it; its sessions live as long as it does."""
    return Application(async_factory(assignment), assignment.redirect_uri).starlette()

"""The application in memory, with a browser that is one cookie jar."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from client_ref.application import Application
from client_ref.client import AsyncClient, Granted
from client_ref.session import Session
from tests.client_ref.authorization_server import drive
from tests.client_ref.seat import Seat

ORIGIN = "https://client.example"


class InMemoryClient(AsyncClient):
    """The client of a seat, as the application wants it: the flows are the seat's, and so is the server."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    async def begin(self, session: Session) -> str:
        return self.seat.begin(session)

    async def land(self, session: Session, url: str) -> Granted:
        return self._run(self.seat.flows.land(self.seat.registration, session, url, self.seat.policy))

    async def refresh(self, session: Session) -> Granted:
        return self._run(self.seat.flows.refresh(self.seat.registration, session, self.seat.policy))

    async def call_api(self, session: Session, path: str = "/me") -> Granted:
        flow = self.seat.flows.call_api(self.seat.registration, session, path, self.seat.policy)
        return self._run(flow)

    async def log_out(self, session: Session) -> None:
        drive(self.seat.flows.log_out(self.seat.registration, session, self.seat.policy), self.seat.server.answer)

    async def close(self) -> None:
        pass

    def _run(self, flow: Any) -> Granted:
        from client_ref.client import granted

        result = drive(flow, self.seat.server.answer)
        return granted(result[0] if isinstance(result, tuple) else result)


def application(seat: Seat) -> Any:
    return Application(InMemoryClient(seat), seat.registration.redirect_uri, seat.flaw.pages).starlette()


def browser(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)


def page_after_landing(
    seat: Seat, query: str, method: str, *, follow: bool, begin: str = "/login", forget: bool = False
) -> Any:
    """Begin a login, allow it, and land with this query, without the cookies if `forget`.

    `posts` of the answer counts the token requests.
    """

    async def story() -> httpx.Response:
        async with browser(application(seat)) as jar:
            url = (await jar.get(begin)).headers["location"]
            genuine = dict(parse_qsl(urlsplit(seat.server.authorize(url)).query))
            if forget:
                jar.cookies.clear()
            landing = query.format(code=genuine["code"], state=genuine.get("state", ""))
            return await jar.request(method, f"/callback?{landing}", follow_redirects=follow)

    response = run(story())
    response.posts = len(seat.server.posts)  # type: ignore[attr-defined]
    return response


def login_under(seat: Seat, host: str) -> str:
    """Where a login leads that is begun under another host."""

    async def story() -> httpx.Response:
        async with browser(application(seat)) as jar:
            return await jar.get("/login", headers={"host": host})

    return str(run(story()).headers["location"])


def run(story: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(story)


@contextmanager
def logged() -> Iterator[list[str]]:
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    root, handler = logging.getLogger(), Handler(logging.DEBUG)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)

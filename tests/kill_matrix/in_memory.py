"""A venue without sockets, threads and waiting: what a client sends ends in the same ASGI application, by a call.

A performance costs a fraction of what it costs on sockets, and nothing that a scenario speaks of is any different but
the way of the bytes. Time passes only where everybody waits for it, and then at once, so that what takes long here is
never the machine's fault. What breaks a connection stops here with `NeedsASocket`.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import selectors
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import httpx

from client_ref import flawed
from client_ref.application import Application as WebApplication
from client_ref.client import Assignment, AsyncClient, registration
from client_ref.exchange import HEADERS
from client_ref.flaws.flaw import STRICT_PAGES
from mock_server.authorization_server import AuthorizationServer
from mock_server.serving import RunningServer
from mock_server.web.application import Application
from mock_server.web.sending import DeliveryImpossible
from scenarios.drivers.app_object import AppObjectDriver
from scenarios.drivers.calling import Raised
from scenarios.drivers.driver import Driver
from scenarios.drivers.fetching import Answer, Target, Wanted
from scenarios.drivers.in_process import InProcessDriver
from scenarios.drivers.user_agent import UserAgent
from scenarios.model.capability import OTHER_NAME

# What HTTP libraries send as it is; anything else they write otherwise, each in its way.
_AS_IT_IS = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%-]+")


# What it is that breaks one, by name; more than an HTTP library reads counts as well.
BREAKING = frozenset({"reset", "half_body", "wrong_length", "pad", "interim"})


class NeedsASocket(BaseException):
    """An answer travels in a way that only a connection has. No client catches this."""


class InMemory:
    """A venue of runs, and the clients that live there."""

    def __init__(self) -> None:
        self._way: _Way | None = None

    def __call__(self, core: AuthorizationServer) -> tuple[RunningServer, UserAgent]:
        """The venue of one run."""
        server = _Server(core)
        self._way = way = _Way(server)
        user_agent = UserAgent(server.url)
        user_agent._fetch = way.fetch
        return server, user_agent

    def driver(self, flaw: str, patience: float) -> Driver:
        """The seat in which a flaw shows: the client alone, or the web application around it; `patience` in seconds."""
        if flawed.FLAWS[flaw].pages is STRICT_PAGES:
            return InProcessDriver(self.factory(flaw), step_timeout=patience, caller=Directly)
        return self.pages(flaw)

    def factory(self, flaw: str) -> Callable[[Assignment], AsyncClient]:
        """What `flawed.async_factory` is on sockets."""

        def make(assignment: Assignment) -> AsyncClient:
            client = flawed.async_client(flaw, registration(assignment))
            client._exchange._client = _Client(self._way)
            return client

        return make

    def pages(self, flaw: str) -> AppObjectDriver:
        """A driver of the web application around a flawed client."""
        make = self.factory(flaw)

        class _Pages(AppObjectDriver):
            def _made(self, assignment: Any) -> Any:
                return WebApplication(make(assignment), assignment.redirect_uri, flawed.FLAWS[flaw].pages).starlette()

        return _Pages(
            *("asgi", f"flawed:{flaw}"),
            login="/login",
            signed_in="GET /me is 200",
            refresh="/refresh",
            api_call="/me",
            caller=Directly,
        )


class Directly:
    """Calls a client's functions on the harness's own loop: for clients of ours, none of which blocks."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout

    async def call(self, function: Callable[..., Any], *arguments: object) -> Any:
        """The function's result; `TimeoutError` or `Raised`."""
        async with asyncio.timeout(self.timeout):
            try:
                result = function(*arguments)
                return await result if inspect.isawaitable(result) else result
            except asyncio.CancelledError:
                raise
            except BaseException as raised:  # noqa: BLE001 - whatever a client raises is evidence
                raise Raised(raised) from None

    async def settled(self, seconds: float) -> None:
        """Nothing goes on that nobody waits for."""

    def stop(self) -> None:
        """There is nothing of its own."""


class Loop(asyncio.SelectorEventLoop):
    """A loop with a clock of its own: where nothing is left to be done but to wait, it is later at once."""

    def __init__(self) -> None:
        super().__init__(selector := _NobodyElse())
        self._selector_of_ours = selector

    def time(self) -> float:
        """Seconds that were waited for."""
        return self._selector_of_ours.now


class _NobodyElse(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "it waits for something, and nothing would wake it"
            self.now += timeout
        return ready


class _Server(RunningServer):
    """A server that never listens to what is sent to it."""

    def start(self) -> Self:
        return self


class _Way:
    """Sends requests to the application by calling it."""

    def __init__(self, server: RunningServer) -> None:
        self._application = Application(server.core)
        second = server.core._answering.second_origin
        names = ("127.0.0.1", "localhost", OTHER_NAME)
        self._origins = (second, *(server.url.replace("127.0.0.1", name) for name in names))

    async def send(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes = b""
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of the answer; `ConnectError` where nobody listens."""
        there = urlsplit(url if _AS_IT_IS.fullmatch(url) else str(httpx.URL(url)))
        user, _, host = there.netloc.rpartition("@")
        if user:
            # An HTTP library makes a header of it.
            headers = [*headers, ("authorization", f"Basic {b64encode(unquote(user).encode()).decode()}")]
        if f"{there.scheme}://{host}" not in self._origins:
            raise httpx.ConnectError("Nobody listens there.")
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(there.path),
            "raw_path": there.path.encode(),
            "query_string": there.query.encode(),
            "headers": [(n.lower().encode(), v.encode()) for n, v in _with_host(host, headers)],
            "scheme": there.scheme,
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        # Whoever sends at the same time has its turn, as between the packets of a connection.
        await asyncio.sleep(0)
        try:
            await self._application(scope, receive, send)
        except DeliveryImpossible as impossible:
            raise NeedsASocket(str(impossible)) from None
        head = [(name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
        return sent[0]["status"], head, b"".join(each["body"] for each in sent[1:])

    async def fetch(self, target: Target, request: bytes, wanted: Wanted) -> Answer:
        """What the user agent asks with, in the place of connections."""
        (line, *lines) = request.decode().removesuffix("\r\n\r\n").split("\r\n")
        headers = [(name, value) for name, _, value in (each.partition(": ") for each in lines)]
        url = f"http://{target.host}:{target.port}{line.split()[1]}"
        status, head, body = await self.send("GET", url, headers)
        return Answer(status, [(name.lower(), value) for name, value in head], body)


def _with_host(host: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A client that names a host of its own has its way."""
    named = any(name.lower() == "host" for name, _ in headers)
    return headers if named else [("host", host), *headers]


class _Client:
    """What a client's exchange sends its requests with, in the place of a client of httpx."""

    def __init__(self, way: _Way) -> None:
        self._way = way

    @asynccontextmanager
    async def stream(
        self, method: str, url: str, *, headers: list[tuple[str, str]], content: bytes | None
    ) -> AsyncIterator[Any]:
        status, head, octets = await self._way.send(method, url, [*HEADERS.items(), *headers], content or b"")
        yield _Answer(status, head, octets)

    async def aclose(self) -> None:
        """Nothing is open."""


class _Answer:
    """What an exchange asks of an answer of httpx."""

    def __init__(self, status: int, head: list[tuple[str, str]], octets: bytes) -> None:
        self.status_code = status
        self.headers = httpx.Headers(head)
        self._octets = octets

    async def aiter_raw(self) -> AsyncIterator[bytes]:
        yield self._octets

    async def aclose(self) -> None:
        """Nothing is open."""

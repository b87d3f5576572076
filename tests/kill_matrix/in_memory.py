"""A venue without sockets: what a client sends ends in the same ASGI application, by a call.

A performance costs a quarter of what it costs on sockets, and nothing that a scenario speaks of is any different but
the way of the bytes. What is about that way, a delivery, stops here with `NeedsASocket`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import httpx

from client_ref import flawed
from client_ref.client import Assignment, Client, registration
from client_ref.exchange import HEADERS
from mock_server.authorization_server import AuthorizationServer
from mock_server.serving import RunningServer
from mock_server.web.application import Application
from mock_server.web.sending import DeliveryImpossible
from scenarios.drivers.fetching import Answer, Target, Wanted
from scenarios.drivers.user_agent import UserAgent

# What HTTP libraries send as it is; anything else they write otherwise, each in its way.
_AS_IT_IS = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%-]+")


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

    def factory(self, flaw: str) -> Callable[[Assignment], Client]:
        """What `flawed.factory` is on sockets."""

        def make(assignment: Assignment) -> Client:
            client = flawed.client(flaw, registration(assignment))
            client._exchange.close()
            client._exchange._client = _Client(self._way)
            return client

        return make


class _Server(RunningServer):
    """A server that never listens to what is sent to it."""

    def start(self) -> Self:
        return self


class _Way:
    """Sends requests to the application by calling it."""

    def __init__(self, server: RunningServer) -> None:
        self._application = Application(server.core)
        second = server.core._answering.second_origin
        self._origins = (server.url, second, server.url.replace("127.0.0.1", "localhost"))

    def send(
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

        _at_once(self._application(scope, receive, send))
        head = [(name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
        return sent[0]["status"], head, b"".join(each["body"] for each in sent[1:])

    async def fetch(self, target: Target, request: bytes, wanted: Wanted) -> Answer:
        """What the user agent asks with, in the place of connections."""
        (line, *lines) = request.decode().removesuffix("\r\n\r\n").split("\r\n")
        headers = [(name, value) for name, _, value in (each.partition(": ") for each in lines)]
        url = f"http://{target.host}:{target.port}{line.split()[1]}"
        status, head, body = self.send("GET", url, headers)
        return Answer(status, [(name.lower(), value) for name, value in head], body)


def _with_host(host: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A client that names a host of its own has its way."""
    named = any(name.lower() == "host" for name, _ in headers)
    return headers if named else [("host", host), *headers]


def _at_once(answering: Coroutine[Any, Any, None]) -> None:
    """Carry a coroutine to its end that waits for nothing."""
    try:
        answering.send(None)
    except StopIteration:
        return
    except (DeliveryImpossible, RuntimeError) as impossible:
        # There is no running loop here, so waiting is a RuntimeError.
        raise NeedsASocket(str(impossible)) from None
    raise AssertionError("it waits for something, and nothing would wake it")


class _Client:
    """What a client's exchange sends its requests with, in the place of a client of httpx."""

    def __init__(self, way: _Way) -> None:
        self._way = way

    @contextmanager
    def stream(self, method: str, url: str, *, headers: list[tuple[str, str]], content: bytes | None) -> Iterator[Any]:
        status, head, octets = self._way.send(method, url, [*HEADERS.items(), *headers], content or b"")
        yield SimpleNamespace(status_code=status, headers=httpx.Headers(head), iter_raw=lambda: iter((octets,)))

    def close(self) -> None:
        """Nothing is open."""

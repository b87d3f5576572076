"""Drivers that carry out over HTTP what a flow asks for: one that blocks, one for asyncio.

Redirects are not followed, certificates are verified, and nothing comes in from the environment but the name of a
certificate store: no proxy, no netrc and no cookie can add to a request. Each exchange has a connection of its own,
one time limit for all of it, and a bound on the size of its answer.
"""

from __future__ import annotations

import asyncio
import functools
import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import httpcore
import httpx

from client_ref.errors import AnswerEncoded, AnswerTooLarge, ProgrammerError, Refusal, TimedOut, Unreachable
from client_ref.messages import Alone, Flow, Get, Post, Request, Response, serialize_form
from client_ref.redaction import legible

Result = TypeVar("Result")

HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "oauthspec-client-ref"}
TIMED_OUT = (httpx.TimeoutException, httpcore.TimeoutException, TimeoutError)
FAILED = (httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError, httpcore.ProtocolError, OSError)


@functools.cache
def verified(ca_file: str | None) -> ssl.SSLContext:
    """Look at every certificate, and at the name that it is for (RFC 6749 section 10.9, RFC 9110 section 4.3.4).

    The authorities are those of a file, or the system's; then SSL_CERT_FILE and SSL_CERT_DIR are honoured. All clients
    of the process share a context: it costs 19 ms to make.
    """
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class Wire:
    """How requests travel: `time_out` in seconds for a whole exchange, `largest_answer` in octets.

    `ca_file` holds the certificates of the authorities to trust in the place of the system's; `trust` makes use of it.
    `unpack_answers` is not meant for use: it takes gzip for an answer like any other, whatever it becomes.
    """

    time_out: float = 4.0
    largest_answer: int = 1 << 20
    ca_file: str | None = None
    trust: Callable[[str | None], ssl.SSLContext] = verified
    unpack_answers: bool = False


class Exchange:
    """Drives flows and blocks meanwhile; threads may share it."""

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()
        transport = _TimedTransport(self._wire.trust(self._wire.ca_file), self._wire.time_out)
        self._client = httpx.Client(transport=transport, headers=HEADERS, cookies=_no_cookies(), trust_env=False)
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._guard = threading.Lock()

    def run(self, flow: Flow[Result]) -> Result:
        """Carry a flow to its end: give back what it returns, or raise the `Refusal` that it raises."""
        with closing(flow):
            resume: Callable[[], Request] = functools.partial(next, flow)
            while True:
                try:
                    request = resume()
                except StopIteration as end:
                    result: Result = end.value
                    return result
                try:
                    answer = self.answer(request)
                except Refusal as refusal:
                    resume = functools.partial(flow.throw, refusal)
                else:
                    resume = functools.partial(flow.send, answer)

    def answer(self, request: Request) -> Any:
        """Do one thing that a flow asks for: what came of it, or the `Refusal` that none did."""
        if isinstance(request, Alone):
            with self._lock(request.key):
                return self.run(request.flow)
        method, url, headers, content = _parts(request)
        try:
            with self._client.stream(method, url, headers=headers, content=content) as response:
                body = _Body(response, self._wire)
                for octets in response.iter_raw():
                    body.grow(octets)
                return body.response()
        except TIMED_OUT:
            raise TimedOut(limit=f"{self._wire.time_out:g} seconds") from None
        except FAILED as failure:
            raise Unreachable(reason=legible(str(failure))) from None

    def _lock(self, key: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()


class AsyncExchange:
    """Drives flows in an event loop; the tasks of one loop may share it."""

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()
        self._client = httpx.AsyncClient(
            verify=self._wire.trust(self._wire.ca_file),
            headers=HEADERS,
            cookies=_no_cookies(),
            trust_env=False,
            timeout=self._wire.time_out,  # from octet to octet; `asyncio.timeout` below is for the whole
            # A connection kept alive may be dead when the code is sent, and a code must not be sent twice.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(self, flow: Flow[Result]) -> Result:
        """Carry a flow to its end: give back what it returns, or raise the `Refusal` that it raises."""
        with closing(flow):
            resume: Callable[[], Request] = functools.partial(next, flow)
            while True:
                try:
                    request = resume()
                except StopIteration as end:
                    result: Result = end.value
                    return result
                try:
                    answer = await self.answer(request)
                except Refusal as refusal:
                    resume = functools.partial(flow.throw, refusal)
                else:
                    resume = functools.partial(flow.send, answer)

    async def answer(self, request: Request) -> Any:
        """Do one thing that a flow asks for: what came of it, or the `Refusal` that none did."""
        if isinstance(request, Alone):
            async with self._locks.setdefault(request.key, asyncio.Lock()):
                return await self.run(request.flow)
        method, url, headers, content = _parts(request)
        try:
            async with (
                asyncio.timeout(self._wire.time_out),
                self._client.stream(method, url, headers=headers, content=content) as response,
            ):
                return await _read(response, self._wire)
        except TIMED_OUT:
            raise TimedOut(limit=f"{self._wire.time_out:g} seconds") from None
        except FAILED as failure:
            raise Unreachable(reason=legible(str(failure))) from None

    async def close(self) -> None:
        """Let go of all connections."""
        await self._client.aclose()


async def _read(response: httpx.Response, wire: Wire) -> Response:
    body = _Body(response, wire)
    stream = response.aiter_raw()
    try:
        async for octets in stream:
            body.grow(octets)
    except AnswerTooLarge:
        # Half read, httpx's generators would be left to the garbage collector; with the connection gone they end here.
        await response.aclose()
        with suppress(*FAILED):
            async for _ in stream:
                pass
        raise
    return body.response()


def _parts(request: Request) -> tuple[str, str, list[tuple[str, str]], bytes | None]:
    """Method, URL, headers and body of a request that can be sent from here."""
    match request:
        case Post(url, form, headers):
            named = {name.lower() for name, _ in headers}
            kind = [] if "content-type" in named else [("Content-Type", "application/x-www-form-urlencoded")]
            return "POST", url, [*headers, *kind], serialize_form(form).encode("ascii")
        case Get(url, headers):
            return "GET", url, list(headers), None
    raise ProgrammerError(
        "browser_needed",
        f"{request!r} is for the resource owner's browser",
        "Send the browser there, and drive `flows.land` with the URL at which it arrives.",
    )


class _Body:
    """An answer that is being read: bounded, and never decompressed.

    We ask for no content coding. An answer that has one all the same could be a few octets that become gigabytes.
    """

    def __init__(self, response: httpx.Response, wire: Wire) -> None:
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        self._packed = wire.unpack_answers and coding == "gzip"
        if not self._packed and coding not in ("", "identity"):
            raise AnswerEncoded(coding=legible(coding))
        self._headers = dict(response.headers.items())
        self._status = response.status_code
        self._largest = wire.largest_answer
        self._octets = bytearray()

    def grow(self, octets: bytes) -> None:
        self._octets += octets
        if len(self._octets) > self._largest:
            raise AnswerTooLarge(limit=f"{self._largest} octets")

    def response(self) -> Response:
        octets = gzip.decompress(self._octets) if self._packed else bytes(self._octets)
        return Response(self._status, self._headers, octets)


def _no_cookies() -> CookieJar:
    """A jar that takes nothing: a cookie that the server gave to one user's exchange must not go into another's."""
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=()))


# The blocking side needs a transport of its own: the time-outs of httpx count from one octet to the next, and a
# server that sends one octet each second never meets them. asyncio.timeout does this for the other side.


class _TimedTransport(httpx.BaseTransport):
    """A transport for httpx whose time-out is for the whole exchange. Each exchange has its own connection."""

    def __init__(self, tls: ssl.SSLContext, time_out: float) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls, max_keepalive_connections=0, network_backend=_TimedBackend(time_out)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self._pool.handle_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, content=request.stream)
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_TimedBody(answer.stream))

    def close(self) -> None:
        self._pool.close()


class _TimedBody(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class _TimedBackend(httpcore.SyncBackend):
    def __init__(self, time_out: float) -> None:
        self._time_out = time_out

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        until = time.monotonic() + self._time_out
        return _TimedStream(super().connect_tcp(host, port, self._time_out), until)


class _TimedStream(httpcore.NetworkStream):
    """A connection with a last moment, however slowly its octets drip; the time-outs it is handed do not count."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def read(self, max_bytes: int, *_: Any, **__: Any) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, *_: Any, **__: Any) -> None:
        self._stream.write(buffer, self._left())

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, *_: Any, **__: Any
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, self._left()), self._until)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

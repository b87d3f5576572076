"""One request, one answer, one connection: the least that a browser needs, at a fifth of what a whole client costs.

Nothing is retried, nothing is kept open, and no more is read than was asked for. (`kept_connections` keeps those to the
mock open.)
"""

import asyncio
import functools
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import httptools

MOST_OF_HEADERS = 256 * 1024
"""Bytes of an answer's head; browsers take as much."""

_AT_ONCE = 64 * 1024
_CLOSED = "the connection was closed without an answer"

Cut = Literal["", "too long", "broken"]
Headers = list[tuple[str, str]]
# By status and headers: so many bytes of the body, and so many seconds for them, or as many as there are.
Wanted = Callable[[int, Headers], tuple[int, float | None]]


class Lost(Exception):
    """There was no connection, or it broke before the head of an answer had come."""


class BadAnswer(Exception):
    """What came was not HTTP, or too much of it before the body."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect to; `name` is what a certificate would be asked for, and empty for plain http."""

    host: str
    port: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; header names are in lower case, and `cut` says why its body is not whole."""

    status: int
    headers: Headers
    body: bytes
    cut: Cut = ""


async def fetch(target: Target, request: bytes, wanted: Wanted, trust: ssl.SSLContext | None = None) -> Answer:
    """Send a request and read its answer; `wanted` says by its head how much of the body to read.

    Over TLS any certificate will do where there is no `trust`.
    """
    reader, writer = await connected(target, trust)
    try:
        writer.write(request)
        return await read_answer(reader, wanted)
    finally:
        # What was not read is not waited for.
        writer.transport.abort()


async def connected(
    target: Target, trust: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A new connection; `Lost` and `BadAnswer` say why there is none."""
    tls = (trust or _any_certificate()) if target.name else None
    try:
        return await asyncio.open_connection(target.host, target.port, ssl=tls, server_hostname=target.name or None)
    except ssl.SSLCertVerificationError as error:
        raise BadAnswer(f"its certificate is not trusted ({error.verify_message})") from None
    except ssl.SSLError as error:
        raise BadAnswer(f"it does not speak TLS ({error.reason})") from None
    except OSError as error:
        raise Lost(error.strerror or str(error)) from None


async def read_answer(reader: asyncio.StreamReader, wanted: Wanted) -> Answer:
    """Read an answer; `Lost` and `BadAnswer` say why there is none."""
    incoming = _Incoming()
    while not incoming.head_complete:
        if reason := await _more(reader, incoming):
            raise Lost(reason)
    most, seconds = wanted(incoming.status, incoming.headers)
    cut: Cut = "broken"
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            cut = await _body(reader, incoming, most)
    return Answer(incoming.status, incoming.headers, bytes(incoming.body[:most]), cut)


async def _body(reader: asyncio.StreamReader, incoming: "_Incoming", most: int) -> Cut:
    while not incoming.complete and len(incoming.body) <= most:
        reason = await _more(reader, incoming)
        if reason:
            # The end of the connection may be what ends the body (RFC 9112 6.3).
            return "" if reason == _CLOSED and not incoming.announces_its_end else "broken"
    return "too long" if len(incoming.body) > most else ""


async def _more(reader: asyncio.StreamReader, incoming: "_Incoming") -> str:
    """Take what comes next; why nothing more will, if it will not."""
    try:
        data = await reader.read(_AT_ONCE)
    except OSError as error:
        return error.strerror or "the connection broke"
    if not data:
        return _CLOSED
    incoming.feed(data)
    return ""


class _Incoming:
    """The answer as far as it has come; its `on_...` methods are the parser's."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._begin()

    def _begin(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.body = bytearray()
        self.head_complete = self.complete = False
        self._read = 0

    def feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            # Bytes behind a whole answer are nobody's business.
            if not self.complete:
                raise BadAnswer(f"it is not HTTP ({error})") from None
        self._read += len(data)
        if not self.head_complete and self._read > MOST_OF_HEADERS:
            raise BadAnswer(f"its headers are longer than {MOST_OF_HEADERS} bytes")

    @property
    def announces_its_end(self) -> bool:
        """True where the head says how the end of the body is known."""
        return any(name in ("content-length", "transfer-encoding") for name, _ in self.headers)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self.head_complete = self.status >= 200

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        # An interim answer, such as 103, comes before the real one.
        if self.head_complete:
            self.complete = True
        else:
            self._begin()


@functools.cache
def _any_certificate() -> ssl.SSLContext:
    """It is no concern of this browser who signed the application's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context

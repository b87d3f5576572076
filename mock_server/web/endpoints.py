"""The endpoints: each turns an ASGI request into a `ReceivedRequest`, asks the authorization server and sends."""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import NamedTuple

from mock_server.answering import Outcome
from mock_server.authorization_server import AuthorizationServer
from mock_server.encoding import plain
from mock_server.transcript import Headers, ReceivedRequest
from mock_server.web.sending import Receive, Scope, Send, send_answer, send_outcome

# Larger than any token request; 64 KiB of token in a refresh fits many times over.
MAXIMUM_BODY = 1 << 20

Endpoint = Callable[[Scope, Receive, Send], Awaitable[None]]
Decide = Callable[[ReceivedRequest], Outcome]


class BodyTooLarge(Exception):
    """A body beyond `MAXIMUM_BODY`: answered with 413."""


class Disconnected(Exception):
    """The client went away before its request was whole: nobody is left to be answered."""


async def read_body(receive: Receive) -> bytes:
    """The whole body; `BodyTooLarge` and `Disconnected` say why there is none."""
    message = await receive()
    body = _part(message)
    while message.get("more_body"):
        message = await receive()
        body += _part(message)
        if len(body) > MAXIMUM_BODY:
            raise BodyTooLarge
    if len(body) > MAXIMUM_BODY:
        raise BodyTooLarge
    return body


def _part(message: "dict[str, object] | object") -> bytes:
    if not isinstance(message, dict) or message["type"] == "http.disconnect":
        raise Disconnected
    part = message.get("body", b"")
    return part if isinstance(part, bytes) else b""


def received(scope: Scope, body: bytes) -> ReceivedRequest:
    """A request as evidence: nothing decoded, nothing left out."""
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
    query: bytes = scope.get("query_string", b"")
    target = raw_path.partition(b"?")[0] + (b"?" + query if query else b"")
    scheme: str = scope.get("scheme", "http")
    head = read_head(tuple(map(tuple, scope["headers"])), scheme)
    return ReceivedRequest(
        method=scope["method"],
        target=target.decode("latin-1"),
        headers=head.headers,
        body=body,
        origin=head.origin or f"{scheme}://{_listener(scope)}",
    )


class Head(NamedTuple):
    """The headers of a request as text, names in small letters, and what they say beside that."""

    headers: Headers
    # Nothing where there is no Host.
    origin: str
    names: frozenset[str]


# A client sends the same headers again and again; the transcript then holds them once.
@lru_cache(maxsize=256)
def read_head(raw: tuple[tuple[bytes, bytes], ...], scheme: str) -> Head:
    """Headers as they came."""
    headers = tuple((name.lower().decode("latin-1"), value.decode("latin-1")) for name, value in raw)
    host = next((value for name, value in headers if name == "host"), "")
    return Head(headers, f"{scheme}://{host}" if host else "", frozenset(name for name, _ in headers))


def _listener(scope: Scope) -> str:
    server = scope.get("server") or ("", 0)
    return f"{server[0]}:{server[1]}"


def endpoint(server: AuthorizationServer, decide: Decide) -> Endpoint:
    """An ASGI callable around one method of the authorization server."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(receive)
        except BodyTooLarge:
            text = f"The body is larger than {MAXIMUM_BODY} bytes.\n"
            await send_answer(plain(413, text, (("connection", "close"),)), send)
            return
        except Disconnected:
            return
        await decided(server, decide(received(scope, body)))(scope, receive, send)

    return answer


def decided(server: AuthorizationServer, outcome: Outcome) -> Endpoint:
    """An ASGI callable that sends what has been decided; what is cut short on the way is noted."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        reason = await send_outcome(outcome, scope, receive, send)
        if reason:
            server.undelivered(outcome, reason)

    return answer

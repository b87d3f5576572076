"""How an answer leaves: as it should, or by the delivery that a flow asks for.

Deliveries that break the connection need its transport, which our protocol class puts into the scope. In memory there
is no connection, so they end in `DeliveryImpossible`, which names the delivery instead of sending something else.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mock_server.answering import Outcome
from mock_server.delivery import Delay, Delivery, Drip, HalfBody, Interim, Pad, Reset, WrongLength
from mock_server.transcript import Answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TRANSPORT = "oauthspec.transport"
# A mock says that it is one.
MOCK_HEADER = (b"oauthspec-mock", b"not a real authorization server")
_END_OF_HEAD = b"%s: %s\r\n\r\n" % MOCK_HEADER

_SPACES = b" " * (64 * 1024)
# An answer of this status has neither a body nor a length (RFC 9110 8.6).
_NO_CONTENT = 204
_LINGER_ZERO = struct.pack("ii", 1, 0)


class DeliveryImpossible(Exception):
    """A delivery needs a real connection, and the application runs in memory."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(f"{delivery} needs a socket: run the server with mock_server.serving.serve()")


async def send_answer(answer: Answer, send: Send) -> None:
    """Send an answer as it is."""
    await send({"type": "http.response.start", "status": answer.status, "headers": _headers(answer)})
    await send({"type": "http.response.body", "body": answer.body})


def _headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in answer.headers]
    if answer.status != _NO_CONTENT:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    headers.append(MOCK_HEADER)
    return headers


def written(answer: Answer, before: bytes) -> bytes:
    """An answer as HTTP/1.1 has it on a connection that stays open; `before` is what stands before its own headers.

    Nothing for the few that are not written so: without a length, or with a word of their own about the connection.
    """
    own = "\r\n".join([*map(": ".join, answer.headers), ""])
    if answer.status == _NO_CONTENT or "connection:" in own:
        return b""
    body, head = answer.body, own.encode("latin-1", "replace")
    return b"%b%bcontent-length: %d\r\n%b%b" % (before, head, len(body), _END_OF_HEAD, body)


async def send_outcome(outcome: Outcome, scope: Scope, receive: Receive, send: Send) -> str:
    """Send an answer by its delivery; returns how it was cut short, or nothing."""
    delivery = outcome.delivery
    if delivery is None:
        await send_answer(outcome.answer, send)
        return ""
    how = delivery.how
    if isinstance(how, Delay):
        await asyncio.sleep(how.seconds)
    if isinstance(how, Drip):
        await _drip(outcome.answer, how, send)
        return ""
    if isinstance(how, Pad):
        return await _pad(delivery, outcome.answer, how.size, scope, receive, send)
    if isinstance(how, Interim):
        _transport(delivery, scope).write(b"HTTP/1.1 %d \r\n\r\n" % how.number)
    if isinstance(how, Reset | HalfBody | WrongLength):
        await _break(delivery, outcome.answer, scope, receive)
        return str(delivery)
    await send_answer(outcome.answer, send)
    return ""


async def _drip(answer: Answer, drip: Drip, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": _headers(answer)})
    for start in range(0, len(answer.body), max(drip.size, 1)):
        piece = answer.body[start : start + max(drip.size, 1)]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(drip.seconds)
    await send({"type": "http.response.body", "body": b""})


async def _break(delivery: Delivery, answer: Answer, scope: Scope, receive: Receive) -> None:
    transport = _transport(delivery, scope)
    how = delivery.how
    length = len(answer.body)
    announced = how.announced(length) if isinstance(how, WrongLength) else length
    transport.write(_bytes_to_send(delivery, answer, announced))
    if isinstance(how, Reset):
        await _reset(transport, flush=how.after != "request")
    else:
        transport.close()
    await _disconnected(receive)


def _transport(delivery: Delivery, scope: Scope) -> Any:
    transport = scope.get("extensions", {}).get(TRANSPORT)
    if transport is None:
        raise DeliveryImpossible(delivery)
    return transport


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pad(delivery: Delivery, answer: Answer, size: int, scope: Scope, receive: Receive, send: Send) -> str:
    transport = _transport(delivery, scope)
    length = (b"content-length", str(len(answer.body) + size).encode())
    headers = [header for header in _headers(answer) if header[0] != b"content-length"]
    await send({"type": "http.response.start", "status": answer.status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    for start in range(0, size, len(_SPACES)):
        if transport.is_closing():
            await _disconnected(receive)
            return str(delivery)
        await send({"type": "http.response.body", "body": _SPACES[: size - start], "more_body": True})
    await send({"type": "http.response.body", "body": b""})
    return ""


def _bytes_to_send(delivery: Delivery, answer: Answer, announced: int) -> bytes:
    how = delivery.how
    if isinstance(how, Reset) and how.after == "request":
        return b""
    headers = b"".join(
        name + b": " + value + b"\r\n" for name, value in _headers(answer) if name != b"content-length"
    )
    head = b"HTTP/1.1 %d \r\n%scontent-length: %d\r\nconnection: close\r\n\r\n" % (answer.status, headers, announced)
    if isinstance(how, Reset) and how.after == "headers":
        return head
    half = isinstance(how, HalfBody | Reset)
    return head + (answer.body[: len(answer.body) // 2] if half else answer.body)


async def _reset(transport: asyncio.Transport, *, flush: bool) -> None:
    """Close with a reset: a linger time of nought makes the kernel send RST in the place of FIN."""
    connection = transport.get_extra_info("socket")
    if flush:
        # What was written has to leave the process before the reset overtakes it; uvloop writes at a turn's end.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()

"""The load: code flows over keep-alive connections, each answer checked; a process of its own.

It reads an `Order` as JSON from its standard input and writes a `Tally` to its standard output. Raw sockets under
uvloop, because a real HTTP client would cost more than the servers it measures.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from typing import Any

import msgspec
import uvloop

_LENGTH = re.compile(rb"\ncontent-length: *(\d+)", re.IGNORECASE)
_CODE = re.compile(rb"[?&]code=([^&\r]+)")
_STATE_LENGTH = 43


class Order(msgspec.Struct, frozen=True):
    """What to send, and how much of it.

    `authorize` is a whole request in two halves with the state between them; `token_head` ends where the length of
    the body belongs, and the body's two halves have the code between them. It ends after `flows` or `seconds`.
    """

    port: int
    authorize: tuple[str, str]
    token_head: str
    token_body: tuple[str, str]
    connections: int = 16
    flows: int = 0
    seconds: float = 0.0


class Tally(msgspec.Struct, frozen=True):
    """What was done: flows, seconds on the clock, and the seconds of CPU that the load itself took."""

    flows: int
    seconds: float
    cpu: float


class Load:
    """All connections of one order."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.begun = 0
        self.done = 0
        self.open = order.connections
        self.error: Exception | None = None
        self.finished = asyncio.get_running_loop().create_future()
        self.until = 0.0
        self.authorize = tuple(half.encode() for half in order.authorize)
        self.token_head = order.token_head.encode()
        self.token_body = tuple(half.encode() for half in order.token_body)

    def next_state(self) -> bytes | None:
        """A state that no flow has had before, or nothing where enough have begun."""
        order = self.order
        enough = self.begun >= order.flows if order.flows else time.perf_counter() >= self.until
        if enough:
            return None
        self.begun += 1
        return b"%0*d" % (_STATE_LENGTH, self.begun)

    def close(self, error: Exception | None) -> None:
        """Count a connection that has ended; the last ends the load."""
        self.error = self.error or error
        self.open -= 1
        if (self.open == 0 or error) and not self.finished.done():
            self.finished.set_result(None)

    def fail(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What breaks in a callback ends the load; otherwise nobody would notice, and it would wait for ever."""
        self.close(RuntimeError(f"{context['message']}: {context.get('exception')!r}"))


class Connection(asyncio.Protocol):
    """One connection that walks flow after flow."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.received = b""
        self.state = b""
        self.authorizing = True

    # uvloop's transports have the methods of asyncio's and none of its types.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the first flow."""
        self.transport = transport
        self.begin()

    def begin(self) -> None:
        """Send an authorization request, or close where enough have been sent."""
        state = self.load.next_state()
        if state is None:
            self.transport.close()
            return
        self.state, self.authorizing = state, True
        before, after = self.load.authorize
        self.transport.write(before + state + after)

    def data_received(self, data: bytes) -> None:
        """Go on where the answer is whole."""
        data = self.received + data if self.received else data
        end = data.find(b"\r\n\r\n")
        length = _LENGTH.search(data)
        if end < 0 or length is None or len(data) < end + 4 + int(length[1]):
            self.received = data
            return
        self.received = b""
        try:
            if self.authorizing:
                self.redeem(data)
            else:
                self.end(data)
        except ValueError as error:
            self.connection_lost(error)

    def redeem(self, answer: bytes) -> None:
        """The authorization request was answered: send its code."""
        code = _CODE.search(answer)
        if not answer.startswith(b"HTTP/1.1 302 ") or code is None or self.state not in answer:
            raise ValueError(f"not a redirect with code and state: {answer!r}")
        self.authorizing = False
        before, after = self.load.token_body
        body = before + code[1] + after
        self.transport.write(b"%s%d\r\n\r\n%s" % (self.load.token_head, len(body), body))

    def end(self, answer: bytes) -> None:
        """The code was answered: the flow is done."""
        if not answer.startswith(b"HTTP/1.1 200 ") or b'"access_token"' not in answer:
            raise ValueError(f"not an answer with tokens: {answer!r}")
        self.load.done += 1
        self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, as wanted or not."""
        self.load.close(exc)


async def run(order: Order) -> Tally:
    """Carry out an order."""
    loop = asyncio.get_running_loop()
    load = Load(order)
    loop.set_exception_handler(load.fail)
    began, cpu = time.perf_counter(), time.process_time()
    load.until = began + order.seconds
    for _ in range(order.connections):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", order.port)
    await load.finished
    if load.error is not None:
        raise load.error
    return Tally(load.done, time.perf_counter() - began, time.process_time() - cpu)


if __name__ == "__main__":
    tally = uvloop.run(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))
    sys.stdout.buffer.write(msgspec.json.encode(tally))

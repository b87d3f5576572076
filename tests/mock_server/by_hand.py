"""A connection without a socket: bytes are put in as they would come, and what the server writes is kept."""

import asyncio
import re
from collections.abc import Iterable
from itertools import count, pairwise
from typing import Any

import uvicorn

from mock_server.authorization_server import AuthorizationServer
from mock_server.connection import Connection, Connections, until_stopped
from mock_server.protocol.resource_owner import Allow
from mock_server.web.application import Application
from tests.mock_server.in_memory import APPS, FRAMEIO, Clock

_TURNS = 100
_DATE = re.compile(rb"\r\ndate: [^\r]+")


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 4444)})
        self.written: list[bytes] = []
        self.connection: Connection | None = None
        self.closed = asyncio.Event()
        self._closing = False

    def write(self, data: Any) -> None:
        if not self._closing:
            self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self.closed.set()
            asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)

    abort = close

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class ByHand:
    """A server whose values can be foreseen, and one connection to it; `at_once=False` leaves everything to uvicorn."""

    def __init__(self, *, at_once: bool, provider: Any = FRAMEIO) -> None:
        numbers = count(1)
        self.clock = Clock()
        self.core = AuthorizationServer(
            provider=provider,
            clock=self.clock,
            new_value=lambda: f"{next(numbers):043}.{'v' * 43}",
            apps=APPS,
            resource_owner=Allow(),
        )
        self.application = Application(self.core)
        self.state = Connections()
        self.state.set_date(0)
        self.at_once = at_once
        self.config = uvicorn.Config(
            until_stopped(self.application), lifespan="off", ws="none", log_config=None, proxy_headers=False
        )
        self.config.load()

    def connect(self) -> Wire:
        wire = Wire()
        application = self.application if self.at_once else None
        wire.connection = Connection(self.config, self.state, {}, application=application)
        wire.connection.connection_made(wire)
        return wire

    async def answers(self, *parts: bytes, wire: Wire | None = None) -> tuple[bytes, bool, int]:
        """What is written for bytes that come in these parts, whether the connection is closed, and tasks it took."""
        given = wire
        wire = wire or self.connect()
        tasks: set[asyncio.Task[None]] = set()
        for part in parts:
            wire.connection.data_received(part)
            # Whoever waits for more than a few turns waits for the next part.
            for _ in range(_TURNS):
                tasks |= self.state.tasks
                if not self.state.tasks:
                    break
                await asyncio.sleep(0)
        closed = wire.is_closing()
        if given is None:
            wire.close()
            await asyncio.sleep(0)
        return _DATE.sub(b"", b"".join(wire.written)), closed, len(tasks)

    @property
    def journal(self) -> list[Any]:
        return list(self.core.transcript)


def split(raw: bytes, at: Iterable[int]) -> list[bytes]:
    """The bytes in parts that end at these places."""
    places = [0, *sorted(at), len(raw)]
    return [raw[begin:end] for begin, end in pairwise(places)]

"""Connections that are kept open for the next request: to the mock alone, of which is known how it treats them.

A new connection for each request costs both sides more than the request itself.
"""

import asyncio
import select
import ssl
import time
from typing import NamedTuple

from scenarios.drivers.fetching import Answer, Target, Wanted, connected, fetch, read_answer

# Seconds without a request after which a connection is not trusted any more; the mock closes it after five.
_FRESH = 2.0


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: float

    @property
    def is_open(self) -> bool:
        """False where the other side has closed it, or may be about to: nothing is sent there, and so nothing twice."""
        if self.writer.transport.is_closing() or self.reader.at_eof() or time.monotonic() - self.used > _FRESH:
            return False
        # Before anything was asked, what there is to be read is the end, though the loop may not know it yet.
        looked = select.poll()
        looked.register(self.writer.get_extra_info("socket"), select.POLLIN)
        return not looked.poll(0)


class KeptConnections:
    """Asks servers over connections that are kept, as long as that is safe; `trust` is for https.

    Over TLS none is kept: a connection that was opened under one certificate says nothing of the next.
    """

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = trust
        self._idle: dict[Target, list[_Connection]] = {}

    async def fetch(self, target: Target, request: bytes, wanted: Wanted) -> Answer:
        """Send a request once and read its answer; as `fetching.fetch`."""
        if target.name:
            return await fetch(target, request, wanted, self._trust)
        reader, writer = self._kept(target) or await connected(target)
        answered = False
        try:
            writer.write(request)
            answer = await read_answer(reader, wanted)
            answered = not answer.cut and ("connection", "close") not in answer.headers
        finally:
            if not answered:
                writer.transport.abort()
        if answered:
            self._idle.setdefault(target, []).append(_Connection(reader, writer, time.monotonic()))
        return answer

    async def close(self) -> None:
        """Let go of all that nobody uses just now."""
        for connections in self._idle.values():
            for connection in connections:
                connection.writer.transport.abort()
        self._idle.clear()
        # Once round the loop, and they are closed.
        await asyncio.sleep(0)

    def _kept(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        idle = self._idle.get(target, [])
        while idle:
            connection = idle.pop()
            if connection.is_open:
                return connection.reader, connection.writer
            connection.writer.transport.abort()
        return None

"""One HTTP connection: uvicorn's protocol with the bounds that it lacks, and with its transport in the scope.

A request line with its headers may have 64 KiB (431 beyond), and has to be whole within a time-out (408 beyond), so
that no client, however slow or large, holds the server. Go's server, which the recorded engine runs on, allows 1 MiB
and any time; no client that can be judged comes near either.
"""

import asyncio
import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from mock_server.web.sending import TRANSPORT

MAXIMUM_HEAD = 64 * 1024
REQUEST_TIMEOUT = 20.0

_LOGGER = logging.getLogger("mock_server.connection")
# What a client does wrong is in the journal; only a bug of ours is worth a line on the console.
_LOGGER.setLevel(logging.ERROR)


class Connection(HttpToolsProtocol):
    """An HTTP/1.1 connection with bounds; `request_timeout` is in seconds."""

    request_timeout = REQUEST_TIMEOUT

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.logger = _LOGGER
        self.access_log = False
        # How far the request is that is being read, and how much of its head has come.
        self._in_head = False
        self._is_whole = True
        self._head_size = 0
        self._deadline: asyncio.TimerHandle | None = None
        # Requests before the newest that are not answered yet; uvicorn tells only the newest that the client left.
        self._unanswered: list[RequestResponseCycle] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock of the first request."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        for cycle in self._unanswered:
            cycle.disconnected = not cycle.response_complete
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless the connection is already given up; what is not whole by then is timed and counted."""
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if not self._is_whole:
            self._wait_for_the_rest()

    def _wait_for_the_rest(self) -> None:
        if self._in_head and self._head_size > MAXIMUM_HEAD:
            self._refuse_head()
        elif self._deadline is None and not self.transport.is_closing():
            self._start_clock()

    def on_message_begin(self) -> None:
        """A request begins: put the transport where a delivery finds it."""
        super().on_message_begin()
        self._in_head, self._is_whole, self._head_size = True, False, 0
        # ASGI's own type allows only descriptions here; this extension is ours alone.
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        """Go on, unless the head was too large: now its size is known without what came behind it."""
        self._in_head = False
        self._head_size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if self._head_size > MAXIMUM_HEAD:
            raise ValueError("the request head is too large")
        before: RequestResponseCycle | None = self.cycle
        super().on_headers_complete()
        if before is None or before.response_complete:
            self._unanswered.clear()
        else:
            self._unanswered.append(before)

    def on_message_complete(self) -> None:
        """The request is whole: it was in time."""
        self._is_whole = True
        self._stop_clock()
        if self.cycle is not None:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read; too large a head is told apart (RFC 6585 5)."""
        if self._head_size > MAXIMUM_HEAD:
            self._refuse_head()
        else:
            self._refuse(400, msg)

    def _refuse_head(self) -> None:
        self._refuse(431, f"The request line and headers are larger than {MAXIMUM_HEAD} bytes.")

    def _too_slow(self) -> None:
        self._deadline = None
        self._refuse(408, f"The request was not whole within {self.request_timeout:g} seconds.")

    def _refuse(self, status: int, text: str) -> None:
        if self.transport.is_closing():
            return
        body = text.encode() + b"\n"
        head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()

    def _start_clock(self) -> None:
        self._deadline = self.loop.call_later(self.request_timeout, self._too_slow)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

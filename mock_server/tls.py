"""Connections that are secured: the handshake, what becomes of it, and which certificate the server shows.

A client that refuses a certificate sends no request, and silence is no refusal. What there is to see is here: it
connected, was shown a certificate, and broke off; or it finished the handshake and left without a word.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any, Literal

from mock_server.connection import Connection
from mock_server.protocol.vocabulary import Certificate

GOOD: frozenset[Certificate] = frozenset({"trusted", "renewed"})
HANDSHAKE_TIMEOUT = 10.0

# The client ended the handshake; it left after it, with nothing said; it went on, with a certificate that it must not
# take; it spoke in the clear; or the two found no common version or cipher, so that no certificate was looked at.
How = Literal["broken off", "left", "used", "cleartext", "failed"]
Report = Callable[[Certificate, How, str], None]


class SecuredConnection(Connection):
    """An HTTP connection within TLS that tells whether anything was sent under a bad certificate."""

    def __init__(self, *arguments: Any, certificate: Certificate, report: Report, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._certificate: Certificate = certificate
        self._report = report
        self._heard = False
        self._ended = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        """Read on; the first that comes under a bad certificate is told."""
        if not self._heard:
            self._heard = True
            self._tell("used")
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell of a client that has said nothing."""
        if not self._heard:
            self._tell("left")
        super().connection_lost(exc)
        if not self._ended.done():
            self._ended.set_result(None)

    async def settled(self) -> None:
        """Wait for the end of a connection that is being closed, or was opened under a bad certificate for nothing.

        Whoever has left the latter may not have said so.
        """
        if self._certificate not in GOOD and not self._heard:
            self.transport.abort()
        if self.transport.is_closing():
            # Not the future itself: whoever gives up waiting would cancel it.
            await asyncio.wait([self._ended])

    def _tell(self, how: How) -> None:
        if self._certificate not in GOOD:
            self._report(self._certificate, how, "")


class SecuredListener:
    """Accepts connections, shakes hands and tells of handshakes that come to nothing, which no protocol is told of.

    `shown` is asked for each connection: which certificate, and the context that has it.
    """

    def __init__(
        self,
        listener: socket.socket,
        shown: Callable[[], tuple[Certificate, ssl.SSLContext]],
        secured: Callable[[Certificate], SecuredConnection],
        report: Report,
    ) -> None:
        self._listener = listener
        self._shown = shown
        self._secured = secured
        self._report = report
        self._accepting: asyncio.Task[None] | None = None
        # The handshakes under way; the loop holds no more than a weak reference to a task.
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to accept."""
        self._accepting = asyncio.get_running_loop().create_task(self._accept())

    @property
    def under_way(self) -> tuple[asyncio.Task[None], ...]:
        """The handshakes that have not come to their end."""
        return tuple(self._tasks)

    async def stop(self) -> None:
        """Accept no more, and leave no handshake half done."""
        tasks = [*self._tasks, *([self._accepting] if self._accepting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(self._listener)
            except OSError:
                # Too many open files, perhaps: wait as asyncio's own listeners do.
                await asyncio.sleep(1)
            else:
                task = loop.create_task(self._shake_hands(accepted))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _shake_hands(self, accepted: socket.socket) -> None:
        certificate, context = self._shown()
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                lambda: self._secured(certificate), accepted, ssl=context, ssl_handshake_timeout=HANDSHAKE_TIMEOUT
            )
        except OSError as error:
            self._report(certificate, *_ended(error))


def _ended(error: OSError) -> tuple[How, str]:
    """How a handshake ended that came to nothing, and what the client said of it."""
    if not isinstance(error, ssl.SSLError):
        if isinstance(error, TimeoutError):
            return "failed", "nothing came for too long"
        return "broken off", "the connection was closed"
    reason = error.reason or ""
    if reason in ("HTTP_REQUEST", "HTTPS_PROXY_REQUEST"):
        return "cleartext", ""
    _, alert, said = reason.partition("_ALERT_")
    return ("broken off", said.lower().replace("_", " ")) if alert else ("failed", reason.lower().replace("_", " "))

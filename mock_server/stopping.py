"""Waiting for Ctrl-C without missing it.

`threading.Event.wait` in the main thread can sleep through a signal that comes at the wrong moment (seen on Python
3.13, once in a hundred runs); a byte in a socket cannot be slept through.
"""

import signal
import socket
from types import FrameType, TracebackType
from typing import Self


class Stop:
    """Catches SIGINT and SIGTERM from the moment it is entered; `wait` returns after the first."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)

    def __enter__(self) -> Self:
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _nothing)
        return self

    def wait(self) -> None:
        """Wait for the first signal, also for one that has come already."""
        self._reader.recv(1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._reader.close()
        self._writer.close()


def _nothing(number: int, frame: FrameType | None) -> None:
    """The byte in the socket is enough."""

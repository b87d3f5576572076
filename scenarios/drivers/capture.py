"""What a process writes, kept within bounds: its beginning in a file, its end in memory."""

import asyncio
import os
from typing import IO

MOST_IN_FILE = 1024 * 1024
MOST_IN_MEMORY = 64 * 1024
_AT_ONCE = 64 * 1024
# Reads after the end of a process: a pipe holds less, so that more means that somebody else still writes.
_LAST_READS = 64


class Capture:
    """One stream of a process, read as fast as it comes: a full pipe would stop an application that writes a lot.

    The file gets the first megabyte as it comes and, at the end, what is still in memory; between the two stands how
    much was left out.
    """

    def __init__(self, stream: IO[bytes], file: IO[bytes] | None = None) -> None:
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._file = file
        self._tail = bytearray()
        self._total = 0
        os.set_blocking(stream.fileno(), False)
        self._loop.add_reader(stream.fileno(), self._read)

    @property
    def total(self) -> int:
        """Bytes that were written so far."""
        return self._total

    def text(self) -> str:
        """The end of what was written."""
        self._read()
        return bytes(self._tail[-MOST_IN_MEMORY:]).decode("utf-8", "replace")

    def close(self) -> None:
        """Read what is left, and write the end of the file."""
        for _ in range(_LAST_READS):
            if not self._read():
                break
        self._let_go()
        if self._file is not None:
            self._file.write(self._end_of_file())
            self._file.close()
            self._file = None

    def _read(self) -> bool:
        """Take what is there; False where nothing is."""
        if self._stream.closed:
            return False
        try:
            chunk = os.read(self._stream.fileno(), _AT_ONCE)
        except BlockingIOError:
            return False
        except OSError:
            chunk = b""
        if not chunk:
            self._let_go()
        elif self._file is not None and self._total < MOST_IN_FILE:
            self._file.write(chunk[: MOST_IN_FILE - self._total])
        self._total += len(chunk)
        self._tail += chunk
        if len(self._tail) > 4 * MOST_IN_MEMORY:
            del self._tail[:-MOST_IN_MEMORY]
        return bool(chunk)

    def _let_go(self) -> None:
        if not self._stream.closed:
            self._loop.remove_reader(self._stream.fileno())
            self._stream.close()

    def _end_of_file(self) -> bytes:
        beyond = max(0, self._total - MOST_IN_FILE)
        end = bytes(self._tail[-min(beyond, MOST_IN_MEMORY) :]) if beyond else b""
        left_out = beyond - len(end)
        return (f"\n[{left_out} bytes left out]\n".encode() if left_out else b"") + end

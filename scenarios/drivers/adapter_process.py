"""An adapter's process: it is written to and heard without waiting, and ended with all of its group."""

import asyncio
import os
import secrets
import signal
import subprocess
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from scenarios.drivers import process_tree
from scenarios.drivers.capture import MOST_IN_FILE, Capture
from scenarios.drivers.process import until

_MARK = "OAUTHSPEC_APPLICATION"
_AT_ONCE = 64 * 1024
_LAST_LINES = 5
_LAST_PATIENCE = 5.0
"""Seconds that a killed process may take to be gone."""


class AdapterProcess:
    """A running command; `heard` is called with what it writes to stdout, and with nothing at the end of that.

    `output` is a path to which `.stdout` and `.stderr` are added; each file holds a megabyte at most and a bit.
    """

    def __init__(
        self, command: Sequence[str], heard: Callable[[bytes], None], *, output: Path | None = None
    ) -> None:
        if not command or not command[0]:
            raise ValueError("there is no command")
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._mark = secrets.token_hex(8)
        with ExitStack() as opened:
            copies: list[IO[bytes]] = [opened.enter_context(path.open("wb", buffering=0)) for path in _files(output)]
            self._popen = _started(command, self._mark)
            opened.pop_all()
        # The last resort, for a harness that ends without stopping what it started.
        self._finalizer = weakref.finalize(self, _signal_group, self._popen.pid, signal.SIGKILL)
        stdin, stdout, stderr = self._popen.stdin, self._popen.stdout, self._popen.stderr
        assert stdin is not None  # noqa: S101 - all three were asked for
        assert stdout is not None  # noqa: S101
        assert stderr is not None  # noqa: S101
        self._stdin: IO[bytes] = stdin
        self._stdout: IO[bytes] = stdout
        self._unsent = bytearray()
        self._copy = copies[0] if copies else None
        self._stderr = Capture(stderr, copies[1] if copies else None)
        self._copied = 0
        os.set_blocking(stdin.fileno(), False)
        os.set_blocking(stdout.fileno(), False)
        self._loop.add_reader(stdout.fileno(), self._read)

    def how_it_ended(self) -> str:
        """In words; nothing while it runs."""
        code = self._popen.poll()
        if code is None:
            return ""
        if code >= 0:
            return f"ended with exit code {code}"
        with suppress(ValueError):
            return f"was killed by {signal.Signals(-code).name}"
        return f"was killed by signal {-code}"

    def last_lines(self) -> list[str]:
        """The end of what it wrote to stderr, as it came."""
        return [line for line in self._stderr.text().splitlines() if line.strip()][-_LAST_LINES:]

    def send(self, octets: bytes) -> None:
        """Write to its stdin, as fast as it reads; what it will not read is nobody's trouble here."""
        if not self._stdin.closed:
            self._unsent += octets
            self._write()

    def kill(self) -> None:
        """End it at once, with its group."""
        _signal_group(self._popen.pid, signal.SIGKILL)

    async def stop(self, farewell: bytes, patience: float) -> None:
        """Say farewell, then SIGTERM, then SIGKILL, each a `patience` in seconds after the other; nothing is left."""
        if not self._finalizer.detach():
            return
        group = self._popen.pid
        self.send(farewell)
        self._close_stdin()
        if not await until(self._gone, patience):
            _signal_group(group, signal.SIGTERM)
            if not await until(self._gone, patience):
                _signal_group(group, signal.SIGKILL)
                await until(self._gone, _LAST_PATIENCE)
        # Those that made a session of their own, as daemons do.
        mark = f"{_MARK}={self._mark}"
        for process in process_tree.members(group, mark):
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        await until(lambda: not process_tree.members(group, mark), _LAST_PATIENCE)
        self._close_stdout()
        self._stderr.close()

    def _gone(self) -> bool:
        return self._popen.poll() is not None and not process_tree.group_lives(self._popen.pid)

    def _write(self) -> None:
        try:
            while self._unsent:
                del self._unsent[: os.write(self._stdin.fileno(), self._unsent[:_AT_ONCE])]
        except BlockingIOError:
            self._loop.add_writer(self._stdin.fileno(), self._write)
        except OSError:  # it reads no more: how it ended says the rest
            self._close_stdin()
        else:
            self._loop.remove_writer(self._stdin.fileno())

    def _close_stdin(self) -> None:
        if not self._stdin.closed:
            self._loop.remove_writer(self._stdin.fileno())
            self._stdin.close()

    def _read(self) -> None:
        try:
            octets = os.read(self._stdout.fileno(), _AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        if self._copy is not None and self._copied < MOST_IN_FILE:
            self._copy.write(octets)
            self._copied += len(octets)
        if not octets:
            self._close_stdout()
        self._heard(octets)

    def _close_stdout(self) -> None:
        if not self._stdout.closed:
            self._loop.remove_reader(self._stdout.fileno())
            self._stdout.close()
        if self._copy is not None:
            self._copy.close()
            self._copy = None


def _files(output: Path | None) -> list[Path]:
    if output is None:
        return []
    output.parent.mkdir(parents=True, exist_ok=True)
    return [output.with_suffix(".stdout"), output.with_suffix(".stderr")]


def _started(command: Sequence[str], mark: str) -> "subprocess.Popen[bytes]":
    # A proxy of the machine could not reach this machine's loopback address, where the mock is.
    exempt = ",".join(filter(None, (os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), "127.0.0.1,localhost")))
    return subprocess.Popen(  # noqa: S603 - to run the user's command is the point
        tuple(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, _MARK: mark, "no_proxy": exempt, "NO_PROXY": exempt},
        start_new_session=True,
        bufsize=0,
    )


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)

"""Commands in processes of their own, for tests: run to their end, or served until they are interrupted.

A server is known by the address that it prints, and stopped as by Ctrl-C.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost):\d+")

_PATIENCE = 30.0
"""Seconds until a server that neither speaks nor stops is killed; the test then says what it had printed."""


_HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")


def environment(home: Path) -> dict[str, str]:
    """Return this environment with a home of its own, so that nobody's settings and state are read or written.

    The commands installed beside the Python that runs this come first on the path.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | dict.fromkeys(_HOMES, str(home)) | {"PATH": path}


def finished(
    command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command that reads nothing to its end; `stdout` holds both its outputs."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=env,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@dataclass
class Served:
    """A running server: where it listens, and all it has printed so far."""

    process: subprocess.Popen[str]
    url: str = ""
    lines: list[str] = field(default_factory=list)

    def interrupt(self) -> int:
        """Stop it as Ctrl-C does and return its exit code; `lines` then holds everything it printed."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=_PATIENCE)
        self.lines += rest.splitlines()
        return self.process.returncode


@contextmanager
def served(
    command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None, until: str = ""
) -> Iterator[Served]:
    """Start a server; it is up when it has printed its address, and a line with `until` where that is given."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    watchdog = threading.Timer(_PATIENCE, process.kill)
    watchdog.start()
    server = Served(process)
    try:
        _read_until_up(server, until)
        yield server
    finally:
        watchdog.cancel()
        watchdog.join()
        process.kill()
        process.communicate()


def _read_until_up(server: Served, until: str) -> None:
    assert server.process.stdout is not None
    for line in server.process.stdout:
        server.lines.append(line.rstrip("\n"))
        address = _ADDRESS.search(line)
        server.url = server.url or (address[0] if address else "")
        if server.url and any(until in seen for seen in server.lines):
            return
    raise AssertionError("it ended without an address:\n" + "\n".join(server.lines))

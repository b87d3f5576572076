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

_ADDRESS = re.compile(r"https?://(?:127\.0\.0\.1|localhost):\d+")

_PATIENCE = 30.0
"""Seconds until a server that is still there is killed; what waits for it then goes on."""


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
        self.lines += self._printed()
        return self.process.wait()

    def read_until_up(self, until: str) -> None:
        for line in self._printed():
            self.lines.append(line)
            address = _ADDRESS.search(line)
            self.url = self.url or (address[0] if address else "")
            if self.url and any(until in seen for seen in self.lines):
                return
        raise AssertionError("it ended before it was up:\n" + "\n".join(self.lines))

    def _printed(self) -> Iterator[str]:
        assert self.process.stdout is not None
        return (line.rstrip("\n") for line in self.process.stdout)


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
        server.read_until_up(until)
        yield server
    finally:
        watchdog.cancel()
        watchdog.join()
        with process:  # closes its pipe and waits for it
            process.kill()


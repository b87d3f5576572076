"""Servers as processes of their own: started on one core, known by the address that they print, and looked at."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")
_PATIENCE = 30.0


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], *, core: int | None = None, env: Mapping[str, str] | None = None
) -> Iterator[tuple[int, int]]:
    """Run a server, on one core where one is named; gives its process and its port."""
    with pinned(core):
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
        )
    watchdog = threading.Timer(_PATIENCE, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        printed = ""
        while (address := _ADDRESS.search(printed)) is None:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"{command} ended before it listened: {printed}")
            printed += line
        watchdog.cancel()
        yield process.pid, int(address[1])
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


@contextlib.contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Start processes on one core alone; without a core, or where the system knows no such thing, wherever they like.

    A child inherits it, so that none of its threads is ever elsewhere.
    """
    if core is None or sys.platform != "linux":
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def two_cores() -> tuple[int | None, int | None]:
    """A core for the server and one for the load, where the system can say and has two."""
    cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)


def cpu_seconds(process: int) -> float:
    """Seconds of CPU that a process has used so far; nought where the system does not say."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(process: int) -> float:
    """Memory that a process holds, in MB (10^6 bytes)."""
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True)
    return int(done.stdout) * 1024 / 1e6

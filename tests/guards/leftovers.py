"""A test that leaves a process, a listening socket, a thread or a task behind fails, by name.

What a fixture of wider scope opens may live on until the end of the run; then it is a leftover too, and so is a
process whose parent is gone. Daemon threads are exempt: that is how a client that hangs is meant to be left.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_PROC = Path("/proc")
_DESCRIPTORS = Path("/dev/fd")
_MARK = "OAUTHSPEC_TEST_RUN"
"""An environment variable that children inherit, so that orphans of this run can be told from anybody else's."""

_PATIENCE = 1.0
"""Seconds that a thread on its way out is waited for. Spent only when a test is about to fail."""


@dataclass
class Open:
    """What is open at one moment, each thing with a text that helps to find who opened it."""

    threads: dict[threading.Thread, str] = field(default_factory=dict)
    processes: dict[object, str] = field(default_factory=dict)
    ports: dict[object, str] = field(default_factory=dict)

    @classmethod
    def now(cls) -> Open:
        return cls(dict(_threads()), dict(_children()), dict(_listening()))

    def since(self, before: Open) -> Open:
        """Return what is open in `self` and was not in `before`."""
        return Open(
            *(
                {key: text for key, text in now.items() if key not in then}
                for now, then in zip(self.kinds(), before.kinds(), strict=True)
            )
        )

    def absorb(self, other: Open) -> None:
        for mine, theirs in zip(self.kinds(), other.kinds(), strict=True):
            mine.update(theirs)

    def kinds(self) -> tuple[dict[Any, str], ...]:
        return self.threads, self.processes, self.ports

    def lines(self) -> list[str]:
        return [text for kind in self.kinds() for text in kind.values()]


def _threads() -> Iterator[tuple[threading.Thread, str]]:
    for thread in threading.enumerate():
        if not thread.daemon:
            yield thread, f"thread {thread.name!r}"


def _has_children() -> bool:
    """Answer without a walk through /proc; the usual answer is no."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _children() -> Iterator[tuple[object, str]]:
    if not _PROC.is_dir() or not _has_children():
        return
    for directory in _processes():
        with suppress(OSError):  # it ended meanwhile
            # After the name, which may hold anything but ends at the last bracket: state, then parent.
            state, parent, *_ = (directory / "stat").read_text().rpartition(")")[2].split()
            if int(parent) == os.getpid() and state != "Z":
                yield directory.name, _describe(directory)


def _orphans() -> Iterator[tuple[object, str]]:
    """Yield processes that inherited our environment, whoever is their parent now."""
    mark = f"{_MARK}={os.getpid()}".encode()
    for directory in _processes() if _PROC.is_dir() else ():
        with suppress(OSError):
            environment = (directory / "environ").read_bytes().split(b"\0")
            if mark in environment and directory.name != str(os.getpid()):
                test = next((v[20:].decode() for v in environment if v.startswith(b"PYTEST_CURRENT_TEST=")), "?")
                yield directory.name, f"{_describe(directory)}, opened in {test}"


def _processes() -> Iterator[Path]:
    return (entry for entry in _PROC.iterdir() if entry.name.isdigit())


def _describe(directory: Path) -> str:
    command = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return f"process {directory.name}: {command[:120]}"


def _listening() -> Iterator[tuple[object, str]]:
    for entry in _DESCRIPTORS.iterdir() if _DESCRIPTORS.is_dir() else ():
        with suppress(OSError):  # the listing's own descriptor is closed by now
            about = os.fstat(int(entry.name))
            if stat.S_ISSOCK(about.st_mode):
                listener = socket.socket(fileno=int(entry.name))
                try:
                    if listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                        yield about.st_ino, f"listening socket {listener.getsockname()}"
                finally:
                    listener.detach()


_before = pytest.StashKey[Open]()
_at_start = pytest.StashKey[Open]()
_tasks: list[str] = []


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    session.stash[_at_start] = Open.now()


@pytest.fixture(autouse=True, scope="session")
def _mark_children() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_MARK, str(os.getpid()))
        yield


@pytest.fixture(autouse=True, scope="session")
def _watch_tasks() -> Iterator[None]:
    """Note the tasks that are pending when a loop of the main thread closes.

    `asyncio.Runner` cancels them silently. pytest-asyncio closes its runner after the test and its fixtures.
    """
    close = asyncio.Runner.close

    def noting(self: asyncio.Runner) -> None:
        if threading.current_thread() is threading.main_thread():
            with suppress(RuntimeError):  # closed before, or used by nobody
                _tasks.extend(f"task {task!r}" for task in asyncio.all_tasks(self.get_loop()))
        close(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Runner, "close", noting)
        yield


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> None:
    """Look before the test's own fixtures and after those of wider scope; autouse and scope see to the order."""
    _tasks.clear()
    request.node.stash[_before] = Open.now()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, None, None]:
    yield
    start = item.session.stash[_at_start]
    before = start if nextitem is None else item.stash.get(_before, None)
    if before is None:  # skipped before its fixtures ran
        return
    left = Open.now().since(before)
    for thread in left.threads:
        thread.join(_PATIENCE)
        left = Open.now().since(before)
    if nextitem is None:
        left.absorb(Open(processes=dict(_orphans())).since(start))
    start.absorb(left)  # said once; the last test is not blamed again
    lines = left.lines() + _tasks
    _tasks.clear()
    if lines:
        pytest.fail(f"{item.nodeid} left behind:\n  " + "\n  ".join(lines), pytrace=False)

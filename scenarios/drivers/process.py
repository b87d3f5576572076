"""An application's process: started in a group of its own, awaited until it listens, stopped with all of its group."""

import asyncio
import errno
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from scenarios.drivers import process_tree
from scenarios.drivers.capture import Capture
from scenarios.drivers.driver import ApplicationDied, CannotStart

LOOPBACK = ("127.0.0.1", "::1")
GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL."""

_LAST = 5.0
"""Seconds that a killed process may take to be gone."""

_ELSEWHERE = 5.0
"""Seconds that a command may listen on other ports alone, as with a debugger's, before it is taken for mistaken."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.05
_MARK = "OAUTHSPEC_APPLICATION"
_TAKEN = re.compile(r"EADDRINUSE|address (is )?already in use|port\b.{0,40}\b(in use|taken)", re.IGNORECASE)
_LINES, _WIDTH = 5, 200


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition that nobody announces; False where it does not come true in time."""
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + seconds, _FIRST_PAUSE
    while not condition():
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(min(pause, max(0.0, deadline - loop.time())))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return True


class ApplicationProcess:
    """A running command. `output` names the files for standard output and standard error."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        folder: Path | None = None,
        output: tuple[Path, Path] | None = None,
        hidden: tuple[str, ...] = (),
    ) -> None:
        self.command = tuple(command)
        self._mark = f"{_MARK}={secrets.token_hex(8)}"
        self._hidden = hidden
        name, _, value = self._mark.partition("=")
        with ExitStack() as opened:
            files = [opened.enter_context(path.open("wb", buffering=0)) for path in output or ()]
            self._process = _started(self.command, {**environment, name: value}, folder)
            opened.pop_all()
        # The last resort, for a harness that ends without stopping what it started.
        self._finalizer = weakref.finalize(self, _kill_group, self._process.pid)
        assert self._process.stdout is not None  # noqa: S101 - both were asked for
        assert self._process.stderr is not None  # noqa: S101
        self._stdout = Capture(self._process.stdout, files[0] if files else None)
        self._stderr = Capture(self._process.stderr, files[1] if files else None)

    @property
    def ended(self) -> str:
        """How it ended, in words; nothing while it runs."""
        code = self._process.poll()
        if code is None:
            return ""
        if code >= 0:
            return f"ended with exit code {code}"
        try:
            return f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"was killed by signal {-code}"

    def last_lines(self) -> str:
        """The end of what it wrote to standard error, or else to standard output, for a message."""
        text = self._stderr.text().strip() or self._stdout.text().strip()
        for secret in self._hidden:
            text = text.replace(secret, "…")
        lines = [line.rstrip()[:_WIDTH] for line in text.splitlines() if line.strip()][-_LINES:]
        return f" It wrote: {' | '.join(lines)}" if lines else " It wrote nothing."

    def died(self) -> ApplicationDied:
        """What to raise once it has ended."""
        cause = f"The application {self.ended}.{self.last_lines()}"
        return ApplicationDied("APPLICATION_DIED", cause, "See its output; the client should outlive every answer.")

    async def listens(self, port: int, seconds: float) -> str:
        """Wait until it accepts connections; the address that it does so at. `CannotStart` says why it never does."""
        began, elsewhere = time.monotonic(), _Elsewhere(self._others)
        found = await first_listening(port, LOOPBACK, seconds, lambda: bool(self.ended) or elsewhere.too_long())
        if self.ended:
            raise self._ended_at_once(port)
        if not found:
            raise self._never_listened(port, min(seconds, time.monotonic() - began))
        return found

    async def stop(self) -> None:
        """End it and everything that it started: SIGTERM, a short grace, SIGKILL. Nothing is left afterwards."""
        if not self._finalizer.detach():
            return
        group = self._process.pid
        gone = lambda: self._process.poll() is not None and not process_tree.group_lives(group)  # noqa: E731
        _signal_group(group, signal.SIGTERM)
        if not await until(gone, GRACE):
            _signal_group(group, signal.SIGKILL)
            await until(gone, _LAST)
        # Those that made a session of their own, as daemons do.
        daemons = process_tree.members(group, self._mark)
        for process in daemons:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        # To look costs a walk through all processes of the machine: only where there was somebody.
        await until(lambda: not daemons or not process_tree.members(group, self._mark), _LAST)
        self._stdout.close()
        self._stderr.close()

    def _others(self) -> list[int]:
        """The ports that any of its processes listens on."""
        return process_tree.listening_ports(process_tree.members(self._process.pid, self._mark))

    def _ended_at_once(self, port: int) -> CannotStart:
        cause = f"{self.command[0]} {self.ended} before it listened on port {port}.{self.last_lines()}"
        if _TAKEN.search(self._stderr.text() + self._stdout.text()):
            return port_taken(port, cause)
        next_step = "Run the command by itself, in the same folder, and see what it wants."
        if not self._process.returncode:
            next_step = "It has to stay in the foreground, and to serve until it is stopped."
        return CannotStart("EXITED_AT_ONCE", cause, next_step)

    def _never_listened(self, port: int, seconds: float) -> CannotStart:
        others = self._others()
        instead = f"; it listens on {', '.join(map(str, others))} instead" if others else ""
        if port in others:
            instead = "; it listens there, but not at the loopback interface (127.0.0.1 or ::1)"
        cause = f"Nothing listened on port {port} within {seconds:.2g} s{instead}.{self.last_lines()}"
        return CannotStart(
            "NEVER_LISTENED", cause, "Have the application listen on the port in PORT, which REDIRECT_URI names too."
        )


class _Elsewhere:
    """Looks now and then whether a command has been listening on other ports for long; while it looks all wait."""

    def __init__(self, others: Callable[[], list[int]]) -> None:
        self._others = others
        self._since: float | None = None
        self._looked = time.monotonic()

    def too_long(self) -> bool:
        """True once it has listened elsewhere for some seconds."""
        now = time.monotonic()
        if now - self._looked >= _ELSEWHERE / 2:
            self._looked = now
            self._since = (self._since or now) if self._others() else None
        return self._since is not None and now - self._since >= _ELSEWHERE


def free_port(exclude: frozenset[int] = frozenset()) -> int:
    """A port that the system offers, free at both loopback addresses."""
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK[0], 0))
            port: int = probe.getsockname()[1]
        if port not in exclude and is_free(port):
            return port


def is_free(port: int) -> bool:
    """True where an application could listen on a port of this machine, at whatever address."""
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104 - nothing listens
        with suppress(OSError), socket.socket(family) as probe:
            # As servers do: the ends of old connections are no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return False
    return True


def port_taken(port: int, cause: str = "") -> CannotStart:
    """What to raise where somebody else has the port."""
    cause = cause or f"Something else listens on port {port} already."
    return CannotStart("PORT_TAKEN", cause, f"Stop what uses port {port}, or run again for another one.")


async def first_listening(
    port: int, hosts: Sequence[str], seconds: float, given_up: Callable[[], bool] = lambda: False
) -> str:
    """Wait until one of the hosts accepts connections on a port; nothing where none does in time."""
    found, pause = "", _FIRST_PAUSE
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not found and not given_up():
                found = await listening_address(port, hosts)
                await asyncio.sleep(0 if found else pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
    return found


async def listening_address(port: int, hosts: Sequence[str] = LOOPBACK) -> str:
    """The first of the hosts where something accepts connections on a port; nothing where none does."""
    for host in hosts:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            # A connection to a free port of this machine can, by chance, start from that very port and meet itself.
            itself = writer.get_extra_info("sockname") == writer.get_extra_info("peername")
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            if not itself:
                return host
    return ""


def _started(
    command: tuple[str, ...], environment: Mapping[str, str], folder: Path | None
) -> "subprocess.Popen[bytes]":
    if not command or not command[0]:
        raise CannotStart("COMMAND_NOT_FOUND", "There is no command.", "Name it behind `--`.")
    try:
        return subprocess.Popen(  # noqa: S603 - to run the user's command is the point
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        raise _cannot_run(command[0], environment.get("PATH"), folder, error) from None


def _cannot_run(program: str, path: str | None, folder: Path | None, error: OSError | ValueError) -> CannotStart:
    if folder is not None and not folder.is_dir():
        return CannotStart("NO_SUCH_FOLDER", f"{folder} is no folder.", "Name the one to run the command in.")
    found = shutil.which(program, mode=os.F_OK, path=path)
    if found is None and ("\0" in program or not (folder or Path()).joinpath(program).exists()):
        advice = f"Check the name, and PATH if it has no slash in it: {program!r}."
        if " " in program:
            advice = "Write program and arguments as words of their own, without quotes round the whole."
        return CannotStart("COMMAND_NOT_FOUND", f"There is no command {program!r}.", advice)
    reason = error.strerror if isinstance(error, OSError) else str(error)
    if isinstance(error, FileNotFoundError):
        reason = "the interpreter that its first line names is not there"
    cause = f"{found or program} cannot be run: {reason}."
    return CannotStart("COMMAND_NOT_EXECUTABLE", cause, "Run it by its interpreter, or `chmod +x` it.")


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _kill_group(group: int) -> None:
    _signal_group(group, signal.SIGKILL)

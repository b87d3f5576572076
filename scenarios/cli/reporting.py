"""The reports of a run that are files: opened before it begins, whole at its end, named after it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from scenarios.cli.verb import INCOMPLETE, Misuse, say
from scenarios.reports.console import Console
from scenarios.reports.header import Header
from scenarios.reports.junit import JUnit
from scenarios.reports.record import Record
from scenarios.reports.tally import many_of
from scenarios.reports.trace import Traces
from scenarios.running import Listener

_Report = TypeVar("_Report")


@dataclass(frozen=True)
class Files:
    """Where reports go; nothing where they are not wanted."""

    record: Path | None = None
    junit: Path | None = None
    output: Path | None = None


@dataclass
class Written:
    """The reports of one run, in the order in which they hear of it."""

    listeners: list[Listener] = field(default_factory=list)
    record: Record | None = None
    junit: JUnit | None = None
    traces: Traces | None = None

    def told(self, console: Console, code: int) -> int:
        """Say where they are; the exit code, in which trouble with a file counts."""
        if self.traces is not None:
            console.note(f"Traces of what did not pass: {self.traces.folder} ({self.traces.written} files)")
            code = _or_trouble(code, "OUTPUT_NOT_WRITTEN", self.traces.trouble)
        if self.record is not None:
            if not self.record.trouble:
                console.note(f"Record: {self.record.path}  (oauthspec judge {self.record.path})")
            code = _or_trouble(code, "RECORD_NOT_WRITTEN", self.record.trouble)
        if self.junit is not None:
            if not self.junit.trouble:
                console.note(f"JUnit: {self.junit.path}")
            code = _or_trouble(code, "JUNIT_NOT_WRITTEN", self.junit.trouble)
        return code


@contextlib.contextmanager
def written(files: Files, header: Header) -> Iterator[Written]:
    """The reports that are wanted; `Misuse` says where nothing can be written."""
    reports = Written()
    with contextlib.ExitStack() as stack:
        if files.record is not None:
            record = _opened("--record", "file", files.record, lambda path: Record(path, header))
            reports.record = stack.enter_context(record)
            reports.listeners.append(record)
        if files.junit is not None:
            junit = _opened("--junit", "file", files.junit, lambda path: JUnit(path, header))
            reports.junit = stack.enter_context(junit)
            reports.listeners.append(junit)
        if files.output is not None:
            reports.traces = _opened("--output", "folder", files.output, lambda path: Traces(path, header))
            reports.listeners.append(reports.traces)
        yield reports


def tell_what_was_printed(printed: str, output: Path | None, console: Console) -> None:
    """What a client in this process wrote to stdout, which is not for the eyes of who reads the verdicts."""
    if not printed:
        return
    many = f"The client printed {many_of(len(printed.splitlines()), 'line')} to stdout"
    if output is None:
        console.note(f"{many}; --output DIR keeps them.")
        return
    with contextlib.suppress(OSError):
        path = output / "client.stdout.txt"
        path.write_text(printed, "utf-8", errors="backslashreplace")
        console.note(f"{many}: {path}")


def _opened(flag: str, what: str, path: Path, report: Callable[[Path], _Report]) -> _Report:
    try:
        return report(path)
    except OSError as error:
        code = f"{flag.removeprefix('--').upper()}_NOT_WRITABLE"
        cause = f"{path} cannot be written{' to' if what == 'folder' else ''}: {error.strerror}."
        raise Misuse(code, cause, f"Name another {what} with {flag}.") from None


def _or_trouble(code: int, name: str, trouble: str) -> int:
    """What could not be written makes a run incomplete, unless the client failed."""
    if not trouble:
        return code
    say(f"{name}: {trouble}. Make room, or name another place.")
    return code or INCOMPLETE

"""Writes a record: JSON lines, complete in any case.

Lines go to a temporary file beside the one that was asked for, which takes its name when the last line is written, also
after Ctrl-C or a bug of ours: then the footer says `interrupted`. What stood there before stays until that moment.
"""

import contextlib
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from mock_server.transcript import Entry
from scenarios.collection import Selected
from scenarios.ground import Learned
from scenarios.model.assignment import AppKind, AssignmentKind
from scenarios.model.case import Case
from scenarios.model.verdict import Status, Verdict
from scenarios.performing import Ground
from scenarios.reports.digests import Digests
from scenarios.reports.header import Header
from scenarios.reports.record_lines import (
    FORMAT,
    VERSION,
    FooterLine,
    HeaderLine,
    Line,
    PreparedLine,
    RestLine,
    case_line,
    rule_line,
    stored_entry,
    verdict_line,
)
from scenarios.running import Plan
from scenarios.summary import Summary


class Record:
    """A listener that writes; a context manager, so that its file is whole however the run ends.

    `OSError` from the start says that nothing can be written there. One that comes later stops the writing, not the
    run, and is in `trouble`.
    """

    def __init__(self, path: Path, header: Header) -> None:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        self.path = path
        self.trouble = ""
        self._header = header
        self._part = path.with_name(f"{path.name}.{os.getpid()}.part")
        self._file = self._part.open("wb")
        self._encoder = msgspec.json.Encoder()
        self._digests = Digests()
        self._written: set[int] = set()
        self._counts: Counter[Status] = Counter()
        self._rules = 0
        self._ended = False

    # What a run tells.

    def begun(self, plan: Plan) -> None:
        """Write the header."""
        header = self._header
        self._write(
            HeaderLine(
                format=FORMAT,
                version=VERSION,
                oauthspec=header.version,
                began=datetime.now(UTC).isoformat(timespec="seconds"),
                seat=header.seat,
                flags=header.flags,
                command=header.command,
                provider=plan.provider.name,
                lanes=header.lanes,
                limit=header.limit,
                app_kinds=header.app_kinds,
                selectors=header.selectors,
                selected=len(plan.performances),
                terms=header.terms,
            )
        )

    def prepared(self, ground: Ground, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        """Write what an application showed."""
        self._digests.learn([ground.app], ())
        able = sorted(capability.value for capability in ground.capabilities)
        self._write(
            PreparedLine(
                app_kind,
                kind,
                ground.app,
                tuple(able),
                learned.leniencies,
                learned.strictly,
                learned.refusal.encode("utf-8", "backslashreplace").decode(),
                learned.exchange,
                learned.remarks,
            )
        )

    def judged(self, selected: Selected, case: Case, verdict: Verdict) -> None:  # noqa: ARG002 - a listener's words
        """Write a case and its verdict."""
        self._digests.learn([case.app], case.entries)
        self._written.update(entry.number for entry in case.entries)
        self._counts[verdict.status] += 1
        entries = tuple(map(self._digests.entry, case.entries))
        self._write(case_line(msgspec.structs.replace(case, entries=entries)))
        self._write(verdict_line(verdict))

    def ended(self, summary: Summary) -> None:
        """Write what the rules were asked of and what they said, and the footer; then the file takes its name."""
        self._write(self._rest(summary))
        for app_kind, verdict in summary.rules:
            self._write(rule_line(app_kind, verdict))
        self._rules = len(summary.rules)
        self._finish(summary.seconds, interrupted=summary.interrupted, exit_code=summary.exit_code)

    def _rest(self, summary: Summary) -> RestLine:
        apps = {kind: tuple(known) for kind, known in summary.apps.items()}
        rest: list[Entry] = [entry for entry in summary.entries if entry.number not in self._written]
        self._digests.learn((app for known in apps.values() for app in known), rest)
        return RestLine(apps, tuple(stored_entry(self._digests.entry(entry)) for entry in rest))

    # The file.

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._ended:
            self._finish(0.0, interrupted=True, exit_code=3)

    def _write(self, line: Line) -> None:
        if self.trouble or self._ended:
            return
        try:
            self._file.write(self._encoder.encode(line) + b"\n")
        except OSError as error:
            self.trouble = error.strerror or str(error)

    def _finish(self, seconds: float, *, interrupted: bool, exit_code: int) -> None:
        cases = sum(self._counts.values())
        counts = {status: number for status, number in self._counts.items() if number}
        self._write(FooterLine(cases, self._rules, counts, round(seconds, 3), interrupted, exit_code))
        self._ended = True
        try:
            self._file.close()
            if not self.trouble:
                self._part.replace(self.path)
        except OSError as error:
            self.trouble = error.strerror or str(error)
        if self.trouble:
            with contextlib.suppress(OSError):
                self._part.unlink()

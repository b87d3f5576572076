"""What came of a run, and whether that is a success: on the terms that it was given, which may hold a baseline."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import msgspec

from mock_server.protocol.records import App
from mock_server.transcript import Entry as TranscriptEntry
from scenarios.baseline import Baseline, Entry
from scenarios.collection import Selected
from scenarios.model.assignment import AppKind
from scenarios.model.verdict import RuleVerdict, Status, Verdict

FailOn = Literal["failed", "warned"]
JUDGED: frozenset[Status] = frozenset({"passed", "failed", "warned"})
# What says nothing about whether an expected failure still happens.
_SILENT: frozenset[Status] = frozenset({"inconclusive", "errored"})


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """On what terms a run is a success; `day` is the one on which entries of the baseline hold or have expired."""

    baseline: Baseline = Baseline()
    fail_on: FailOn = "failed"
    day: date = date.min
    # A part of the catalogue was chosen: that a rule was not broken there says nothing of the rest.
    partial: bool = False

    def expects(self, identifier: str, app_kind: AppKind, status: Status) -> Entry | None:
        """The entry that expects this verdict and still holds."""
        entry = self.baseline.expected(identifier, app_kind)
        return entry if entry is not None and entry.verdict == status and not entry.expired(self.day) else None


class Stale(msgspec.Struct, frozen=True):
    """An entry of the baseline that no longer holds: why, and what to do."""

    entry: Entry
    cause: str
    next_step: str


class Compared(msgspec.Struct, frozen=True):
    """A run beside its baseline: what came as expected, and which entries no longer hold."""

    expected: dict[tuple[str, AppKind], Entry] = {}
    stale: tuple[Stale, ...] = ()


@dataclass
class Summary:
    """What came of a run."""

    verdicts: list[tuple[Selected, Verdict]] = field(default_factory=list)
    rules: list[tuple[AppKind, RuleVerdict]] = field(default_factory=list)
    # What the rules were asked of: the whole transcript, and every app that was registered.
    entries: tuple[TranscriptEntry, ...] = ()
    apps: dict[AppKind, list[App]] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False
    terms: Terms = field(default_factory=Terms)

    @property
    def statuses(self) -> dict[tuple[str, AppKind], Status]:
        """What was said of each scenario and of each rule, with each kind of app."""
        told: dict[tuple[str, AppKind], Status] = {(v.identifier, v.app_kind): v.status for _, v in self.verdicts}
        return told | {(verdict.identifier, kind): verdict.status for kind, verdict in self.rules}

    @property
    def compared(self) -> Compared:
        """What the baseline says of it; entries whose scenario was not performed are not looked at."""
        statuses, expected, stale = self.statuses, dict[tuple[str, AppKind], Entry](), list[Stale]()
        for entry in self.terms.baseline.entries:
            status = statuses.get((entry.id, entry.app_kind))
            if status is None:
                continue
            if entry.expired(self.terms.day):
                stale.append(Stale(entry, f"it expired on {entry.expires}; the verdict is {_said(status)}", _EXPIRED))
            elif status == entry.verdict:
                expected[entry.id, entry.app_kind] = entry
            elif status not in _SILENT and not self._may_still_happen(entry):
                stale.append(Stale(entry, f"the verdict is {_said(status)}, where {entry.verdict} was expected", _GONE))
        return Compared(expected, tuple(stale))

    def _may_still_happen(self, entry: Entry) -> bool:
        return entry.id.startswith("rule/") and (self.terms.partial or self.interrupted)

    @property
    def unexpected(self) -> Iterator[Status]:
        """Each verdict that the baseline does not expect."""
        expected = self.compared.expected
        return (status for key, status in self.statuses.items() if key not in expected)

    @property
    def exit_code(self) -> int:
        """1: the client failed, or the baseline is stale. 3: something could not be judged, or nothing was. 0: fine."""
        failing = {"failed", self.terms.fail_on}
        unexpected = list(self.unexpected)
        if self.compared.stale or any(status in failing for status in unexpected):
            return 1
        judged = any(verdict.status in JUDGED for _, verdict in self.verdicts)
        incomplete = self.interrupted or any(status in _SILENT for status in unexpected)
        return 3 if incomplete or not judged else 0


_GONE = "Take the entry out of the baseline, or write into it what is so now."
_EXPIRED = "Mend the client and take the entry out; or decide anew, and give it a later day."


def _said(status: Status) -> str:
    return "not applicable" if status == "not_applicable" else status

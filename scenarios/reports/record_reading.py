"""Reads a record and judges it again, from the evidence alone.

A file that is damaged or foreign gives a named error.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from mock_server.protocol.records import App
from mock_server.transcript import Entry, Event
from scenarios.checks.pages import PAGE_CHECKS
from scenarios.checks.table import CHECKS
from scenarios.collection import Selected
from scenarios.judging import judge
from scenarios.model.assignment import AppKind
from scenarios.model.case import Case
from scenarios.model.expectation import Follows, Shows
from scenarios.model.outcome import Outcome
from scenarios.model.scenario import Scenario
from scenarios.model.verdict import RuleVerdict, Verdict
from scenarios.reports.header import Header
from scenarios.reports.record_lines import (
    FORMAT,
    VERSION,
    CaseLine,
    FooterLine,
    HeaderLine,
    Line,
    PreparedLine,
    RestLine,
    RuleLine,
    VerdictLine,
    case_of,
    entry_of,
    verdict_of,
)
from scenarios.rules.always import RULES
from scenarios.rules.rule import judge_rules
from scenarios.summary import Summary, Terms


class RecordError(Exception):
    """A file that cannot be judged again: a stable code, the cause and the next step."""

    def __init__(self, code: str, cause: str, next_step: str) -> None:
        super().__init__(f"{code}: {cause} {next_step}")
        self.code = code
        self.cause = cause
        self.next_step = next_step


@dataclass(frozen=True)
class Recorded:
    """A record, read."""

    header: HeaderLine
    footer: FooterLine
    prepared: tuple[PreparedLine, ...]
    cases: tuple[Case, ...]
    verdicts: tuple[Verdict, ...]
    rules: tuple[RuleLine, ...]
    apps: dict[AppKind, tuple[App, ...]]
    # Every entry once, in order.
    entries: tuple[Entry, ...]


@dataclass
class Again:
    """A record that was judged again; `changed` holds the stored verdict and the new one where they differ."""

    header: Header
    judged: list[tuple[Selected, Case, Verdict]] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)
    changed: list[tuple[Verdict, Verdict]] = field(default_factory=list)
    changed_rules: list[tuple[RuleLine, RuleVerdict]] = field(default_factory=list)


_AGAIN = "Record the run again with `oauthspec run --record FILE`."
_OUTCOME = frozenset(Outcome.__struct_fields__)


def read(path: Path) -> Recorded:
    """The record in a file; `RecordError` says what is wrong with it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        cause = f"{path} cannot be read: {error.strerror}."
        raise RecordError("RECORD_NOT_READABLE", cause, "Name the file that --record wrote.") from None
    lines = content.splitlines()
    if not lines:
        raise RecordError("RECORD_EMPTY", f"{path} is empty.", _AGAIN)
    header = _header(path, lines[0])
    parsed = [header, *(_line(path, number, line) for number, line in enumerate(lines[1:], 2))]
    return _whole(path, header, parsed)


def _header(path: Path, line: bytes) -> HeaderLine:
    cause = f"{path} is no record of oauthspec: its first line is no header."
    not_ours = RecordError("NOT_A_RECORD", cause, "Name the file that --record wrote.")
    try:
        told = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise not_ours from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise not_ours
    if told.get("version") != VERSION:
        cause = f"{path} is of version {told.get('version')!r}; this oauthspec reads version {VERSION}."
        raise RecordError("RECORD_VERSION", cause, "Judge it with the oauthspec that wrote it.")
    header = _line(path, 1, line)
    if not isinstance(header, HeaderLine):
        raise not_ours
    return header


def _line(path: Path, number: int, line: bytes) -> Line:
    try:
        parsed = _DECODER.decode(line)
        if isinstance(parsed, CaseLine):
            _check_case(parsed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        cause = f"Line {number} of {path} cannot be read: {error}."
        raise RecordError("RECORD_DAMAGED", cause, _AGAIN) from None
    return parsed


_DECODER: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def _check_case(line: CaseLine) -> None:
    """What the classes cannot say: outcomes are whole, and checks exist. `ValueError` says what is wrong."""
    for stored in line.entries:
        event = entry_of(stored)
        if isinstance(event, Event) and event.kind == "outcome":
            msgspec.convert({k: v for k, v in event.detail.items() if k in _OUTCOME}, Outcome)
    expectation = line.expectation
    if isinstance(expectation, Follows | Shows) and expectation.check not in {*CHECKS, *PAGE_CHECKS}:
        raise ValueError(f"there is no check {expectation.check!r}")


def _whole(path: Path, header: HeaderLine, lines: Sequence[Line]) -> Recorded:
    footer = lines[-1]
    if not isinstance(footer, FooterLine):
        cause = f"{path} has no last line: it was cut off, or its run was killed."
        raise RecordError("RECORD_INCOMPLETE", cause, _AGAIN)
    cases = tuple(case_of(line) for line in lines if isinstance(line, CaseLine))
    verdicts = tuple(verdict_of(line) for line in lines if isinstance(line, VerdictLine))
    rules = tuple(line for line in lines if isinstance(line, RuleLine))
    rest = [line for line in lines if isinstance(line, RestLine)]
    paired = [(c.identifier, c.app_kind) for c in cases] == [(v.identifier, v.app_kind) for v in verdicts]
    whole = len(cases) == footer.cases and len(rules) == footer.rules and paired and len(rest) <= 1
    if not whole or sum(isinstance(line, HeaderLine | FooterLine) for line in lines) != 2:
        cause = f"{path} lacks lines, or has some twice: its footer tells of {footer.cases} cases."
        raise RecordError("RECORD_DAMAGED", cause, _AGAIN)
    left = [entry_of(stored) for line in rest for stored in line.entries]
    apps = {kind: known for line in rest for kind, known in line.apps.items()}
    prepared = tuple(line for line in lines if isinstance(line, PreparedLine))
    return Recorded(header, footer, prepared, cases, verdicts, rules, apps, _entries(cases, left))


def _entries(cases: Iterable[Case], rest: Iterable[Entry]) -> tuple[Entry, ...]:
    found = {entry.number: entry for case in cases for entry in case.entries}
    found |= {entry.number: entry for entry in rest}
    return tuple(sorted(found.values(), key=lambda entry: entry.number))


def judge_again(recorded: Recorded, catalogue: Iterable[Scenario], terms: Terms | None = None) -> Again:
    """Verdicts from the evidence, on the run's own terms or on others.

    `RecordError` where this version has no scenario of that name.
    """
    known = {name: scenario for scenario in catalogue for name in (scenario.identifier, *scenario.aliases)}
    again = Again(_told(recorded.header, terms or recorded.header.terms))
    for case, stored in zip(recorded.cases, recorded.verdicts, strict=True):
        selected = Selected(_named(case.scenario, known), case.row, case.app_kind)
        verdict = _safely(lambda s=selected, c=case: judge(s.scenario, c), case.identifier)
        again.judged.append((selected, case, verdict))
        if verdict != stored:
            again.changed.append((stored, verdict))
    again.summary = Summary(
        verdicts=[(selected, verdict) for selected, _, verdict in again.judged],
        entries=recorded.entries,
        apps={kind: list(apps) for kind, apps in recorded.apps.items()},
        seconds=recorded.footer.seconds,
        interrupted=recorded.footer.interrupted,
        terms=again.header.terms,
    )
    again.summary.rules = list(_safely(lambda: list(_rules(recorded)), "the rules"))
    stored_rules = {(line.identifier, line.app_kind): line for line in recorded.rules}
    for kind, rule in again.summary.rules:
        line = stored_rules.get((rule.identifier, kind))
        if line is not None and (line.status, line.count, line.first) != (rule.status, rule.count, rule.first):
            again.changed_rules.append((line, rule))
    return again


def _rules(recorded: Recorded) -> Iterator[tuple[AppKind, RuleVerdict]]:
    known = [app for apps in recorded.apps.values() for app in apps]
    for kind in recorded.apps:
        yield from ((kind, verdict) for verdict in judge_rules(RULES, recorded.entries, known, kind))


def _safely(judged: Any, what: str) -> Any:
    """Judge evidence that somebody may have changed by hand: it may be what no run of ours writes."""
    try:
        return judged()
    except Exception as error:
        cause = f"The evidence of {what} cannot be judged ({type(error).__name__}: {error})."
        next_step = "It was changed by hand, or this is a bug of oauthspec's: report it with the file."
        raise RecordError("RECORD_CANNOT_BE_JUDGED", cause, next_step) from error


def _named(identifier: str, known: dict[str, Scenario]) -> Scenario:
    if identifier not in known:
        cause = f"This version has no scenario {identifier!r}."
        raise RecordError("UNKNOWN_SCENARIO", cause, "Judge it with the oauthspec that wrote it.")
    return known[identifier]


def _told(line: HeaderLine, terms: Terms) -> Header:
    return Header(
        version=line.oauthspec,
        seat=line.seat,
        flags=line.flags,
        command=line.command,
        provider=line.provider,
        lanes=line.lanes,
        limit=line.limit,
        app_kinds=line.app_kinds,
        selectors=line.selectors,
        selected=line.selected,
        terms=terms,
    )

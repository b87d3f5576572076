"""A failure in full: what the server changed, what a right client does, what this one did, why it matters, how to fix
it, and how to run just that again.

Data first: the console colours it, a trace prints it, a test looks for each part.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from mock_server.transcript import Entry, Exchange
from scenarios.model.assignment import AppKind
from scenarios.model.case import Case
from scenarios.model.requirement import Requirement
from scenarios.model.scenario import Scenario
from scenarios.model.verdict import RuleVerdict, Status, Verdict
from scenarios.reports.header import APP_KINDS
from scenarios.reports.shown import Hidden, answer_line, legible, request_line
from scenarios.reports.situation import Line, numbered, situation
from scenarios.rules.rule import Rule

WORDS: dict[Status, str] = {
    "passed": "passed",
    "failed": "FAILED",
    "warned": "WARNED",
    "inconclusive": "INCONCLUSIVE",
    "not_applicable": "not applicable",
    "errored": "ERRORED",
}

_MOST_SHOWN = 3
# Deliveries under which the answer that was to be sent is not, or not at once, the one that arrives.
_ON_THE_WAY = tuple(f"delivery.{name}(" for name in ("delay", "reset", "half_body", "wrong_length", "drip", "pad"))
_INDENT = "  "
_LABELS = 12
# What is copied, or compared by eye, is never broken: a terminal may wrap it.
_UNBROKEN = frozenset({"right", "sent", "opened", "again", "exchange", "clause"})


class Repeats(Protocol):
    """How a scenario is performed again: the header of a run says so, and a test runner."""

    def again(self, identifier: str, app_kind: AppKind) -> str:
        """The line that performs one scenario, or row, with one kind of app again."""


class Failure(msgspec.Struct, frozen=True):
    """The parts of a message, each a label and a text; a label that is empty goes on with the one before."""

    title: str
    status: Status
    lines: tuple[Line, ...]

    def part(self, label: str) -> str:
        """The texts under a label."""
        return "\n".join(text for each, text in self.lines if each == label)

    def text(self, width: int = 100) -> str:
        """As plain text."""
        return "\n".join([self.title, *(f"{label}{text}" for label, text in self.laid_out(width))])

    def laid_out(self, width: int) -> Iterator[Line]:
        """Lines of at most so many columns, where they may be broken: a padded label, and a text."""
        room = max(width - len(_INDENT) - _LABELS - 1, 40)
        for label, text in self.lines:
            if label == "story":
                yield from ((_INDENT, line) for line in textwrap.wrap(text, max(width - len(_INDENT), 40)))
                continue
            broken = [text] if label in _UNBROKEN else _wrapped(text, room)
            shown = "" if label in ("exchange", "clause") else label
            for number, line in enumerate(broken or [""]):
                yield f"{_INDENT}{shown if number == 0 else '':<{_LABELS}} ", line


def _wrapped(text: str, room: int) -> list[str]:
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)


def of_scenario(scenario: Scenario, case: Case, verdict: Verdict, header: Repeats) -> Failure:
    """A scenario that failed or warned."""
    secrets = () if case.app is None else (case.app.client_secret,)
    hidden = Hidden(case.entries, secrets)
    lines: list[Line] = [("story", " ".join(scenario.text.split())), *_requirement(scenario.requirement)]
    lines += situation(case, hidden, scenario.assignment_of(case.row))
    lines.append(("expected", hidden.text(verdict.expected)))
    lines.append(("actual", hidden.text(verdict.actual)))
    lines += _exchanges(verdict.exchanges, case.entries)
    lines += [("risk", scenario.risk), ("fix", scenario.fix)]
    if scenario.incidents:
        lines.append(("seen in", ", ".join(scenario.incidents)))
    if case.alone:
        lines.append(("note", "performed alone, with nothing beside it"))
    lines.append(("again", header.again(case.identifier, case.app_kind)))
    title = f"{WORDS[verdict.status]}  {case.identifier}  ({APP_KINDS[case.app_kind]})"
    return Failure(title, verdict.status, tuple(lines))


def of_rule(
    rule: Rule, verdict: RuleVerdict, app_kind: str, entries: Sequence[Entry], again: str, hidden: Hidden
) -> Failure:
    """A rule that was broken, with its first evidence."""
    assert verdict.first is not None  # noqa: S101 - a rule that was broken has evidence
    first = f"the first of {verdict.count}" if verdict.count > 1 else "once"
    lines: list[Line] = [*_requirement(rule.requirement)]
    lines.append(("expected", hidden.text(verdict.first.expected)))
    lines.append(("actual", f"{hidden.text(verdict.first.actual)} ({first}, in {verdict.judged} logins)"))
    lines += _exchanges((verdict.first.exchange,), entries)
    lines += [("risk", rule.risk), ("fix", rule.fix), ("again", again)]
    title = f"{WORDS[verdict.status]}  {verdict.identifier}  ({app_kind})"
    return Failure(title, verdict.status, tuple(lines))


def first_seen(verdict: RuleVerdict, app_kind: AppKind, cases: Iterable[Case], header: Repeats) -> str:
    """The line that repeats the scenario which holds the first evidence of a broken rule."""
    number = verdict.first.exchange if verdict.first is not None else 0
    for case in cases:
        if case.app_kind == app_kind and any(entry.number == number for entry in case.entries):
            return header.again(case.identifier, app_kind)
    return header.again("callback/genuine-callback", app_kind)


def _requirement(requirement: Requirement) -> Iterator[Line]:
    yield "requirement", duty(requirement)
    for clause in requirement.clauses:
        yield "clause", f"{clause}  {clause.url}"


def duty(requirement: Requirement) -> str:
    """A requirement as it reads aloud: `MUST NOT use a code twice`, `PROSE: compare state exactly`."""
    word = requirement.level.value
    colon = "" if word.startswith(("MUST", "SHOULD")) else ":"
    return f"{word}{colon} {requirement.statement}"


def _exchanges(numbers: Sequence[int], entries: Iterable[Entry]) -> Iterator[Line]:
    """Where it is to be seen: the first exchanges in a line each, the others by number."""
    by_number = {entry.number: entry for entry in entries if isinstance(entry, Exchange)}
    distinct = list(dict.fromkeys(numbers))
    for number in distinct[:_MOST_SHOWN]:
        exchange = by_number.get(number)
        if exchange is None:
            yield "exchange", f"exchange {number}"
            continue
        yield "exchange", f"exchange {number}: {request_line(exchange)}"
        yield "exchange", f"    answered {_answered(exchange)}"
        for change in exchange.changes:
            # What was to be sent is not what arrived.
            if change.startswith(_ON_THE_WAY):
                yield "exchange", f"    which went on its way by {change}"
        if exchange.strict is not None:
            # The whole run forgives what no login works without.
            yield "exchange", f"    which is forgiven; it would be {answer_line(exchange.strict)}"
    more = distinct[_MOST_SHOWN:]
    if more:
        yield "", f"and {numbered(more)}"


def _answered(exchange: Exchange) -> str:
    if exchange.error and exchange.sent == exchange.right:
        return legible(f"{exchange.sent.status} {exchange.error}: {exchange.explanation}")
    return answer_line(exchange.sent)

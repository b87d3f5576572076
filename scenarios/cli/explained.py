"""What a scenario or a rule is, in lines: its story, its clause, why it matters, and what it catches."""

import sys
import textwrap
from collections.abc import Iterator, Mapping

from scenarios.kill_matrix import caught_by
from scenarios.model.assignment import PLAIN
from scenarios.model.capability import MEANINGS
from scenarios.model.requirement import Level, Requirement
from scenarios.model.scenario import Scenario
from scenarios.obligations import ledger
from scenarios.reports.header import APP_KINDS
from scenarios.rules.rule import Rule

_WIDTH = 100
_LABELS = 22
_SEVERITIES = {
    "failed": "fails",
    "warned": "is warned",
    "none": "gets no finding",
}
_OUGHT = {
    Level.MUST: "MUST {}",
    Level.MUST_NOT: "MUST NOT {}",
    Level.REQUIRED: "is REQUIRED to {}",
    Level.SHOULD: "SHOULD {}",
    Level.SHOULD_NOT: "SHOULD NOT {}",
    Level.RECOMMENDED: "is RECOMMENDED to {}",
    Level.NOT_RECOMMENDED: "is NOT RECOMMENDED to {}",
    Level.MAY: "MAY {}",
    Level.PROSE: "has to {}",
    Level.DERIVED: "has to {}",
    Level.DOC: "has to {}",
}
# Flawed clients that are told in a line each; of the others the names do.
_TOLD = 12


def of_scenario(scenario: Scenario) -> Iterator[str]:
    """A scenario in full."""
    yield scenario.identifier
    yield from _paragraphs(scenario.text)
    yield from _paragraphs(sys.modules[scenario.story.__module__].__doc__ or "")
    yield ""
    yield from _duty(scenario.requirement, control=scenario.control)
    yield from _labelled("why it matters", scenario.risk)
    yield from _labelled("how to fix it", scenario.fix)
    yield from _labelled("incidents", ", ".join(scenario.incidents))
    yield from _catches(scenario.identifier)
    for number, (row, value) in enumerate(scenario.rows.items()):
        yield from _labelled("rows" if number == 0 else "", _row(row, value))
    needs = [f"{need.value}: {MEANINGS[need]}" for need in sorted(scenario.needs, key=lambda each: each.value)]
    for number, need in enumerate(needs):
        yield from _labelled("needs" if number == 0 else "", need)
    if scenario.tls:
        yield from _labelled("over", "https alone (--tls)")
    if scenario.patience:
        yield from _labelled("in a run of", f"{scenario.patience:g} s for each scenario, or more: patience is no flaw")
    if scenario.assignment != PLAIN:
        yield from _labelled("assigned", str(scenario.assignment))
    if scenario.left_to_caller:
        left = f"{scenario.left_to_caller}: it does not apply to a library that says so"
        yield from _labelled("left to the caller", left)
    yield from _labelled("performed as", " and ".join(f"a {APP_KINDS[kind]}" for kind in scenario.app_kinds))
    yield from _covers(scenario.identifier)
    flags = " --tls" if scenario.tls else ""
    flags += f" --timeout {scenario.patience:g}" if scenario.patience else ""
    yield from _labelled("run just this", f"oauthspec run{flags} --select {scenario.identifier} ...")


def of_rule(rule: Rule) -> Iterator[str]:
    """A rule in full."""
    yield rule.identifier
    yield from _paragraphs(rule.check.__doc__ or "")
    yield ""
    yield from _duty(rule.requirement, control=False)
    yield from _labelled("why it matters", rule.risk)
    yield from _labelled("how to fix it", rule.fix)
    yield from _catches(rule.identifier)
    yield from _labelled("asked of", " and ".join(f"a {APP_KINDS[kind]}" for kind in rule.app_kinds) + ", every login")
    yield from _covers(rule.identifier)


def _duty(requirement: Requirement, *, control: bool) -> Iterator[str]:
    yield from _labelled("a right client", _OUGHT[requirement.level].format(requirement.statement))
    if control:
        yield from _labelled("", "This is a well-behaved neighbour of what must be refused: it has to be accepted.")
    for number, clause in enumerate(requirement.clauses):
        yield from _labelled("because of" if number == 0 else "", f"{clause}  {clause.url}")
    binds = f"{requirement.level.value}: a client that does otherwise {_SEVERITIES[requirement.severity]}"
    yield from _labelled("how it binds", binds)


def _catches(identifier: str) -> Iterator[str]:
    """The flawed clients of this package that fail it: each can be run, to see what its failure looks like."""
    found = caught_by(identifier)
    for number, each in enumerate(found[:_TOLD]):
        rows = f" [{', '.join(each.rows)}]" if each.rows else ""
        yield from _labelled("catches" if number == 0 else "", f"flawed:{each.flaw}{rows}: {each.breaks}")
    if found[_TOLD:]:
        yield from _labelled("", f"and flawed:{', '.join(each.flaw for each in found[_TOLD:])}")


def _covers(identifier: str) -> Iterator[str]:
    names = [each.id for source in ledger() for each in source.obligations if identifier in each.covered_by]
    yield from _labelled("stands for", ", ".join(names))


def _row(row: str, value: object) -> str:
    if isinstance(value, Mapping):
        return f"[{row}]  " + ", ".join(f"{name} = {point!r}" for name, point in value.items())
    return f"[{row}]  {value}"


def _labelled(label: str, text: str) -> Iterator[str]:
    if not text:
        return
    lines = textwrap.wrap(text, _WIDTH - _LABELS - 2, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines):
        yield f"  {label if number == 0 else '':<{_LABELS}}{line}"


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield ""
        yield from textwrap.wrap(" ".join(paragraph.split()), _WIDTH, initial_indent="  ", subsequent_indent="  ")



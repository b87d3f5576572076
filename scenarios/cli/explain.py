"""`oauthspec explain`: what something is, in full."""

import difflib
import sys
import textwrap
from collections.abc import Iterator, Mapping

import click

from mock_server.protocol.provider import PROVIDERS, explained
from scenarios.cli.verb import Misuse, Verb
from scenarios.collection import collect
from scenarios.model.assignment import PLAIN
from scenarios.model.capability import MEANINGS
from scenarios.model.requirement import Level, Requirement
from scenarios.model.scenario import Scenario
from scenarios.reports.header import APP_KINDS
from scenarios.rules.always import RULES
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


@click.command("explain", cls=Verb, short_help="Say what a scenario, a rule or a provider is.")
@click.argument("subject")
@click.argument("name", default="frameio")
def command(subject: str, name: str) -> None:
    """Explain SUBJECT: the identifier of a scenario or a rule, or `provider`.

    `provider` prints every point of the provider NAME with its evidence.
    """
    if subject == "provider":
        _explain_provider(name)
        return
    for line in _of(subject):
        click.echo(line)


def _of(subject: str) -> Iterator[str]:
    identifier = subject.partition("[")[0]
    scenarios = {name: each for each in collect() for name in (each.identifier, *each.aliases)}
    rules = {rule.identifier: rule for rule in RULES}
    if identifier in scenarios:
        return _scenario(scenarios[identifier])
    if identifier in rules:
        return _rule(rules[identifier])
    near = difflib.get_close_matches(identifier, [*scenarios, *rules, "provider"], 3)
    hint = f"Near it: {', '.join(near)}." if near else "`oauthspec list` shows every identifier."
    raise Misuse("UNKNOWN_SUBJECT", f"Nothing is called {subject!r}.", hint)


def _scenario(scenario: Scenario) -> Iterator[str]:
    yield scenario.identifier
    yield from _paragraphs(scenario.text)
    yield from _paragraphs(sys.modules[scenario.story.__module__].__doc__ or "")
    yield ""
    yield from _duty(scenario.requirement, control=scenario.control)
    yield from _labelled("why it matters", scenario.risk)
    yield from _labelled("how to fix it", scenario.fix)
    yield from _labelled("incidents", ", ".join(scenario.incidents))
    for number, (row, value) in enumerate(scenario.rows.items()):
        yield from _labelled("rows" if number == 0 else "", _row(row, value))
    needs = [f"{need.value}: {MEANINGS[need]}" for need in sorted(scenario.needs, key=lambda each: each.value)]
    for number, need in enumerate(needs):
        yield from _labelled("needs" if number == 0 else "", need)
    if scenario.assignment != PLAIN:
        yield from _labelled("assigned", str(scenario.assignment))
    if scenario.left_to_caller:
        left = f"{scenario.left_to_caller}: it does not apply to a library that says so"
        yield from _labelled("left to the caller", left)
    yield from _labelled("performed as", " and ".join(f"a {APP_KINDS[kind]}" for kind in scenario.app_kinds))
    yield from _labelled("run just this", f"oauthspec run --select {scenario.identifier} ...")


def _rule(rule: Rule) -> Iterator[str]:
    yield rule.identifier
    yield from _paragraphs(rule.check.__doc__ or "")
    yield ""
    yield from _duty(rule.requirement, control=False)
    yield from _labelled("why it matters", rule.risk)
    yield from _labelled("how to fix it", rule.fix)
    yield from _labelled("asked of", " and ".join(f"a {APP_KINDS[kind]}" for kind in rule.app_kinds) + ", every login")


def _duty(requirement: Requirement, *, control: bool) -> Iterator[str]:
    yield from _labelled("a right client", _OUGHT[requirement.level].format(requirement.statement))
    if control:
        yield from _labelled("", "This is a well-behaved neighbour of what must be refused: it has to be accepted.")
    for number, clause in enumerate(requirement.clauses):
        yield from _labelled("because of" if number == 0 else "", f"{clause}  {clause.url}")
    binds = f"{requirement.level.value}: a client that does otherwise {_SEVERITIES[requirement.severity]}"
    yield from _labelled("how it binds", binds)


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


def _explain_provider(name: str) -> None:
    if name not in PROVIDERS:
        raise Misuse("UNKNOWN_PROVIDER", f"There is no provider {name!r}.", f"Known: {', '.join(PROVIDERS)}.")
    rows = [(point, repr(value), kind, where) for point, value, kind, where in explained(PROVIDERS[name])]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True))
        click.echo("  ".join(cells).rstrip())

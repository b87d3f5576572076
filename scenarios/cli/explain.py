"""`oauthspec explain`: what something is, in full."""

import difflib
from collections.abc import Iterator, Sequence

import click

from mock_server.protocol.provider import PROVIDERS, explained
from scenarios.cli.coverage import in_full, matches
from scenarios.cli.explained import of_rule, of_scenario
from scenarios.cli.verb import Misuse, Verb
from scenarios.collection import collect
from scenarios.model.requirement import Requirement
from scenarios.obligations import Obligation, ledger
from scenarios.rules.always import RULES
from scenarios.specifications import short


@click.command("explain", cls=Verb, short_help="Say what a scenario, a rule or a provider is.")
@click.argument("subject")
@click.argument("name", default="frameio")
def command(subject: str, name: str) -> None:
    """Explain SUBJECT: a scenario or a rule, an obligation, a clause, or `provider`.

    \b
      oauthspec explain callback/state-changed
      oauthspec explain RFC6749-4.1.2-code-once
      oauthspec explain 'RFC 6749 4.1.2'
      oauthspec explain provider strict

    `provider` prints every point of the provider NAME with its evidence.
    """
    if subject == "provider":
        _explain_provider(name)
        return
    for line in _of(subject):
        click.echo(line.rstrip())


def _of(subject: str) -> Iterator[str]:
    identifier, bracket, row = subject.partition("[")
    scenarios = {name: each for each in collect() for name in (each.identifier, *each.aliases)}
    rules = {rule.identifier: rule for rule in RULES}
    if identifier in scenarios:
        _check_row(subject, row if bracket else "]", tuple(scenarios[identifier].rows))
        return of_scenario(scenarios[identifier])
    if identifier in rules:
        return of_rule(rules[identifier])
    obligations = [each for source in ledger() for each in source.obligations]
    clause = short(subject)
    found = [each for each in obligations if clause in each.clauses or matches(subject, each)]
    duties = {name: each.requirement for name, each in scenarios.items()}
    duties |= {name: each.requirement for name, each in rules.items()}
    asked = [name for name, requirement in duties.items() if clause in _clauses(requirement)]
    if found or asked:
        return _of_clause(subject, found, asked)
    known = [*scenarios, *rules, *(each.id for each in obligations), "provider"]
    near = difflib.get_close_matches(identifier, known, 3) or _holding(identifier, known)
    hint = f"Near it: {', '.join(near)}." if near else "`oauthspec list` shows every identifier."
    raise Misuse("UNKNOWN_SUBJECT", f"Nothing is called {subject!r}.", hint)


def _holding(word: str, known: Sequence[str]) -> list[str]:
    """Identifiers that hold a word: `state` is near to none of them as a whole."""
    return [each for each in known if len(word) > 2 and word.lower() in each.lower()][:3]


def _check_row(subject: str, row: str, rows: Sequence[str]) -> None:
    if row != "]" and row.removesuffix("]") not in rows:
        near = difflib.get_close_matches(row.removesuffix("]"), rows, 3) or rows[:5]
        hint = f"Its rows are {', '.join(near)}." if near else "It has no rows."
        raise Misuse("UNKNOWN_SUBJECT", f"Nothing is called {subject!r}.", hint)


def _clauses(requirement: Requirement) -> list[str]:
    return [f"{clause.specification} {clause.section}" for clause in requirement.clauses]


def _of_clause(subject: str, obligations: Sequence[Obligation], asked: Sequence[str]) -> Iterator[str]:
    """What a clause binds a client to, or an obligation by itself; and what judges by that very clause."""
    yield from in_full(obligations)
    covering = {name for each in obligations for name in each.covered_by}
    others = [name for name in asked if name not in covering]
    if others:
        yield ""
        yield f"Judged by {subject} too:" if obligations else f"Judged by {subject}:"
        yield from (f"  {name}" for name in others)
    if obligations or others:
        yield ""
        yield "`oauthspec explain NAME` tells more of each scenario and rule."


def _explain_provider(name: str) -> None:
    if name not in PROVIDERS:
        raise Misuse("UNKNOWN_PROVIDER", f"There is no provider {name!r}.", f"Known: {', '.join(PROVIDERS)}.")
    rows = [(point, repr(value), kind, where) for point, value, kind, where in explained(PROVIDERS[name])]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True))
        click.echo("  ".join(cells).rstrip())

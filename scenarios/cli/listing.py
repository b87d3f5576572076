"""`oauthspec list`: the catalogue, one line each."""

import fnmatch
from collections.abc import Iterator, Sequence

import click

from scenarios.cli.verb import Misuse, Verb
from scenarios.collection import NothingSelected, collect, performances
from scenarios.model.requirement import Requirement
from scenarios.rules.always import RULES

Row = tuple[str, str, str, str]


@click.command("list", cls=Verb, short_help="List scenarios and rules.")
@click.argument("select", nargs=-1)
def command(select: tuple[str, ...]) -> None:
    """List scenarios and rules: identifier, level, clause, and what it is about.

    SELECT is what `oauthspec run --select` takes: an identifier, a glob, a clause (`RFC 6749 4.1.2`), a seed.
    """
    rows = [*_scenarios(select), *_rules(select)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip())


def _scenarios(select: Sequence[str]) -> Iterator[Row]:
    wanted = [selector for selector in select if not _of_rules(selector)]
    if select and not wanted:
        return
    catalogue = collect()
    try:
        found = {each.scenario.identifier for each in performances(catalogue, ("basic", "pkce"), wanted)}
    except NothingSelected as error:
        raise Misuse("NOTHING_SELECTED", str(error)) from None
    for scenario in catalogue:
        if scenario.identifier in found:
            many = f" ({len(scenario.rows)} rows)" if scenario.rows else ""
            text = " ".join(scenario.text.partition("\n\n")[0].split())
            yield (scenario.identifier, *_binding(scenario.requirement), text + many)


def _rules(select: Sequence[str]) -> Iterator[Row]:
    for rule in RULES:
        if not select or any(fnmatch.fnmatchcase(rule.identifier, selector) for selector in select):
            yield (rule.identifier, *_binding(rule.requirement), rule.requirement.statement)


def _of_rules(selector: str) -> bool:
    return any(fnmatch.fnmatchcase(rule.identifier, selector) for rule in RULES)


def _binding(requirement: Requirement) -> tuple[str, str]:
    return requirement.level.value, str(requirement.clauses[0])

"""`oauthspec coverage`: what binds a client, and which of it is checked."""

import difflib
import fnmatch
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from scenarios.cli.verb import Misuse, Verb
from scenarios.model.requirement import Level
from scenarios.obligations import STATES, Obligation, ledger
from scenarios.specifications import short

_WIDTH = 100
_LABELS = 14


@click.command("coverage", cls=Verb, short_help="Say which obligations have a check.")
@click.argument("select", nargs=-1)
def command(select: tuple[str, ...]) -> None:
    """Count the obligations of OAuth 2 clients that have a check, by level, and list those that have none yet.

    SELECT shows obligations in full: an identifier or its beginning (`RFC6749-4.1.2`), a glob, a clause (`RFC 6749
    4.1.2`), or a scenario or rule that covers them.
    """
    obligations = [each for source in ledger() for each in source.obligations]
    lines = in_full(_selected(obligations, select)) if select else _summary(obligations)
    for line in lines:
        click.echo(line.rstrip())


def _selected(obligations: Sequence[Obligation], select: Sequence[str]) -> list[Obligation]:
    for selector in select:
        if not any(matches(selector, each) for each in obligations):
            names = [name for each in obligations for name in (each.id, *each.covered_by)]
            near = difflib.get_close_matches(selector, list(dict.fromkeys(names)), 5)
            hint = f"Near it: {', '.join(near)}." if near else "`oauthspec coverage '*'` shows every obligation."
            raise Misuse("NOTHING_SELECTED", f"{selector!r} matches no obligation.", hint)
    return [each for each in obligations if any(matches(selector, each) for selector in select)]


def matches(selector: str, obligation: Obligation) -> bool:
    """By identifier or its beginning, glob, clause, or what covers it."""
    if fnmatch.fnmatchcase(obligation.id, selector) or selector in obligation.covered_by:
        return True
    # What follows the beginning is another part of the identifier: 4.1.2 is neither 4.1.2.1 nor 4.1.20.
    return obligation.id.startswith(f"{selector}-") or short(selector) in obligation.clauses


def _summary(obligations: Sequence[Obligation]) -> Iterator[str]:
    counts = Counter((each.level, each.state) for each in obligations)
    yield f"{'level':<16}" + "".join(f"{state:>10}" for state in STATES) + f"{'all':>10}"
    for level in Level:
        row = [counts[level, state] for state in STATES]
        if any(row):
            yield f"{level.value:<16}" + "".join(f"{number:>10}" for number in [*row, sum(row)])
    totals = Counter(each.state for each in obligations)
    yield f"{'total':<16}" + "".join(f"{number:>10}" for number in [*(totals[s] for s in STATES), len(obligations)])
    waiting = [each for each in obligations if each.state == "open"]
    if waiting:
        yield ""
        yield "open:"
    for each in waiting:
        yield f"  {each.id}  {each.level.value}"
        yield from _labelled("", each.reason)


def in_full(obligations: Sequence[Obligation]) -> Iterator[str]:
    """Obligations in lines, each with its clauses and what covers it."""
    for number, each in enumerate(obligations):
        if number:
            yield ""
        yield f"{each.id}  {each.level.value}  {each.state}"
        yield from _labelled("says", each.statement)
        for place, clause in enumerate(each.read_clauses):
            yield from _labelled("because of" if place == 0 else "", f"{clause}  {clause.url}")
        yield from _labelled("seen by", each.observed)
        for place, identifier in enumerate(each.covered_by):
            yield from _labelled("covered by" if place == 0 else "", identifier)
        yield from _labelled(each.state, each.reason)
        yield from _labelled("note", each.note)


def _labelled(label: str, text: str) -> Iterator[str]:
    lines = textwrap.wrap(text, _WIDTH - _LABELS - 2, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines):
        yield f"  {label if number == 0 else '':<{_LABELS}}{line}"

"""The page of the documentation that is made of the stored matrix: by topic, for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from client_ref import flawed
from client_ref.flaws import authorization_request, landing, pages, refresh, state, token_answer, token_request
from client_ref.flaws.flaw import Flaw as Flawed
from scenarios.collection import collect
from scenarios.kill_matrix import Flaw, KillMatrix
from scenarios.rules.always import RULES
from tests.kill_matrix.relations import clauses_of, scenario_of

PAGE = Path(__file__).parents[2] / "docs" / "kill-matrix.md"

_MODULES: tuple[ModuleType, ...] = (
    authorization_request, state, landing, token_request, token_answer, refresh, pages
)

_HEAD = """\
# What kills what

A check that nothing can fail is decoration. `client_ref/flaws` holds clients that are the strict client with one thing
wrong; here is which of them each scenario and each rule catches, and which checks catch each of them. No check passes
for a client that refuses everything, crashes or never answers.

This page and `scenarios/kill_matrix.toml` are written by a command, out of runs of every flawed client over the whole
catalogue, as a Basic app and as a PKCE app:

```sh
python -m tests.kill_matrix --write                            # all of it, some minutes
python -m tests.kill_matrix --write --select 'callback/*'      # some scenarios, all flaws
python -m tests.kill_matrix --write state-ignored              # some flaws, all scenarios
```

Without `--write` it says what is different from what is stored. `make test` performs a sample of it, CI all of it.
Where a new scenario catches nothing, write the flaw that it is for; where nothing of its clause catches a new flaw,
a scenario is missing. Two flaws that exactly the same checks catch need a reason why nothing tells them apart.
"""


def page(matrix: KillMatrix) -> str:
    """The whole page."""
    return "\n".join(_page(matrix)) + "\n"


def _page(matrix: KillMatrix) -> Iterator[str]:
    caught = _caught(matrix.flaws)
    yield _HEAD
    yield "## What each scenario catches"
    yield ""
    yield "A *control* is a well-behaved neighbour: it is there to pass, and catches a client that refuses too much."
    topics: dict[str, list[str]] = defaultdict(list)
    for scenario in collect():
        name = f"`{scenario.identifier}`" + (" *(control)*" if scenario.control else "")
        topics[scenario.identifier.partition("/")[0]].append(_row(name, _names(caught[scenario.identifier])))
    for topic, rows in topics.items():
        yield from ("", f"### {topic}", "", *_table(("scenario", "flawed clients that it catches"), rows))
    yield from ("", "## What each rule catches", "")
    rules = [_row(f"`{rule.identifier}`", _names(caught[rule.identifier])) for rule in RULES]
    yield from _table(("rule", "flawed clients that it catches"), rules)
    yield from ("", "## What each flawed client does wrong")
    for module in _MODULES:
        yield from ("", f"### {(module.__doc__ or '').rstrip('.')}", "", *_of_module(module, matrix))
    yield from ("", "## No clients at all", "")
    yield "They pass nothing that has to be refused: a refusal counts between two good logins, and there are none."
    yield from ("", *(f"- `{flaw.name}`: {flaw.summary}" for flaw in flawed.NOT_CLIENTS))
    yield from _alike(matrix)
    yield from ("", "## Not caught here", "")
    yield from (f"- `{unseen.flaw}`: {unseen.reason}" for unseen in matrix.unseen)
    yield from _same_rows(caught)


def _caught(flaws: Iterable[Flaw]) -> Mapping[str, list[str]]:
    """By scenario or rule, the flaws that it catches."""
    caught: dict[str, list[str]] = defaultdict(list)
    for flaw in flaws:
        for name in dict.fromkeys(map(scenario_of, flaw.identifiers)):
            caught[name].append(flaw.name)
    return caught


def _of_module(module: ModuleType, matrix: KillMatrix) -> Iterator[str]:
    stored = {flaw.name: flaw for flaw in matrix.flaws}
    flaws: Sequence[Flawed] = module.FLAWS
    rows = [
        _row(f"`{flaw.name}`", flaw.summary, "; ".join(clauses_of(flaw.name, stored)), str(_count(stored, flaw.name)))
        for flaw in flaws
    ]
    yield from _table(("flawed client", "what it breaks", "clause", "checks"), rows)


def _count(stored: Mapping[str, Flaw], name: str) -> int:
    return len(set(map(scenario_of, stored[name].identifiers))) if name in stored else 0


def _alike(matrix: KillMatrix) -> Iterator[str]:
    yield from ("", "## Flaws that no check tells apart", "")
    yield from (f"- {_names(alike.flaws)}: {alike.reason}" for alike in matrix.alike)


def _same_rows(caught: Mapping[str, list[str]]) -> Iterator[str]:
    yield from ("", "## Checks that catch the same flawed clients", "")
    yield "For information: they speak of different things, and no client here does one of them and not the other."
    yield ""
    same: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, flaws in caught.items():
        same[tuple(flaws)].append(name)
    for names in same.values():
        if len(names) > 1:
            yield f"- {_names(sorted(names))}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    yield _row(*head)
    yield _row(*("---" for _ in head))
    yield from rows


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"

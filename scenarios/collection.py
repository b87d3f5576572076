"""Finds the scenarios: values in the modules of the catalogue, under identifiers of topic and name."""

import difflib
import fnmatch
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scenarios import catalogue
from scenarios.model.assignment import AppKind, AssignmentKind
from scenarios.model.scenario import Scenario
from scenarios.specifications import short


class NothingSelected(Exception):
    """A selector that matches nothing: the message names it and the nearest identifiers."""


@dataclass(frozen=True)
class Selected:
    """One performance to come: a scenario, one of its rows (or none), one kind of app."""

    scenario: Scenario
    row: str
    app_kind: AppKind

    @property
    def identifier(self) -> str:
        """The scenario's identifier, with the row in brackets."""
        return f"{self.scenario.identifier}[{self.row}]" if self.row else self.scenario.identifier

    @property
    def assignment(self) -> AssignmentKind:
        """What is special about what the application is told: the scenario's, or its row's own."""
        return self.scenario.assignment_of(self.row)

    @property
    def value(self) -> Any:
        """What the story is handed for its row."""
        return self.scenario.rows[self.row] if self.row else None

    @property
    def told(self) -> tuple[Any, ...]:
        """What the story is told beside its stage: the row's value, unless it is the application that is told it."""
        return () if not self.row or isinstance(self.value, AssignmentKind) else (self.value,)


def collect() -> tuple[Scenario, ...]:
    """Every scenario of the catalogue, in the order of the modules' names and of the lines within."""
    found: dict[str, Scenario] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(catalogue.__path__)):
        for scenario in _of_module(module):
            if scenario.identifier in found:
                raise ValueError(f"two scenarios are called {scenario.identifier}")
            found[scenario.identifier] = scenario
    return tuple(found.values())


def _of_module(name: str) -> Iterator[Scenario]:
    module = importlib.import_module(f"{catalogue.__name__}.{name}")
    topic = name.replace("_", "-")
    return (value.named(topic) for value in vars(module).values() if isinstance(value, Scenario))


def performances(
    scenarios: Iterable[Scenario], app_kinds: Iterable[AppKind], selectors: Iterable[str] = ()
) -> tuple[Selected, ...]:
    """What is to be performed; `NothingSelected` names a selector that matches nothing."""
    kinds = tuple(app_kinds)
    everything = tuple(
        Selected(scenario, row, kind)
        for kind in kinds
        for scenario in scenarios
        if kind in scenario.app_kinds
        for row in (tuple(scenario.rows) or ("",))
    )
    wanted = tuple(selectors)
    for selector in wanted:
        if not any(_matches(selector, each) for each in everything):
            raise NothingSelected(_nothing(selector, everything))
    return tuple(each for each in everything if not wanted or any(_matches(s, each) for s in wanted))


def _matches(selector: str, selected: Selected) -> bool:
    """By identifier, glob, alias, seed (`S-CB-01`) or clause (`RFC 6749 4.1.2`)."""
    scenario = selected.scenario
    names = (scenario.identifier, selected.identifier, *scenario.aliases, *scenario.seeds)
    if selector in names:
        return True
    # Brackets mark a row; in a glob they would mean a set of characters.
    pattern = selector.replace("[", "[[]")
    if any(character in selector for character in "*?") and any(fnmatch.fnmatchcase(n, pattern) for n in names):
        return True
    clauses = (f"{clause.specification} {clause.section}" for clause in scenario.requirement.clauses)
    return short(selector) in clauses


def _nothing(selector: str, everything: Iterable[Selected]) -> str:
    names = list(dict.fromkeys(name for each in everything for name in (each.scenario.identifier, each.identifier)))
    near = difflib.get_close_matches(selector.rstrip("*"), names, 5)
    hint = f"Near it: {', '.join(near)}." if near else "`oauthspec list` shows every identifier."
    return f"{selector!r} matches no scenario. {hint}"

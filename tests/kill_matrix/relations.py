"""What belongs together: a flaw and the checks of its clause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from client_ref import flawed
from scenarios.collection import collect
from scenarios.kill_matrix import Flaw
from scenarios.model.requirement import Requirement
from scenarios.model.scenario import Scenario
from scenarios.rules.always import RULES
from scenarios.rules.rule import Rule


@cache
def scenarios() -> Mapping[str, Scenario]:
    """The catalogue by identifier."""
    return {scenario.identifier: scenario for scenario in collect()}


@cache
def rules() -> Mapping[str, Rule]:
    """The rules by identifier."""
    return {rule.identifier: rule for rule in RULES}


def scenario_of(identifier: str) -> str:
    """An identifier without its row."""
    return identifier.partition("[")[0]


def requirement_of(identifier: str) -> Requirement:
    """What a scenario or a rule asks for."""
    name = scenario_of(identifier)
    return rules()[name].requirement if name in rules() else scenarios()[name].requirement


def of_the_same_clause(flaw: str, identifier: str) -> bool:
    """True where a check is of a family that the flaw names, or of a clause of these families."""
    scenario = scenarios().get(scenario_of(identifier))
    if scenario is not None and set(scenario.seeds) & set(flawed.FLAWS[flaw].rows):
        return True
    return bool(_clauses(requirement_of(identifier)) & clauses_of_families(flawed.FLAWS[flaw].rows))


def clauses_of_families(families: Iterable[str]) -> set[str]:
    """The clauses of every scenario of some families."""
    wanted = set(families)
    found = (each for each in scenarios().values() if wanted & set(each.seeds))
    return {clause for each in found for clause in _clauses(each.requirement)}


def clauses_of(flaw: str, stored: Mapping[str, Flaw]) -> list[str]:
    """The clauses that a flaw breaks: of the scenarios of its families that catch it, in the order of the catalogue."""
    caught = {scenario_of(each) for each in stored[flaw].identifiers} if flaw in stored else set()
    families = set(flawed.FLAWS[flaw].rows)
    own = (each for name, each in scenarios().items() if name in caught and families & set(each.seeds))
    return list(dict.fromkeys(clause for each in own for clause in sorted(_clauses(each.requirement))))


def _clauses(requirement: Requirement) -> set[str]:
    return {f"{clause.specification} {clause.section}" for clause in requirement.clauses}

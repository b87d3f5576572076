"""What the catalogue holds, as data on stdout."""

from __future__ import annotations

import pytest

from scenarios.collection import collect
from scenarios.rules.always import RULES

from .test_usage import called

pytestmark = pytest.mark.slow
CATALOGUE = collect()


def told(*words: str) -> str:
    result = called(*words)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def test_every_scenario_and_rule_is_listed_once_with_level_and_clause():
    lines = told("list").splitlines()
    assert [line.split()[0] for line in lines] == [each.identifier for each in (*CATALOGUE, *RULES)]
    for line, each in zip(lines, (*CATALOGUE, *RULES), strict=True):
        assert each.requirement.level.value in line
        assert str(each.requirement.clauses[0]) in line


@pytest.mark.parametrize("selector", ["callback/*", "RFC 6749 4.1.2", "S-CB-02", "callback/state-changed[missing]"])
def test_selectors_are_those_of_run(selector):
    lines = told("list", selector).splitlines()
    assert "callback/state-changed" in [line.split()[0] for line in lines]
    assert len(lines) < len(CATALOGUE)


def test_rules_are_selected_by_name():
    assert [line.split()[0] for line in told("list", "rule/code-*").splitlines()] == ["rule/code-is-sent-once"]


@pytest.mark.parametrize("scenario", CATALOGUE, ids=lambda each: each.identifier)
def test_every_scenario_is_explained_in_full(scenario):
    text = " ".join(told("explain", scenario.identifier).split())
    for part in (scenario.text, scenario.risk, scenario.fix, scenario.requirement.statement, *scenario.incidents):
        assert " ".join(part.split()) in text
    assert all(clause.url in text for clause in scenario.requirement.clauses)
    assert all(f"[{row}]" in text for row in scenario.rows)
    assert all(need.value in text for need in scenario.needs)


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.identifier)
def test_every_rule_is_explained_in_full(rule):
    text = " ".join(told("explain", rule.identifier).split())
    assert all(part in text for part in (rule.risk, rule.fix, rule.requirement.statement))


def test_a_row_is_explained_with_its_scenario():
    assert told("explain", "callback/state-changed[missing]") == told("explain", "callback/state-changed")


def test_providers_are_explained_as_before():
    assert "minimum_state_length" in told("explain", "provider")
    assert "strict" in told("explain", "provider", "strict")

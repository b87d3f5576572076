"""What the catalogue holds, as data on stdout."""

from __future__ import annotations

import pytest

from scenarios.collection import collect
from scenarios.kill_matrix import Caught, caught_by
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


def test_one_over_https_says_so():
    text = " ".join(told("explain", "tls/renewed-certificate").split())
    assert "over https alone (--tls)" in text
    assert "oauthspec run --tls --select tls/renewed-certificate" in text


def test_one_for_a_patient_run_says_so():
    text = " ".join(told("explain", "token-response-body/answer-that-takes-for-ever").split())
    assert "in a run of 120 s for each scenario, or more" in text
    assert "oauthspec run --timeout 120 --select token-response-body/answer-that-takes-for-ever" in text


def test_what_a_scenario_catches_is_told_and_nothing_is_run():
    text = " ".join(told("explain", "callback/state-changed").split())
    assert "catches flawed:" in text
    assert all(f"flawed:{each.flaw} [{', '.join(each.rows)}]: " in text for each in caught_by("callback/state-changed"))
    assert "stands for RFC6749-10.12-csrf, " in text


def test_of_many_flaws_the_names_are_told(monkeypatch):
    many = tuple(Caught(f"flaw-{number}", "It is wrong.", ()) for number in range(20))
    monkeypatch.setattr("scenarios.cli.explained.caught_by", lambda _: many)
    text = " ".join(told("explain", "rule/code-is-sent-once").split())
    assert "flawed:flaw-11: It is wrong. and flawed:flaw-12, flaw-13," in text


def test_an_obligation_is_explained_by_its_identifier():
    text = told("explain", "RFC6749-4.1.2-code-once")
    assert text.startswith("RFC6749-4.1.2-code-once  MUST NOT  covered\n")
    assert "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2" in text
    assert "rule/code-is-sent-once" in text


@pytest.mark.parametrize("clause", ["RFC 6749 4.1.2", "RFC 6749 section 4.1.2"])
def test_a_clause_is_explained_by_what_it_binds_to_and_what_judges_it(clause):
    text = told("explain", clause)
    assert "RFC6749-4.1.2-code-once  MUST NOT" in text
    assert "RFC6749-4.1.2-state-exact  PROSE" in text
    judging = [each for each in (*CATALOGUE, *RULES) if clause_of(each.requirement, "4.1.2")]
    assert judging
    assert not [each.identifier for each in judging if each.identifier not in text]


def clause_of(requirement, section):
    return any((str(each.specification), each.section) == ("RFC 6749", section) for each in requirement.clauses)


@pytest.mark.parametrize(
    ("subject", "hint"),
    [
        ("callback/state-changd", "Near it: callback/state-changed"),
        ("callback/state-changed[misssing]", "Its rows are missing"),
        ("callback/genuine-callback[x]", "It has no rows."),
        ("RFC6749-4.1.2-code-onse", "Near it: RFC6749-4.1.2-code-once"),
        ("state", "Near it: authorization-request/state"),
        ("zzz", "`oauthspec list` shows every identifier."),
    ],
)
def test_what_is_unknown_names_the_nearest(subject, hint):
    result = called("explain", subject)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"oauthspec: UNKNOWN_SUBJECT: Nothing is called {subject!r}. {hint}")


def test_providers_are_explained_as_before():
    assert "minimum_state_length" in told("explain", "provider")
    assert "strict" in told("explain", "provider", "strict")

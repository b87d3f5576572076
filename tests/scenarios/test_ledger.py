"""The ledger against what it speaks of: the catalogue, the rules, the specifications, and the sum of the statements."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from oauthspec.__main__ import main
from scenarios.collection import collect
from scenarios.obligations import Obligation, ledger, read
from scenarios.rules.always import RULES

SOURCES = ledger()
OBLIGATIONS = [each for source in SOURCES for each in source.obligations]

# Counted once, by hand, in the texts themselves.
BY_LEVEL = {
    "MUST": 75,
    "REQUIRED": 16,
    "MUST NOT": 30,
    "SHOULD": 26,
    "RECOMMENDED": 9,
    "SHOULD NOT": 11,
    "NOT RECOMMENDED": 3,
    "MAY": 4,
    "PROSE": 35,
    "DERIVED": 39,
    "DOC": 16,
}
BY_SOURCE = {
    "RFC 6749 sections 2 and 3: client authentication and endpoints": 31,
    "RFC 6749 section 4.1: authorization code grant": 22,
    "RFC 6749 section 5: token answer": 19,
    "RFC 6749 sections 6, 7 and 9: refresh and use": 14,
    "RFC 6749 section 10 and appendices": 25,
    "RFC 6750: bearer token use": 15,
    "RFC 7636: PKCE": 15,
    "RFC 8252: native applications": 16,
    "RFC 9207: issuer identification": 13,
    "RFC 9700: security best current practice": 31,
    "OAuth 2.1 draft: what it adds or tightens for clients": 23,
    "RFC 9110, RFC 9111, RFC 6585: HTTP rules that matter to a token client": 24,
    "Frame.io's guide": 16,
}
BY_OBSERVED = {"WIRE": 168, "WIRE-FAIL": 48, "ADAPTER": 39, "TLS": 5, "NO": 4}

# What a reason has to name: a family that is left for later, or why nothing can or shall be judged.
LATER = ("S-MIX-04", "S-NAT", "S-LOG-01", "S-RSP-13")
EXCLUDED = ("not observable: ", *(f"C{number}: " for number in range(1, 13)))

ENTRY = """
source = "A text"

[[obligations]]
id = "RFC6749-6-made-up"
clauses = ["RFC 6749 6"]
level = "MUST"
observed = "WIRE"
statement = "Nothing in particular."
"""


def named(obligations: list[Obligation]) -> list[str]:
    return [each.id for each in obligations]


def test_no_statement_is_lost():
    assert Counter(each.level.value for each in OBLIGATIONS) == BY_LEVEL
    assert {source.source: len(source.obligations) for source in SOURCES} == BY_SOURCE
    assert Counter(each.observed for each in OBLIGATIONS) == BY_OBSERVED
    assert len(set(named(OBLIGATIONS))) == 264


@pytest.mark.parametrize("source", SOURCES, ids=[source.source.partition(":")[0] for source in SOURCES])
def test_clauses_exist_and_are_of_the_text_that_the_identifier_names(source):
    names = {"OAUTH21": "OAuth 2.1 draft", "FIO": "Frame.io's guide"}
    for obligation in source.obligations:
        short = obligation.id.partition("-")[0]
        specification = names.get(short, short.replace("RFC", "RFC "))
        assert specification in {clause.specification for clause in obligation.read_clauses}, obligation.id


def test_a_clause_that_does_not_exist_is_seen():
    obligation = read(ENTRY.replace("6749 6", "6749 6.7") + 'open = "all of it"').obligations[0]
    with pytest.raises(KeyError, match=r"no section '6\.7'"):
        _ = obligation.read_clauses


def test_every_entry_points_at_something():
    known = {each.identifier for each in (*collect(), *RULES)}
    nowhere = [(each.id, name) for each in OBLIGATIONS for name in each.covered_by if name not in known]
    assert nowhere == []
    assert [each.id for each in OBLIGATIONS if len(set(each.covered_by)) != len(each.covered_by)] == []


def test_every_scenario_and_every_rule_has_an_entry():
    used = {name for each in OBLIGATIONS for name in each.covered_by}
    assert [each.identifier for each in (*collect(), *RULES) if each.identifier not in used] == []


def test_what_fails_a_client_is_covered_by_something_that_does():
    severities = {each.identifier: each.requirement.severity for each in (*collect(), *RULES)}
    binding = [each for each in OBLIGATIONS if each.level.value in ("MUST", "MUST NOT", "REQUIRED", "PROSE")]
    weak = [each for each in binding if each.covered_by and "failed" not in map(severities.get, each.covered_by)]
    assert named(weak) == []


def test_reasons_are_reasons():
    later = [each for each in OBLIGATIONS if each.later and not any(family in each.later for family in LATER)]
    assert named(later) == []
    assert named([each for each in OBLIGATIONS if each.excluded and not each.excluded.startswith(EXCLUDED)]) == []


def test_what_nobody_can_see_is_not_said_to_be_covered():
    assert named([each for each in OBLIGATIONS if each.observed == "NO" and each.state != "excluded"]) == []
    by_certificate = [each for each in OBLIGATIONS if each.observed == "TLS"]
    assert named([each for each in by_certificate if not each.covered_by[0].startswith("tls/")]) == []


@pytest.mark.parametrize(
    "more", ["", 'later = "one day"\nopen = "all"', 'covered_by = ["a/b"]\nexcluded = "no"', "covered_by = []"]
)
def test_an_entry_is_exactly_one_of_four(more):
    with pytest.raises(msgspec.ValidationError, match="RFC6749-6-made-up needs exactly one of"):
        read(ENTRY + more)


def test_a_misspelled_field_is_seen():
    assert read(ENTRY + 'open = "all of it"').obligations[0].state == "open"
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        read(ENTRY + 'open = "all of it"\ncoverd_by = ["a/b"]')


def test_each_conflict_is_decided_and_shown():
    page = (Path(__file__).parents[2] / "docs" / "coverage.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:3] == "| C"]
    assert [row[0] for row in rows] == [f"C{number}" for number in range(1, 13)]
    known = {each.identifier for each in (*collect(), *RULES)}
    for _, _, decision, shown_by in rows:
        assert decision
        assert shown_by
        assert set(re.findall(r"`([^`]+)`", shown_by)) <= known


def test_each_mistake_of_others_has_a_test():
    root = Path(__file__).parents[2]
    page = (root / "docs" / "coverage.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", page)
    assert len(named) == 18
    for file, test in named:
        assert re.search(rf"^(async )?def {test}\(", (root / file).read_text("utf-8"), re.MULTILINE), test


def told(*words: str) -> str:
    result = CliRunner().invoke(main, ["coverage", *words], prog_name="oauthspec")
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_counts_add_up_and_what_is_open_is_listed():
    table, _, waiting = told().partition("\nopen:\n")
    rows = {line[:16].strip(): [int(number) for number in line[16:].split()] for line in table.splitlines()[1:]}
    total = rows.pop("total")
    assert {level: row[-1] for level, row in rows.items()} == BY_LEVEL
    assert [sum(column) for column in zip(*rows.values(), strict=True)] == total
    assert all(sum(row[:-1]) == row[-1] for row in rows.values())
    listed = [line.split()[0] for line in waiting.splitlines() if not line.startswith("   ")]
    assert listed == [each.id for each in OBLIGATIONS if each.state == "open"]


@pytest.mark.parametrize(
    ("selector", "shown", "other"),
    [
        ("RFC6749-4.1.2-code-once", "rule/code-is-sent-once", "RFC6749-4.1.2-size"),
        ("RFC6749-4.1.2", "RFC6749-4.1.2-size", "RFC6749-4.1.2.1-error-stops"),
        ("RFC 6749 section 4.1.2", "RFC6749-4.1.2-size", "RFC6749-4.1.2.1-error-stops"),
        ("RFC9700-*", "RFC9700-4.12-307", "RFC6749-"),
        ("callback/state-changed", "RFC6749-4.1.2-state-exact", "RFC6749-4.1.2-size"),
    ],
)
def test_obligations_are_shown_in_full(selector, shown, other):
    text = told(selector)
    assert shown in text
    assert other not in text


def test_a_selector_that_matches_nothing_names_the_nearest():
    result = CliRunner().invoke(main, ["coverage", "callback/state-chnged"], prog_name="oauthspec")
    assert result.exit_code == 2
    assert result.stderr.startswith("oauthspec: NOTHING_SELECTED: 'callback/state-chnged' matches no obligation.")
    assert "callback/state-changed" in result.stderr

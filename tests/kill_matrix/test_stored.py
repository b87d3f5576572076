"""The stored matrix: every check can fail, every flaw is caught, and each for a reason of its own."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from client_ref import flawed
from scenarios.collection import performances
from scenarios.kill_matrix import Flaw, KillMatrix, Kills, kill_matrix
from tests.kill_matrix.columns import KINDS, column, differences, text
from tests.kill_matrix.page import PAGE, page
from tests.kill_matrix.relations import of_the_same_clause, rules, scenario_of, scenarios

MATRIX = kill_matrix()
STORED = {flaw.name: flaw for flaw in MATRIX.flaws}
UNSEEN = {unseen.flaw for unseen in MATRIX.unseen}
NOT_CLIENTS = {flaw.name for flaw in flawed.NOT_CLIENTS}
MUST_REFUSE = [scenario.identifier for scenario in scenarios().values() if scenario.must_refuse]

# What no flawed client here fails, and where it is shown that something does.
FAILED_ELSEWHERE = {
    "callback-pages/line-break-in-the-callback": "no web server lets a line break through: checks/test_pages.py",
}

# Clients whose flaw is that the server rightly refuses what they ask for: for every other one a login works.
LOCKED_OUT = {
    *("scope-with-commas", "response-type-of-two", "response-type-left-out"),
    *("code-end-lost", "grant-type-code", "token-request-by-get"),
    # It has pinned a certificate, and there is none over http.
    "certificate-pinned",
    *NOT_CLIENTS,
}

HOW = "python -m tests.kill_matrix --write"


def killers(identifier: str, matrix: KillMatrix = MATRIX) -> set[str]:
    """The flaws of the same clause that a scenario or a rule catches."""
    return {
        flaw.name
        for flaw in matrix.flaws
        if identifier in map(scenario_of, flaw.identifiers) and of_the_same_clause(flaw.name, identifier)
    }


def columns(matrix: KillMatrix = MATRIX) -> dict[tuple[Kills, Kills], list[str]]:
    """Flaws by what catches them; those that nothing catches left out."""
    found: dict[tuple[Kills, Kills], list[str]] = defaultdict(list)
    for flaw in matrix.flaws:
        if flaw.identifiers:
            basic, pkce = (flaw.as_app(kind).identifiers for kind in KINDS)
            found[basic, pkce].append(flaw.name)
    return found


def test_every_flawed_client_is_there_as_it_is():
    assert list(STORED) == list(flawed.FLAWS), f"store it: {HOW} NAME"
    told = {name: (flaw.breaks, flaw.families) for name, flaw in STORED.items()}
    assert told == {name: (flaw.summary, flaw.rows) for name, flaw in flawed.FLAWS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_what_catches_it_exists(kind):
    known = {each.identifier for each in performances(scenarios().values(), (kind,))}
    known |= {rule.identifier for rule in rules().values() if kind in rule.app_kinds}
    gone = {f.name: set(f.as_app(kind).identifiers) - known for f in MATRIX.flaws}
    assert not {name: each for name, each in gone.items() if each}, f"renamed or removed? {HOW}"


@pytest.mark.parametrize("identifier", [*MUST_REFUSE, *rules()])
def test_every_check_is_failed_by_a_flaw_of_its_clause(identifier):
    assert killers(identifier) or identifier in FAILED_ELSEWHERE, (
        f"Nothing fails {identifier}: write the flawed client that it is for (client_ref/flaws), then {HOW}"
    )


def test_what_is_failed_elsewhere_is_not_failed_here():
    assert not [identifier for identifier in FAILED_ELSEWHERE if killers(identifier)]
    assert set(MUST_REFUSE) >= set(FAILED_ELSEWHERE)


@pytest.mark.parametrize("name", [name for name in flawed.FLAWS if name not in NOT_CLIENTS | UNSEEN])
def test_every_flaw_is_caught_by_a_check_of_its_clause(name):
    caught = [each for each in STORED[name].identifiers if of_the_same_clause(name, each)]
    assert caught, f"Nothing of its clause catches {name}: a scenario is missing, or toothless"


# Rows that a flaw names and that nothing can show yet: what each of them waits for is in the ledger.
NOT_YET = {"S-MIX-06"}


@pytest.mark.parametrize("name", [name for name in flawed.FLAWS if name not in NOT_CLIENTS | UNSEEN])
def test_each_family_that_a_flaw_names_catches_it(name):
    caught = [scenarios()[scenario_of(each)] for each in STORED[name].identifiers if not each.startswith("rule/")]
    catching = {seed for scenario in caught for seed in scenario.seeds}
    missed = set(flawed.FLAWS[name].rows) - catching - NOT_YET
    assert not missed


def test_what_is_unseen_is_caught_by_nothing_and_says_why():
    assert not [name for name in UNSEEN if STORED[name].identifiers]
    assert all(unseen.reason.endswith(".") for unseen in MATRIX.unseen)


@pytest.mark.parametrize("name", sorted(NOT_CLIENTS))
def test_what_is_no_client_is_neither_caught_nor_let_through(name):
    assert STORED[name].both == Kills(locked_out=True)


@pytest.mark.parametrize("name", flawed.FLAWS)
def test_every_flawed_client_logs_in_unless_its_flaw_is_about_that(name):
    assert {STORED[name].as_app(kind).locked_out for kind in KINDS} == {name in LOCKED_OUT}


def test_flaws_that_nothing_tells_apart_have_a_reason():
    found = {tuple(names) for names in columns().values() if len(names) > 1}
    listed = {alike.flaws for alike in MATRIX.alike}
    assert not found - listed, "say why in scenarios/kill_matrix.toml ([[alike]]), or write what tells them apart"
    assert not listed - found, "these can be told apart now: take them out of scenarios/kill_matrix.toml"
    assert all(alike.reason.endswith(".") and len(alike.reason) > 20 for alike in MATRIX.alike)


def test_the_page_is_what_is_stored():
    assert PAGE.read_text("utf-8") == page(MATRIX), "python -m tests.kill_matrix --page"


# That the tests above can fail.


def one(**kills: Kills) -> KillMatrix:
    return KillMatrix(flaws=(Flaw("state-ignored", "It is wrong.", ("S-CB-01",), **kills),))


def test_a_check_of_another_clause_is_no_killer():
    matrix = one(both=Kills(("callback/state-of-another-session", "resource/token-in-the-header")))
    assert killers("callback/state-of-another-session", matrix) == {"state-ignored"}
    assert not killers("resource/token-in-the-header", matrix)
    assert not killers("callback/state-changed", matrix)


def test_two_of_a_kind_are_seen():
    same = Kills(("a/b",))
    matrix = KillMatrix(flaws=(Flaw("a", "", both=same), Flaw("b", "", basic=same, pkce=same), Flaw("c", "")))
    assert list(columns(matrix).values()) == [["a", "b"]]


def test_what_is_written_can_be_read_again():
    assert text(MATRIX) == text(kill_matrix())
    assert not [line for line in text(MATRIX).splitlines() if len(line) > 250]


def test_a_column_says_what_holds_for_both_kinds_once():
    found = column("state-ignored", {"basic": Kills(("a/x", "a/y")), "pkce": Kills(("a/x",), forgiven=("z",))})
    assert (found.both, found.basic, found.pkce) == (Kills(("a/x",)), Kills(("a/y",)), Kills(forgiven=("z",)))


def test_differences_are_told_flaw_by_flaw():
    before = Flaw("a", "", both=Kills(("x/1", "x/2")))
    after = Flaw("a", "", both=Kills(("x/1",), ("x/3",)), pkce=Kills(locked_out=True))
    assert differences(before, before) == []
    told = "\n".join(differences(before, after))
    assert "a (basic): failed lost x/2" in told
    assert "a (pkce): warned gained x/3" in told
    assert "a (pkce): a plain login fails now" in told
    assert not re.search("basic.*login", told)

"""The scenarios of tokens: the strict client passes them, and each flawed one is caught where its rows say."""

from collections import Counter

import pytest

from client_ref.client import factory as reference
from client_ref.flawed import FLAWS, NOT_CLIENTS
from client_ref.flawed import factory as flawed
from client_ref.flaws.flaw import STRICT_WIRE
from scenarios.collection import collect
from tests.scenarios.catalogue.performed import CONTROL, performed

FAMILIES = ("S-TOK", "S-RSP", "S-REF", "S-RES")
TOPICS = ("token-*", "refresh*", "granted-scope/*", "resource/*")
MINE = [each for each in collect() if any(seed.startswith(FAMILIES) for seed in each.seeds)]

# What no scenario of this process can show, and why.
NOT_YET = {
    ("cleartext-accepted", "S-RES-04"): "a name that is not loopback, or TLS: with S-TLS-02",
    ("time-out-absent", "S-TOK-04"): "a right client may wait for a minute, which is longer than any step here",
    ("time-out-absent", "S-RSP-11"): "the same",
}
CAUGHT = {
    name: tuple(row for row in flaw.rows if row.startswith(FAMILIES) and (name, row) not in NOT_YET)
    for name, flaw in FLAWS.items()
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["basic", "pkce"])
def test_the_strict_client_passes_everything(kind):
    verdicts = performed(reference, TOPICS, kinds=(kind,), step_timeout=5.0)
    assert not [verdict for _, verdict in verdicts if verdict.status != "passed"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, rows in CAUGHT.items() if rows])
def test_each_flaw_is_caught_where_its_rows_say(name):
    # What reads fifty megabytes has to be given the time for it.
    patience = 5.0 if FLAWS[name].wire is STRICT_WIRE else 10.0
    verdicts = performed(flawed(name), (*CAUGHT[name], CONTROL), step_timeout=patience)
    against = [(each.scenario, verdict) for each, verdict in verdicts if verdict.status in ("failed", "warned")]
    for row in CAUGHT[name]:
        assert [1 for scenario, _ in against if row in scenario.seeds], f"{name} is not caught by {row}"
    # What fails is what the scenario expects, not the harness.
    assert all(verdict.expected and verdict.actual for _, verdict in against)
    assert {verdict.status for _, verdict in verdicts} <= {"passed", "failed", "warned", "not_applicable"}
    assert all(verdict.status == "passed" for each, verdict in verdicts if each.identifier == CONTROL)


def test_a_flaw_that_is_not_caught_yet_is_a_flaw():
    assert all(row in FLAWS[name].rows for name, row in NOT_YET)


@pytest.mark.slow
@pytest.mark.parametrize("name", [flaw.name for flaw in NOT_CLIENTS])
def test_what_is_no_client_passes_nothing(name):
    verdicts = performed(flawed(name), TOPICS, kinds=("basic",), step_timeout=0.2)
    assert Counter(verdict.status for _, verdict in verdicts).keys() == {"inconclusive"}


def test_scenarios_read_like_a_specification():
    for each in MINE:
        assert each.text.endswith(".")
        assert not each.risk.endswith(".")
        assert not each.fix.endswith(".")
        assert each.requirement.clauses
        assert each.requirement.severity != "none" or "S-TOK-03" in each.seeds or "S-REF-01" in each.seeds

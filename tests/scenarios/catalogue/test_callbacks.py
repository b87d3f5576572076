"""Requests, callbacks, issuers and PKCE: the strict client passes, and each flawed one is caught where its rows say."""

from collections import Counter

import pytest

from client_ref import flawed as clients
from client_ref.client import factory as reference
from client_ref.flaws.flaw import STRICT_PAGES
from scenarios.collection import collect
from tests.scenarios.catalogue.performed import CONTROL, performed

FAMILIES = ("S-AUTH-", "S-CB-", "S-MIX-", "S-PKCE-", "S-URI-")
TOPICS = ("authorization-*", "fresh-values/*", "callback*", "issuer/*", "pkce*", "urls/*")
MINE = [each for each in collect() if any(seed.startswith(FAMILIES) for seed in each.seeds)]

# What no scenario can show yet, and why.
NOT_YET = {
    ("landing-place-ignored", "S-MIX-06"): "two authorization servers",
}
IN_PROCESS = {name: flaw for name, flaw in clients.FLAWS.items() if flaw.pages is STRICT_PAGES}
CAUGHT = {
    name: tuple(row for row in flaw.rows if row.startswith(FAMILIES) and (name, row) not in NOT_YET)
    for name, flaw in IN_PROCESS.items()
}
# Logins that the server rightly refuses, so that the control says nothing.
CANNOT_LOG_IN = {"response-type-left-out", "response-type-of-two", "scope-with-commas"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["basic", "pkce"])
def test_the_strict_client_passes_everything(kind):
    verdicts = performed(reference, TOPICS, kinds=(kind,), step_timeout=5.0)
    assert not [v for _, v in verdicts if v.status != "passed" and v.code != "CAPABILITY_ABSENT"]
    absent = {each.scenario.needs for each, v in verdicts if v.code == "CAPABILITY_ABSENT"}
    assert {need.value for needs in absent for need in needs} <= {"html", "post_callback"}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, rows in CAUGHT.items() if rows])
def test_each_flaw_is_caught_where_its_rows_say(name):
    # A PKCE app meets everything that an app with a secret meets, and some things more.
    verdicts = performed(clients.factory(name), (*CAUGHT[name], CONTROL), kinds=("pkce",))
    against = [(each.scenario, verdict) for each, verdict in verdicts if verdict.status in ("failed", "warned")]
    for row in CAUGHT[name]:
        assert [1 for scenario, _ in against if row in scenario.seeds], f"{name} is not caught by {row}"
    # What fails is what the scenario expects, not the harness.
    assert all(verdict.expected and verdict.actual for _, verdict in against)
    assert "errored" not in {verdict.status for _, verdict in verdicts}
    if name not in CANNOT_LOG_IN:
        assert all(verdict.status == "passed" for each, verdict in verdicts if each.identifier == CONTROL)


def test_a_flaw_that_is_not_caught_yet_is_a_flaw():
    assert all(row in clients.FLAWS[name].rows for name, row in NOT_YET)


@pytest.mark.slow
@pytest.mark.parametrize("name", [flaw.name for flaw in clients.NOT_CLIENTS])
def test_what_is_no_client_passes_nothing(name):
    verdicts = performed(clients.factory(name), TOPICS, kinds=("basic",), step_timeout=0.2)
    assert Counter(verdict.status for _, verdict in verdicts).keys() == {"inconclusive"}


def test_scenarios_read_like_a_specification():
    for each in MINE:
        assert each.text.endswith(".")
        assert not each.risk.endswith(".")
        assert not each.fix.endswith(".")
        assert each.requirement.clauses
        assert each.requirement.severity != "none"

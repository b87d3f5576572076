"""Requests, callbacks, issuers and PKCE: the strict client passes. That flawed ones do not: tests/kill_matrix."""

import pytest

from client_ref.client import factory as reference
from scenarios.collection import collect
from tests.scenarios.catalogue.performed import performed

FAMILIES = ("S-AUTH-", "S-CB-", "S-MIX-", "S-PKCE-", "S-URI-")
TOPICS = ("authorization-*", "fresh-values/*", "callback*", "issuer/*", "pkce*", "urls/*")
MINE = [each for each in collect() if any(seed.startswith(FAMILIES) for seed in each.seeds)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["basic", "pkce"])
def test_the_strict_client_passes_everything(kind):
    verdicts = performed(reference, TOPICS, kinds=(kind,), step_timeout=5.0)
    assert not [v for _, v in verdicts if v.status != "passed" and v.code != "CAPABILITY_ABSENT"]
    absent = {each.scenario.needs for each, v in verdicts if v.code == "CAPABILITY_ABSENT"}
    assert {need.value for needs in absent for need in needs} <= {"html", "post_callback"}


def test_scenarios_read_like_a_specification():
    for each in MINE:
        assert each.text.endswith(".")
        assert not each.risk.endswith(".")
        assert not each.fix.endswith(".")
        assert each.requirement.clauses
        assert each.requirement.severity != "none"

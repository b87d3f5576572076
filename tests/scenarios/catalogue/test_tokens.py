"""The scenarios of tokens: the strict client passes them. That flawed ones do not: tests/kill_matrix."""

import pytest

from client_ref.client import factory as reference
from scenarios.collection import collect
from tests.scenarios.catalogue.performed import performed

FAMILIES = ("S-TOK", "S-RSP", "S-REF", "S-RES")
TOPICS = ("token-*", "refresh*", "granted-scope/*", "resource/*")
MINE = [each for each in collect() if any(seed.startswith(FAMILIES) for seed in each.seeds)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["basic", "pkce"])
def test_the_strict_client_passes_everything(kind):
    verdicts = performed(reference, TOPICS, kinds=(kind,), step_timeout=5.0)
    # What takes a patient run has tests of its own: test_patience.py.
    assert not [v for each, v in verdicts if v.status != "passed" and not each.scenario.patience]


def test_scenarios_read_like_a_specification():
    for each in MINE:
        assert each.text.endswith(".")
        assert not each.risk.endswith(".")
        assert not each.fix.endswith(".")
        assert each.requirement.clauses
        assert each.requirement.severity != "none" or "S-TOK-03" in each.seeds or "S-REF-01" in each.seeds

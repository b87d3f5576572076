"""No trick passes for a refusal: to log nobody in, to stop doing so, or to hide among many."""

from __future__ import annotations

import threading

import pytest

from client_ref.client import factory
from client_ref.flawed import FLAWS, NOT_CLIENTS
from scenarios.collection import collect, performances
from scenarios.drivers.in_process import InProcessDriver, load_factory
from tests.examples.expected import SEEDS
from tests.examples.seats import performed, told


def test_every_family_has_a_flaw():
    """A family that nothing can fail is decoration. What catches each flaw is in the kill matrix."""
    assert set(SEEDS) <= {row for flaw in FLAWS.values() for row in flaw.rows}


@pytest.mark.parametrize("kind", ["basic", "pkce"])
@pytest.mark.parametrize("name", [flaw.name for flaw in NOT_CLIENTS])
def test_what_never_logs_in_passes_nothing(name, kind):
    driver = InProcessDriver(load_factory(f"flawed:{name}"), step_timeout=0.2)
    selectors = [seed for seed in SEEDS if any(seed in s.seeds and kind in s.app_kinds for s in collect())]
    summary = performed(driver, kind, selectors)
    assert {verdict.status for _, verdict in summary.verdicts} == {"inconclusive"}
    assert {verdict.code for _, verdict in summary.verdicts} == {"CANNOT_LOG_IN"}
    assert summary.exit_code == 3


class Fading:
    """The reference client, which lands as often as `landings` lasts, and then does something else for ever."""

    def __init__(self, assignment, landings, then):
        self._client, self._landings, self._then = factory(assignment), landings, then
        self.begin = self._client.begin

    def land(self, session, url):
        return self._client.land(session, url) if next(self._landings, None) is not None else self._then()

    def close(self):
        self._client.close()


def refuses():
    raise LookupError("no login today")


def never_returns():
    threading.Event().wait()


# Two good logins and a declined one to learn from, and one good login before the first scenario.
FIRST = 4


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("then", [refuses, never_returns])
def test_what_stops_to_log_in_passes_nothing(then, lanes):
    """The first logins are good, so the run begins; a refusal counts only between two logins that work."""
    found = performances(collect(), ("basic",), ("S-CB-02", "S-CB-17"))
    selected = tuple(each for each in found if each.scenario.must_refuse)
    landings = iter(range(FIRST))
    driver = InProcessDriver(lambda assignment: Fading(assignment, landings, then), step_timeout=0.1)
    summary = told(driver, selected, lanes)
    assert {verdict.status for _, verdict in summary.verdicts} <= {"inconclusive", "errored"}
    assert summary.exit_code == 3


@pytest.mark.parametrize("kind", ["basic", "pkce"])
def test_the_empty_code_is_caught_among_many(kind):
    """48 performances over 8 lanes: a request without a code is still laid at its own door."""
    selected = performances(collect(), (kind,), ("callback/code-missing",)) * 16
    assert len(selected) == 48
    summary = told(InProcessDriver(load_factory("flawed:empty-code-posted")), selected)
    found = {(verdict.status, verdict.actual) for _, verdict in summary.verdicts}
    assert found == {("failed", "it sent a token request with an empty code, or none")}

"""An answer that takes for ever: who gives up is right, however patient; who never does is warned, in a long run."""

from dataclasses import replace

import pytest

from client_ref import flawed
from client_ref.client import Client, registration
from client_ref.exchange import Wire
from scenarios.collection import collect, performances
from scenarios.drivers.in_process import InProcessDriver
from scenarios.running import Plan, run

SELECTED = performances(collect(), ("basic",), ("token-response-body/answer-that-takes-for-ever",))


async def verdicts(factory, limit):
    """A step is given half a second, so that nobody waits for a minute here."""
    plan = Plan(InProcessDriver(factory, step_timeout=0.5), SELECTED, limit=limit)
    return [verdict for _, verdict in (await run(plan, [])).verdicts]


def gives_up(assignment):
    return Client(registration(assignment), wire=replace(Wire(), time_out=0.2))


def octet_by_octet(assignment):
    """It has a time-out from octet to octet alone: the flaw that it is for."""
    return flawed.factory("time-out-absent")(assignment)


@pytest.mark.slow
async def test_who_gives_up_passes():
    assert {verdict.status for verdict in await verdicts(gives_up, 120.0)} == {"passed"}


@pytest.mark.slow
async def test_who_waits_for_ever_is_warned():
    found = await verdicts(octet_by_octet, 120.0)
    assert [verdict.status for verdict in found] == ["warned", "warned"]
    assert all(verdict.actual.startswith("it never answered") for verdict in found)


async def test_a_short_run_says_nothing():
    found = await verdicts(octet_by_octet, 20.0)
    assert {(verdict.status, verdict.code) for verdict in found} == {("not_applicable", "RUN_TOO_SHORT")}
    assert all("--timeout 120" in verdict.next_step for verdict in found)

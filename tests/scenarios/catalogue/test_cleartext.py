"""Settings in the clear: who refuses them passes, who sends nothing passes, and who cannot be told is not judged."""

import socket

import pytest

from client_ref import flawed
from client_ref.client import factory
from scenarios.collection import collect, performances
from scenarios.drivers.in_process import InProcessDriver
from scenarios.drivers.json_lines import JsonLinesDriver
from scenarios.drivers.other_name import lead_away, lead_here
from scenarios.model.capability import OTHER_NAME
from scenarios.running import Plan, run

SELECTED = performances(collect(), ("basic",), ("cleartext/*",))


async def verdicts(driver, tls=False):
    return [verdict for _, verdict in (await run(Plan(driver, SELECTED, tls=tls), [])).verdicts]


def undeclared(assignment):
    client = flawed.factory("cleartext-accepted")(assignment)
    client.capabilities = tuple(name for name in client.capabilities if name != "other_names")
    return client


def silent_at_the_api(assignment):
    """It takes such settings, and is right where it matters."""
    client = flawed.factory("cleartext-accepted")(assignment)
    call = client.call_api
    client.call_api = lambda session: call(session) if OTHER_NAME not in assignment.api_url else 1 / 0
    return client


@pytest.mark.parametrize(
    ("client", "statuses"),
    [
        (factory, ["passed", "passed", "passed"]),
        (flawed.factory("cleartext-accepted"), ["failed", "failed", "passed"]),
        (undeclared, ["not_applicable"] * 3),
        (silent_at_the_api, ["failed", "passed", "passed"]),
    ],
)
async def test_who_is_blamed(client, statuses):
    found = await verdicts(InProcessDriver(client))
    assert [verdict.status for verdict in found] == statuses


@pytest.mark.parametrize(
    ("driver", "tls"), [(JsonLinesDriver(["never-started"]), False), (InProcessDriver(factory), True)]
)
async def test_where_no_name_leads_here_nothing_is_started(driver, tls):
    found = await verdicts(driver, tls)
    assert {(verdict.status, verdict.code) for verdict in found} == {("not_applicable", "OTHER_NAMES")}


async def test_names_resolve_as_before_when_all_is_over():
    before = socket.getaddrinfo
    await verdicts(InProcessDriver(flawed.factory("cleartext-accepted")))
    assert socket.getaddrinfo is before


def test_a_name_leads_here_for_as_long_as_anybody_needs_it():
    lead_here()
    lead_here()
    try:
        lead_away()
        assert socket.getaddrinfo(OTHER_NAME, 80, type=socket.SOCK_STREAM)[0][4] == ("127.0.0.1", 80)
    finally:
        lead_away()

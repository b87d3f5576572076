"""What is seen in memory is what is seen on sockets; and what only sockets can show is left to them."""

from __future__ import annotations

import asyncio
from contextlib import closing, nullcontext
from typing import get_args
from urllib.parse import urlencode

import pytest

from mock_server.changes import Changes
from mock_server.delivery import (
    Delay,
    Delivery,
    Drip,
    HalfBody,
    How,
    Interim,
    Pad,
    Redirect,
    Reset,
    TurnAway,
    WrongLength,
    name_of,
)
from mock_server.serving import BASIC_APP, authorization_server
from scenarios.collection import performances
from tests.kill_matrix.in_memory import BREAKING, InMemory, Loop, NeedsASocket
from tests.kill_matrix.performing import _needs_a_socket, _on_sockets, _performed
from tests.kill_matrix.relations import scenarios

# One of each kind of what there is to see: redirects, other origins, statuses, headers, times, crashes.
SAMPLE = (
    "token-endpoint-redirected/*", "token-response/*", "resource/*", "callback/state-changed", "token-request/*",
    "authorization-request/user-information-in-the-address",
)


def verdicts(performed):
    return {verdict.identifier: (verdict.status, verdict.code) for _, _, verdict in performed.told}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), [("token-redirect-followed", "basic"), ("host-kept-after-redirect", "pkce")])
def test_memory_tells_what_sockets_tell(name, kind):
    selected = performances(scenarios().values(), (kind,), SAMPLE)
    memory = InMemory()
    here, there = _performed(memory.driver(name, 10), selected, memory), _on_sockets(name, selected)
    assert verdicts(here) == verdicts(there)
    assert {r.identifier: r.status for r in here.rules} == {r.identifier: r.status for r in there.rules}


def test_what_needs_a_socket_is_known():
    selected = performances(scenarios().values(), ("basic",), ("token-endpoint/code-after-a-failure",))
    memory = InMemory()
    performed = _performed(memory.driver("state-counted", 10), selected, memory)
    travelling = {selected.row for selected, case, _ in performed.told if _needs_a_socket(case)}
    assert travelling == {"reset", "reset-after-headers", "half-an-answer"}


HOW = (Delay(9), Drip(), Reset(), HalfBody(), WrongLength(), Pad(), Interim(), TurnAway(), Redirect())


@pytest.mark.parametrize("how", HOW, ids=name_of)
def test_what_breaks_a_connection_is_not_made_up(how):
    core = authorization_server(auto_allow=True)
    memory = InMemory()
    server, _ = memory(core)
    flow = core.open_flow(Changes(delivery=Delivery(how, "authorization"))).identifier
    asked = urlencode({"client_id": BASIC_APP.client_id, "response_type": "code", "state": "12345678"})
    sending = memory._way.send("GET", f"{server.authorization_endpoint}?{asked}", [("Oauthspec-Flow", flow)])
    expected = pytest.raises(NeedsASocket) if name_of(how) in BREAKING else nullcontext()
    with server, closing(Loop()) as loop, expected:
        status, _, _ = loop.run_until_complete(sending)
        assert status


def test_every_delivery_is_among_them():
    assert {type(how) for how in HOW} == set(get_args(How))


@pytest.mark.parametrize("name", ["state-ignored", "token-in-page-url"])
def test_what_is_slow_in_memory_comes_to_its_end(name):
    selected = performances(scenarios().values(), ("basic",), ("token-response-body/slow-answer",))
    memory = InMemory()
    performed = _performed(memory.driver(name, 10), selected, memory)
    assert {verdict.status for _, _, verdict in performed.told} == {"passed"}


def test_a_clock_runs_ahead_where_everybody_waits():
    with closing(Loop()) as loop:
        loop.run_until_complete(asyncio.sleep(3600))
        assert loop.time() >= 3600


def test_what_nothing_would_wake_is_no_rest():
    with closing(Loop()) as loop, pytest.raises(AssertionError, match="nothing would wake it"):
        loop.run_until_complete(loop.create_future())

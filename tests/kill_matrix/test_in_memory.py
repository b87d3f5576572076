"""What is seen in memory is what is seen on sockets; and what only sockets can show is left to them."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest

from scenarios.collection import performances
from tests.kill_matrix.in_memory import InMemory, Loop
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

"""What is seen in memory is what is seen on sockets; and what only sockets can show is left to them."""

from __future__ import annotations

import pytest

from client_ref import flawed
from scenarios.collection import performances
from scenarios.drivers.in_process import InProcessDriver
from tests.kill_matrix.in_memory import InMemory
from tests.kill_matrix.performing import _needs_a_socket, _run
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
    here = _run(InProcessDriver(memory.factory(name), step_timeout=10), selected, memory)
    there = _run(InProcessDriver(flawed.factory(name), step_timeout=10), selected)
    assert verdicts(here) == verdicts(there)
    assert {r.identifier: r.status for r in here.rules} == {r.identifier: r.status for r in there.rules}


def test_what_needs_a_socket_is_known():
    selected = performances(scenarios().values(), ("basic",), ("token-endpoint/code-after-a-failure",))
    memory = InMemory()
    performed = _run(InProcessDriver(memory.factory("state-counted"), step_timeout=10), selected, memory)
    travelling = {selected.row for selected, case, _ in performed.told if _needs_a_socket(case)}
    assert travelling == {"reset", "reset-after-headers", "half-an-answer"}

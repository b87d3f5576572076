"""A sample of the matrix, performed in every run: one check of its clause catches each flawed client in memory."""

from __future__ import annotations

from collections import Counter

import pytest

from client_ref import flawed
from client_ref.exchange import Exchange
from client_ref.flaws import ending
from scenarios.collection import performances
from scenarios.evidence import alive
from scenarios.kill_matrix import kill_matrix
from tests.kill_matrix.columns import KINDS
from tests.kill_matrix.performing import perform
from tests.kill_matrix.relations import of_the_same_clause, scenario_of, scenarios

CONTROL = "callback/genuine-callback"
# A login that is refreshed: what is sent then is what rules look at.
REFRESHED = "refresh/plain-refresh"
STORED = {flaw.name: flaw for flaw in kill_matrix().flaws}
ENDING = {flaw.name for flaw in ending.FLAWS} | {"time-out-absent"}
# Certificates need https, and have tests of their own beside the whole matrix.
IN_MEMORY = [
    name
    for name, flaw in flawed.FLAWS.items()
    if name in STORED and STORED[name].identifiers and flaw.client.driver is Exchange
]


def catching(name):
    """The kind of app, and one check of the flaw's clause that catches it so: a scenario over http if there is one."""
    found = [(k, each) for k in KINDS for each in STORED[name].as_app(k).identifiers if of_the_same_clause(name, each)]
    own = [(kind, each) for kind, each in found if not each.startswith("rule/")]
    plain = [(kind, each) for kind, each in own if not scenarios()[scenario_of(each)].tls]
    return next(iter(plain or own or found))


@pytest.mark.parametrize("name", IN_MEMORY)
def test_it_is_caught_for_a_reason_of_its_own(name):
    kind, identifier = catching(name)
    stored = STORED[name].as_app(kind)
    is_rule = identifier.startswith("rule/")
    selectors = (REFRESHED if is_rule else identifier, CONTROL)
    performed = perform(name, performances(scenarios().values(), (kind,), selectors))
    verdicts = {verdict.identifier: (case, verdict) for _, case, verdict in performed.told}
    assert (bool(performed.refusal), performed.forgiven) == (stored.locked_out, stored.forgiven)
    assert stored.locked_out or verdicts[CONTROL][1].status == "passed", "it does not log in, and proves nothing"
    if is_rule:
        (broken,) = (each for each in performed.rules if each.identifier == identifier)
        assert broken.status in ("failed", "warned")
        assert broken.first is not None
        return
    case, verdict = verdicts[identifier]
    assert verdict.status == ("failed" if identifier in stored.failed else "warned"), verdict
    assert verdict.expected
    assert verdict.actual
    assert verdict.exchanges or verdict.expected.startswith("a refusal for")
    # What fails is what the scenario expects, not that the client is dead: unless its flaw is to end, or never to.
    assert not verdict.actual.startswith(("it crashed", "it never answered")) or name in ENDING
    # What looks at requests alone says why nobody gets in, where nobody does.
    assert alive(case, case.before) or scenarios()[scenario_of(identifier)].login_may_fail


@pytest.mark.slow
@pytest.mark.parametrize("name", [flaw.name for flaw in flawed.NOT_CLIENTS])
def test_what_is_no_client_passes_nothing(name):
    performed = perform(name, performances(scenarios().values(), ("basic",)))
    statuses = Counter(verdict.status for _, _, verdict in performed.told)
    assert statuses.keys() == {"inconclusive"}
    assert {verdict.code for _, _, verdict in performed.told} <= {"CANNOT_LOG_IN", "NOT_ALIVE_BEFORE"}

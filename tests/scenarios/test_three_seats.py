"""The reference client gets the same verdicts whichever way it is plugged in."""

from __future__ import annotations

import pytest

from scenarios.collection import collect
from scenarios.model.capability import Capability
from tests.examples.expected import SEEDS
from tests.examples.seats import SEATS, performed

# What a seat cannot offer, whatever the client: the only reason for a verdict to be missing there.
LACKING = {
    # A page says that it did not work; what it says is words for people. What it compares, it does not say; its clock
    # is that of its machine.
    "web app": {
        *(Capability.REASON, Capability.GRANTED_SCOPE, Capability.EXPIRY),
        *(Capability.ISSUER, Capability.DISCOVERY, Capability.CLOCK),
    },
    # There is no page, and no method of a request.
    "in process": {Capability.HTML, Capability.POST_CALLBACK, Capability.SECOND_PROCESS},
    # Nor is there a message that stops the process in the middle.
    "JSON lines": {Capability.HTML, Capability.POST_CALLBACK, Capability.SECOND_PROCESS, Capability.RESTART},
}

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["basic", pytest.param("pkce", marks=pytest.mark.requires("time"))])
def test_the_reference_client_has_the_same_verdicts_in_the_three_seats(kind, tmp_path):
    selectors = [seed for seed in SEEDS if any(seed in s.seeds and kind in s.app_kinds for s in collect())]
    told = {seat: performed(make(kind, "", tmp_path), kind, selectors) for seat, make in SEATS.items()}
    verdicts = {seat: dict(_verdicts(summary, seat)) for seat, summary in told.items()}
    identifiers = {identifier for each in verdicts.values() for identifier in each}
    differing = {
        identifier: by_seat
        for identifier in identifiers
        if len(set((by_seat := {s: v[identifier] for s, v in verdicts.items() if identifier in v}).values())) > 1
    }
    assert not differing
    assert {status for each in verdicts.values() for status in each.values()} == {"passed"}


def _verdicts(summary, seat):
    """What is said of each scenario and rule, but for what the seat cannot do."""
    for selected, verdict in summary.verdicts:
        if not (verdict.code == "CAPABILITY_ABSENT" and selected.scenario.needs & LACKING[seat]):
            yield selected.identifier, verdict.status
    yield from ((rule.identifier, rule.status) for _, rule in summary.rules)


def test_what_is_lacking_is_missed_by_nobody_else(tmp_path):
    """Two seats at most lack the same capability: each is offered somewhere."""
    assert not set.intersection(*map(set, LACKING.values()))

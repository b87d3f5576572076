"""A cache for the state that no browser session is bound to: four published reports, and caught in every seat.

Authlib before 1.6.11 (CVE-2025-68158, CVE-2026-41425), fastapi-users before 15.0.2 (CVE-2025-68481).
"""

from __future__ import annotations

import pytest

from scenarios.collection import collect, performances
from tests.examples.seats import SEATS, by_status, told

FORGED = {
    "callback/state-of-another-session",
    "callback/callback-in-a-fresh-browser",
    "callback/callback-in-a-signed-in-browser",
}

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["basic", pytest.param("pkce", marks=pytest.mark.requires("time"))])
@pytest.mark.parametrize("seat", SEATS)
def test_it_is_caught_by_what_is_forged_and_by_nothing_else(seat, kind, tmp_path):
    selected = performances(collect(), (kind,), ("callback/*",))
    summary = told(SEATS[seat](kind, "state-in-shared-cache", tmp_path), selected)
    assert by_status(summary, "failed") == FORGED
    assert by_status(summary, "passed") == {each.identifier for each in selected} - FORGED
    for each, verdict in summary.verdicts:
        if each.identifier in FORGED:
            assert (verdict.actual, bool(verdict.exchanges)) == ("it sent a token request with the code", True)
    assert {rule.status for _, rule in summary.rules} <= {"passed", "failed"}
    assert summary.exit_code == 1

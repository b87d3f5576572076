"""Scenarios of pages, in the seat that has a browser: the strict application, and one for each flaw of its pages."""

import asyncio
import sys

import pytest

from client_ref.flawed import FLAWS
from client_ref.flaws.flaw import STRICT_PAGES
from scenarios.collection import collect, performances
from scenarios.drivers.web_app import WebAppDriver
from scenarios.running import Plan, run
from tests.scenarios.catalogue.performed import CONTROL

TOPICS = ("callback-pages/*", "callback-address/*", "pkce-attacks/cookie*", CONTROL)
# A token on a page may be meant for the page, and is judged nowhere.
CAUGHT = {
    name: flaw.rows for name, flaw in FLAWS.items() if flaw.pages is not STRICT_PAGES and name != "token-on-page"
}


def performed(selectors, flaw=""):
    driver = WebAppDriver(
        [sys.executable, "-m", "client_ref"],
        login="/login",
        signed_in="GET /me is 200",
        refresh="/refresh",
        api_call="/me",
        env={"CLIENT_REF_FLAW": flaw} if flaw else {},
    )
    return asyncio.run(run(Plan(driver, performances(collect(), ("basic",), selectors)), [])).verdicts


@pytest.mark.slow
def test_the_strict_application_passes():
    verdicts = performed(TOPICS)
    assert len(verdicts) > 30
    absent = [each.identifier for each, verdict in verdicts if verdict.status == "not_applicable"]
    assert absent == ["pkce-attacks/cookie-of-the-verifier-gone"], "it keeps the verifier on the server"
    assert not [v for _, v in verdicts if v.status not in ("passed", "not_applicable")]


@pytest.mark.slow
@pytest.mark.requires("time")
@pytest.mark.parametrize("name", CAUGHT)
def test_each_flaw_of_the_pages_is_caught_where_its_rows_say(name):
    chosen = [each.identifier for each in collect() if set(CAUGHT[name]) & set(each.seeds)]
    verdicts = performed((*chosen, CONTROL), name)
    against = [(each.scenario, verdict) for each, verdict in verdicts if verdict.status in ("failed", "warned")]
    for row in CAUGHT[name]:
        assert [1 for scenario, _ in against if row in scenario.seeds], f"{name} is not caught by {row}"
    assert all(verdict.expected and verdict.actual for _, verdict in against)
    assert {verdict.status for _, verdict in verdicts} <= {"passed", "failed", "warned"}

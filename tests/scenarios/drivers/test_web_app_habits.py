"""Applications with habits that mislead a harness get the verdicts that they deserve, or it is said why there is none.

Each is the same right client but for its habit. What is expected of it was written down from the habit, not from a run.
"""

import sys

import pytest

from scenarios import limits
from scenarios.collection import collect, performances
from scenarios.drivers import process
from scenarios.drivers.web_app import WebAppDriver
from scenarios.running import Plan, run
from tests.scenarios.drivers.apps.assigned import CLIENT

pytestmark = pytest.mark.slow

SELECTED = (
    "callback/genuine-callback",
    "callback/state-of-another-session",
    "callback/callback-in-a-fresh-browser",
    "callback/state-changed[missing]",
    "callback-again/callback-opened-again",
    "callback-again/callback-opened-four-times-at-once",
    "token-response/error-beside-a-token",
    "token-response-errors/refused-code[invalid_grant]",
    "refresh/plain-refresh",
)
FOUR_AT_ONCE = {"callback-again/callback-opened-four-times-at-once": "not_applicable"}
# One state for all browsers is bound to none of them.
UNBOUND = FOUR_AT_ONCE | {"callback/callback-in-a-fresh-browser": "failed"}


class Heard:
    def __init__(self):
        self.remarks = set()

    def begun(self, plan):
        pass

    def prepared(self, ground, app_kind, kind, learned):
        assert not learned.refusal
        self.remarks |= {remark.code for remark in learned.remarks}

    def judged(self, selected, case, verdict):
        pass

    def ended(self, summary):
        pass


@pytest.mark.parametrize(
    ("habit", "probe", "remarks", "differing"),
    [
        ("", True, set(), {}),
        ("", False, set(), {}),
        ("hops", True, set(), {}),
        ("restarts", False, set(), {}),
        ("by-the-byte", True, set(), {}),
        ("always-200", False, set(), {}),
        ("circles", True, set(), {}),
        ("megabytes", True, set(), {}),
        ("hostile-cookies", True, set(), {}),
        ("floods-stdout", True, set(), {}),
        ("ignores-sigterm", True, set(), {}),
        ("forks", True, set(), {}),
        ("one-session", False, {"ONE_SESSION_FOR_ALL"}, UNBOUND),
        ("one-state", True, {"ONE_LOGIN_AT_A_TIME"}, UNBOUND),
        ("one-token", True, {"ONE_SESSION_FOR_ALL"}, FOUR_AT_ONCE),
        ("one-token", False, {"ONE_SESSION_FOR_ALL"}, FOUR_AT_ONCE),
        ("one-request-at-a-time", True, {"ONE_REQUEST_AT_A_TIME"}, FOUR_AT_ONCE),
        ("retries", True, set(), {"token-response-errors/refused-code[invalid_grant]": "failed"}),
    ],
)
async def test_verdicts_are_true_whatever_the_habit(monkeypatch, habit, probe, remarks, differing):
    monkeypatch.setattr(process, "GRACE", 0.2)
    if habit == "one-request-at-a-time":
        monkeypatch.setattr(limits, "HELD", 0.5)
    command = [sys.executable, "-S", "-E", str(CLIENT), *filter(None, [habit])]
    signal = "GET /me is 200" if probe else None
    driver = WebAppDriver(command, login="/login", refresh="/refresh", signed_in=signal)
    heard = Heard()
    summary = await run(Plan(driver, performances(collect(), ("basic",), SELECTED)), [heard])
    told = {selected.identifier: verdict.status for selected, verdict in summary.verdicts}
    assert told == dict.fromkeys(SELECTED, "passed") | differing
    assert heard.remarks == remarks
    broken = {verdict.identifier for _, verdict in summary.rules if verdict.status == "failed"}
    assert broken == ({"rule/code-is-sent-once"} if habit == "retries" else set())

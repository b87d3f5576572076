"""What the oracle says of one example: a flawed client is found out by it, and the strict one is not."""

from __future__ import annotations

import json

import pytest

from scenarios.checks.pages import MARK
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.fuzzing.answers import Redirects, SetsBody, SetsMember, SetsStatus
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.examples import Begins, CallsApi, Example, Expires, Lands, Refreshes
from scenarios.fuzzing.page_invariants import judge_pages
from scenarios.fuzzing.performance import Seen, perform
from scenarios.model.outcome import Page
from tests.scenarios.fuzzing import clients

LANDS, CALLS, REFRESHES = Lands("a", "a"), CallsApi("a"), Refreshes("a")
LOGIN = (Begins("a"), LANDS)
REFUSED = (SetsBody(json.dumps({"error": "invalid_grant"})), SetsStatus(400))
UNKNOWN_TOKEN = (SetsMember("access_token", json.dumps("t" * 40)),)
SHOWN = {
    "old-token-after-refresh": ("token/old-token-after-refresh", (*LOGIN, Expires("a"), CALLS)),
    "api-called-for-ever": (
        "token/api-called-for-ever",
        (Begins("a", answers=UNKNOWN_TOKEN, occasion=0), LANDS, CALLS),
    ),
    "refused-refresh-token-kept": (
        "token/refused-refresh-token-kept",
        (Begins("a", answers=REFUSED, occasion=2), LANDS, REFRESHES, REFRESHES),
    ),
    "scheme-as-received": ("rule/scheme-is-spelled-bearer", (*LOGIN, CALLS)),
    "token-in-json-body": ("rule/body-with-a-token-is-a-form", (*LOGIN, CALLS)),
    "token-in-query": ("rule/access-token-is-in-the-header", (*LOGIN, CALLS)),
    "challenge-downgraded-after-error": (
        "callback/challenge-downgraded",
        (Begins("a", denied=True), LANDS, Begins("a")),
    ),
    "token-redirect-followed": ("token/status-ignored", (Begins("a", answers=(Redirects(307),)), LANDS)),
    "token-redirect-followed-by-get": ("token/status-ignored", (Begins("a", answers=(Redirects(303),)), LANDS)),
    "token-redirect-followed-in-circles": (
        "token/redirected-in-circles",
        (Begins("a", answers=(Redirects(307, "itself"),)), LANDS),
    ),
}


def violations(factory, *examples):
    with Arena(InProcessDriver(factory), "basic") as arena:
        run = arena.loop.run_until_complete
        return [run(perform(arena, Example(steps), Seen())).violations for steps in examples]


@pytest.mark.parametrize("flaw", SHOWN)
def test_an_example_shows_a_flaw(flaw):
    invariant, steps = SHOWN[flaw]
    (found,) = violations(load_factory(f"flawed:{flaw}"), steps)
    assert invariant in {each.identifier for each in found}


def test_no_example_shows_one_of_the_strict_client():
    examples = [steps for _, steps in SHOWN.values()]
    assert violations(load_factory("reference"), *examples) == [[]] * len(examples)


def test_to_follow_a_redirect_within_the_endpoint_is_no_finding():
    assert violations(clients.following, SHOWN["token-redirect-followed-in-circles"][1]) == [[]]


FOREIGN = '<script src="https://others.example/a.js"></script>'
HTML = (("content-type", "text/html"), ("referrer-policy", "unsafe-url"))
AT = "http://localhost:5050/callback?code=ory_ac_genuine&state=s"


@pytest.mark.parametrize(
    ("text", "code", "found"),
    [
        (f'<a href="javascript:{MARK}()">why</a>', "", ["callback/script-behind-a-link"]),
        (FOREIGN, "ory_ac_genuine", ["callback/foreign-script-beside-the-code"]),
        ('<a href="https://others.example/">help</a>', "ory_ac_genuine", ["callback/code-told-as-referer"]),
        (FOREIGN, "", []),
        ('<a href="/">home</a><script src="/own.js"></script>', "ory_ac_genuine", []),
    ],
)
def test_the_pages_of_a_landing_are_judged(text, code, found):
    shown = (Page(AT, 200, headers=HTML, text=text),)
    assert [each.identifier for each in judge_pages(shown, ("http://localhost:5050/callback",), code)] == found


def test_where_no_page_was_shown_there_is_nothing_to_judge():
    assert list(judge_pages((), (), "ory_ac_genuine")) == []

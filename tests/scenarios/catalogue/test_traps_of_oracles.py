"""What is right and looks wrong: the traps in which a harness blames a client that is not to blame.

Encodings, friendly answers to a second callback and clients that do not refresh by themselves are in
`test_right_callbacks` and `test_right_clients`; a library that leaves the state to its caller, retries of what nobody
has read and other legal spellings of Basic in `test_conflicts`.
"""

import asyncio
from dataclasses import replace

import pytest

from client_ref import outgoing
from client_ref.client import Client, registration
from client_ref.flawed import factory as flawed
from client_ref.policy import STRICT
from scenarios.collection import collect, performances
from scenarios.drivers.app_object import AppObjectDriver
from scenarios.running import Plan, run
from tests.scenarios.catalogue.performed import performed


def in_another_order(registered, login, code):
    return outgoing.code_parameters(registered, login, code)[::-1]


def with_more_headers(registered, request):
    request = outgoing.authenticated(registered, request)
    return replace(request, headers=(("X-Request-Id", "1"), ("Accept-Language", "en"), *request.headers))


def differently(assignment):
    """Sends its parameters backwards, and headers that nobody asked for."""
    policy = replace(STRICT, code_parameters=in_another_order, authenticated=with_more_headers)
    return Client(registration(assignment), policy=policy)


@pytest.mark.parametrize("kind", ["basic", "pkce"])
def test_order_and_further_headers_are_free(kind):
    verdicts = performed(differently, ("token-request/*", "urls/*"), kinds=(kind,), step_timeout=5.0)
    assert {verdict.status for _, verdict in verdicts} == {"passed"}


def test_a_library_that_tells_each_caller_of_a_dead_refresh_token_is_warned_and_no_more():
    """One request for each call, and an error each time: its caller knows, and may be the one to drop the token."""
    verdicts = performed(flawed("refused-refresh-token-kept"), ("refresh-refused/refused-*",), kinds=("basic",))
    told = {verdict.identifier.partition("[")[0]: verdict.status for _, verdict in verdicts}
    assert told == {
        "refresh-refused/refused-refresh": "passed",
        "refresh-refused/refused-refresh-token": "warned",
        "refresh-refused/refused-refresh-is-told": "passed",
    }


def test_a_code_that_the_server_refused_for_its_verifier_was_not_redeemed_and_yet_was_sent():
    """Who looks at no state is saved by PKCE: nobody is signed in, but the code of a stranger has been spent."""
    selectors = ("pkce-attacks/code-of-another-login", "callback/state-of-another-session")
    verdicts = performed(flawed("state-ignored"), selectors, kinds=("basic",), step_timeout=5.0)
    assert {v.identifier: v.status for _, v in verdicts} == dict(zip(selectors, ("passed", "failed"), strict=True))


@pytest.mark.slow
def test_a_refusal_with_status_200_is_a_refusal():
    driver = AppObjectDriver("asgi", "tests.scenarios.catalogue.polite:factory", login="/login", step_timeout=10.0)
    selectors = ("callback/state-changed", "callback/error-in-the-place-of-a-code", "callback-again/*-opened-again")
    chosen = performances(collect(), ("basic",), selectors)
    summary = asyncio.run(run(Plan(driver, chosen), []))
    assert {verdict.status for _, verdict in summary.verdicts} == {"passed"}


def test_every_topic_has_a_positive_twin():
    """Or a client that is dead would pass it all; and between two scenarios stands a good login besides."""
    topics = {each.identifier.partition("/")[0] for each in collect() if each.must_refuse}
    twins = {each.identifier.partition("/")[0] for each in collect() if each.control}
    # A plain login is the twin of what is looked at in a plain login.
    of_a_plain_login = {"callback-address", "callback-late", "fresh-values", "pkce", "token-request", "urls"}
    assert topics - twins == {*of_a_plain_login, "token-endpoint-redirected"}

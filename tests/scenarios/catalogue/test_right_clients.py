"""Clients that are right in another way than the strict one, and stumble into the traps of a harness that is unjust."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from client_ref.client import Client, registration
from client_ref.errors import AccessTokenRefused, ExchangeFailed, NotLoggedIn
from client_ref.flows import Flows
from client_ref.policy import STRICT, send
from client_ref.session import held_tokens
from tests.scenarios.catalogue.performed import performed

TIME = pytest.mark.requires("time")
TOPICS = ("token-*", "refresh*", "granted-scope/*", "resource/*")


def does_not_refresh_by_itself(registration, session, path, policy):
    """Tells its caller that the API refused the token, and leaves the rest to them (RFC 6750 3.1: MAY)."""
    used = held_tokens(session)
    if used is None:
        raise NotLoggedIn
    response = yield from policy.send(policy.api_request(registration.api_url.rstrip("/") + path, used))
    if response.status == 401:
        raise AccessTokenRefused
    policy.api_status(response)
    return used, response


def follows_the_api_without_its_token(request):
    """Follows a redirect of the API to wherever it leads, and takes the token only where the origin is the same."""
    response = yield from send(request)
    location = response.headers.get("location", "")
    if not 300 <= response.status <= 399 or not location or hasattr(request, "form"):
        return response
    same = urlsplit(location)[:2] == urlsplit(request.url)[:2]
    return (yield from send(replace(request, url=location, headers=request.headers if same else ())))


def follows_within_its_origin(request):
    """Follows 307 and 308 of a token request, once, if they stay where they are, which HTTP allows."""
    response = yield from send(request)
    location = response.headers.get("location", "")
    if response.status not in (307, 308) or urlsplit(location)[:2] != urlsplit(request.url)[:2]:
        return response
    if urlsplit(location).path == urlsplit(request.url).path:
        return response
    return (yield from send(replace(request, url=location)))


def repeats_a_refresh_once(request):
    """Sends a refresh again, once, when no answer came at all; never a code (RFC 9110 9.2.2)."""
    try:
        return (yield from send(request))
    except ExchangeFailed:
        if ("grant_type", "refresh_token") not in getattr(request, "form", ()):
            raise
    return (yield from send(request))


class _Early(Client):
    """Believes its tokens to die a tenth of their life early, so that none dies under way."""

    def land(self, session, url):
        return self._early(super().land(session, url))

    def refresh(self, session):
        return self._early(super().refresh(session))

    def _early(self, granted):
        tokens = granted["expires_at"]
        return granted if tokens is None else {**granted, "expires_at": tokens - 60}


class _Silent(Client):
    """Declares nothing about itself."""

    capabilities = ("refresh", "call_api")


def made(kind=Client, policy=STRICT, **flows):
    return lambda assignment: kind(registration(assignment), policy=policy, flows=Flows(**flows))


RIGHT = {
    "no refresh by itself": made(call_api=does_not_refresh_by_itself),
    "redirects of the API": made(policy=replace(STRICT, send=follows_the_api_without_its_token)),
    "redirects within the origin": made(policy=replace(STRICT, send=follows_within_its_origin)),
    "one more refresh": made(policy=replace(STRICT, send=repeats_a_refresh_once)),
    "a margin": made(_Early),
    "nothing declared": made(_Silent),
    "no scope in a refresh": made(
        policy=replace(STRICT, refresh_parameters=lambda tokens: STRICT.refresh_parameters(tokens)[:2])
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [next(iter(RIGHT)), *(pytest.param(n, marks=TIME) for n in list(RIGHT)[1:])])
def test_a_right_client_is_blamed_for_nothing(name):
    verdicts = performed(RIGHT[name], TOPICS, kinds=("basic",), step_timeout=5.0)
    told = {verdict.identifier: (verdict.expected, verdict.actual) for _, verdict in verdicts}
    bad = {verdict.identifier for _, verdict in verdicts if verdict.status not in ("passed", "not_applicable")}
    assert not {identifier: told[identifier] for identifier in bad}


class _Dead(Client):
    """Logs in, and then neither refreshes nor calls anything: it refuses without a request, crashes or hangs."""

    def refresh(self, session):
        raise NotLoggedIn

    call_api = refresh


class _Crashing(_Dead):
    def refresh(self, session):
        raise SystemExit

    call_api = refresh


# What passes although nothing is ever refreshed: it says so of clients that send nothing, or of the login alone.
HARMLESS = {"refresh-refused/nothing-to-refresh-with"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", [_Dead, _Crashing])
def test_whoever_does_nothing_after_the_login_refuses_nothing(kind):
    verdicts = performed(made(kind), ("refresh*", "resource/*"), kinds=("basic",))
    passed = {each.scenario.identifier for each, verdict in verdicts if verdict.status == "passed"}
    controls = {each.scenario.identifier for each, _ in verdicts if each.scenario.control}
    assert passed - controls == HARMLESS

"""The authorization endpoint: the order of its checks, where its errors go, and what follows consent."""

from dataclasses import replace

import pytest

from mock_server.protocol.authorization_endpoint import (
    Checked,
    Refused,
    check,
    complete,
    granted_response,
    named,
    refused,
)
from mock_server.protocol.errors import OAuthError
from mock_server.protocol.form import Parameters
from mock_server.protocol.messages import AuthorizationRequest, AuthorizationResponse, ErrorPage
from mock_server.protocol.provider import FOSITE_0_32_2, FRAMEIO, STRICT
from mock_server.protocol.records import App
from mock_server.protocol.resource_owner import Allow, Deny, DenyByServer
from tests.mock_server.in_memory import BASIC, PUBLIC, authorization_parameters

INSECURE = App("insecure", ("http://app.example/cb",), ("offline",), client_secret="s")
APPS = {app.client_id: app for app in (BASIC, PUBLIC, INSECURE)}


def judged(provider=FRAMEIO, app=BASIC, **parameters):
    pairs = authorization_parameters(app, **parameters)
    return check(AuthorizationRequest(Parameters(pairs)), APPS, provider)


# In the order of `wire.md` 3.2: what breaks the check, its error, and whether the error stays with the server.
CHECKS = (
    ({"client_id": "nobody"}, "invalid_client", True),
    ({"response_mode": "bogus"}, "unsupported_response_mode", True),
    ({"redirect_uri": "https://evil.example/"}, "invalid_request", True),
    ({"scope": "offline bogus.scope"}, "invalid_scope", False),
    ({"registration": "{}"}, "registration_not_supported", False),
    ({"response_type": "token"}, "unsupported_response_type", False),
    ({"state": "short"}, "invalid_state", False),
)


@pytest.mark.parametrize(
    ("broken", "first"), [(CHECKS[number:], check) for number, check in enumerate(CHECKS)], ids=[c[1] for c in CHECKS]
)
def test_the_first_failure_wins(broken, first):
    """Everything from one check on is broken at once: the answer is that check's."""
    _, error, stays = first
    parameters = {name: value for each, _, _ in reversed(broken) for name, value in each.items()}
    refused = judged(**parameters)
    assert isinstance(refused, Refused)
    assert refused.error.code == error
    assert isinstance(refused.response, ErrorPage) == stays


@pytest.mark.parametrize(("parameters", "error", "stays"), CHECKS)
def test_each_check_by_itself(parameters, error, stays):
    refused = judged(**parameters)
    assert refused.error.code == error
    if not stays:
        assert refused.response.redirect_uri == BASIC.redirect_uris[0]
        assert dict(refused.response.parameters)["state"] == parameters.get("state", "state-of-the-session")


def test_unreadable_request_stays_with_the_server():
    refused = check(AuthorizationRequest(Parameters(), readable=False), APPS, FRAMEIO)
    assert isinstance(refused.response, ErrorPage)
    assert "Unable to parse HTTP body" in refused.error.explanation


def test_error_page_of_the_older_era_has_a_hint_even_where_it_is_empty():
    refused = judged(FOSITE_0_32_2, client_id="nobody")
    assert [name for name, _ in refused.response.parameters] == ["error", "error_description", "error_hint"]


def test_a_good_request_keeps_what_was_sent():
    checked = judged(code_challenge="c", code_challenge_method="S256", response_mode="fragment")
    assert checked == Checked(
        app=BASIC,
        sent_redirect_uri=BASIC.redirect_uris[0],
        redirect_uri=BASIC.redirect_uris[0],
        scopes=("offline", "account.read"),
        state="state-of-the-session",
        response_mode="fragment",
        code_challenge="c",
        code_challenge_method="S256",
    )


def test_left_out_redirect_uri_is_remembered_as_left_out():
    checked = judged(redirect_uri=None)
    assert (checked.sent_redirect_uri, checked.redirect_uri) == ("", BASIC.redirect_uris[0])


@pytest.mark.parametrize(
    ("scope", "granted"),
    [(None, ()), ("", ()), ("offline  account.read ", ("offline", "account.read")), ("asset.read", ("asset.read",))],
)
def test_scopes(scope, granted):
    assert judged(scope=scope).scopes == granted


@pytest.mark.parametrize("scope", ["asset", "asset.", "account.read,offline", "Offline", "*"])
def test_the_first_scope_that_no_app_may_ask_for_is_named(scope):
    assert judged(scope=f"offline {scope} also.bad").error.explanation.endswith(f'"{scope}".')


def test_a_wildcard_covers_everything_below():
    assert judged(scope="asset.read asset.read.own").scopes == ("asset.read", "asset.read.own")


@pytest.mark.parametrize(
    ("response_type", "words"),
    [(None, "is missing the"), ("", "is missing the"), (" ", "is missing the"), ("token", 'response_type "token"'),
     ("code token", 'response_type "code token"'), ("CODE", 'response_type "CODE"')],
)  # fmt: skip
def test_response_type(response_type, words):
    assert words in judged(response_type=response_type).error.explanation


def test_state_is_counted_in_bytes_and_never_changed():
    assert judged(state="éééé").state == "éééé"
    assert judged(state="\udcff" * 8).state == "\udcff" * 8
    assert judged(state="ééé").error.code == "invalid_state"
    assert judged(state=None).error.code == "invalid_state"
    assert dict(judged(state=None).response.parameters)["state"] == ""


def test_repeated_parameters_under_the_strict_provider():
    for name in ("client_id", "redirect_uri", "response_mode", "state"):
        pairs = (*authorization_parameters(), (name, "x"), (name, "x"))
        refused = check(AuthorizationRequest(Parameters(pairs)), APPS, STRICT)
        assert refused.error.explanation == f'The parameter "{name}" was sent more than once.'
        assert isinstance(refused.response, AuthorizationResponse) == (name == "state")


@pytest.mark.parametrize(
    ("consent", "error", "description"),
    [
        (Deny(), "access_denied", "The resource owner denied the request"),
        (Deny("login_required", "No"), "login_required", "No"),
        (DenyByServer(), "access_denied", "The resource owner or authorization server denied the request. Make sure"),
    ],
)
def test_denial(consent, error, description):
    refused = complete(judged(), consent, FRAMEIO)
    parameters = dict(refused.response.parameters)
    assert parameters["error"] == error
    assert parameters["error_description"].startswith(description)
    assert parameters["state"] == "state-of-the-session"


@pytest.mark.parametrize(
    ("app", "parameters", "words"),
    [
        (INSECURE, {"code_challenge": "c", "code_challenge_method": "x", "scope": ""}, "insecure protocol"),
        (BASIC, {"code_challenge": "c", "code_challenge_method": "x"}, "use S256 instead"),
    ],
)
def test_late_checks_come_after_consent_and_in_order(app, parameters, words):
    checked = judged(app=app, **parameters)
    assert isinstance(checked, Checked)
    assert complete(checked, Deny(), FRAMEIO).error.code == "access_denied"
    refused = complete(checked, Allow(), FRAMEIO)
    assert words in refused.error.explanation
    assert refused.response.redirect_uri == app.redirect_uris[0]


@pytest.mark.parametrize(
    ("consent", "scopes"),
    [
        (Allow(), ("offline", "account.read")),
        (Allow(("account.read",)), ("account.read",)),
        (Allow(()), ()),
        (Allow(("a", "b", "a")), ("a", "b")),
    ],
)
def test_consent(consent, scopes):
    assert complete(judged(), consent, FRAMEIO) == scopes


def test_answer():
    response = granted_response(judged(), "the-code", ("b", "a"), FRAMEIO)
    assert response.parameters == (("code", "the-code"), ("scope", "b a"), ("state", "state-of-the-session"))
    with_issuer = replace(FRAMEIO, issuer_in_response=True)
    for each in (response, refused(judged(), OAuthError("access_denied"), with_issuer).response):
        assert isinstance(each, AuthorizationResponse)
        assert named(each, "https://issuer", with_issuer).parameters == (*each.parameters, ("iss", "https://issuer"))
        assert named(each, "https://issuer", FRAMEIO) is each

"""Who may send a token request, and in which of the registered ways: the engine's table, row by row."""

import base64
from dataclasses import replace

import pytest

from mock_server.protocol import form
from mock_server.protocol.client_authentication import authenticate, basic_credentials
from mock_server.protocol.errors import OAuthError
from mock_server.protocol.form import Parameters
from mock_server.protocol.messages import TokenRequest
from mock_server.protocol.provider import FRAMEIO
from mock_server.protocol.records import App
from mock_server.protocol.vocabulary import JWT_BEARER_ASSERTION

SECRET = "a secret+with%reserved&characters"
CONFIDENTIAL = App("id with space", ("https://a/cb",), (), client_secret=SECRET)
PUBLIC = App("public", ("https://a/cb",), (), token_endpoint_auth_method="none")
POSTING = App("posting", ("https://a/cb",), (), client_secret="s", token_endpoint_auth_method="client_secret_post")
APPS = {app.client_id: app for app in (CONFIDENTIAL, PUBLIC, POSTING)}


def header(user, password, *, raw=False):
    text = f"{user}:{password}" if raw else f"{form.quote(user)}:{form.quote(password)}"
    return f"Basic {base64.b64encode(text.encode()).decode()}"


GOOD = header(CONFIDENTIAL.client_id, SECRET)


def asked(authorization="", provider=FRAMEIO, **sent):
    request = TokenRequest(Parameters(tuple(sent.items())), authorization)
    return authenticate(request, APPS, provider)


@pytest.mark.parametrize(
    ("app", "authorization", "sent"),
    [
        (CONFIDENTIAL, GOOD, {}),
        (CONFIDENTIAL, GOOD.replace("Basic", "bAsIc"), {}),
        # The header wins over a foreign id in the body.
        (CONFIDENTIAL, GOOD, {"client_id": "public"}),
        (CONFIDENTIAL, GOOD, {"client_secret": "not looked at without an id"}),
        (PUBLIC, "", {"client_id": "public"}),
        (PUBLIC, "Bearer something", {"client_id": "public"}),
        (POSTING, "", {"client_id": "posting", "client_secret": "s"}),
    ],
)
def test_accepted(app, authorization, sent):
    assert asked(authorization, **sent) == app


@pytest.mark.parametrize(
    ("authorization", "sent", "code", "words"),
    [
        ("", {}, "invalid_request", "Client credentials missing or malformed in both"),
        ("Basic !!!", {}, "invalid_request", "Client credentials missing"),
        ("Basic", {}, "invalid_request", "Client credentials missing"),
        ("Basic " + base64.b64encode(b"no colon").decode(), {}, "invalid_request", "Client credentials missing"),
        ("", {"client_id": "nobody"}, "invalid_client", "No app is registered"),
        (header("nobody", "x"), {}, "invalid_client", "No app is registered"),
        (header(CONFIDENTIAL.client_id, "wrong"), {}, "invalid_client", "is not the one that was issued"),
        (header(CONFIDENTIAL.client_id, ""), {}, "invalid_client", "is missing"),
        ("", {"client_id": CONFIDENTIAL.client_id}, "invalid_client", "is missing: send it in"),
        # Not form-encoded: undecodable, or decodable and then another secret.
        (header("public", "100%", raw=True), {}, "invalid_request", "The client secret in the HTTP"),
        (header("100%", "x", raw=True), {}, "invalid_request", "The client id in the HTTP"),
        (header(CONFIDENTIAL.client_id, "a+b", raw=True), {}, "invalid_client", "is not the one"),
        # Each app has one way.
        (GOOD, {"client_id": CONFIDENTIAL.client_id, "client_secret": SECRET}, "invalid_client", "client_secret_post"),
        ("", {"client_id": CONFIDENTIAL.client_id, "client_secret": SECRET}, "invalid_client", "client_secret_post"),
        ("", {"client_id": "public", "client_secret": "x"}, "invalid_client", '"none", but method "client_secret_p'),
        (header("public", "x"), {}, "invalid_client", '"none", but method "client_secret_basic"'),
        (header("public", ""), {"client_id": "public"}, "invalid_client", '"client_secret_basic"'),
        (header("posting", "s"), {}, "invalid_client", '"client_secret_basic"'),
        ("", {"client_id": "posting", "client_secret": "x"}, "invalid_client", "is not the one"),
        # Assertions come before everything else.
        (GOOD, {"client_assertion_type": "x"}, "invalid_request", "Unknown client_assertion_type"),
        (GOOD, {"client_assertion_type": JWT_BEARER_ASSERTION}, "invalid_request", "must be set when using"),
        (
            GOOD,
            {"client_assertion_type": JWT_BEARER_ASSERTION, "client_assertion": "x"},
            "invalid_client",
            "No app here authenticates",
        ),
    ],
)
def test_denied(authorization, sent, code, words):
    error = asked(authorization, **sent)
    assert isinstance(error, OAuthError)
    assert error.code == code
    assert words in error.explanation


def test_secret_is_never_in_an_explanation():
    error = asked(header(CONFIDENTIAL.client_id, "hunter2-hunter2"))
    assert "hunter2" not in repr(error)


@pytest.mark.parametrize("bad", ["Basic " + "ÿ" * 8, "Basic \u20ac", "basic", "Digest x", ""])
def test_what_is_no_basic_header_has_no_credentials(bad):
    assert basic_credentials(bad) is None


def test_basic_keeps_any_bytes_and_any_colon():
    assert basic_credentials("Basic " + base64.b64encode(b"\xff:a:b").decode()) == ("\udcff", "a:b")


def test_app_without_a_secret_that_is_not_public_is_never_let_in():
    broken = replace(CONFIDENTIAL, client_secret=None)
    request = TokenRequest(Parameters(), header(broken.client_id, ""))
    assert isinstance(authenticate(request, {broken.client_id: broken}, FRAMEIO), OAuthError)

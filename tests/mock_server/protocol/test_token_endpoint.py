"""The token endpoint: the order of its checks, and both grant types in the engine's order."""

import pytest

from mock_server.changes import Changes
from mock_server.protocol.provider import FRAMEIO, STRICT
from mock_server.protocol.records import App
from mock_server.protocol.resource_owner import Allow
from mock_server.transcript import ReceivedRequest
from tests.mock_server.in_memory import (
    APPS,
    BASIC,
    CHALLENGE,
    OTHER,
    PUBLIC,
    VERIFIER,
    InMemory,
    basic,
    code_form,
    description,
    error,
    members,
    post,
)

CODE_ONLY = App("code-only", BASIC.redirect_uris, BASIC.scopes, "", "s", grant_types=("authorization_code",))


@pytest.fixture
def server():
    return InMemory(apps=(*APPS, CODE_ONLY))


def sent(server, body, *headers):
    return server.core.token(post("/oauth2/token", body, *headers))


def test_order_of_checks_before_the_grant(server):
    """Each row mends what the row before complained about."""
    good = basic(BASIC)
    boundary = ("content-type", "multipart/form-data; boundary=x")
    rows = (
        (sent(server, b"--x\r\nbroken", boundary), "invalid_request", "Unable to parse HTTP body"),
        (sent(server, ""), "invalid_request", "can not be empty"),
        (sent(server, "a=b"), "invalid_request", "'grant_type' is missing"),
        (sent(server, "grant_type=password"), "invalid_request", ""),
        (sent(server, "grant_type=authorization_code"), "invalid_request", "Client credentials missing"),
        (sent(server, "grant_type=authorization_code", basic(BASIC, "no")), "invalid_client", ""),
        (sent(server, "grant_type=client_credentials", good), "unauthorized_client", "'client_credentials'"),
        (sent(server, "grant_type=authorization_code", good), "invalid_grant", ""),
    )
    for outcome, code, words in rows:
        assert error(outcome) == code
        assert words in description(outcome)


@pytest.mark.parametrize("grant_type", ["authorization_code refresh_token", "", " ", "AUTHORIZATION_CODE"])
def test_grant_types_that_are_none(server, grant_type):
    assert error(server.token(grant_type=grant_type)) == "invalid_request"


def test_repeated_parameter_under_the_strict_provider():
    server = InMemory(STRICT)
    outcome = sent(server, "grant_type=authorization_code&code=1&code=2", basic(BASIC))
    assert "'code' was sent more than once" in description(outcome)
    lax = InMemory(FRAMEIO)
    assert error(sent(lax, "grant_type=authorization_code&code=1&code=2", basic(BASIC))) == "invalid_grant"


def test_app_without_the_grant_type(server):
    token = server.login(CODE_ONLY)
    assert "refresh_token" not in token
    outcome = server.refresh("x", CODE_ONLY)
    assert error(outcome) == "unauthorized_client"
    assert "'refresh_token'" in description(outcome)
    public = server.token(PUBLIC, grant_type="client_credentials")
    assert error(public) == "invalid_grant"
    assert "marked as public" in description(public)


def test_answer_of_success(server):
    outcome = server.redeem(server.code(scope="offline asset.read account.read"))
    assert outcome.answer.status == 200
    assert list(members(outcome)) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    assert outcome.answer.header("content-type") == "application/json;charset=UTF-8"
    assert outcome.answer.header("cache-control") == "no-store"
    told = members(outcome)
    assert told["scope"] == "account.read asset.read offline"
    assert (told["expires_in"], told["token_type"]) == (3600, "bearer")
    assert b" " not in outcome.answer.body.replace(told["scope"].encode(), b"")


def test_order_of_checks_of_a_code(server):
    """Each row mends what the row before complained about; the code survives all but the verifier."""
    code = server.code(code_challenge=CHALLENGE, code_challenge_method="S256")
    uri = {"redirect_uri": "https://app.example/other"}
    rows = (
        (server.redeem(code, OTHER, **uri), "Client ID from this request does not match"),
        (server.redeem(code, **uri), "'redirect_uri' from this request does not match"),
        (server.redeem(code, redirect_uri=None), "'redirect_uri' from this request does not match"),
        (server.redeem(code), "at least 43 characters"),
        # The engine forgets what it knew of PKCE at the first attempt: now the code is dead.
        (server.redeem(code, code_verifier=VERIFIER), "Unable to find initial PKCE data"),
    )
    for outcome, words in rows:
        assert error(outcome) == "invalid_grant"
        assert words in description(outcome)


def test_used_code_is_told_before_anything_else(server):
    code = server.code()
    token = members(server.redeem(code))
    assert server.me(token["access_token"]).answer.status == 200
    outcome = server.redeem(code, OTHER, redirect_uri=None)
    assert "has already been used" in description(outcome)
    assert server.me(token["access_token"]).answer.status == 401
    assert error(server.refresh(token["refresh_token"])) == "token_inactive"


def test_expired_code_comes_before_its_owner_and_after_its_use(server):
    code = server.code()
    server.clock.now += 600
    assert error(server.redeem(code, OTHER)) == "invalid_grant"
    assert server.last.explanation == "The code expired after 600 seconds."


def test_code_without_a_redirect_uri_is_bought_with_any(server):
    code = server.code(redirect_uri=None)
    assert server.redeem(code, redirect_uri="https://anything.example/").answer.status == 200


@pytest.mark.parametrize("code", ["", "unknown", "\udcff"])
def test_unknown_code(server, code):
    assert error(server.redeem(code)) == "invalid_grant"
    assert "empty one" in server.last.explanation or "never issued" in server.last.explanation


def test_pkce_app_end_to_end(server):
    code = server.code(PUBLIC, code_challenge=CHALLENGE, code_challenge_method="S256")
    assert server.redeem(code, PUBLIC, code_verifier=VERIFIER).answer.status == 200


def test_refresh_rotates_and_notices_reuse(server):
    first = server.login()
    second = members(server.refresh(first["refresh_token"]))
    assert second["refresh_token"] != first["refresh_token"]
    assert server.me(first["access_token"]).answer.status == 401
    assert server.me(second["access_token"]).answer.status == 200
    assert error(server.refresh(first["refresh_token"])) == "token_inactive"
    assert server.last.sent.status == 401
    assert server.me(second["access_token"]).answer.status == 401
    assert error(server.refresh(second["refresh_token"])) == "token_inactive"
    # Each is recognised once, then it is unknown.
    assert error(server.refresh(first["refresh_token"])) == "invalid_grant"


def test_order_of_checks_of_a_refresh_token(server):
    token = server.login()["refresh_token"]
    assert error(server.refresh("", OTHER)) == "invalid_grant"
    assert error(server.refresh("unknown", OTHER)) == "invalid_grant"
    assert "does not match the ID during" in description(server.refresh(token, OTHER))
    # Expiry is judged before ownership.
    server.clock.now += 2_592_000
    assert error(server.refresh(token, OTHER)) == "invalid_request"


def test_refresh_ignores_scope_and_keeps_what_was_granted(server):
    token = server.login()["refresh_token"]
    for asked in ("account.read", "offline account.read asset.read everything"):
        told = members(server.refresh(token, scope=asked))
        assert told["scope"] == "account.read offline"
        token = told["refresh_token"]


def test_refresh_after_the_app_lost_a_scope(server):
    token = server.login()["refresh_token"]
    server.core.store.register(App(BASIC.client_id, BASIC.redirect_uris, ("offline",), "", BASIC.client_secret))
    outcome = server.refresh(token)
    assert error(outcome) == "invalid_scope"
    assert "'account.read'" in description(outcome)


def test_refresh_without_the_scope_that_allows_it(server):
    flow = server.flow(Changes(variation={"refresh_token_issued": "always"}))
    token = server.login(flow=flow, scope="account.read")["refresh_token"]
    token = members(server.refresh(token))["refresh_token"]
    server.core.close_flow(flow)  # from here on the usual rule counts again
    outcome = server.refresh(token)
    assert error(outcome) == "scope_not_granted"
    assert outcome.answer.status == 403


def test_fewer_scopes_than_asked(server):
    server.core.resource_owner = Allow(("account.read",))
    told = server.login()
    assert told["scope"] == "account.read"
    assert "refresh_token" not in told


def test_query_is_never_read(server):
    code = server.code()
    request = server.token_request(**code_form(code))
    moved = ReceivedRequest("POST", f"/oauth2/token?{request.body.decode()}", request.headers, b"")
    assert "can not be empty" in description(server.core.token(moved))

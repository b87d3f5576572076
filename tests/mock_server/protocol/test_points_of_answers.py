"""What each point of a provider does, part one: what answers look like, and the authorization endpoint.

`test_points_complete` fails where a point has no test of its name.
"""

from dataclasses import replace

import pytest

from mock_server.protocol.provider import FOSITE_0_32_2, FRAMEIO
from mock_server.protocol.records import App
from tests.mock_server.in_memory import (
    BASIC,
    InMemory,
    answered,
    authorization_parameters,
    basic,
    description,
    error,
    form,
    get,
    members,
    post,
)


def under(**points):
    return InMemory(replace(FRAMEIO, **points))


def test_name():
    assert under(name="anything").authorize().answer.status == 302


def test_error_format():
    for era, names in (("E1", {"error", "error_description", "status_code"}), ("E3", {"error", "error_description"})):
        outcome = under(error_format=era).redeem("unknown")
        assert set(members(outcome)) == names
    assert members(under(error_format="E1").redeem("x"))["status_code"] == 400


@pytest.mark.parametrize("status", [302, 303])
def test_redirect_status(status):
    server = under(redirect_status=status)
    assert server.authorize().answer.status == server.authorize(state="short").answer.status == status
    # Its own error page is reached by a 302 in every era.
    assert server.authorize(client_id="nobody").answer.status == 302


@pytest.mark.parametrize("space", ["+", "%20"])
def test_success_space(space):
    server = under(success_space=space)
    assert f"scope=offline{space}account.read" in server.authorize().answer.header("location")
    assert "missing+or+does" in server.authorize(state="short").answer.header("location")


@pytest.mark.parametrize("raw", [True, False])
def test_fragment_is_raw(raw):
    server = under(fragment_is_raw=raw)
    location = server.authorize(response_mode="fragment", state="a&b=c/defgh").answer.header("location")
    assert ("state=a&b=c/defgh" in location) is raw
    assert ("state=a%26b%3Dc%2Fd" in location) is not raw
    # Errors are encoded in every era.
    refused = server.authorize(response_mode="fragment", state="a&b=c/defgh", response_type="token")
    assert "state=a%26b%3Dc%2Fd" in refused.answer.header("location")


@pytest.mark.parametrize("sent", [True, False])
def test_no_store_on_errors(sent):
    server = under(no_store_on_errors=sent)
    for outcome in (server.redeem("unknown"), server.authorize(), server.revoke("unknown")):
        assert (outcome.answer.header("cache-control") == "no-store") is sent
    assert server.redeem(server.code()).answer.header("cache-control") == "no-store"


@pytest.mark.parametrize("sent", [True, False])
def test_invalid_client_challenge(sent):
    server = under(invalid_client_challenge=sent)
    outcome = server.token(grant_type="refresh_token", headers=(basic(BASIC, "wrong"),))
    assert bool(outcome.answer.header("www-authenticate")) is sent
    assert not server.redeem("unknown").answer.header("www-authenticate")


@pytest.mark.parametrize(("order", "told"), [("sorted", "account.read offline"), ("granted", "offline account.read")])
def test_scope_order(order, told):
    assert under(scope_order=order).login()["scope"] == told


@pytest.mark.parametrize("code", ["invalid_request", "unsupported_grant_type"])
def test_unsupported_grant_type_error(code):
    assert error(under(unsupported_grant_type_error=code).token(grant_type="password")) == code


@pytest.mark.parametrize("code", ["unauthorized_client", "invalid_grant"])
def test_unregistered_grant_type_error(code):
    assert error(under(unregistered_grant_type_error=code).token(grant_type="client_credentials")) == code


@pytest.mark.parametrize("code", ["invalid_request", "invalid_grant"])
def test_expired_refresh_token_error(code):
    server = under(expired_refresh_token_error=code)
    token = server.login()["refresh_token"]
    server.core.advance(2_592_000)
    assert error(server.refresh(token)) == code


@pytest.mark.parametrize(("known", "code"), [((), "invalid_request"), (("password",), "unauthorized_client")])
def test_other_grant_types(known, code):
    assert error(under(other_grant_types=known).token(grant_type="password")) == code


@pytest.mark.parametrize(("before", "code"), [(True, "invalid_request"), (False, "invalid_client")])
def test_unsupported_grant_before_authentication(before, code):
    server = under(unsupported_grant_before_authentication=before)
    outcome = server.token(grant_type="password", headers=(basic(BASIC, "wrong"),))
    assert error(outcome) == code
    assert error(server.token(grant_type="password")) == "invalid_request"


@pytest.mark.parametrize("length", [0, 5, 8, 100])
def test_minimum_state_length(length):
    server = under(minimum_state_length=length)
    assert error(server.authorize(state="x" * length)) == ""
    if length:
        outcome = server.authorize(state="x" * (length - 1))
        assert error(outcome) == "invalid_state"
        assert f"at least be {length} characters" in description(outcome)


def test_response_modes():
    server = under(response_modes=("query", "fragment"))
    assert "#code=" in server.authorize(response_mode="fragment").answer.header("location")
    assert error(server.authorize(response_mode="form_post")) == "unsupported_response_mode"
    none_at_all = under(response_modes=())
    assert "?code=" in none_at_all.authorize(response_mode="fragment").answer.header("location")


@pytest.mark.parametrize(("rule", "code"), [("first_counts", ""), ("refused", "invalid_request")])
def test_repeated_parameters(rule, code):
    server = under(repeated_parameters=rule)
    query = form.serialize((*authorization_parameters(), ("state", "another-state"), ("x", "1"), ("x", "2")))
    assert error(server.core.authorize(get(f"/oauth2/auth?{query}"))) == code
    body = f"grant_type=authorization_code&code={server.code()}&code=x&redirect_uri={BASIC.redirect_uris[0]}"
    outcome = server.core.token(post("/oauth2/token", body, basic(BASIC)))
    assert members(outcome).get("error", "") == code


@pytest.mark.parametrize(("rule", "code"), [("exact", "invalid_request"), ("case_insensitive", "")])
def test_redirect_uri_comparison(rule, code):
    server = under(redirect_uri_comparison=rule)
    assert error(server.authorize(redirect_uri=BASIC.redirect_uris[0].replace("callback", "CallBack"))) == code


@pytest.mark.parametrize(("twice", "code"), [(False, "invalid_request"), (True, "")])
def test_redirect_uri_decoded_twice(twice, code):
    server = under(redirect_uri_decoded_twice=twice)
    assert error(server.authorize(redirect_uri=form.quote(BASIC.redirect_uris[0]))) == code


@pytest.mark.parametrize(
    ("rule", "port", "port_and_query"),
    [("any_port", "", "invalid_request"), ("any_port_and_query", "", ""), ("exact", *["invalid_request"] * 2)],
)
def test_loopback_redirect(rule, port, port_and_query):
    native = App("native", ("http://127.0.0.1/cb",), BASIC.scopes, client_secret="s")
    server = InMemory(replace(FRAMEIO, loopback_redirect=rule), apps=(native,))
    assert error(server.authorize(native, redirect_uri="http://127.0.0.1:9/cb")) == port
    assert error(server.authorize(native, redirect_uri="http://127.0.0.1:9/cb?x=1")) == port_and_query


def test_insecure_redirect_hosts():
    plain = App("plain", ("http://app.example/cb",), BASIC.scopes, client_secret="s")
    for hosts, code in (((), "invalid_request"), (("app.example",), "")):
        server = InMemory(replace(FRAMEIO, insecure_redirect_hosts=hosts), apps=(plain,))
        outcome = server.authorize(plain)
        assert error(outcome) == code
        assert outcome.answer.header("location").startswith("http://app.example/cb?")


@pytest.mark.parametrize(("rule", "code"), [("dropped", ""), ("refused", "invalid_scope")])
def test_blank_scopes(rule, code):
    server = under(blank_scopes=rule)
    assert error(server.authorize(scope="offline  account.read")) == code
    assert error(server.authorize(scope="offline account.read")) == ""


@pytest.mark.parametrize(("rule", "code"), [("wildcard", ""), ("exact", "invalid_scope")])
def test_scope_matching(rule, code):
    server = under(scope_matching=rule)
    assert error(server.authorize(scope="asset.read")) == code
    assert error(server.authorize(scope="asset.*")) == ""


@pytest.mark.parametrize("sent", [True, False])
def test_issuer_in_response(sent):
    assert ("iss" in answered(under(issuer_in_response=sent).authorize())) is sent


def test_the_older_engine_says_it_in_its_own_words():
    """`wire.md` 3.9: the full redirect of a short state, era E1."""
    location = InMemory(FOSITE_0_32_2).authorize(state="abc").answer.header("location")
    assert location.partition("?")[2] == (
        "error=invalid_state&error_description=The+state+is+missing+or+has+less+than+8+characters+and+is+therefore+"
        "considered+too+weak&error_hint=Request+parameter+%22state%22+must+be+at+least+be+8+characters+long+to+ensure+"
        "sufficient+entropy.&state=abc"
    )

"""What each point of a provider does, part two: PKCE, tokens, what is beside them, and the leniencies.

A leniency lets a request through, and the strict answer is recorded beside the lenient one.
"""

import json
from dataclasses import fields, replace

import pytest

from mock_server.changes import Changes
from mock_server.protocol.provider import FRAMEIO, LENIENCIES, Provider
from tests.mock_server.in_memory import (
    BASIC,
    CHALLENGE,
    DECODABLE,
    PUBLIC,
    RESERVED,
    VERIFIER,
    InMemory,
    answered,
    basic,
    code_form,
    error,
    form,
    get,
    members,
    post,
    raw_basic,
)
from tests.mock_server.protocol import test_points_of_answers

S256 = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


def under(**points):
    return InMemory(replace(FRAMEIO, **points))


def test_points_complete():
    """A point without a test of its name, or a row of its name below, is a promise that nobody keeps."""
    tests = {*vars(test_points_of_answers), *globals(), *(f"test_{name}" for name, *_ in AT_THE_TOKEN_ENDPOINT)}
    assert [field.name for field in fields(Provider) if f"test_{field.name}" not in tests] == []


@pytest.mark.parametrize(
    ("who", "confidential", "public"),
    [("nobody", "", ""), ("public_clients", "", "invalid_request"), ("everyone", *["invalid_request"] * 2)],
)
def test_pkce_required(who, confidential, public):
    server = under(pkce_required=who)
    for app, code in ((BASIC, confidential), (PUBLIC, public)):
        assert error(server.authorize(app)) == code
        assert error(server.authorize(app, **S256)) == ""


@pytest.mark.parametrize(("allowed", "code"), [(False, "invalid_request"), (True, "")])
def test_pkce_plain_allowed(allowed, code):
    server = under(pkce_plain_allowed=allowed)
    outcome = server.authorize(code_challenge=VERIFIER, code_challenge_method="plain")
    assert error(outcome) == code
    if allowed:
        assert error(server.redeem(answered(outcome)["code"], code_verifier="a" * 43)) == "invalid_grant"


@pytest.mark.parametrize("supported", [True, False])
def test_pkce_supported(supported):
    server = under(pkce_supported=supported)
    assert (error(server.authorize(code_challenge="c", code_challenge_method="bogus")) == "") is not supported
    assert (server.redeem(server.code(**S256)).answer.status == 200) is not supported


def test_code_lifetime():
    server = under(code_lifetime=5)
    early, late = server.code(), server.code()
    server.clock.now += 4.9
    assert server.redeem(early).answer.status == 200
    server.clock.now += 0.1
    assert error(server.redeem(late)) == "invalid_grant"


def test_access_token_lifetime():
    server = under(access_token_lifetime=5)
    token = server.login()
    assert token["expires_in"] == 5
    server.clock.now += 5
    assert server.me(token["access_token"]).answer.status == 401


def test_refresh_token_lifetime():
    server = under(refresh_token_lifetime=5)
    token = server.login()["refresh_token"]
    server.clock.now += 4
    token = members(server.refresh(token))["refresh_token"]
    server.clock.now += 4  # the lifetime restarts at each rotation
    token = members(server.refresh(token))["refresh_token"]
    server.clock.now += 5
    assert error(server.refresh(token)) == "invalid_request"


@pytest.mark.parametrize("sent", [True, False])
def test_expires_in_sent(sent):
    assert ("expires_in" in under(expires_in_sent=sent).login()) is sent


def test_refresh_token_scopes():
    server = under(refresh_token_scopes=("account.read",))
    assert "refresh_token" in server.login(scope="account.read")
    assert "refresh_token" not in server.login(scope="offline")


@pytest.mark.parametrize(("rule", "with_scope", "without"), [("with_scope", 1, 0), ("always", 1, 1), ("never", 0, 0)])
def test_refresh_token_issued(rule, with_scope, without):
    server = under(refresh_token_issued=rule)
    assert ("refresh_token" in server.login(scope="offline")) == with_scope
    assert ("refresh_token" in server.login(scope="account.read")) == without


def test_refresh_token_rotates():
    server = under(refresh_token_rotates=False)
    token = server.login()
    for _ in range(3):
        told = members(server.refresh(token["refresh_token"]))
        assert "refresh_token" not in told
        assert told["access_token"] != token["access_token"]


@pytest.mark.parametrize(("kept", "told"), [("null", None), ("empty", "")])
def test_kept_refresh_token(kept, told):
    server = under(refresh_token_rotates=False, kept_refresh_token=kept)
    token = server.login()["refresh_token"]
    assert token, "the first answer brings one"
    for _ in range(2):
        assert members(server.refresh(token))["refresh_token"] == told


def test_refresh_token_reuse():
    server = under(refresh_token_reuse="is_unknown")
    first = server.login()["refresh_token"]
    second = members(server.refresh(first))["refresh_token"]
    assert error(server.refresh(first)) == "invalid_grant"
    assert server.refresh(second).answer.status == 200  # the newest keeps working


def test_token_type():
    assert under(token_type="Bearer").login()["token_type"] == "Bearer"


def test_code_prefix():
    server = under(code_prefix="ory_ac_")
    assert server.code().startswith("ory_ac_")
    assert server.login()


def test_code_suffix():
    server = under(code_suffix="==")
    assert server.code().endswith("==")
    assert server.login()


def test_code_length():
    server = under(code_length=1)
    assert len(server.code()) == 1
    assert server.login()
    assert len(under(code_prefix="x" * 4096).code()) > 4096


def test_access_token_prefix():
    server = under(access_token_prefix="ory_at_")
    token = server.login()["access_token"]
    assert token.startswith("ory_at_")
    assert server.me(token).answer.status == 200


def test_refresh_token_prefix():
    assert under(refresh_token_prefix="ory_rt_").login()["refresh_token"].startswith("ory_rt_")


@pytest.mark.parametrize(("has", "status"), [(True, 200), (False, 404)])
def test_metadata(has, status):
    outcome = under(metadata=has).core.metadata(get("/.well-known/oauth-authorization-server"))
    assert outcome.answer.status == status


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ((), "https://app.example", ""),
        (("https://app.example",), "https://app.example", "https://app.example"),
        (("https://app.example",), "https://evil.example", ""),
        (("*",), "https://any.example", "https://any.example"),
        (("*",), "", ""),
    ],
)
def test_cors_origins(origins, origin, allowed):
    server = under(cors_origins=origins)
    outcome = server.token(grant_type="x", headers=(("origin", origin),) if origin else ())
    assert outcome.answer.header("access-control-allow-origin") == allowed
    assert outcome.answer.header("vary") == ("Origin" if allowed else "")


def test_api_rate_limit():
    answer = under(api_rate_limit=7).me("x").answer
    assert (answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")) == ("7", "6")


def test_api_rate_window():
    assert under(api_rate_window=60_000).me("x").answer.header("x-ratelimit-window") == "60000"


# The leniencies. Each row is a request that is refused; under its leniency it is let through.


def strictly_and_leniently(name, ask):
    """Run a request in a strict flow and in a lenient one; the lenient exchange holds the strict refusal too."""
    server = InMemory()
    strict = ask(server, server.flow())
    assert server.last.strict is None
    lenient = ask(server, server.flow(Changes(leniencies=(name,))))
    exchange = server.last
    assert exchange.strict is not None, "the strict answer is not recorded"
    assert exchange.strict.status == strict.answer.status
    assert exchange.strict.body == strict.answer.body
    assert lenient.answer == exchange.sent
    return strict, lenient


def token_request(headers=None, app=BASIC, query=None, **changed):
    """A request for tokens with something wrong; `query` are the authorization request's parameters."""

    def ask(server, flow):
        code = server.code(app, flow=flow, **(query or {}))
        return server.token(app, headers=headers, **code_form(code, app, **changed))

    return ask


def in_query(server, flow):
    parameters = form.serialize(code_form(server.code(flow=flow)).items())
    return server.core.token(post(f"/oauth2/token?{parameters}", "", basic(BASIC)))


def in_json(server, flow):
    body = json.dumps(code_form(server.code(flow=flow)))
    return server.core.token(post("/oauth2/token", body, basic(BASIC), ("content-type", "application/json")))


SECRET_IN_BODY = {"client_id": BASIC.client_id, "client_secret": BASIC.client_secret or ""}
AT_THE_TOKEN_ENDPOINT = (
    ("accepts_secret_in_body", token_request((), **SECRET_IN_BODY), 401),
    ("accepts_authorization_of_pkce_app", token_request((basic(PUBLIC, "x"),), PUBLIC), 401),
    ("accepts_public_basic_without_password", token_request((basic(PUBLIC, ""),), PUBLIC), 401),
    ("accepts_raw_basic", token_request((raw_basic(RESERVED),), RESERVED), 400),
    ("accepts_raw_basic", token_request((raw_basic(DECODABLE),), DECODABLE), 401),
    ("accepts_other_redirect_uri", token_request(redirect_uri=None), 400),
    ("accepts_parameters_in_query", in_query, 400),
    ("accepts_json_body", in_json, 400),
    ("accepts_missing_verifier", token_request(query=S256), 400),
    ("accepts_any_verifier", token_request(query=S256, code_verifier="short"), 400),
    ("accepts_missing_client_id", token_request((), PUBLIC, client_id=""), 400),
)


@pytest.mark.parametrize(("name", "ask", "status"), AT_THE_TOKEN_ENDPOINT)
def test_leniency_of_the_token_endpoint(name, ask, status):
    strict, lenient = strictly_and_leniently(name, ask)
    assert strict.answer.status == status
    assert lenient.answer.status == 200


def test_leniency_is_not_boundless():
    """What a leniency does not name is refused as ever."""
    server = InMemory()
    # All but the one that forgives any verifier, for a wrong verifier is what is tried here.
    flow = server.flow(Changes(leniencies=tuple(set(LENIENCIES) - {"accepts_any_verifier"})))
    code = server.code(flow=flow, **S256)
    assert error(server.redeem(code, code_verifier="a" * 43)) == "invalid_grant"
    wrong = {"client_id": BASIC.client_id, "client_secret": "wrong"}
    assert error(server.token(headers=(), **code_form(server.code(flow=flow), **wrong))) == "invalid_client"


def test_strict_refusal_is_recorded_beside_another_refusal():
    """The leniency let it through to a later check: what the strict server would have said is another error."""
    server = InMemory()
    flow = server.flow(Changes(leniencies=("accepts_secret_in_body",)))
    code = server.code(flow=flow)
    sent = {"client_id": BASIC.client_id, "client_secret": BASIC.client_secret or "", "redirect_uri": "https://x/"}
    assert error(server.token(headers=(), **code_form(code, **sent))) == "invalid_grant"
    assert json.loads(server.last.strict.body)["error"] == "invalid_client"
    # The same refusal is not said twice.
    assert error(server.redeem(code, redirect_uri="https://x/")) == "invalid_grant"
    assert server.last.strict is None


def test_strict_answer_is_not_kept_where_it_is_the_same():
    server = InMemory()
    server.login(flow=server.flow(Changes(leniencies=("accepts_json_body",))))
    assert server.last.strict is None


def test_accepts_short_state():
    def ask(server, flow):
        return server.authorize(flow=flow, state="x")

    strict, lenient = strictly_and_leniently("accepts_short_state", ask)
    assert error(strict) == "invalid_state"
    assert answered(lenient)["state"] == "x"


@pytest.mark.parametrize("method", ["plain", ""])
def test_accepts_plain_challenge(method):
    def ask(server, flow):
        return server.authorize(flow=flow, code_challenge=CHALLENGE, code_challenge_method=method)

    strict, lenient = strictly_and_leniently("accepts_plain_challenge", ask)
    assert error(strict) == "invalid_request"
    assert "code" in answered(lenient)


def test_accepts_s256_in_any_case():
    def ask(server, flow):
        return server.authorize(flow=flow, code_challenge=CHALLENGE, code_challenge_method="s256")

    strict, lenient = strictly_and_leniently("accepts_s256_in_any_case", ask)
    assert error(strict) == "invalid_request"
    assert "code" in answered(lenient)
    server = InMemory()
    flow = server.flow(Changes(leniencies=("accepts_s256_in_any_case",)))
    code = server.code(flow=flow, code_challenge=CHALLENGE, code_challenge_method="s256")
    assert server.redeem(code, code_verifier=VERIFIER).answer.status == 200


def test_accepts_token_in_query():
    def ask(server, flow):
        return server.core.resource(get(f"/v2/me?access_token={server.login(flow=flow)['access_token']}"))

    strict, lenient = strictly_and_leniently("accepts_token_in_query", ask)
    assert (strict.answer.status, lenient.answer.status) == (401, 200)

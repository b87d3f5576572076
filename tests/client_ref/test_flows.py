"""The flows, driven by hand: the order of checks, and the edges that the rows of the catalogue do not reach."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from client_ref import flows
from client_ref.errors import (
    AuthorizationError,
    ConfigurationError,
    ErrorInSuccess,
    LandingMalformed,
    RefreshRefused,
    Refusal,
    TokenError,
    WrongAnswer,
)
from client_ref.messages import Get, Landing, Post, Response, Visit
from client_ref.session import LOGINS, MOST_LOGINS, TOKENS, held_tokens
from tests.client_ref.authorization_server import BASIC, PKCE, AuthorizationServer, drive, json_response
from tests.client_ref.seat import Seat


@pytest.fixture(params=[BASIC, PKCE], ids=["basic", "pkce"])
def registration(request):
    return request.param


def test_a_whole_login_is_one_flow(registration):
    server, session = AuthorizationServer(registration), {}

    def browser_and_server(request):
        return Landing(server.authorize(request.url)) if isinstance(request, Visit) else server.answer(request)

    tokens = drive(flows.log_in(registration, session), browser_and_server)
    assert tokens == held_tokens(session)
    assert tokens.scope == tokens.granted == ("account.read", "offline")


def test_login_refresh_denial_and_recovery(registration):
    seat, session = Seat(registration), {}
    assert seat.log_in(session) == "granted"
    assert seat.refresh(session) == "granted"
    before = dict(session[TOKENS])
    assert seat.land(session, seat.server.deny(seat.begin(session))) == "authorization_error"
    assert session[TOKENS] == before
    assert seat.log_in(session) == "granted"
    assert seat.call_api(session) == "granted"


def test_a_driver_that_answers_something_else_is_told(registration):
    flow = flows.log_in(registration, {})
    next(flow)
    with pytest.raises(WrongAnswer, match="Send the flow a Landing"):
        flow.send(Response(200))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://client.example/callback?code=c&state=s\n",
        "https://client.example/callback?code=c\t&state=s",
        "https://client.example/callback?code=ä&state=s",
        "https://[client.example/callback?code=c&state=s",
        "https://client.example/callback?code=" + 65_536 * "c",
    ],
)
def test_a_url_that_no_browser_brings(registration, url):
    seat = Seat(registration)
    with pytest.raises(LandingMalformed):
        next(seat.flows.land(registration, {}, url, seat.policy))


def test_a_code_that_no_server_makes(registration):
    assert Seat(registration).log_in(code="c\x07") == "code_malformed"
    assert Seat(registration).log_in(code="c\N{REPLACEMENT CHARACTER}") == "code_malformed"


def test_the_query_of_the_redirect_uri_must_come_back(registration):
    ours = replace(registration, redirect_uri="https://client.example/callback?app=7")
    seat, session = Seat(ours), {}
    landing = seat.server.authorize(seat.begin(session))
    assert seat.land(session, landing.replace("app=7&", "")) == "landing_elsewhere"
    assert seat.land(session, landing) == "granted"


def test_iss_is_one_more_unknown_parameter_without_a_configured_issuer(registration):
    assert Seat(registration).log_in(iss="https://whoever.example") == "granted"


def test_a_login_without_scope_asks_for_none(registration):
    seat, session = Seat(replace(registration, scope=())), {}
    assert "scope" not in dict(parse_qsl(urlsplit(seat.begin(session)).query))
    seat.server.token_script = [json_response({"access_token": "AT", "token_type": "Bearer", "refresh_token": "RT"})]
    assert seat.log_in(session) == "granted"
    seat.refresh(session)
    assert "scope" not in dict(seat.server.posts[-1].form)
    assert seat.granted["expires_at"] is None


def test_only_so_many_logins_wait(registration):
    seat, session = Seat(registration), {}
    visits = [seat.begin(session) for _ in range(MOST_LOGINS + 1)]
    assert len(session[LOGINS]) == MOST_LOGINS
    assert seat.land(session, seat.server.authorize(visits[0])) == "state_mismatch"
    assert seat.land(session, seat.server.authorize(visits[-1])) == "granted"


def test_the_description_of_an_error_hides_what_it_repeats_of_us(registration):
    seat, session = Seat(registration), {}
    url = seat.begin(session)
    state = dict(parse_qsl(urlsplit(url).query))["state"]
    landing = seat.server.deny(url, error_description=f"state {state}\N{ESCAPE}[2J", code="secret-code", error=state)
    with pytest.raises(AuthorizationError) as refused:
        drive(seat.flows.land(registration, session, landing, seat.policy), seat.server.answer)
    assert refused.value.error == "[redacted]"
    assert refused.value.description == "state [redacted]?[2J"


@pytest.mark.parametrize("status", [400, 200])
def test_the_description_of_a_token_error_hides_what_it_repeats_of_us(registration, status):
    seat, session = Seat(registration), {}

    def repeats(request):
        seat.server.posts.append(request)
        sent = [value for _, value in (*request.form, *request.headers)]
        return json_response({"error": "invalid_request", "error_description": " ".join(sent)}, status)

    landing = seat.server.authorize(seat.begin(session))
    with pytest.raises((TokenError, ErrorInSuccess)) as refused:
        drive(seat.flows.land(registration, session, landing, seat.policy), repeats)
    form = dict(seat.server.posts[0].form)
    for secret in (form["code"], form["code_verifier"], "the-secret", "dGhl"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("members", "error", "description"),
    [
        ({"error": ["invalid_grant"]}, "malformed", ""),
        ({"error": ""}, "empty", ""),
        ({"error": "invalid_grant", "error_description": 7}, "invalid_grant", ""),
    ],
)
def test_an_error_answer_that_breaks_the_grammar_is_one(registration, members, error, description):
    seat, session = Seat(registration), {}
    seat.server.token_script = [json_response(members, 400)]
    landing = seat.server.authorize(seat.begin(session))
    with pytest.raises(TokenError) as refused:
        drive(seat.flows.land(registration, session, landing, seat.policy), seat.server.answer)
    assert (refused.value.error, refused.value.description) == (error, description)


def test_an_error_of_null_is_none(registration):
    seat = Seat(registration)
    seat.server.token_script = [lambda right: Response(200, right.headers, right.body[:-1] + b',"error":null}')]
    assert seat.log_in() == "granted"


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("access_token", "with space", "access_token_malformed"),
        ("access_token", "with\r\nline", "access_token_malformed"),
        ("refresh_token", 7, "refresh_token_malformed"),
        ("refresh_token", "with\nline", "refresh_token_malformed"),
        ("scope", "a  b", "scope_malformed"),
        ("scope", 'a"b', "scope_malformed"),
        ("expires_in", 2**31, "expires_in_malformed"),
        ("expires_in", "-1", "expires_in_malformed"),
    ],
)
def test_members_that_cannot_be_what_they_say(registration, member, value, code):
    seat = Seat(registration)
    tokens = {"access_token": "AT", "token_type": "bearer", member: value}
    seat.server.token_script = [json_response(tokens)]
    assert seat.log_in() == code


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" + 5000 * "0"])
def test_numbers_that_json_does_not_have(registration, number):
    seat = Seat(registration)
    body = f'{{"access_token":"AT","token_type":"bearer","expires_in":{number}}}'.encode()
    seat.server.token_script = [Response(200, {"content-type": "application/json"}, body)]
    assert seat.log_in() in {"not_json", "expires_in_malformed"}


@pytest.mark.parametrize("error", sorted(flows.FINAL))
def test_a_final_error_drops_the_refresh_token(registration, error):
    seat, session = Seat(registration), {}
    seat.log_in(session)
    seat.server.token_script = [json_response({"error": error}, 400)]
    refused = seat.refresh(session)
    assert refused == ("login_required" if error in flows.GRANT_IS_GONE else "token_error")
    assert seat.refresh(session) == "not_logged_in"


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable", "slow_down"])
def test_any_other_error_keeps_it(registration, error):
    seat, session = Seat(registration), {}
    seat.log_in(session)
    seat.server.token_script = [json_response({"error": error}, 400)]
    assert seat.refresh(session) == "token_error"
    assert seat.refresh(session) == "granted"


def test_a_refused_refresh_says_what_the_server_said(registration):
    seat, session = Seat(registration), {}
    seat.log_in(session)
    seat.server.token_script = [json_response({"error": "invalid_grant", "error_description": "It is old."}, 400)]
    with pytest.raises(RefreshRefused) as refused:
        drive(seat.flows.refresh(registration, session, seat.policy), seat.server.answer)
    assert (refused.value.error, refused.value.description) == ("invalid_grant", "It is old.")
    assert refused.value.next_step == "Log in again."


def test_whoever_waited_for_a_refresh_uses_what_it_brought(registration):
    seat, session = Seat(registration), {}
    seat.log_in(session)
    late = seat.flows.refresh(registration, session, seat.policy)
    waiting = next(late)
    assert seat.refresh(session) == "granted"
    assert drive(waiting.flow, seat.server.answer) == held_tokens(session)
    late.close()
    assert len(seat.server.posts) == 2


def test_an_expired_token_without_a_refresh_token_needs_a_login(registration):
    seat, session = Seat(registration), {}
    seat.server.token_script = [json_response({"access_token": "AT", "token_type": "bearer", "expires_in": 0})]
    seat.log_in(session)
    assert seat.call_api(session) == "no_refresh_token"
    assert not seat.server.gets


def test_an_expired_token_is_renewed_once_and_no_more(registration):
    seat, session = Seat(registration), {}
    seat.log_in(session)
    seat.clock.now += 4000
    seat.server.api_script = [Response(401), Response(401)]
    assert seat.call_api(session) == "access_token_refused"
    assert (len(seat.server.posts), len(seat.server.gets)) == (2, 1)


@pytest.mark.parametrize(
    ("status", "code"), [(500, "status_unexpected"), (404, "status_unexpected"), (429, "try_later")]
)
def test_other_answers_of_the_api(registration, status, code):
    seat, session = Seat(registration), {}
    seat.log_in(session)
    seat.server.api_script = [Response(status, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"})]
    assert seat.call_api(session) == code


def test_the_answer_of_the_api_comes_with_the_tokens_that_were_used(registration):
    seat, session = Seat(registration), {}
    seat.log_in(session)
    tokens, response = drive(flows.call_api(registration, session), seat.server.answer)
    assert tokens == held_tokens(session)
    assert response.body == b'{"id": 1}'
    assert [get.url for get in seat.server.gets] == ["https://api.example/v2/me"]


def test_without_an_api_there_is_nothing_to_call(registration):
    with pytest.raises(ConfigurationError, match="api_url"):
        next(flows.call_api(replace(registration, api_url=None), {}))


@pytest.mark.parametrize("refreshable", [True, False])
def test_logging_out_forgets_and_revokes(registration, refreshable):
    seat, session = Seat(registration), {}
    members = {"access_token": "AT", "token_type": "bearer", **({"refresh_token": "RT"} if refreshable else {})}
    seat.server.token_script = [json_response(members)]
    seat.log_in(session)
    drive(flows.log_out(registration, session), seat.server.answer)
    revocation = seat.server.posts[-1]
    hint = "refresh_token" if refreshable else "access_token"
    assert revocation.url == registration.revocation_endpoint
    assert dict(revocation.form).items() >= {("token", "RT" if refreshable else "AT"), ("token_type_hint", hint)}
    assert seat.call_api(session) == "not_logged_in"


def test_logging_out_where_nothing_can_be_revoked(registration):
    seat, session = Seat(replace(registration, revocation_endpoint=None)), {}
    seat.log_in(session)
    for _ in range(2):
        drive(flows.log_out(seat.registration, session), seat.server.answer)
    assert len(seat.server.posts) == 1
    assert TOKENS not in session


def test_a_revocation_that_fails_is_told_but_the_tokens_are_gone(registration):
    seat, session = Seat(registration), {}
    seat.log_in(session)
    seat.server.token_script = [Response(500)]
    with pytest.raises(Refusal):
        drive(flows.log_out(registration, session), seat.server.answer)
    assert TOKENS not in session


def test_only_posts_and_gets_are_sent(registration):
    seat, session = Seat(registration), {}
    seat.log_in(session)
    seat.call_api(session)
    assert {type(request) for request in (*seat.server.posts, *seat.server.gets)} == {Post, Get}


def test_the_flows_do_not_import_httpx():
    unwanted = {"httpx", "httpcore", "starlette", "mock_server", "scenarios"}
    code = f"import client_ref.flows, sys; sys.exit(bool({unwanted} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

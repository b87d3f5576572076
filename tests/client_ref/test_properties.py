"""For all landings, all answers and all secrets: only the genuine one is accepted, and no secret is told."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_ref.errors import Refusal
from client_ref.flows import begin, land, refresh
from client_ref.messages import Landing, Post, Response, Visit, parse_form, serialize_form
from client_ref.session import Login, Tokens, held_tokens, keep_tokens, remember_login, take_login
from tests.client_ref.authorization_server import BASIC, PKCE, AuthorizationServer, drive
from tests.client_ref.browser import logged
from tests.client_ref.seat import Seat

pytestmark = pytest.mark.slow

registrations = st.sampled_from([BASIC, PKCE])
printable = st.characters(min_codepoint=32, max_codepoint=126)
secret = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=40)
b64token = st.text("ABCabc019-._~+/", min_size=12, max_size=60)


@st.composite
def changed(draw: st.DrawFn, url: str) -> str:
    """A genuine landing with some octets replaced, put in or taken out, anywhere."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(url)))
        taken = draw(st.integers(0, 3))
        put = draw(st.text(max_size=3) | st.sampled_from(["&code=x", "&state=x", "&error=x", "%00", "#", "\n", "+"]))
        url = url[:at] + put + url[at + taken :]
    return url


def parameters(url: str) -> tuple[object, ...]:
    """What a landing says, for a reader that is not the client's: place, code, state, error; none if unreadable."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None, [], [], []
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return (parts[:3], *([value for name, value in pairs if name == wanted] for wanted in ("code", "state", "error")))


@given(registrations, st.data())
def test_nothing_but_the_genuine_landing_is_accepted_whatever_its_bytes(registration, data):
    seat, session = Seat(registration), {}
    genuine = seat.server.authorize(seat.begin(session))
    url = data.draw(changed(genuine))
    outcome = seat.land(session, url)
    assert not outcome.startswith("crash")
    if outcome == "granted":
        place, code, state, error = parameters(url)
        assert (place, code, state, [value for value in error if value]) == (*parameters(genuine)[:3], [])
    elif parameters(url)[2] != parameters(genuine)[2]:
        assert not seat.server.posts, "a token request for a landing with another state"


def test_what_nobody_can_read_says_nothing():
    assert parameters("https://[client.example/callback?code=x&state=y") == (None, [], [], [])


@given(registrations, st.data())
def test_any_spelling_of_the_genuine_landing_is_accepted(registration, data):
    seat, session = Seat(registration), {}
    place, _, query = seat.server.authorize(seat.begin(session)).partition("?")
    pairs = data.draw(st.permutations(parse_qsl(query, keep_blank_values=True)))

    def spelt(text: str) -> str:
        ways = ([quote(c, safe=""), f"%{ord(c):02x}", f"%{ord(c):02X}"] for c in text)
        return "".join(data.draw(st.sampled_from(way)) for way in ways)

    landing = f"{place}?{'&'.join(f'{name}={spelt(value)}' for name, value in pairs)}"
    assert seat.land(session, landing) == "granted"


@given(registrations, st.text())
def test_a_landing_from_nowhere_is_refused(registration, url):
    seat, session = Seat(registration), {}
    seat.begin(session)
    assert seat.land(session, url) in {"landing_malformed", "landing_elsewhere"}


@given(registrations, st.integers(100, 599), st.text(max_size=20), st.binary(max_size=200))
def test_no_answer_of_the_token_endpoint_crashes_the_client(registration, status, media_type, body):
    seat, session = Seat(registration), {}
    seat.server.token_script = [Response(status, {"content-type": media_type}, body)]
    outcome = seat.log_in(session)
    assert not outcome.startswith("crash")
    assert outcome != "granted"
    assert held_tokens(session) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
MEMBERS = ("access_token", "token_type", "expires_in", "refresh_token", "scope", "error", "error_description")


@given(registrations, st.sampled_from([200, 400, 401]), st.dictionaries(st.sampled_from(MEMBERS), json_values))
def test_no_json_of_the_token_endpoint_crashes_the_client(registration, status, members):
    seat, session = Seat(registration), {}
    whole = {"access_token": "AT", "token_type": "bearer", **members}
    body = json.dumps(whole).encode()
    seat.server.token_script = [Response(status, {"content-type": "application/json"}, body)]
    outcome = seat.log_in(session)
    assert not outcome.startswith("crash")
    if outcome == "granted":
        assert (status, whole["access_token"], str(whole["token_type"]).lower()) == (
            200,
            held_tokens(session).access_token,
            "bearer",
        )
    assert seat.refresh(session) in {"not_logged_in", "no_refresh_token", "login_required"}


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=5).map(tuple))
def test_forms_survive_being_written_and_read(form):
    assert parse_form(serialize_form(form)) == form


@given(secret, secret, st.floats(0, 1e10))
def test_logins_survive_being_kept(state, code_verifier, begun):
    session: dict[str, object] = {}
    login = Login(state, code_verifier, begun)
    remember_login(session, login)
    session = json.loads(json.dumps(session))
    assert take_login(session, state + "x") is None
    assert take_login(session, state) == login
    assert take_login(session, state) is None


@given(secret, st.none() | secret, st.lists(secret, max_size=2).map(tuple), st.none() | st.floats(0, 1e10))
def test_tokens_survive_being_kept(access_token, refresh_token, scope, expires_at):
    session: dict[str, object] = {}
    tokens = Tokens(access_token, scope, scope, "Bearer", expires_at, refresh_token)
    keep_tokens(session, tokens)
    assert held_tokens(json.loads(json.dumps(session))) == tokens


@given(registrations, secret, st.text(printable, min_size=12, max_size=40), b64token, st.text(printable, min_size=12))
def test_no_secret_in_any_repr_log_or_error(registration, client_secret, code, access_token, refresh_token):
    if registration is BASIC:
        registration = replace(registration, client_secret=client_secret)
    server, session = AuthorizationServer(registration, new_code=lambda _: code), {}
    seen: list[object] = [registration]

    def noted(request):
        seen.append(request)
        response = server.answer(request)
        seen.append(response)
        return response

    def echo(right):
        sent = server.posts[-1]
        words = [value for _, value in (*sent.form, *sent.headers)]
        return Response(400, right.headers, json.dumps({"error": "x", "error_description": " ".join(words)}).encode())

    def brings(right):
        tokens = {**json.loads(right.body), "access_token": access_token, "refresh_token": refresh_token}
        return Response(200, right.headers, json.dumps(tokens).encode())

    with logged() as lines:
        for answer in (echo, brings, echo):
            server.token_script = [answer]
            visit = begin(registration, session)
            landing = Landing(server.authorize(visit.url))
            flow = land(registration, session, landing.url) if server.number < 4 else refresh(registration, session)
            seen += [visit, landing, flow]
            try:
                seen.append(drive(flow, noted))
            except Refusal as refusal:
                seen += [refusal, str(refusal), dict(refusal.evidence), refusal.args]
            server.used.clear()
    posts = [post for post in seen if isinstance(post, Post)]
    verifiers = [value for post in posts for name, value in post.form if name == "code_verifier"]
    headers = [value.removeprefix("Basic ") for post in posts for name, value in post.headers]
    states = [dict(parse_qsl(urlsplit(visit.url).query))["state"] for visit in seen if isinstance(visit, Visit)]
    told = "\n".join([*map(repr, seen), *lines])
    secrets = [code, access_token, refresh_token, *verifiers, *headers, *states]
    if registration.client_secret:
        secrets.append(client_secret)
    assert verifiers
    assert not [each for each in secrets if each in told]

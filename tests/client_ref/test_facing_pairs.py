"""Client and server face to face, in memory: the flows of one tower against the core of the other, without HTTP."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from client_ref import flows
from client_ref.client import granted_in
from client_ref.errors import LoginRequired, Refusal
from client_ref.messages import Get, Landing, Post, Response, Visit, serialize_form
from client_ref.policy import STRICT as STRICT_POLICY
from client_ref.registration import Registration
from client_ref.session import held_tokens
from mock_server.authorization_server import AuthorizationServer
from mock_server.protocol.provider import FOSITE_0_32_2, FRAMEIO, STRICT
from mock_server.protocol.resource_owner import Allow, Deny
from mock_server.serving import BASIC_APP, PKCE_APP, authorization_server
from mock_server.transcript import ReceivedRequest
from tests.client_ref.authorization_server import drive

ORIGIN = "http://127.0.0.1:4444"
APPS = {"basic": BASIC_APP, "pkce": PKCE_APP}


def registered(app, provider=FRAMEIO, **changed) -> Registration:
    return Registration(
        authorization_endpoint=f"{ORIGIN}/oauth2/auth",
        token_endpoint=f"{ORIGIN}/oauth2/token",
        revocation_endpoint=f"{ORIGIN}/oauth2/revoke",
        api_url=f"{ORIGIN}/v2",
        client_id=app.client_id,
        client_secret=app.client_secret or None,
        redirect_uri=app.redirect_uris[0],
        scope=("account.read", "offline"),
        issuer=ORIGIN if provider is STRICT else None,
        **changed,
    )


class Face:
    """Carries what a flow asks for to the server's core, and its answers back."""

    def __init__(self, core: AuthorizationServer) -> None:
        self.core = core

    def __call__(self, request):
        target = request.url.removeprefix(ORIGIN)
        if isinstance(request, Visit):
            return Landing(self.authorize(request.url))
        if isinstance(request, Get):
            return self._answer(self.core.resource(ReceivedRequest("GET", target, request.headers)))
        assert isinstance(request, Post)
        headers = (*request.headers, ("content-type", "application/x-www-form-urlencoded"))
        received = ReceivedRequest("POST", target, headers, serialize_form(request.form).encode())
        endpoint = self.core.revocation if "revoke" in target else self.core.token
        return self._answer(endpoint(received))

    def authorize(self, url: str) -> str:
        answer = self.core.authorize(ReceivedRequest("GET", url.removeprefix(ORIGIN))).answer
        assert 300 <= answer.status < 400, answer
        return answer.header("location")

    def _answer(self, outcome) -> Response:
        answer = outcome.answer
        return Response(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)


@pytest.fixture(params=[FRAMEIO, STRICT, FOSITE_0_32_2], ids=lambda provider: provider.name)
def provider(request):
    return request.param


@pytest.fixture
def face(provider):
    return Face(authorization_server(provider=provider, auto_allow=True))


@pytest.fixture(params=APPS)
def registration(request, provider):
    return registered(APPS[request.param], provider)


def test_login_api_refresh_and_logout(face, registration):
    session = {}
    tokens = drive(flows.log_in(registration, session), face)
    assert set(tokens.scope) == {"account.read", "offline"}
    assert tokens.token_type == "bearer"
    assert drive(flows.call_api(registration, session), face)[1].status == 200
    renewed = drive(flows.refresh(registration, session), face)
    assert renewed.access_token != tokens.access_token
    assert drive(flows.call_api(registration, session), face)[1].status == 200
    drive(flows.log_out(registration, session), face)
    with pytest.raises(LoginRequired):
        drive(flows.call_api(registration, session), face)


def test_a_denial_and_recovery(face, registration):
    session = {}
    face.core.resource_owner = Deny()
    with pytest.raises(Refusal) as denied:
        drive(flows.log_in(registration, session), face)
    assert (denied.value.code, denied.value.error) == ("authorization_error", "access_denied")
    assert granted_in(session) is None
    face.core.resource_owner = Allow()
    assert drive(flows.log_in(registration, session), face)


def test_narrower_scope_is_reported(face, registration):
    face.core.resource_owner = Allow(("account.read",))
    tokens = drive(flows.log_in(registration, {}), face)
    assert tokens.scope == tokens.granted == ("account.read",)
    assert tokens.refresh_token is None


def test_an_expired_access_token_is_renewed_on_the_way(face, registration):
    session = {}
    first = drive(flows.log_in(registration, session), face)
    face.core.advance(3601)
    used, response = drive(flows.call_api(registration, session), face)
    assert response.status == 200
    assert used.access_token != first.access_token


def test_a_reused_refresh_token_ends_the_login(face, registration):
    session = {}
    old = drive(flows.log_in(registration, session), face)
    stolen = dict(session)
    drive(flows.refresh(registration, session), face)
    with pytest.raises(Refusal) as refused:
        drive(flows.refresh(registration, stolen), face)
    assert refused.value.code in {"login_required", "token_error"}
    assert granted_in(stolen) is None
    assert old.refresh_token not in str(refused.value)


def test_a_code_of_somebody_else_is_refused_by_the_server(face, registration):
    """RFC 9700 section 4.5: the attacker's code under the victim's own state dies of the verifier."""
    attacker, victim = {}, {}
    code = dict(parse_qsl(urlsplit(face.authorize(flows.begin(registration, attacker).url)).query))["code"]
    landing = face.authorize(flows.begin(registration, victim).url)
    own = dict(parse_qsl(urlsplit(landing).query))["code"]
    with pytest.raises(Refusal) as refused:
        drive(flows.land(registration, victim, landing.replace(own, code)), face)
    assert (refused.value.code, refused.value.error) == ("token_error", "invalid_grant")
    assert granted_in(victim) is None


@pytest.mark.parametrize("registration", [BASIC_APP], ids=["basic"])
def test_a_wrong_secret_is_told_by_its_code(registration):
    face = Face(authorization_server(auto_allow=True))
    ours = replace(registered(registration), client_secret="another")
    with pytest.raises(Refusal) as refused:
        drive(flows.log_in(ours, {}), face)
    assert (refused.value.code, refused.value.error) == ("token_error", "invalid_client")


class Life(RuleBasedStateMachine):
    """Any order of logins, denials, refreshes, calls and time: who is logged in can call the API, nobody else can."""

    def __init__(self) -> None:
        super().__init__()
        self.face = Face(authorization_server(auto_allow=True))
        self.registration = registered(PKCE_APP)
        self.session = {}
        self.now = 0.0
        self.policy = replace(STRICT_POLICY, clock=self._clock)
        self.landings = []

    def _clock(self) -> float:
        return self.now

    @rule()
    def begins(self):
        visit = flows.begin(self.registration, self.session, self.policy)
        self.landings.append(self.face.authorize(visit.url))

    @precondition(lambda self: self.landings)
    @rule()
    def lands(self):
        landing = self.landings.pop()
        assert self._landed(landing) in {"granted", "state_mismatch", "login_expired", "token_error"}
        assert self._landed(landing) == "state_mismatch"

    def _landed(self, landing: str) -> str:
        try:
            drive(flows.land(self.registration, self.session, landing, self.policy), self.face)
        except Refusal as refusal:
            return refusal.code
        return "granted"

    @rule()
    def is_denied(self):
        self.face.core.resource_owner = Deny()
        with pytest.raises(Refusal, match="access_denied"):
            drive(flows.log_in(self.registration, self.session, self.policy), self.face)
        self.face.core.resource_owner = Allow()

    @precondition(lambda self: held_tokens(self.session))
    @rule()
    def refreshes(self):
        drive(flows.refresh(self.registration, self.session, self.policy), self.face)

    @rule()
    def an_hour_passes(self):
        self.now += 3601
        self.face.core.advance(3601)

    @rule()
    def logs_out(self):
        drive(flows.log_out(self.registration, self.session, self.policy), self.face)

    @invariant()
    def the_api_knows_who_is_logged_in(self):
        if held_tokens(self.session) is None:
            with pytest.raises(LoginRequired):
                drive(flows.call_api(self.registration, self.session, "/me", self.policy), self.face)
        else:
            answer = drive(flows.call_api(self.registration, self.session, "/me", self.policy), self.face)[1]
            assert answer.status == 200


LifeOfALogin = pytest.mark.slow(Life.TestCase)
LifeOfALogin.settings = settings(max_examples=30, stateful_step_count=20)

"""The reference client as an adapter: driven by the harness against the mock, and spoken to by hand."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tomllib
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from client_ref.adapter import CAPABILITIES, Adapter
from client_ref.client import factory
from mock_server.protocol.resource_owner import Deny
from mock_server.serving import serve
from scenarios.drivers.driver import CannotStart, SessionFailed
from scenarios.drivers.json_lines import JsonLinesDriver
from scenarios.drivers.user_agent import UserAgent
from scenarios.model.assignment import PLAIN, Assignment

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "client_ref.adapter"]
SESSIONS = 32

ASSIGNED = {
    "app_kind": "pkce",
    "authorization_endpoint": "http://127.0.0.1:1/oauth2/auth",
    "token_endpoint": "http://127.0.0.1:1/oauth2/token",
    "revocation_endpoint": None,
    "api_url": "http://127.0.0.1:1/v2",
    "client_id": "id",
    "client_secret": None,
    "redirect_uri": "http://localhost:5050/callback",
    "scope": "account.read",
    "issuer": None,
}
START = {"message": "start", "seq": 1, "version": 1, "assignment": ASSIGNED}


@pytest.fixture
def server():
    with serve(auto_allow=True) as server:
        yield server


def assignment(server, kind: str, redirect_uri: str) -> Assignment:
    app = server.basic_app if kind == "basic" else server.pkce_app
    return Assignment(
        app_kind=kind,
        authorization_endpoint=server.authorization_endpoint,
        token_endpoint=server.token_endpoint,
        revocation_endpoint=server.revocation_endpoint,
        api_url=server.api_url,
        client_id=app.client_id,
        client_secret=app.client_secret,
        redirect_uri=redirect_uri,
        scope="account.read offline",
    )


@asynccontextmanager
async def driven(server, kind: str = "basic", flaw: str = "", **settings):
    driver = JsonLinesDriver([*COMMAND, *(["--flaw", flaw] if flaw else [])], **settings)
    application = await driver.start(assignment(server, kind, driver.redirect_uri(PLAIN)))
    try:
        async with UserAgent(server.url) as user_agent:
            yield application, user_agent
    finally:
        await application.stop()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["basic", "pkce"])
async def test_it_logs_in_refreshes_and_calls_the_api(server, kind):
    async with driven(server, kind) as (application, user_agent):
        assert application.client.name == "client_ref"
        session = application.session()
        landing = await user_agent.visit(await session.begin(), "flow")
        outcome = await session.land(landing)
        assert outcome.kind == "signed_in"
        assert (outcome.granted_scope, outcome.token_type) == ("account.read offline", "bearer")
        assert outcome.expires_at is not None
        assert outcome.expires_at > 0
        refreshed = await session.refresh()
        assert refreshed.kind == "signed_in"
        assert len({outcome.access_token, refreshed.access_token, outcome.refresh_token, refreshed.refresh_token}) == 4
        assert (await session.call_api()).access_token == refreshed.access_token
        again = await session.land(landing)
        assert (again.kind, again.reason) == ("refused", "state_mismatch")
        stranger = await application.session().refresh()
        assert (stranger.kind, stranger.reason) == ("refused", "not_logged_in")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["basic", "pkce"])
async def test_a_denied_login_is_refused_with_its_reason(server, kind):
    server.resource_owner = Deny()
    async with driven(server, kind) as (application, user_agent):
        session = application.session()
        outcome = await session.land(await user_agent.visit(await session.begin(), "flow"))
        assert (outcome.kind, outcome.reason) == ("refused", "authorization_error")
        assert "access_denied" in outcome.detail
        assert (await session.call_api()).reason == "not_logged_in"


@pytest.mark.slow
async def test_many_sessions_at_once(server):
    async with driven(server, "pkce") as (application, user_agent):

        async def use(number: int) -> list[str]:
            session = application.session()
            landing = await user_agent.visit(await session.begin(), f"flow-{number}")
            outcomes = [await session.land(landing), await session.refresh(), await session.call_api()]
            assert [outcome.kind for outcome in outcomes] == 3 * ["signed_in"]
            return [outcome.access_token for outcome in outcomes]

        used = await asyncio.gather(*map(use, range(SESSIONS)))
        assert len({token for tokens in used for token in tokens}) == 2 * SESSIONS


@pytest.mark.slow
async def test_flawed_clients_have_the_same_adapter(server):
    async with driven(server, flaw="crashes") as (application, user_agent):
        assert application.client.options == {"flaw": "crashes"}
        session = application.session()
        outcome = await session.land(await user_agent.visit(await session.begin(), "flow"))
        assert (outcome.kind, outcome.reason, outcome.detail) == ("refused", "RuntimeError", "error: ")


@pytest.mark.slow
async def test_a_landing_that_is_never_answered_holds_up_nobody(server):
    async with driven(server, flaw="never-answers", step_timeout=0.5) as (application, user_agent):
        session = application.session()
        landing = await user_agent.visit(await session.begin(), "flow")
        with pytest.raises(SessionFailed, match="ADAPTER_SILENT"):
            await session.land(landing)
        assert await session.begin()


@pytest.mark.slow
async def test_an_assignment_that_the_client_will_not_work_with_is_told(server):
    with pytest.raises(CannotStart, match=r"ADAPTER_FAILED: .*redirect_uri is http"):
        await JsonLinesDriver(COMMAND).start(assignment(server, "basic", "http://elsewhere.example/"))


@pytest.mark.slow
def test_an_unknown_flaw_is_a_usage_error():
    run = subprocess.run([*COMMAND, "--flaw", "x"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert "never-answers" in run.stderr


@pytest.mark.slow
@pytest.mark.parametrize("farewell", ["", '{"message": "stop", "seq": 2}\n'], ids=["end of stdin", "stop"])
def test_it_ends_in_peace(farewell):
    lines = json.dumps(START) + "\n" + farewell
    run = subprocess.run(COMMAND, cwd=ROOT, input=lines, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.fixture
def adapter():
    adapter = Adapter(factory)
    adapter.answer(START)
    return adapter


def test_it_says_what_it_can_do():
    reply = Adapter(factory, "a flaw").answer(START)
    assert (reply["message"], reply["seq"], reply["version"]) == ("started", 1, 1)
    assert reply["client"]["options"] == {"flaw": "a flaw"}
    assert reply["client"]["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert reply["capabilities"] == CAPABILITIES


def test_members_that_it_does_not_know_do_not_disturb_it():
    assert Adapter(factory).answer({**START, "assignment": {**ASSIGNED, "later": 1}, "more": 2})["message"] == "started"


def test_requests_that_it_does_not_know_are_unsupported(adapter):
    assert adapter.answer({"message": "dance", "seq": 7, "session": "1"}) == {"message": "unsupported", "seq": 7}


def test_sessions_do_not_know_each_other(adapter):
    url = adapter.answer({"message": "begin", "seq": 2, "session": "1"})["url"]
    state = url.partition("state=")[2].partition("&")[0]
    land = {"message": "land", "seq": 3, "session": "2", "url": f"{ASSIGNED['redirect_uri']}?error=x&state={state}"}
    assert adapter.answer(land)["reason"] == "state_mismatch"
    assert adapter.answer({**land, "session": "1"})["reason"] == "authorization_error"


def test_a_crash_is_named_and_not_quoted(adapter):
    adapter._client.land = lambda _session, url: {}[url]
    reply = adapter.answer({"message": "land", "seq": 3, "session": "1", "url": "a secret"})
    assert reply == {"message": "outcome", "kind": "error", "reason": "KeyError", "seq": 3}

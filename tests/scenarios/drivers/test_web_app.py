"""The reference application in the web-app seat, against the mock: the seat sees what really happens."""

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mock_server.changes import NONE, Changes
from mock_server.protocol.resource_owner import Allow, Deny
from mock_server.serving import BASIC_APP, PKCE_APP, serve
from scenarios.drivers.user_agent import UserAgent
from scenarios.drivers.web_app import WebAppDriver
from scenarios.model.assignment import PLAIN, Assignment
from scenarios.model.capability import Capability
from tests.processes import environment

pytestmark = pytest.mark.slow

DENIED = Changes(resource_owner=Deny())
# Another legal good login, whose page says something else.
NARROWED = Changes(variation={"refresh_token_issued": "never"}, resource_owner=Allow(("account.read",)))
ADDRESSES = {"refresh": "POST /refresh", "api_call": "/me"}


class Stage:
    """A mock, the application, and the user agent that goes from one to the other."""

    def __init__(self, server, application, user_agent):
        self.server, self.application, self.user_agent = server, application, user_agent

    async def redirect(self, session, changes=NONE):
        flow = self.server.core.open_flow(changes)
        return await self.user_agent.visit(await session.begin(), flow.identifier)

    async def log_in(self, session, changes=NONE):
        return await session.land(await self.redirect(session, changes))

    async def learn(self):
        good, denied = self.application.session(), self.application.session()
        await self.log_in(good)
        await self.log_in(denied, DENIED)
        self.application.learn(good, denied)


def assigned(server, app, redirect_uri):
    server.register(replace(app, redirect_uris=(redirect_uri,)))
    return Assignment(
        app_kind="pkce" if app.is_public else "basic",
        authorization_endpoint=server.authorization_endpoint,
        token_endpoint=server.token_endpoint,
        revocation_endpoint=server.revocation_endpoint,
        api_url=server.api_url,
        client_id=app.client_id,
        client_secret=app.client_secret,
        redirect_uri=redirect_uri,
        scope="offline account.read asset.read",
    )


@pytest.fixture
def stage(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", environment(tmp_path)["HOME"])

    @asynccontextmanager
    async def stage(app=BASIC_APP, flaw="", command=("-m", "client_ref"), **settings):
        command = [sys.executable, *command]
        env = {"CLIENT_REF_FLAW": flaw}
        driver = WebAppDriver(command, login="/login", pkce=app.is_public, env=env, **settings)
        with serve(auto_allow=True) as server:
            assignment = assigned(server, app, driver.redirect_uri(PLAIN))
            async with UserAgent(server.url) as user_agent:
                application = await driver.start(assignment)
                try:
                    yield Stage(server, application, user_agent)
                finally:
                    await application.stop()

    return stage


@pytest.mark.parametrize("app", [BASIC_APP, PKCE_APP], ids=lambda app: app.name)
async def test_with_a_probe(stage, app):
    async with stage(app, signed_in="GET /me is 200", **ADDRESSES) as on:
        session, denied = on.application.session(), on.application.session()
        outcomes = [await on.log_in(session), await on.log_in(denied, DENIED)]
        outcomes += [await session.refresh(), await session.call_api(), await denied.refresh()]
        assert [(outcome.kind, outcome.evidence) for outcome in outcomes] == [
            ("signed_in", "probe"),
            ("refused", "probe"),
            ("signed_in", "probe"),
            ("signed_in", "probe"),
            ("refused", "probe"),
        ]
        grants = [exchange.request for exchange in on.server.transcript.exchanges if exchange.endpoint == "token"]
        assert len(grants) == 2
        assert all(bool(request.header("authorization")) is not app.is_public for request in grants)


async def test_what_is_learned(stage):
    async with stage(**ADDRESSES) as on:
        assert Capability.SIGNED_IN not in on.application.capabilities
        assert (await on.log_in(on.application.session())).kind == "unknown"
        await on.learn()
        assert Capability.SIGNED_IN in on.application.capabilities
        outcomes = [await on.log_in(on.application.session(), changes) for changes in (NONE, NARROWED, DENIED)]
        assert [outcome.kind for outcome in outcomes] == ["signed_in", "signed_in", "refused"]
        assert {outcome.evidence for outcome in outcomes} == {"landing"}


async def test_several_sessions_at_once_are_several_logins(stage):
    async with stage(signed_in="GET /me is 200") as on:
        sessions = [on.application.session() for _ in range(8)]
        redirects = await asyncio.gather(*map(on.redirect, sessions))
        landings = [session.land(url) for session, url in zip(sessions, reversed(redirects), strict=True)]
        assert {outcome.kind for outcome in await asyncio.gather(*landings)} == {"refused"}
        assert {outcome.kind for outcome in await asyncio.gather(*map(on.log_in, sessions))} == {"signed_in"}


@pytest.mark.parametrize(
    ("flaw", "kind", "words"),
    [
        ("crashes", "refused", "status 500"),
        ("refuses-everything", "refused", "status 400"),
        ("login-restarted-after-refusal", "refused", "another login"),
        ("state-ignored", "signed_in", "ended at /"),
    ],
)
async def test_flawed_applications_with_a_state_of_nobody(stage, flaw, kind, words):
    async with stage(flaw=flaw, signed_in="GET /me is 200") as on:
        session = on.application.session()
        url = await on.redirect(session)
        outcome = await session.land(url.replace("state=", "state=forged"))
        assert (outcome.kind, words in outcome.detail) == (kind, True)


async def test_one_that_never_answers_hangs(stage):
    async with stage(flaw="never-answers") as on:
        session = on.application.session()
        url = await on.redirect(session)
        on.application.step_timeout = 0.3
        assert (await session.land(url)).kind == "hung"


async def test_the_sample_of_the_guide_is_understood_though_it_always_answers_200(stage):
    async with stage(command=("-S", "-E", str(Path(__file__).parent / "apps/guide.py"))) as on:
        await on.learn()
        session = on.application.session()
        assert (await on.log_in(session)).kind == "signed_in"
        assert (await on.log_in(session, NARROWED)).kind == "signed_in"
        assert (await on.log_in(session, DENIED)).kind == "refused"
        url = await on.redirect(session)
        # It never looks at the state; a code that it has no use for is refused by the server, and shown with 200.
        assert (await session.land(url.replace("state=", "state=forged"))).kind == "signed_in"
        refused = await session.land(url.replace("code=", "code=unknown"))
        assert (refused.kind, "status 200" in refused.detail) == ("refused", True)

"""Performs one scenario: a live stage for its story, and the case that remains of it."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from mock_server.changes import NONE, Changes, written
from mock_server.protocol.records import App
from mock_server.protocol.vocabulary import Certificate
from mock_server.serving import RunningServer
from scenarios.collection import Selected
from scenarios.drivers.driver import (
    Application,
    ApplicationDied,
    ApplicationWithClock,
    BrowserSession,
    ClientSession,
    DriverError,
    RestartableApplication,
    SessionFailed,
    WatchedApplication,
)
from scenarios.drivers.user_agent import UserAgent
from scenarios.model.assignment import Assignment
from scenarios.model.capability import Capability
from scenarios.model.case import Case, Trouble
from scenarios.model.expectation import Expectation
from scenarios.model.outcome import Outcome
from scenarios.model.stage import Redirect, Session
from scenarios.own_settings import OwnSettings
from scenarios.recorder import Recorder
from scenarios.seeing import as_recorded

# What the whole run forgives is no secret, but an access token outlives its hour only by moving the server's clock.
ACCESS_TOKEN_LIFETIME = 3600
# Seconds that clients have to close what the server has closed.
_CLOSING = 0.2
# Characters of a query that is told.
_LONGEST_QUERY = 120
REFRESH_TOKEN_LIFETIME = 30 * 24 * 3600


@dataclass
class Ground:
    """What all stages of one application share."""

    server: RunningServer
    app: App
    assignment: Assignment
    application: Application
    user_agent: UserAgent
    leniencies: tuple[str, ...] = ()
    # The flow that the application's metadata are asked for in, where it is told of any.
    metadata: str = ""
    # What the assignment promises of the server.
    variation: Mapping[str, Any] = field(default_factory=dict)
    # What the first login showed it to have settled for itself.
    own: OwnSettings = field(default_factory=OwnSettings)
    # What the first logins showed that it cannot do after all, and why.
    lacking: dict[Capability, str] = field(default_factory=dict)
    names: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the application can do, without what it was found to lack."""
        return self.application.capabilities - self.lacking.keys()

    def register_own(self, own: OwnSettings) -> None:
        """Register what the application has settled for itself beside what it was told."""
        self.own, self.app = own, own.registered(self.app)
        self.server.register(self.app)

    def take_over(self, old: "Ground") -> None:
        """Know what was found out about the application before it was started again."""
        self.leniencies, self.lacking = old.leniencies, old.lacking
        self.register_own(old.own)
        if isinstance(self.application, WatchedApplication):
            self.application.take_over(old.application)

    def changes(self, changes: Changes) -> Changes:
        """A flow's changes together with what the whole run forgives, and what its assignment promises."""
        if not self.leniencies and not self.variation:
            return changes
        return Changes(
            variation={**self.variation, **changes.variation},
            leniencies=(*self.leniencies, *changes.leniencies),
            deviation=changes.deviation,
            delivery=changes.delivery,
            resource_owner=changes.resource_owner,
        )


class DoesNotApply(Exception):
    """What a story is about is not there: a stable code, the cause, the next step."""

    def __init__(self, code: str, cause: str, next_step: str) -> None:
        super().__init__(f"{code}: {cause}")
        self.trouble = Trouble("not_applicable", code, cause, next_step)


class LiveSession:
    """One user agent of the application, with its flows."""

    def __init__(self, ground: Ground, name: str, *, keeps_pages: bool = False) -> None:
        self.name = name
        self.flows: list[str] = []
        self._ground = ground
        self._keeps_pages = keeps_pages
        self.client: ClientSession = ground.application.session()

    async def begin(self, changes: Changes = NONE) -> None:
        """Begin a login and go no further."""
        self._new_flow(changes)
        await self.client.begin()

    async def ask(self, changes: Changes = NONE, *, host: str = "") -> None:
        """Begin a login so far that its authorization request arrives, however it is answered."""
        try:
            await self.authorize(changes, host=host)
        except SessionFailed as error:
            if error.code != "AUTHORIZATION_REFUSED":
                raise

    async def authorize(self, changes: Changes = NONE, *, query: str = "", host: str = "") -> Redirect:
        """Begin a login and get through consent; the redirect is not followed."""
        flow = self._new_flow(changes)
        if query or host:
            what = f"Host: {host}" if host else unquote(query[:_LONGEST_QUERY])
            told = f"the login was begun with {what}" + ("..." if len(query) > _LONGEST_QUERY else "")
            self._ground.server.transcript.record(flow, "application", told=told)
        url = await (self._browser.begin(query, host) if query or host else self.client.begin())
        return Redirect(await self._ground.user_agent.visit(url, flow), flow)

    async def authorize_again(self, outcome: Outcome, changes: Changes = NONE) -> Redirect | None:
        """Go on where a step has sent the browser, if that is into another login: the redirect back."""
        url = outcome.pages[-1].location if outcome.pages else ""
        if not url.startswith(self._ground.server.authorization_endpoint):
            return None
        flow = self._new_flow(changes)
        return Redirect(await self._ground.user_agent.visit(url, flow), flow)

    async def land(self, redirect: Redirect, *, method: str = "GET", host: str = "") -> Outcome:
        """Open a redirect."""
        if method != "GET" or (host and isinstance(self.client, BrowserSession)):
            browser, told = self._browser, {"method": method if method != "GET" else "", "host": host}
            unusual = {name: value for name, value in told.items() if value}
            return await self._step("land", lambda: browser.land(redirect.url, **unusual), url=redirect.url, **unusual)
        url = redirect.under(host).url if host else redirect.url
        return await self._step("land", lambda: self.client.land(url), url=url)

    def forget_cookies(self, *words: str) -> None:
        """Take cookies from the browser; where it has none of the kind, the scenario does not apply."""
        lost = self._browser.forget_cookies(*words)
        if not lost:
            cause = f"No cookie of it is called by {' or '.join(words)}." if words else "It has set no cookie."
            raise DoesNotApply("NO_SUCH_COOKIE", cause, "It keeps on the server what others keep in such a cookie.")
        which = "cookie" if lost == 1 else "cookies"
        whose = f"whose name has {' or '.join(words)} in it" if words else "all that it had"
        for flow in self.flows:
            told = f"the browser lost {lost} {which}, {whose}"
            self._ground.server.transcript.record(flow, "application", told=told)

    @property
    def _browser(self) -> BrowserSession:
        if not isinstance(self.client, BrowserSession):
            raise SessionFailed("NO_BROWSER", "This seat has no browser.", "Let the scenario need `html`.")
        return self.client

    async def log_in(self, changes: Changes = NONE) -> Outcome:
        """Begin, consent and land."""
        return await self.land(await self.authorize(changes))

    async def refresh(self) -> Outcome:
        """Have the access token refreshed."""
        return await self._step("refresh", self.client.refresh)

    async def call_api(self) -> Outcome:
        """Have the API called."""
        return await self._step("call_api", self.client.call_api)

    def _new_flow(self, changes: Changes) -> str:
        core = self._ground.server.core
        flow = core.open_flow(self._ground.changes(changes)).identifier
        self.flows.append(flow)
        # A variation and a decision of the resource owner spoil no answer, so no exchange names them.
        if changes is not NONE:
            core.transcript.record(flow, "changes", **written(changes))
        return flow

    async def _step(self, step: str, act: Callable[[], Awaitable[Outcome]], **detail: object) -> Outcome:
        flow = self.flows[-1] if self.flows else self._new_flow(NONE)
        core = self._ground.server.core
        core.transcript.record(flow, "step", session=self.name, step=step, **detail)
        core.attribution.open_step(flow, self._ground.app.client_id)
        outcome = await act()
        if self._ground.server.authority and outcome.kind != "signed_in":
            # The server may hear of a handshake that was broken off a moment after the client has said so.
            await self._ground.server.settled()
        # Pages are large: only what looks at them keeps them.
        came = [entry for each in self.flows for entry in core.transcript.of_flow(each)] if self._keeps_pages else []
        kept = as_recorded(outcome, came) if self._keeps_pages else msgspec.structs.replace(outcome, pages=())
        told = {"told_at": time.time(), **msgspec.to_builtins(kept)}
        core.transcript.record(flow, "outcome", session=self.name, step=step, **told)
        return outcome

    def settle(self) -> None:
        """Close the open step: what comes from now on and carries nothing is nobody's."""
        for flow in self.flows:
            self._ground.server.core.attribution.settle(flow)


class LiveStage:
    """Where a story takes place."""

    def __init__(self, ground: Ground, *, keeps_pages: bool = False) -> None:
        self._ground = ground
        self._keeps_pages = keeps_pages
        self._certificate: Certificate = "trusted"
        # Seconds by which the application's clock is ahead.
        self._moved = 0.0
        self.sessions: list[LiveSession] = []

    def session(self, name: str = "") -> LiveSession:
        """A fresh user agent."""
        name = name or f"session {len(self.sessions) + 1}"
        session = LiveSession(self._ground, name, keeps_pages=self._keeps_pages)
        self.sessions.append(session)
        return session

    async def together(self, *steps: Awaitable[Outcome]) -> tuple[Outcome, ...]:
        """Take several steps at once."""
        return tuple(await asyncio.gather(*steps))

    def expire_access_token(self, session: Session) -> None:
        """Let an hour pass for what a session was granted."""
        self._let_pass(session, ACCESS_TOKEN_LIFETIME + 1)

    def expire_refresh_token(self, session: Session) -> None:
        """Let thirty days pass for what a session was granted."""
        self._let_pass(session, REFRESH_TOKEN_LIFETIME + 1)

    async def restart(self) -> None:
        """Stop the application and start it again."""
        application = self._ground.application
        if not isinstance(application, RestartableApplication):
            raise DoesNotApply("NO_RESTART", "This seat cannot restart it.", "Have it started by the harness.")
        await application.restart()
        self._told("it was restarted")

    async def move_clock(self, seconds: float) -> None:
        """Have the application believe that so much more time has passed."""
        application = self._ground.application
        if not isinstance(application, ApplicationWithClock):
            raise DoesNotApply("NO_CLOCK", "This seat cannot move its clock.", "Judge it in this process.")
        await application.move_clock(seconds)
        self._moved += seconds
        if seconds > 0:
            self._told(f"by its own clock {seconds:g} s went by")

    def _told(self, what: str) -> None:
        """Record what was done to the application with every flow of the story: it is in no exchange."""
        for flow in [flow for session in self.sessions for flow in session.flows]:
            self._ground.server.transcript.record(flow, "application", told=what)

    def _let_pass(self, session: Session, seconds: int) -> None:
        live = next(each for each in self.sessions if each is session)
        for flow in live.flows:
            self._ground.server.advance(seconds, flow)
            self._ground.server.transcript.record(flow, "time", seconds=seconds)

    def elsewhere(self, redirect: Redirect) -> str:
        """An address at another origin; who asks there is recorded with the flow of the redirect."""
        return self._ground.server.core.collector(redirect.flow)

    def change(self, session: Session, changes: Changes) -> None:
        """Answer a session otherwise from now on."""
        live = next(each for each in self.sessions if each is session)
        core = self._ground.server.core
        for flow in live.flows:
            core.change_flow(flow, self._ground.changes(changes))
            core.transcript.record(flow, "changes", **written(changes))

    async def present(self, certificate: Certificate) -> None:
        """Show another certificate to everybody from now on; at the end of the story it is the usual one again."""
        server = self._ground.server
        self._certificate = certificate
        server.present(certificate)
        # Nobody shall be caught in the midst of sending over a connection that is just being closed. A client that
        # does not look at what it is not using never notices, and looks before it sends.
        await server.settled(_CLOSING)
        for flow in [flow for session in self.sessions for flow in session.flows]:
            server.transcript.record(flow, "changes", certificate=certificate)

    async def close(self) -> None:
        """Close every step and every user agent."""
        if self._certificate != "trusted":
            self._ground.server.present("trusted")
        if self._moved:
            # The story broke off; what comes after it lives in the present again.
            with suppress(Exception):
                await self.move_clock(-self._moved)
        for session in self.sessions:
            session.settle()
            await session.client.close()


class PlainLogin(NamedTuple):
    """A good login with nothing changed: its flow, and what became of it."""

    flow: str
    client: ClientSession
    outcome: Outcome | None = None
    error: DriverError | None = None


async def plain_login(ground: Ground, name: str = "control") -> PlainLogin:
    """One good login in a fresh user agent; `ApplicationDied` is told like any other trouble."""
    stage = LiveStage(ground)
    session = stage.session(name)
    outcome, trouble = None, None
    try:
        outcome = await session.log_in()
    except DriverError as error:
        trouble = error
        detail = {"session": name, "step": "land", "kind": "crashed", "detail": str(error)}
        ground.server.transcript.record(session.flows[-1] if session.flows else "", "outcome", **detail)
    finally:
        await stage.close()
    return PlainLogin(session.flows[-1] if session.flows else "", session.client, outcome, trouble)


async def control_login(ground: Ground) -> str:
    """One good login in a fresh user agent; its flow, whose entries say whether it worked."""
    login = await plain_login(ground)
    if isinstance(login.error, ApplicationDied):
        raise login.error
    return login.flow


async def perform(
    selected: Selected, ground: Ground, recorder: Recorder, *, before: str, alone: bool, limit: float
) -> Case:
    """Tell the story, then log in once more; `ApplicationDied` is passed on with nothing judged.

    `limit` is in seconds, for the story as a whole.
    """
    stage = LiveStage(ground, keeps_pages=Capability.HTML in selected.scenario.needs)
    since = ground.server.transcript.next_number()
    expectation: Expectation | None = None
    trouble: Trouble | None = None
    after = ""
    try:
        # `wait_for` would lose an interruption that comes as the story ends, and tell the story in a task of its own.
        async with asyncio.timeout(limit):
            expectation = await selected.scenario.story(stage, *selected.told)
        # The step stays open until this login is done: what the client sends late is still the story's.
        after = await control_login(ground)
    except TimeoutError:
        cause = f"The story was not over within {limit:g} s."
        trouble = Trouble("errored", "SCENARIO_TIMED_OUT", cause, "Raise --timeout, or look at the client's output.")
    except ApplicationDied:
        raise
    except DoesNotApply as absent:
        trouble = absent.trouble
    except DriverError as error:
        trouble = Trouble("errored", error.code, error.cause, error.next_step)
    finally:
        await stage.close()
    until = ground.server.transcript.next_number()
    sessions = {session.name: tuple(session.flows) for session in stage.sessions}
    flows = frozenset(flow for each in sessions.values() for flow in each) | {before, after, ground.metadata} - {""}
    return Case(
        scenario=selected.scenario.identifier,
        row=selected.row,
        app_kind=selected.app_kind,
        app=ground.app,
        expectation=expectation,
        sessions=sessions,
        before=before,
        after=after,
        metadata=ground.metadata,
        entries=recorder.entries(flows, since, until),
        trouble=trouble,
        alone=alone,
        leniencies=ground.leniencies,
    )

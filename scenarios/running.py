"""The only orchestrator: one server for a run, and a group of scenarios for each assignment, one after another."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mock_server.authorization_server import AuthorizationServer
from mock_server.protocol.provider import FRAMEIO, Provider
from mock_server.serving import LOOPBACK, RunningServer, authorization_server
from scenarios.ahead import Ahead
from scenarios.collection import Selected
from scenarios.diagnosis import Diagnosis, of_trouble
from scenarios.drivers.driver import CannotStart, Driver, DriverError, NotAssignable, ProcessDriver
from scenarios.drivers.user_agent import UserAgent
from scenarios.ground import Learned, break_ground, learn, listening, metadata_flow, secured
from scenarios.group import MOST_LANES as MOST_LANES
from scenarios.group import Group
from scenarios.judging import judge
from scenarios.model.assignment import PLAIN, AppKind, AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.case import Case, Trouble, TroubleKind
from scenarios.model.verdict import RuleVerdict, Verdict
from scenarios.performing import Ground, control_login
from scenarios.recorder import Recorder
from scenarios.rules.always import RULES
from scenarios.rules.rule import judge_rules
from scenarios.summary import Summary, Terms

if TYPE_CHECKING:
    from mock_server.certificates import Authority


@dataclass(frozen=True)
class Plan:
    """What to run; `limit` is in seconds for each scenario."""

    driver: Driver
    performances: tuple[Selected, ...]
    provider: Provider = FRAMEIO
    lanes: int = MOST_LANES
    limit: float = 20.0
    terms: Terms = field(default_factory=Terms)
    # Over https, with a certificate that the client is told to trust.
    tls: bool = False
    # Where the mock listens; any free port by default.
    host: str = LOOPBACK
    port: int = 0


class Listener(Protocol):
    """Hears of a run as it goes; a report is one."""

    def begun(self, plan: Plan) -> None:
        """The run begins."""

    def prepared(self, ground: Ground, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        """An application is ready, and this is what its first logins showed."""

    def judged(self, selected: Selected, case: Case, verdict: Verdict) -> None:
        """A scenario has its verdict."""

    def ended(self, summary: Summary) -> None:
        """The run is over, or was interrupted."""


# A server that has not been started yet, and a user agent for it.
Venue = Callable[[AuthorizationServer], tuple[RunningServer, UserAgent]]


def on_sockets(
    core: AuthorizationServer, host: str = LOOPBACK, port: int = 0, authority: "Authority | None" = None
) -> tuple[RunningServer, UserAgent]:
    """Where runs take place, unless told otherwise."""
    server = listening(core, host, port, authority)
    return server, UserAgent(server.url, trust=authority.trusting() if authority else None)


async def run(plan: Plan, listeners: Sequence[Listener], venue: Venue | None = None) -> Summary:
    """Perform and judge everything of a plan; listeners hear of its end even when it is interrupted."""
    started = time.monotonic()
    summary = Summary(terms=plan.terms)
    for listener in listeners:
        listener.begun(plan)
    try:
        async with under_way(plan, listeners, summary, venue) as running:
            await running.run()
    except (KeyboardInterrupt, asyncio.CancelledError):
        summary.interrupted = True
    except BaseException:
        # A bug of ours: what listeners have written so far is no whole run.
        summary.interrupted = True
        raise
    finally:
        summary.seconds = time.monotonic() - started
        for listener in listeners:
            listener.ended(summary)
    return summary


@asynccontextmanager
async def under_way(
    plan: Plan, listeners: Sequence[Listener], summary: Summary, venue: Venue | None = None
) -> AsyncIterator["Running"]:
    """A server for a run, and the run; what is in the plan is not performed yet."""
    core = authorization_server(provider=plan.provider, apps=(), auto_allow=True, journal=100_000)
    with secured(plan.tls) as authority:
        server, opened = on_sockets(core, plan.host, plan.port, authority) if venue is None else venue(core)
        with server:
            recorder = Recorder(server)
            try:
                async with opened as user_agent:
                    yield Running(plan, listeners, summary, server, user_agent, recorder)
            finally:
                recorder.close()


class Running:
    """A run under way: its server, its applications, and what has been said so far."""

    def __init__(
        self,
        plan: Plan,
        listeners: Sequence[Listener],
        summary: Summary,
        server: RunningServer,
        user_agent: UserAgent,
        recorder: Recorder,
    ) -> None:
        self.lanes, self.limit, self.recorder = plan.lanes, plan.limit, recorder
        self._plan = plan
        self._listeners = listeners
        self._summary = summary
        self._server = server
        self._user_agent = user_agent
        # What was found out about the applications of a kind of app.
        self._lacking: dict[AppKind, dict[Capability, str]] = {}
        # The flows of the metadata that applications were told of last.
        self._described: dict[tuple[AppKind, AssignmentKind], str] = {}

    async def run(self) -> None:
        """Perform everything of the plan, group by group."""
        turns = [(self.group(*key), selected) for key, selected in self._groups()]
        ahead = Ahead([group for group, _ in turns], possible=_starts_ahead(self._plan.driver))
        try:
            for group, selected in turns:
                await self._perform(group, selected, ahead)
        finally:
            await ahead.stop()
            self._summary.entries = self.recorder.everything()
            for app_kind in self._summary.apps:
                self._summary.rules += [(app_kind, verdict) for verdict in self.judge_rules(app_kind)]

    def _groups(self) -> Iterable[tuple[tuple[AppKind, AssignmentKind], list[Selected]]]:
        groups: dict[tuple[AppKind, AssignmentKind], list[Selected]] = {}
        for selected in self._plan.performances:
            groups.setdefault((selected.app_kind, selected.assignment), []).append(selected)
        return groups.items()

    async def _perform(self, group: Group, everything: Sequence[Selected], ahead: Ahead) -> None:
        self._summary.apps.setdefault(everything[0].app_kind, [])
        may_refuse = all(selected.scenario.settings_may_be_refused for selected in everything)
        try:
            await ahead.take_turn(may_refuse=may_refuse)
            await group.prepare()
            await group.perform_all(everything, between=lambda: ahead.look(group))
        except CannotStart as error:
            for selected in everything:
                self.report(selected, await self.without_application(selected, error))
        finally:
            await ahead.end(group)

    async def without_application(self, selected: Selected, error: CannotStart) -> Case:
        """The case of a scenario whose application did not start: a right one may have refused its settings."""
        refused = selected.scenario.settings_may_be_refused and error.code in _REFUSED
        described = self._described.get((selected.app_kind, selected.assignment), "")
        case = await self._refused_settings(selected, error.cause, described) if refused else None
        return case or not_started(selected, error)

    async def refused_settings(self, selected: Selected, ground: Ground, said: str) -> Case | None:
        """The case of an application that begins nothing with such settings."""
        return await self._refused_settings(selected, said, ground.metadata)

    async def _refused_settings(self, selected: Selected, said: str, described: str) -> Case | None:
        """The case of an application that says no to such settings: it is right if it works with plain ones.

        Nothing, where it does not even start with those; `described` is the flow of the metadata that it was told of.
        """
        try:
            ground = await self.break_ground(selected.app_kind, PLAIN)
        except CannotStart:
            return None
        try:
            await self.learn(ground, selected.app_kind)
            flow = await control_login(ground)
        except DriverError:
            return None
        finally:
            await ground.application.stop()
        return Case(
            selected.scenario.identifier,
            selected.row,
            selected.app_kind,
            app=ground.app,
            before=flow,
            metadata=described,
            entries=self.recorder.entries(frozenset({flow, described} - {""}), 0, -1),
            refused_settings=said,
        )

    def group(self, app_kind: AppKind, kind: AssignmentKind) -> Group:
        """What is performed with one application."""
        return Group(self, app_kind, kind)

    def judge_rules(self, app_kind: AppKind) -> tuple[RuleVerdict, ...]:
        """What the rules say of everything so far."""
        known = [app for each in self._summary.apps.values() for app in each]
        return judge_rules(RULES, self.recorder.everything(), known, app_kind)

    async def break_ground(self, app_kind: AppKind, kind: AssignmentKind) -> Ground:
        """Start an application."""
        described = metadata_flow(self._server, kind)
        self._described[app_kind, kind] = described.identifier if described else ""
        ground = await break_ground(self._plan.driver, self._server, self._user_agent, kind, app_kind, described)
        self._summary.apps.setdefault(app_kind, []).append(ground.app)
        return ground

    async def learn(self, ground: Ground, app_kind: AppKind) -> Learned:
        """What the first logins show; what the application does not bear is found out once for a kind of app."""
        known = self._lacking.get(app_kind)
        ground.lacking = dict(known or {})
        try:
            learned = await learn(ground, self.recorder, thorough=known is None)
        except DriverError as error:
            return Learned(refusal=f"{error.code}: {error.cause}", next_step=error.next_step)
        if not learned.refusal:
            self._lacking.setdefault(app_kind, ground.lacking)
        return learned

    def prepared(self, ground: Ground, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        """Tell the listeners."""
        for listener in self._listeners:
            listener.prepared(ground, app_kind, kind, learned)

    def report(self, selected: Selected, case: Case) -> None:
        """Judge a case, and tell the listeners."""
        verdict = judge(selected.scenario, case)
        self._summary.verdicts.append((selected, verdict))
        for listener in self._listeners:
            listener.judged(selected, case, verdict)


def _starts_ahead(driver: Driver) -> bool:
    return isinstance(driver, ProcessDriver) and driver.starts_several


# It was asked to start and said no, in one seat or another; that it cannot be run at all is something else.
_REFUSED = ("FACTORY_RAISED", "APP_FACTORY_RAISED", "APP_FAILED_AT_STARTUP", "ADAPTER_FAILED", "EXITED_AT_ONCE")


def not_started(selected: Selected, error: CannotStart) -> Case:
    """The case of a scenario for which there is no application."""
    found = of_trouble(Diagnosis(error.code, error.cause, error.next_step))
    kind: TroubleKind = "not_applicable" if isinstance(error, NotAssignable) else "errored"
    trouble = Trouble(kind, found.code, found.cause, found.next_step)
    return Case(selected.scenario.identifier, selected.row, selected.app_kind, trouble=trouble)

"""The only orchestrator: groups by assignment, lanes with a good login between two scenarios, and runs alone.

A lane logs in once before its first scenario and once after each; the "after" of one is the "before" of the next. What
cannot be judged because something else happened meanwhile (a stray request, a death of the application) is performed
again alone.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mock_server.protocol.provider import FRAMEIO, Provider
from mock_server.protocol.records import App
from mock_server.serving import LOOPBACK, RunningServer
from mock_server.transcript import Entry
from scenarios.collection import Selected
from scenarios.diagnosis import Diagnosis, of_trouble
from scenarios.drivers.driver import ApplicationDied, CannotStart, Driver, DriverError, NotAssignable
from scenarios.drivers.user_agent import UserAgent
from scenarios.ground import Learned, break_ground, learn, mock
from scenarios.judging import is_alive, judge, needs_a_run_alone
from scenarios.limits import does_not_apply
from scenarios.model.assignment import AppKind, AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.case import Case, Trouble
from scenarios.model.verdict import RuleVerdict, Verdict
from scenarios.performing import Ground, Recorder, control_login, perform
from scenarios.rules.always import RULES
from scenarios.rules.rule import judge_rules

MOST_LANES = 8
# An application that dies so often without one good login in between is given up.
MOST_DEATHS = 5


@dataclass(frozen=True)
class Plan:
    """What to run; `limit` is in seconds for each scenario."""

    driver: Driver
    performances: tuple[Selected, ...]
    provider: Provider = FRAMEIO
    lanes: int = MOST_LANES
    limit: float = 20.0
    # Where the mock listens; any free port by default.
    host: str = LOOPBACK
    port: int = 0


@dataclass
class Summary:
    """What came of a run."""

    verdicts: list[tuple[Selected, Verdict]] = field(default_factory=list)
    rules: list[tuple[AppKind, RuleVerdict]] = field(default_factory=list)
    # What the rules were asked of: the whole transcript, and every app that was registered.
    entries: tuple[Entry, ...] = ()
    apps: dict[AppKind, list[App]] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """1: the client failed. 3: something could not be judged, or nothing was. 0: all as expected."""
        statuses = [verdict.status for _, verdict in self.verdicts]
        if "failed" in statuses or any(rule.status == "failed" for _, rule in self.rules):
            return 1
        judged = [status for status in statuses if status in ("passed", "warned")]
        incomplete = self.interrupted or any(status in ("errored", "inconclusive") for status in statuses)
        return 3 if incomplete or not judged else 0


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


async def run(plan: Plan, listeners: Sequence[Listener]) -> Summary:
    """Perform and judge everything of a plan; listeners hear of its end even when it is interrupted."""
    started = time.monotonic()
    summary = Summary()
    for listener in listeners:
        listener.begun(plan)
    with mock(plan.provider, plan.host, plan.port) as server:
        recorder = Recorder(server)
        try:
            async with UserAgent(server.url) as user_agent:
                runner = _Runner(plan, listeners, summary, server, user_agent, recorder)
                await runner.run()
        except (KeyboardInterrupt, asyncio.CancelledError):
            summary.interrupted = True
        except BaseException:
            # A bug of ours: what listeners have written so far is no whole run.
            summary.interrupted = True
            raise
        finally:
            recorder.close()
            summary.seconds = time.monotonic() - started
            for listener in listeners:
                listener.ended(summary)
    return summary


class _Runner:
    def __init__(
        self,
        plan: Plan,
        listeners: Sequence[Listener],
        summary: Summary,
        server: RunningServer,
        user_agent: UserAgent,
        recorder: Recorder,
    ) -> None:
        self._plan = plan
        self._listeners = listeners
        self._summary = summary
        self._server = server
        self._user_agent = user_agent
        self._recorder = recorder
        self._lacking: dict[AppKind, dict[Capability, str]] = {}

    async def run(self) -> None:
        apps = self._summary.apps
        try:
            for (app_kind, kind), group in self._groups():
                await _Group(self, app_kind, kind, group, apps.setdefault(app_kind, [])).run()
        finally:
            self._summary.entries = self._recorder.everything()
            known = [app for each in apps.values() for app in each]
            for app_kind in apps:
                verdicts = judge_rules(RULES, self._summary.entries, known, app_kind)
                self._summary.rules += [(app_kind, verdict) for verdict in verdicts]

    def _groups(self) -> Iterable[tuple[tuple[AppKind, AssignmentKind], list[Selected]]]:
        groups: dict[tuple[AppKind, AssignmentKind], list[Selected]] = {}
        for selected in self._plan.performances:
            groups.setdefault((selected.app_kind, selected.scenario.assignment), []).append(selected)
        return groups.items()

    def report(self, selected: Selected, case: Case) -> None:
        verdict = judge(selected.scenario, case)
        self._summary.verdicts.append((selected, verdict))
        for listener in self._listeners:
            listener.judged(selected, case, verdict)

    def report_trouble(self, selected: Selected, trouble: Trouble) -> None:
        case = Case(selected.scenario.identifier, selected.row, selected.app_kind, trouble=trouble)
        self.report(selected, case)

    # What a group needs of the run.

    @property
    def plan(self) -> Plan:
        return self._plan

    @property
    def recorder(self) -> Recorder:
        return self._recorder

    async def break_ground(self, app_kind: AppKind, kind: AssignmentKind) -> Ground:
        return await break_ground(self._plan.driver, self._server, self._user_agent, kind, app_kind)

    async def learn(self, ground: Ground, app_kind: AppKind) -> Learned:
        """What the first logins show; what the application does not bear is found out once for a kind of app."""
        known = self._lacking.get(app_kind)
        ground.lacking = dict(known or {})
        try:
            learned = await learn(ground, self._recorder, thorough=known is None)
        except DriverError as error:
            return Learned(refusal=f"{error.code}: {error.cause}", next_step=error.next_step)
        if not learned.refusal:
            self._lacking.setdefault(app_kind, ground.lacking)
        return learned

    def prepared(self, ground: Ground, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        for listener in self._listeners:
            listener.prepared(ground, app_kind, kind, learned)


class _Group:
    """The scenarios of one assignment, with one application at a time."""

    def __init__(
        self, runner: _Runner, app_kind: AppKind, kind: AssignmentKind, group: list[Selected], apps: list[App]
    ) -> None:
        self._runner = runner
        # Every app that was registered: rules are asked of them all.
        self._apps = apps
        self._app_kind = app_kind
        self._kind = kind
        self._waiting = deque(group)
        self._alone: list[Selected] = []
        self._ground: Ground | None = None
        self._retired: list[Ground] = []
        self._deaths = 0
        self._generation = 0
        self._restarting = asyncio.Lock()

    async def run(self) -> None:
        """Perform all."""
        try:
            ground = await self._break_ground()
        except NotAssignable as error:
            self._give_up(Trouble("not_applicable", error.code, error.cause, error.next_step))
            return
        except CannotStart as error:
            found = of_trouble(Diagnosis(error.code, error.cause, error.next_step))
            self._give_up(Trouble("errored", found.code, found.cause, found.next_step))
            return
        try:
            await self._perform_all(ground)
        finally:
            await self._stop()

    async def _break_ground(self) -> Ground:
        self._ground = ground = await self._runner.break_ground(self._app_kind, self._kind)
        self._apps.append(ground.app)
        return ground

    async def _perform_all(self, ground: Ground) -> None:
        learned = await self._runner.learn(ground, self._app_kind)
        self._runner.prepared(ground, self._app_kind, self._kind, learned)
        if learned.refusal:
            await self._look_at_requests(ground)
            self._give_up(Trouble("inconclusive", "CANNOT_LOG_IN", learned.refusal, learned.next_step))
            return
        self._set_aside(ground)
        lanes = self._lanes(ground)
        if lanes > 1 or not self._alone:
            await _side_by_side([asyncio.create_task(self._lane()) for _ in range(lanes)])
        while self._alone or self._waiting:
            source = self._alone or self._waiting
            await self._perform_alone(source.pop(0) if isinstance(source, list) else source.popleft())

    async def _look_at_requests(self, ground: Ground) -> None:
        """Perform what looks at authorization requests alone: what is wrong with them may be why nobody gets in.

        What is right about them is not said: of a client that cannot log in, nothing passes.
        """
        for selected in [each for each in self._waiting if each.scenario.login_may_fail]:
            if does_not_apply(selected, ground) is not None:
                continue
            try:
                case = await self._performed(selected, ground, "", alone=True)
            except ApplicationDied:
                return
            if judge(selected.scenario, case).status in ("failed", "warned"):
                self._waiting.remove(selected)
                self._runner.report(selected, case)

    def _lanes(self, ground: Ground) -> int:
        together = {Capability.SESSIONS, Capability.CONCURRENT} <= ground.capabilities
        return max(1, min(self._runner.plan.lanes, MOST_LANES, len(self._waiting))) if together else 1

    def _set_aside(self, ground: Ground) -> None:
        """Answer what does not apply, and keep for later what needs the application for itself."""
        remaining: deque[Selected] = deque()
        for selected in self._waiting:
            trouble = does_not_apply(selected, ground)
            if trouble is not None:
                self._runner.report_trouble(selected, trouble)
            elif selected.scenario.exclusive:
                self._alone.append(selected)
            else:
                remaining.append(selected)
        self._waiting = deque(sorted(remaining, key=lambda selected: not selected.scenario.waits))

    async def _lane(self) -> None:
        before, generation = "", -1
        while self._waiting:
            selected = self._waiting.popleft()
            ground = self._ground
            if ground is None:
                self._alone.append(selected)
                continue
            try:
                if generation != self._generation:
                    generation = self._generation
                    before, _ = await self._good_login(ground)
                case = await self._performed(selected, ground, before, alone=False)
            except ApplicationDied:
                self._alone.append(selected)
                await self._restart(generation)
                continue
            died_meanwhile = generation != self._generation
            if died_meanwhile or needs_a_run_alone(case, judge(selected.scenario, case)):
                self._alone.append(selected)
                generation = -1
            else:
                self._runner.report(selected, case)
                before = case.after
                generation = generation if case.after else -1

    async def _good_login(self, ground: Ground) -> tuple[str, bool]:
        """A good login's flow, and whether it worked; one that did shows that the application was worth a restart."""
        flow = await control_login(ground)
        alive = is_alive(self._runner.recorder.entries(frozenset({flow}), 0, -1))
        if alive:
            self._deaths = 0
        return flow, alive

    async def _performed(self, selected: Selected, ground: Ground, before: str, *, alone: bool) -> Case:
        plan = self._runner.plan
        return await perform(selected, ground, self._runner.recorder, before=before, alone=alone, limit=plan.limit)

    async def _perform_alone(self, selected: Selected) -> None:
        ground = self._ground
        if ground is None:
            self._runner.report_trouble(selected, _KEEPS_DYING)
            return
        generation = self._generation
        try:
            before, alive = await self._good_login(ground)
            if not alive:
                # Wedged by what came before: a fresh application tells whether this one is to blame.
                await self._restart(generation)
                ground = self._ground
                if ground is None:
                    self._runner.report_trouble(selected, _KEEPS_DYING)
                    return
                generation = self._generation
                before, _ = await self._good_login(ground)
            case = await self._performed(selected, ground, before, alone=True)
        except ApplicationDied as error:
            cause = f"{error.cause} It died alone, with nothing beside it: a crash is no refusal."
            self._runner.report_trouble(selected, Trouble("inconclusive", error.code, cause, error.next_step))
            await self._restart(generation)
            return
        self._runner.report(selected, case)

    async def _restart(self, generation: int) -> None:
        """Start the application again, once for all who saw it die; none is left after too many deaths."""
        async with self._restarting:
            if generation not in (self._generation, -1):
                return
            self._generation += 1
            self._deaths += 1
            old, self._ground = self._ground, None
            if old is not None:
                # Other lanes may still be in the middle of a step with it.
                self._retired.append(old)
            if self._deaths > MOST_DEATHS:
                return
            try:
                ground = await self._break_ground()
            except CannotStart:
                return
            if old is not None:
                ground.take_over(old)

    async def _stop(self) -> None:
        for ground in (*self._retired, *([self._ground] if self._ground is not None else [])):
            await ground.application.stop()

    def _give_up(self, trouble: Trouble) -> None:
        for selected in self._waiting:
            self._runner.report_trouble(selected, trouble)
        self._waiting.clear()


_KEEPS_DYING = Trouble(
    "errored",
    "KEEPS_DYING",
    "The application died too often, or could not be started again.",
    "Look at its output (--output DIR), and run this scenario by itself.",
)


async def _side_by_side(lanes: list[asyncio.Task[None]]) -> None:
    """Wait for all lanes; when one breaks or the run is interrupted, none of the others is left at work."""
    try:
        await asyncio.gather(*lanes)
    finally:
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)

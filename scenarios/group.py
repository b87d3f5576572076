"""The scenarios of one assignment, with one application at a time: lanes with a good login between two, and alone.

A lane logs in once before its first scenario and once after each; the "after" of one is the "before" of the next. What
cannot be judged because something else happened meanwhile (a stray request, a death of the application) is performed
again alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Protocol

from mock_server.transcript import Exchange
from scenarios.collection import Selected
from scenarios.diagnosis import Attempt
from scenarios.drivers.driver import ApplicationDied, CannotStart
from scenarios.ground import Learned
from scenarios.judging import is_alive, judge, needs_a_run_alone
from scenarios.limits import bears_another
from scenarios.model.assignment import AppKind, AssignmentKind
from scenarios.model.capability import Capability, absent
from scenarios.model.case import Case, Trouble
from scenarios.performing import Ground, control_login, perform
from scenarios.recorder import Recorder

MOST_LANES = 8
# An application that dies so often without one good login in between is given up.
MOST_DEATHS = 5


class Run(Protocol):
    """What a group needs of the run that it is part of."""

    @property
    def lanes(self) -> int:
        """How many scenarios may be performed at once."""

    @property
    def limit(self) -> float:
        """Seconds for each scenario."""

    @property
    def recorder(self) -> Recorder:
        """What was said on the wire."""

    async def break_ground(self, app_kind: AppKind, kind: AssignmentKind) -> Ground:
        """Start an application; `CannotStart` says why there is none."""

    async def learn(self, ground: Ground, app_kind: AppKind) -> Learned:
        """What the first logins of an application show."""

    def prepared(self, ground: Ground, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        """An application is ready, and this is what its first logins showed."""

    async def refused_settings(self, selected: Selected, ground: Ground, said: str) -> Case | None:
        """The case of an application that does nothing with such settings, and is right if it works with plain ones."""

    def report(self, selected: Selected, case: Case) -> None:
        """A scenario has been performed."""


class Group:
    """One application, and what is performed with it.

    It is asked for everything at once (`perform_all`) or for one scenario after another (`perform_one`); each that is
    asked for is reported once.
    """

    def __init__(self, run: Run, app_kind: AppKind, kind: AssignmentKind) -> None:
        self._run = run
        self._app_kind = app_kind
        self._kind = kind
        self._waiting: deque[Selected] = deque()
        self._alone: list[Selected] = []
        self._ground: Ground | None = None
        self._retired: list[Ground] = []
        # What the application was found to be when it was prepared; one that is started again has not learned it.
        self._capabilities: frozenset[Capability] = frozenset()
        self._left_to_caller: frozenset[str] = frozenset()
        self._leniencies: tuple[str, ...] = ()
        self._lacking: dict[Capability, str] = {}
        # Why nobody can log in, where that is so.
        self._refused: Trouble | None = None
        # What it said where it would not even begin; that is right of one whose settings are wrong on purpose.
        self._begins_nothing = ""
        self._tls = False
        self._deaths = 0
        self._generation = 0
        self._restarting = asyncio.Lock()

    async def start(self) -> None:
        """Start the application, unless it runs already; `CannotStart` says why there is none."""
        await self._started()

    async def _started(self) -> Ground:
        if self._ground is None:
            self._ground = await self._break_ground()
        return self._ground

    async def prepare(self) -> None:
        """Start the application and log in for the first time; `CannotStart` says why there is none."""
        ground = await self._started()
        learned = await self._run.learn(ground, self._app_kind)
        self._capabilities = ground.capabilities
        self._left_to_caller = ground.application.left_to_caller
        self._leniencies, self._lacking = ground.leniencies, ground.lacking
        self._tls = ground.server.authority is not None
        self._run.prepared(ground, self._app_kind, self._kind, learned)
        if learned.refusal:
            cause = learned.refusal.removeprefix(f"{learned.code}: ")
            self._refused = Trouble("inconclusive", learned.code, cause, learned.next_step)
            self._begins_nothing = _says_no(learned.attempt) if learned.attempt else ""

    async def perform_all(self, everything: Iterable[Selected], between: Callable[[], Awaitable[None]]) -> None:
        """Perform all, side by side where the application can; `between` that and what is performed alone."""
        if self._refused is not None:
            for selected in everything:
                await self.perform_one(selected)
            return
        self._set_aside(everything)
        lanes = self._lanes()
        if lanes > 1 or not self._alone:
            await _side_by_side([asyncio.create_task(self._lane()) for _ in range(lanes)])
        await between()
        for selected in (*self._alone, *self._waiting):
            await self._perform_alone(selected)

    async def perform_one(self, selected: Selected) -> None:
        """Perform one with nothing beside it."""
        trouble = self._does_not_apply(selected)
        if self._refused is not None:
            await self._look_at_requests(selected, self._refused)
        elif trouble is not None:
            self._report_trouble(selected, trouble)
        else:
            await self._perform_alone(selected)

    async def stop(self) -> None:
        """Stop every application that was started."""
        for ground in (*self._retired, *([self._ground] if self._ground is not None else [])):
            await ground.application.stop()
        self._retired, self._ground = [], None

    async def bears_another(self, start: Callable[[], Awaitable[None]]) -> bool:
        """True where the application is not disturbed by the start of another."""
        return self._ground is not None and self._refused is None and await bears_another(self._ground, start)

    async def _break_ground(self) -> Ground:
        return await self._run.break_ground(self._app_kind, self._kind)

    def _report_trouble(self, selected: Selected, trouble: Trouble) -> None:
        case = Case(selected.scenario.identifier, selected.row, selected.app_kind, trouble=trouble)
        self._run.report(selected, case)

    async def _look_at_requests(self, selected: Selected, refused: Trouble) -> None:
        """Perform what looks at authorization requests alone: what is wrong with them may be why nobody gets in.

        What is right about them is not said: of a client that cannot log in, nothing passes, but that it would not
        begin with settings that are wrong.
        """
        if self._ground is not None and selected.scenario.settings_may_be_refused and self._begins_nothing:
            refused_them = await self._run.refused_settings(selected, self._ground, self._begins_nothing)
            if refused_them is not None:
                self._run.report(selected, refused_them)
                return
        if self._ground is not None and selected.scenario.login_may_fail and not self._does_not_apply(selected):
            with suppress(ApplicationDied):
                case = await self._performed(selected, self._ground, "", alone=True)
                if judge(selected.scenario, case).status in ("failed", "warned"):
                    self._run.report(selected, case)
                    return
        self._report_trouble(selected, refused)

    def _lanes(self) -> int:
        together = {Capability.SESSIONS, Capability.CONCURRENT} <= self._capabilities
        return max(1, min(self._run.lanes, MOST_LANES, len(self._waiting))) if together else 1

    def _set_aside(self, everything: Iterable[Selected]) -> None:
        """Answer what does not apply, and keep for later what needs the application for itself."""
        remaining: list[Selected] = []
        for selected in everything:
            trouble = self._does_not_apply(selected)
            if trouble is not None:
                self._report_trouble(selected, trouble)
            elif selected.scenario.exclusive:
                self._alone.append(selected)
            else:
                remaining.append(selected)
        self._waiting = deque(sorted(remaining, key=lambda selected: not selected.scenario.waits))

    def _does_not_apply(self, selected: Selected) -> Trouble | None:
        if selected.scenario.tls and not self._tls:
            return Trouble("not_applicable", "WITHOUT_TLS", "The run was over http.", "Add --tls to the command.")
        if (patience := selected.scenario.patience) > self._run.limit:
            cause = f"Within {self._run.limit:g} s a client that is patient looks like one that waits for ever."
            return Trouble("not_applicable", "RUN_TOO_SHORT", cause, f"Add --timeout {patience:g} to the command.")
        duty = selected.scenario.left_to_caller
        if duty and duty in self._left_to_caller:
            cause = f"The library leaves {duty} to its caller, and says so."
            return Trouble("not_applicable", "LEFT_TO_CALLER", cause, "Judge an application that uses it.")
        forgiven = [each for each in selected.scenario.moot_under if each in self._leniencies]
        if forgiven:
            cause = f"The server forgives it, or it could not log in ({forgiven[0]}): too little is refused here."
            return Trouble("not_applicable", "FORGIVEN", cause, "Mend first what is forgiven.")
        missing = [each for each in selected.scenario.needs if each not in self._capabilities]
        if not missing:
            return None
        cause, otherwise = absent(missing[0])
        return Trouble("not_applicable", "CAPABILITY_ABSENT", cause, self._lacking.get(missing[0], otherwise))

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
                self._run.report(selected, case)
                before = case.after
                generation = generation if case.after else -1

    async def _good_login(self, ground: Ground) -> tuple[str, bool]:
        """A good login's flow, and whether it worked; one that did shows that the application was worth a restart."""
        flow = await control_login(ground)
        alive = is_alive(self._run.recorder.entries(frozenset({flow}), 0, -1))
        if alive:
            self._deaths = 0
        return flow, alive

    async def _performed(self, selected: Selected, ground: Ground, before: str, *, alone: bool) -> Case:
        recorder, limit = self._run.recorder, self._run.limit
        return await perform(selected, ground, recorder, before=before, alone=alone, limit=limit)

    async def _perform_alone(self, selected: Selected) -> None:
        ground = self._ground
        if ground is None:
            self._report_trouble(selected, _KEEPS_DYING)
            return
        generation = self._generation
        try:
            before, alive = await self._good_login(ground)
            if not alive:
                # Wedged by what came before: a fresh application tells whether this one is to blame.
                await self._restart(generation)
                ground = self._ground
                if ground is None:
                    self._report_trouble(selected, _KEEPS_DYING)
                    return
                generation = self._generation
                before, _ = await self._good_login(ground)
            case = await self._performed(selected, ground, before, alone=True)
        except ApplicationDied as error:
            cause = f"{error.cause} It died alone, with nothing beside it: a crash is no refusal."
            self._report_trouble(selected, Trouble("inconclusive", error.code, cause, error.next_step))
            await self._restart(generation)
            return
        self._run.report(selected, case)

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
                ground = self._ground = await self._break_ground()
            except CannotStart:
                return
            ground.leniencies = self._leniencies
            if old is not None:
                ground.take_over(old)


# It was asked to begin a login and said no, in one seat or another; that it is not there at all is something else.
_SAID_NO = ("BEGIN_RAISED", "BEGIN_REFUSED", "LOGIN_FAILED", "LOGIN_DOES_NOT_REDIRECT")


def _says_no(attempt: Attempt) -> str:
    """What an application said that began no login: nothing arrived, anywhere."""
    asked = any(isinstance(e, Exchange) for e in attempt.entries)
    return attempt.said.cause if attempt.said and attempt.said.code in _SAID_NO and not asked else ""


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

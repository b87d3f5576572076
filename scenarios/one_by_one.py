"""Scenarios that are asked for one after another, as a test runner asks for them.

The same groups as in a whole run, with the same good logins around each scenario; an application is started when it
is first needed, and kept until the end.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mock_server.transcript import Entry
from scenarios.collection import Selected
from scenarios.drivers.driver import CannotStart
from scenarios.ground import Learned
from scenarios.group import Group
from scenarios.model.assignment import AppKind, AssignmentKind
from scenarios.model.case import Case
from scenarios.model.verdict import RuleVerdict, Verdict
from scenarios.performing import Ground
from scenarios.running import Plan, Running, under_way
from scenarios.summary import Summary


class OneByOne:
    """A run of which each scenario is performed when it is asked for; `summary` is what was said so far."""

    def __init__(self, running: Running, summary: Summary, last: "_Last") -> None:
        self.summary = summary
        self._running = running
        self._last = last
        self._groups: dict[tuple[AppKind, AssignmentKind], Group | CannotStart] = {}

    async def prepare(self, app_kind: AppKind, kind: AssignmentKind) -> Group:
        """Have the application of an assignment ready; `CannotStart` says why there is none, each time."""
        key = app_kind, kind
        if key not in self._groups:
            self._groups[key] = await self._prepared(self._running.group(app_kind, kind))
        group = self._groups[key]
        if isinstance(group, CannotStart):
            raise group
        return group

    async def perform(self, selected: Selected) -> tuple[Case, Verdict]:
        """Perform a scenario; its case, and what is said of it."""
        try:
            group = await self.prepare(selected.app_kind, selected.assignment)
        except CannotStart as error:
            self._running.report(selected, await self._running.without_application(selected, error))
        else:
            await group.perform_one(selected)
        return self._last.told

    def judge_rules(self, app_kind: AppKind) -> tuple[RuleVerdict, ...]:
        """What the rules say of everything that was performed so far."""
        return self._running.judge_rules(app_kind)

    def entries(self, number: int) -> tuple[Entry, ...]:
        """The entry of a number."""
        return tuple(entry for entry in self._running.recorder.everything() if entry.number == number)

    async def _prepared(self, group: Group) -> Group | CannotStart:
        try:
            await group.prepare()
        except CannotStart as error:
            return error
        except BaseException:
            await group.stop()
            raise
        return group

    async def stop(self) -> None:
        """Stop every application."""
        for group in self._groups.values():
            if isinstance(group, Group):
                await group.stop()


class _Last:
    """A listener that keeps what was said last."""

    told: tuple[Case, Verdict]

    def begun(self, plan: Plan) -> None:
        """Nothing to keep."""

    def prepared(self, ground: Ground, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        """Nothing to keep."""

    def judged(self, selected: Selected, case: Case, verdict: Verdict) -> None:  # noqa: ARG002
        """Keep it."""
        self.told = case, verdict

    def ended(self, summary: Summary) -> None:
        """Nothing to keep."""


@asynccontextmanager
async def one_by_one(plan: Plan) -> AsyncIterator[OneByOne]:
    """A server, and scenarios performed as they are asked for; the plan's own are what may be asked for."""
    last, summary = _Last(), Summary()
    async with under_way(plan, [last], summary) as running:
        asked = OneByOne(running, summary, last)
        try:
            yield asked
        finally:
            await asked.stop()

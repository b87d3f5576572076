"""The state machine of the target `sequence`: several sessions, with their redirects, in any order."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule

from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.examples import Begins, CallsApi, Expires, Lands, Refreshes, Step
from scenarios.fuzzing.mutations import Borrows
from scenarios.fuzzing.performance import Performance, Seen, revive

_MOST_SESSIONS = 3


def machine(arena: Arena, seen: Seen, settle: Callable[[Performance], None]) -> type[RuleBasedStateMachine]:
    """A machine that performs its steps in an arena; `settle` is told of each performance and may raise."""

    class Sessions(RuleBasedStateMachine):
        """Rules are steps; the bundle holds names of sessions that have begun a login."""

        sessions = Bundle("sessions")

        def __init__(self) -> None:
            super().__init__()
            self.performance = Performance(arena, seen)
            self.names = 0
            self.settled = False

        def take(self, step: Step) -> None:
            new = arena.loop.run_until_complete(self.performance.take(step))
            if new:
                self.settle()

        def settle(self) -> None:
            if not self.settled:
                self.settled = True
                arena.loop.run_until_complete(self._end())
                settle(self.performance)

        async def _end(self) -> None:
            await self.performance.end()
            await revive(arena, self.performance)

        @rule(target=sessions)
        def begins_in_a_new_session(self) -> Any:
            if self.names >= _MOST_SESSIONS:
                return multiple()
            name = "abc"[self.names]
            self.names += 1
            self.take(Begins(name))
            return name

        @rule(session=sessions)
        def begins_again(self, session: str) -> None:
            self.take(Begins(session))

        @rule(session=sessions)
        def is_denied(self, session: str) -> None:
            self.take(Begins(session, denied=True))
            self.take(Lands(session, session))

        @rule(session=sessions)
        def lands_its_latest(self, session: str) -> None:
            self.take(Lands(session, session))

        @rule(session=sessions, which=st.integers(0, 2))
        def lands_an_earlier_one(self, session: str, which: int) -> None:
            self.take(Lands(session, session, which))

        @rule(session=sessions, other=sessions)
        def lands_another_sessions(self, session: str, other: str) -> None:
            self.take(Lands(session, other))

        @rule(session=sessions, other=sessions)
        def lands_with_the_code_of_another(self, session: str, other: str) -> None:
            if session != other:
                self.take(Lands(session, session, mutations=(Borrows("code", other),)))

        @rule(session=sessions)
        def refreshes(self, session: str) -> None:
            self.take(Refreshes(session))

        @rule(session=sessions)
        def calls_the_api(self, session: str) -> None:
            self.take(CallsApi(session))

        @rule(session=sessions)
        def waits_an_hour(self, session: str) -> None:
            self.take(Expires(session))

        def teardown(self) -> None:
            self.settle()

    return Sessions

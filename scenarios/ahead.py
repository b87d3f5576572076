"""Applications that are started ahead: while one is judged the next get ready, for as long as that disturbs nobody.

Of what a few scenarios with settings of their own take, nearly all is the start of their application, and its end. But
that two of a kind bear each other is not taken for granted: one may empty the database of the other as it starts, or
refuse to start beside it. So it is tried once, between two groups, when nothing is being judged; and one that does not
start beside others is started again when it is its turn, alone.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice

from scenarios.drivers.driver import CannotStart, NotAssignable
from scenarios.group import Group

MOST_AHEAD = 2
"""As many as two cores get ready while a small group is judged; more would only hold memory."""


class Ahead:
    """The groups of a run that are still to come, each in its turn; `possible` is False where nothing starts ahead."""

    def __init__(self, groups: Sequence[Group], *, possible: bool) -> None:
        self._waiting = deque(groups)
        self._starting: dict[Group, asyncio.Task[None]] = {}
        self._ending: deque[asyncio.Task[None]] = deque()
        # Whether two applications bear each other; nothing while nobody knows.
        self._bear_each_other: bool | None = None if possible else False

    async def take_turn(self, *, may_refuse: bool) -> None:
        """Have the application of the next group running, and those behind it on their way.

        `CannotStart` says why there is none; never that it bears no other, unless it `may_refuse` its settings: then
        it is seen whether it starts with others, beside the same neighbours.
        """
        group = self._waiting.popleft()
        started = self._starting.pop(group, None)
        self._start_the_next()
        try:
            await (group.start() if started is None else started)
        except CannotStart as error:
            if may_refuse or isinstance(error, NotAssignable) or not self._bear_each_other:
                raise
            await self.stop()
            await group.start()
            self._bear_each_other = False

    def _start_the_next(self) -> None:
        for group in islice(self._waiting, MOST_AHEAD) if self._bear_each_other else ():
            if group not in self._starting:
                self._starting[group] = asyncio.create_task(group.start())

    async def look(self, group: Group) -> None:
        """See once whether a group's application, of which nothing is being judged, bears another."""
        if self._bear_each_other is None and self._waiting:
            following = self._waiting[0]
            self._bear_each_other = await group.bears_another(following.start)
            if not self._bear_each_other:
                # What the end of the other does to it is not to be found out.
                await following.stop()
            self._start_the_next()

    async def end(self, group: Group) -> None:
        """Stop a group's application, which has been judged; beside the next one, where the two bear each other."""
        self._ending.append(asyncio.create_task(group.stop()))
        await self._ended(but=1 if self._bear_each_other else 0)

    async def _ended(self, *, but: int = 0) -> None:
        while len(self._ending) > but:
            first = self._ending[0]
            try:
                # Whoever breaks a run off while one ends does not break that off: it is waited for once more.
                await asyncio.shield(first)
            finally:
                if first.done():
                    self._ending.popleft()

    async def stop(self) -> None:
        """Stop whatever was started ahead or is about to end: nothing of it is left when this returns."""
        try:
            await self._stop_the_next()
        finally:
            await self._ended()

    async def _stop_the_next(self) -> None:
        starting, self._starting = list(self._starting.values()), {}
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        for group in self._waiting:
            await group.stop()

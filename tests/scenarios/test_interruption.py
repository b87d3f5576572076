"""What ends before its time: a run that is interrupted, a lane that breaks."""

import asyncio

import pytest

from client_ref.client import factory as reference
from scenarios.collection import collect, performances
from scenarios.drivers.in_process import InProcessDriver
from scenarios.group import _side_by_side
from scenarios.running import Plan, run


def test_an_interrupted_run_ends_with_what_is_known():
    """Ctrl-C cancels the main task: so asyncio.run has it."""

    class Interrupting:
        cases, ends = 0, 0

        def begun(self, plan):
            pass

        def prepared(self, *arguments):
            pass

        def judged(self, *arguments):
            self.cases += 1
            self.main.cancel()

        def ended(self, summary):
            self.ends += 1

    async def main():
        heard.main = asyncio.current_task()
        return await run(plan, [heard])

    heard = Interrupting()
    plan = Plan(InProcessDriver(reference), performances(collect(), ("basic",), ["callback/*"]), lanes=1)
    summary = asyncio.run(main())
    assert summary.interrupted
    assert heard.ends == 1
    assert heard.cases == 1
    assert summary.exit_code == 3


async def test_a_lane_that_breaks_leaves_no_other_at_work():
    begun = asyncio.Event()

    async def slow():
        begun.set()
        await asyncio.Event().wait()

    async def broken():
        await begun.wait()
        raise LookupError

    lanes = [asyncio.create_task(slow()), asyncio.create_task(broken())]
    with pytest.raises(LookupError):
        await _side_by_side(lanes)
    assert all(lane.done() for lane in lanes)

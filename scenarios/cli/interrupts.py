"""Ctrl-C and SIGTERM during a run: applications are stopped and reports are finished."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator, Sequence

from scenarios.reports.console import Console
from scenarios.running import Listener, Plan, run
from scenarios.summary import Summary


async def run_until_interrupted(plan: Plan, listeners: Sequence[Listener], console: Console) -> Summary:
    """Run until the end, or until the first Ctrl-C or SIGTERM."""
    with _interrupts(console):
        return await run(plan, listeners)


@contextlib.contextmanager
def _interrupts(console: Console) -> Iterator[None]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    asked = 0

    def interrupt() -> None:
        nonlocal asked
        asked += 1
        # A second cancellation would cut the first one's cleaning up short, and leave processes behind.
        if asked == 1 and task is not None:
            task.cancel()
        else:
            console.note("Stopping: the client is given a few seconds to end.")

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)

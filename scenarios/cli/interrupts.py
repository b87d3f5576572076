"""Ctrl-C and SIGTERM during a run: applications are stopped and reports are finished."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence

from scenarios.reports.console import Console
from scenarios.running import Listener, Plan, run
from scenarios.summary import Summary


async def run_until_interrupted(plan: Plan, listeners: Sequence[Listener], console: Console) -> Summary:
    """Run until the end, or until the first Ctrl-C or SIGTERM."""
    with interrupts(console.note):
        return await run(plan, listeners)


@contextlib.contextmanager
def interrupts(note: Callable[[str], None]) -> Iterator[None]:
    """Cancel the task at hand at the first Ctrl-C or SIGTERM; `note` tells whoever asks again."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    asked = 0

    def interrupt() -> None:
        nonlocal asked
        asked += 1
        # A second cancellation would cut the first one's cleaning up short, and leave processes behind.
        if asked == 1 and task is not None:
            task.cancel()
        else:
            note("Stopping: the client is given a few seconds to end.")

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)

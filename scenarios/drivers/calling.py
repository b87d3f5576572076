"""Calls a client's functions away from the harness's loop: one that blocks, hangs or dies stops no one else."""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import inspect
import threading
from collections.abc import Awaitable, Callable
from queue import SimpleQueue
from typing import Any

from scenarios.drivers.driver import ApplicationDied


class Raised(Exception):
    """What the client's code raised, whatever it was."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}: {error}"[:500])
        self.error = error
        code = getattr(error, "code", "")
        self.reason = code if isinstance(code, str) else ""


class Caller:
    """Calls functions on daemon threads, each within a time limit in seconds; an asynchronous one on a loop beside.

    A thread takes further calls as soon as it is free; one that a client keeps is never waited for. What a call puts
    into a context variable is gone with the call: the next one may be another user's.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._free: list[_Worker] = []
        # Done where the call has ended, though nobody may wait for it any more.
        self._under_way: set[asyncio.Future[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        # Set where the loop has come to its end, whoever ended it.
        self._ended = threading.Event()
        self._stopped = False

    async def call(self, function: Callable[..., Any], *arguments: object) -> Any:
        """The function's result; `TimeoutError` or `Raised`, and `ApplicationDied` where its loop is gone."""
        harness = asyncio.get_running_loop()
        done: asyncio.Future[Any] = harness.create_future()
        ended: asyncio.Future[None] = harness.create_future()
        self._under_way.add(ended)

        def finish(result: Any, error: BaseException | None) -> None:
            self._under_way.discard(ended)
            ended.set_result(None)
            if not done.done():
                done.set_exception(Raised(error)) if error is not None else done.set_result(result)

        def work() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = function(*arguments)
                if inspect.isawaitable(result):
                    result = self._await(result)
            except BaseException as raised:  # noqa: BLE001 - whatever a client raises is evidence
                error = raised
            # Free before the result is told, or the next call would find no free thread.
            self._release(worker)
            with contextlib.suppress(RuntimeError):
                harness.call_soon_threadsafe(finish, result, error)

        worker = self._worker()
        worker.put(work)
        try:
            async with asyncio.timeout(self.timeout):
                return await done
        except TimeoutError:
            if self._ended.is_set():
                raise _loop_closed() from None
            raise
        except Raised as raised:
            if isinstance(raised.error, _LoopClosed):
                raise _loop_closed() from None
            raise

    async def settled(self, seconds: float) -> None:
        """Wait, at most so many seconds, until every call has ended, also those that nobody waits for any more."""
        here = asyncio.get_running_loop()
        if under_way := {ended for ended in self._under_way if ended.get_loop() is here}:
            await asyncio.wait(under_way, timeout=seconds)

    def stop(self) -> None:
        """End the client's loop, and the threads that are free; one that the client still keeps ends with its call."""
        with self._lock:
            self._stopped = True
            free, self._free = self._free, []
        for worker in free:
            worker.put(None)
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._loop.stop)

    def _worker(self) -> "_Worker":
        with self._lock:
            if self._free:
                return self._free.pop()
        worker: _Worker = SimpleQueue()
        threading.Thread(target=_work, args=(worker,), name="client under test", daemon=True).start()
        return worker

    def _release(self, worker: "_Worker") -> None:
        with self._lock:
            if not self._stopped:
                self._free.append(worker)
                return
        worker.put(None)

    def _await(self, awaitable: Awaitable[Any]) -> Any:
        """Wait, on this thread, for something that runs on the client's own loop."""

        async def run() -> Any:
            return await awaitable

        loop, running = self._own_loop(), run()
        try:
            future = asyncio.run_coroutine_threadsafe(running, loop)
        except RuntimeError:
            _let_go(running, awaitable)
            raise _LoopClosed from None
        try:
            return future.result(self.timeout + 1)
        except (TimeoutError, asyncio.CancelledError, concurrent.futures.CancelledError):
            if self._ended.is_set():
                _let_go(running, awaitable)
                raise _LoopClosed from None
            future.cancel()
            raise

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                loop = self._loop = asyncio.new_event_loop()
                ready = threading.Event()
                loop.call_soon(ready.set)
                name = "loop of the client under test"
                threading.Thread(target=_run, args=(loop, self._ended), name=name, daemon=True).start()
                ready.wait(self.timeout)
            return self._loop


# What a thread is to do, one after the other; nothing ends it.
_Worker = SimpleQueue[Callable[[], None] | None]


def _work(worker: _Worker) -> None:
    while (work := worker.get()) is not None:
        contextvars.Context().run(work)
        # While it waits, it holds on to nothing of the client's.
        del work


def _run(loop: asyncio.AbstractEventLoop, ended: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    try:
        with contextlib.suppress(RuntimeError):
            loop.run_forever()
    finally:
        ended.set()
        if not loop.is_closed():
            _end_tasks(loop)
            loop.close()


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """What a client left running would otherwise be complained of after the report."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    with contextlib.suppress(RuntimeError):
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


def _let_go(*awaitables: Awaitable[Any]) -> None:
    """Close what will never begin, or Python complains in somebody else's time that nobody has awaited it."""
    for each in awaitables:
        if inspect.iscoroutine(each) and inspect.getcoroutinestate(each) == inspect.CORO_CREATED:
            each.close()


class _LoopClosed(Exception):
    """The client's loop no longer runs."""


def _loop_closed() -> ApplicationDied:
    cause = "The client closed or stopped the event loop that it was given."
    return ApplicationDied("CLIENT_CLOSED_ITS_LOOP", cause, "Leave the loop to its owner.")

"""Clients are called on threads that take further calls, and that nobody waits for."""

import asyncio
import contextvars
import gc
import threading
from collections.abc import Callable, Iterator

import pytest

from scenarios.drivers.calling import Caller, Raised
from scenarios.drivers.driver import ApplicationDied


@pytest.fixture
def caller() -> Iterator[Caller]:
    caller = Caller(2.0)
    yield caller
    caller.stop()


def thread() -> threading.Thread:
    return threading.current_thread()


async def loop_of_its_own() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


async def test_a_free_thread_takes_the_next_call(caller):
    first = await caller.call(thread)
    assert await caller.call(thread) is first
    assert first.daemon


async def test_calls_at_once_have_a_thread_each(caller):
    both = threading.Barrier(2, timeout=2)

    def meet() -> threading.Thread:
        both.wait()
        return thread()

    one, other = await asyncio.gather(caller.call(meet), caller.call(meet))
    assert one is not other


async def test_a_thread_that_is_kept_is_not_waited_for():
    caller, release = Caller(0.05), threading.Event()
    try:
        with pytest.raises(TimeoutError):
            await caller.call(release.wait)
        assert await caller.call(thread) is not None
    finally:
        release.set()
        caller.stop()


async def test_calls_that_nobody_waits_for_any_more_can_be_waited_for(caller):
    release = threading.Event()
    call = asyncio.create_task(caller.call(release.wait))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    asyncio.get_running_loop().call_later(0.01, release.set)
    await caller.settled(2.0)
    assert release.is_set()
    await caller.settled(2.0)


async def test_a_call_that_never_ends_is_not_waited_for_for_ever():
    caller, release = Caller(0.01), threading.Event()
    with pytest.raises(TimeoutError):
        await caller.call(release.wait)
    await caller.settled(0.01)
    release.set()
    caller.stop()


async def test_a_context_variable_does_not_reach_the_next_user(caller):
    user = contextvars.ContextVar("user", default="nobody")
    await caller.call(user.set, "the one before")
    assert await caller.call(user.get) == "nobody"


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
async def test_whatever_is_raised_is_evidence(caller, error):
    def fails() -> None:
        raise error

    with pytest.raises(Raised) as raised:
        await caller.call(fails)
    assert raised.value.error is error
    assert await caller.call(lambda: "alive") == "alive"


async def test_the_code_of_a_refusal_is_its_reason(caller):
    class Refused(Exception):
        code = "state_mismatch"

    def fails() -> None:
        raise Refused

    with pytest.raises(Raised) as raised:
        await caller.call(fails)
    assert raised.value.reason == "state_mismatch"


async def test_coroutines_run_on_one_loop_that_is_not_the_harness_s(caller):
    own = await caller.call(loop_of_its_own)
    assert own is await caller.call(loop_of_its_own)
    assert own is not asyncio.get_running_loop()


def ends(loop_method: str) -> Callable[[], object]:
    async def end() -> None:
        getattr(asyncio.get_running_loop(), loop_method)()
        await asyncio.Event().wait()

    return end


async def test_a_client_that_stops_its_loop_has_died(caller):
    with pytest.raises(ApplicationDied, match="CLIENT_CLOSED_ITS_LOOP"):
        await caller.call(ends("stop"))


async def test_what_comes_after_the_end_of_the_loop_leaves_no_coroutine(caller):
    """Python would complain of one that nobody has awaited, and here a complaint is an error."""
    with pytest.raises(ApplicationDied):
        await caller.call(ends("stop"))
    with pytest.raises(ApplicationDied, match="CLIENT_CLOSED_ITS_LOOP"):
        await caller.call(loop_of_its_own)
    gc.collect()


async def test_threads_end_with_the_application():
    caller = Caller(2.0)
    worker = await caller.call(thread)
    caller.stop()
    worker.join(2)
    assert not worker.is_alive()


async def test_a_thread_that_was_busy_at_the_end_ends_as_well():
    caller, release, started = Caller(2.0), threading.Event(), threading.Event()
    kept: list[threading.Thread] = []

    def busy() -> None:
        kept.append(thread())
        started.set()
        release.wait(2)

    call = asyncio.create_task(caller.call(busy))
    await asyncio.to_thread(started.wait, 2)
    caller.stop()
    release.set()
    await call
    kept[0].join(2)
    assert not kept[0].is_alive()

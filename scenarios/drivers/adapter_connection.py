"""Requests to an adapter and their answers, whatever it writes and however it ends.

Three things can go wrong, and are told apart. A *bad answer* fails the step that it answers (`SessionFailed`), and the
run goes on. A *dead* adapter (`ApplicationDied`) has ended, or what it says can no longer be matched with what it was
asked. A *wrong answer*, well formed, is the client's business, and judged elsewhere.

Whose is a bad line? Its `seq` says so. Where it does not, and one step alone waits, it is that step's; where none
waits, it is the next step's. Where several wait, nobody can know: the adapter counts as dead, and what was under way
is run again alone, where the other rules always answer.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from scenarios.drivers import messages
from scenarios.drivers.adapter_process import AdapterProcess
from scenarios.drivers.driver import ApplicationDied, DriverError, SessionFailed
from scenarios.drivers.messages import NEXT_STEPS, Fault, Lines, Reply, read_reply, shown
from scenarios.drivers.process import until

_MOST_FAULTS = 100
"""Bad lines in a row after which an adapter counts as dead: reading a flood of them would hold up everybody."""

_LAST_WORDS = 1.0
"""Seconds that may lie between the end of stdout and that of the process."""


class _Waiting(NamedTuple):
    """A request under way."""

    request: str
    answer: "asyncio.Future[Reply]"


class AdapterConnection:
    """The requests that are under way, and what is known of the adapter's trustworthiness.

    `hide` are secrets that the adapter was told, which are not repeated where it says them. Requests are numbered from
    `first`, and `overhear` is called with each line as it came.
    """

    def __init__(
        self,
        command: Sequence[str],
        output: Path | None,
        hide: tuple[str, ...],
        stop_timeout: float,
        *,
        first: int = 1,
        overhear: Callable[[bytes], None] | None = None,
    ) -> None:
        self.one_at_a_time = True
        self.unclaimed: Fault | None = None
        self.hide = hide
        self._stop_timeout = stop_timeout
        self._lines = Lines()
        self._first = self._next = first
        self._overhear = overhear
        self._waiting: dict[int, _Waiting] = {}
        # Given up, so that a late answer is no surprise.
        self._given_up: set[int] = set()
        self._faults = 0
        self._dead: Fault | None = None
        self._ending: asyncio.Task[None] | None = None
        self._process = AdapterProcess(command, self._heard, output=output)

    async def ask(self, kind: type[messages.Request], patience: float, **members: object) -> Reply:
        """Send a request; an answer that fits it, or a `DriverError`, within `patience` in seconds."""
        if self._dead:
            raise dead(self._dead, "it was asked again")
        seq, self._next = self._next, self._next + 1
        request = kind(seq=seq, **members)  # type: ignore[arg-type]
        name = str(kind.__struct_config__.tag)
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[seq] = _Waiting(name, answer)
        try:
            if self.unclaimed:
                fault, self.unclaimed = self.unclaimed, None
                raise failed(fault, f"{name} was about to be asked")
            self._process.send(messages.encode(request))
            async with asyncio.timeout(patience):
                return _fitting(await answer, name, self.hide)
        except TimeoutError:
            raise self._silent(name, patience) from None
        finally:
            if self._waiting.pop(seq, None):
                self._given_up.add(seq)

    @property
    def ended(self) -> str:
        """How the process ended, in words; nothing while it runs."""
        return self._process.how_it_ended()

    async def close(self, *, farewell: bool = True) -> None:
        """End it, by `stop` and the end of its stdin, or by that alone; whatever is still under way is told."""
        self._die(Fault("ADAPTER_STOPPED", "The adapter is being stopped."), kill=False)
        if self._ending:
            self._ending.cancel()
            await asyncio.wait([self._ending])
        last = messages.encode(messages.Stop(self._next)) if farewell else b""
        await self._process.stop(last, self._stop_timeout)

    def _silent(self, name: str, patience: float) -> DriverError:
        if self._process.how_it_ended():
            self._die(self._exit())
            return dead(self._exit(), f"{name} was asked")
        cause = f"The adapter did not answer {name} within {patience:g} s."
        if self._lines.begun:
            cause += f" It has begun a line, without a line feed at its end: {shown(self._lines.begun, self.hide)}."
        fault = Fault("ADAPTER_SILENT", cause)
        if not self.one_at_a_time:
            return failed(fault, "")
        # It serves one request at a time, and is still busy with this one.
        self._die(fault)
        return dead(fault, "")

    # What the adapter writes.

    def _heard(self, octets: bytes) -> None:
        if self._dead:
            return
        if not octets:
            self._ending = asyncio.get_running_loop().create_task(self._end())
        for line in self._lines.feed(octets):
            if self._dead:
                return
            if isinstance(line, Fault):
                self._die(line)
                return
            if self._overhear is not None:
                self._overhear(line)
            self._take(read_reply(line, self.hide))

    def _take(self, reply: Reply | Fault) -> None:
        if isinstance(reply, Fault):
            seq = reply.seq if reply.seq in self._waiting or reply.seq in self._given_up else None
            self._blame(seq, reply)
        elif reply.seq in self._given_up:
            self._faults = 0
            self._given_up.discard(reply.seq)
        elif reply.seq in self._waiting:
            self._faults = 0
            _settle(self._waiting.pop(reply.seq).answer, reply)
        elif self._first <= reply.seq < self._next:
            self._blame(None, Fault("ANSWERED_TWICE", f"Request {reply.seq} is answered a second time."))
        elif self._waiting:
            self._blame(None, Fault("WRONG_SEQ", f"An answer names request {reply.seq}, which was never sent."))
        else:
            self._blame(None, Fault("UNASKED", f"An answer to request {reply.seq}, which was never sent."))

    def _blame(self, seq: int | None, fault: Fault) -> None:
        """Fail the step whose bad line this is; see the top of this module."""
        self._faults += 1
        if seq in self._given_up:
            self._given_up.discard(seq)
        elif (seq is None and len(self._waiting) > 1) or self._faults > _MOST_FAULTS:
            self._die(fault)
        elif not self._waiting:
            self.unclaimed = self.unclaimed or fault
        else:
            blamed = next(iter(self._waiting)) if seq is None else seq
            if seq is None:
                self._given_up.add(blamed)
            waiting = self._waiting.pop(blamed)
            _settle(waiting.answer, failed(fault, f"{waiting.request} was asked"))

    # Its end.

    def _die(self, fault: Fault, *, kill: bool = True) -> None:
        if self._dead:
            return
        self._dead = fault
        for waiting in self._waiting.values():
            _settle(waiting.answer, dead(fault, f"{waiting.request} was asked"))
        if kill:
            self._process.kill()

    async def _end(self) -> None:
        """After the end of its stdout: how the process ended, once that is known."""
        ended = await until(lambda: bool(self._process.how_it_ended()), _LAST_WORDS)
        self._die(self._exit() if ended else Fault("STDOUT_CLOSED", "The adapter closed its stdout and runs on."))

    def _exit(self) -> Fault:
        words = " | ".join(shown(line, self.hide) for line in self._process.last_lines())
        wrote = f"It last wrote to stderr: {words}" if words else "It wrote nothing to stderr."
        return Fault("ADAPTER_EXITED", f"The adapter {self._process.how_it_ended()}. {wrote}")


def _settle(answer: "asyncio.Future[Reply]", with_: Reply | DriverError) -> None:
    if answer.done():
        return
    if isinstance(with_, DriverError):
        answer.set_exception(with_)
    else:
        answer.set_result(with_)


def _fitting(reply: Reply, request: str, hide: tuple[str, ...]) -> Reply:
    """The answer, where it is one that this request can have."""
    if isinstance(reply, messages.Failed):
        cause = f"The adapter failed at {request}: {shown(reply.detail, hide)}."
        raise SessionFailed("ADAPTER_FAILED", cause, NEXT_STEPS["ADAPTER_FAILED"])
    if not isinstance(reply, messages.ANSWERS[request]):
        answer = reply.__struct_config__.tag
        raise SessionFailed("WRONG_REPLY", f"The adapter answered {request} with {answer}.", NEXT_STEPS["WRONG_REPLY"])
    if isinstance(reply, messages.Unsupported):
        cause = f"The capability {request} was declared, and the adapter says that it is not supported."
        raise SessionFailed("UNSUPPORTED", cause, NEXT_STEPS["UNSUPPORTED"])
    return reply


def failed(fault: Fault, when: str) -> SessionFailed:
    """What a fault is to the step whose it is."""
    return SessionFailed(fault.code, _told(fault, when), NEXT_STEPS[fault.code])


def dead(fault: Fault, when: str) -> ApplicationDied:
    """What a fault is to everybody."""
    return ApplicationDied(fault.code, _told(fault, when), NEXT_STEPS[fault.code])


def _told(fault: Fault, when: str) -> str:
    return f"{fault.cause} That was when {when}." if when else fault.cause

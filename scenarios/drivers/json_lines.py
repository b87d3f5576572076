"""The seat for any language: an adapter, a process that answers one JSON object per line on stdout.

What the messages are is `messages`; whose a bad answer is, and when an adapter counts as dead, is `adapter_connection`;
how its process lives and ends is `adapter_process`. `docs/adapter-protocol.md` is for those who write adapters.
"""

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

import msgspec

from scenarios.drivers import messages
from scenarios.drivers.adapter_connection import AdapterConnection, failed
from scenarios.drivers.driver import CannotStart, CapabilitySource, DriverError, SessionFailed
from scenarios.drivers.messages import NEXT_STEPS, Fault, Reply, Reported, Started, shown
from scenarios.model.assignment import AppKind, Assignment, AssignmentKind
from scenarios.model.capability import TOLD, Capability
from scenarios.model.outcome import Outcome

START_TIMEOUT = 15.0
STEP_TIMEOUT = 10.0
STOP_TIMEOUT = 2.0
"""Seconds: for an interpreter to load a client; for a step with its requests; between `stop` and SIGTERM, and again
between that and SIGKILL."""

_REDIRECT_URI = "http://localhost:5050/callback"
_APP_KINDS: dict[bool | None, tuple[AppKind, ...]] = {None: ("basic", "pkce"), True: ("pkce",), False: ("basic",)}
_IN_FLIGHT = 64
PARALLEL = frozenset({Capability.CONCURRENT, Capability.PARALLEL_CALLS})
_GIVEN = TOLD | {Capability.SIGNED_IN}
_OTHER_SEATS = frozenset(
    {
        Capability.HTML,
        Capability.POST_CALLBACK,
        Capability.RESTART,
        Capability.SECOND_PROCESS,
        Capability.OTHER_NAMES,
    }
)


class JsonLinesDriver:
    """Starts adapters. The command is a list of words, never split.

    `pkce` restricts the client to PKCE apps, or to Basic ones; by default it is assigned both kinds, one application
    each. `output` is a folder for what adapters write. Times are in seconds.
    """

    seat = "JSON lines"
    # Each adapter is a process of its own, and listens nowhere.
    starts_several = True

    def __init__(
        self,
        command: Sequence[str],
        *,
        pkce: bool | None = None,
        redirect_uri: str = _REDIRECT_URI,
        output: Path | None = None,
        step_timeout: float = STEP_TIMEOUT,
        start_timeout: float = START_TIMEOUT,
        stop_timeout: float = STOP_TIMEOUT,
    ) -> None:
        if isinstance(command, str):
            raise TypeError("a command is a list: it is never split on spaces")
        self.app_kinds = _APP_KINDS[pkce]
        self._command = tuple(command)
        self._redirect_uri = redirect_uri
        self._output = output
        self._start_timeout, self._step_timeout, self._stop_timeout = start_timeout, step_timeout, stop_timeout
        self._numbers = itertools.count(1)
        self._reads_metadata: bool | None = None

    def reads_metadata(self) -> bool | None:
        """What the adapter declared when it was started; nothing before that."""
        return self._reads_metadata

    def redirect_uri(self, kind: AssignmentKind) -> str:  # noqa: ARG002 - the same for every kind
        """Nothing listens there: the harness hands the redirect to the adapter itself."""
        return self._redirect_uri

    async def start(self, assignment: Assignment) -> "JsonLinesApplication":
        """Start the command and have it make the client; `CannotStart` says why there is none."""
        output = self._output / f"adapter-{next(self._numbers)}" if self._output else None
        hide = (assignment.client_secret,) if assignment.client_secret else ()
        try:
            connection = AdapterConnection(self._command, output, hide, self._stop_timeout)
        except (OSError, ValueError) as error:  # of values: no word at all, or one with a zero octet
            raise cannot_run(self._command, error) from None
        try:
            assigned = msgspec.convert(assignment, messages.Assigned, from_attributes=True)
            started = await connection.ask(
                messages.Start, self._start_timeout, version=messages.VERSION, assignment=assigned
            )
            assert isinstance(started, Started)  # noqa: S101 - `ask` has seen to it
            check_capabilities(started)
            self._reads_metadata = Capability.DISCOVERY in started.capabilities
        except DriverError as error:
            await connection.close()
            raise CannotStart(error.code, error.cause, error.next_step) from None
        except BaseException:
            await connection.close()
            raise
        return JsonLinesApplication(connection, started, self._step_timeout)


class JsonLinesApplication:
    """A started adapter: `client` says who it is, `unclaimed` is a bad line that no step came to answer for."""

    def __init__(self, connection: "AdapterConnection", started: Started, step_timeout: float) -> None:
        self.client = started.client
        self.capabilities = _GIVEN.union(started.capabilities)
        self.left_to_caller = frozenset(started.left_to_caller)
        connection.one_at_a_time = not self.capabilities & PARALLEL
        self.hide = connection.hide
        self._connection = connection
        self._step_timeout = step_timeout
        self._turns = asyncio.Semaphore(1 if connection.one_at_a_time else _IN_FLIGHT)
        self._names = itertools.count(1)

    @property
    def unclaimed(self) -> SessionFailed | None:
        """What is wrong with a line that came while nothing was asked, until a step is told."""
        fault = self._connection.unclaimed
        return failed(fault, "nothing was asked") if fault else None

    def source(self, capability: Capability) -> CapabilitySource:
        """Who says so of a capability that it has."""
        return "given by the seat" if capability in _GIVEN else "declared"

    def session(self) -> "JsonLinesSession":
        """A fresh user agent: a name that the adapter has not heard."""
        return JsonLinesSession(self, str(next(self._names)))

    def learn(self, good: object, denied: object) -> None:
        """Nothing to learn: the adapter itself says how a step ended."""

    async def ask(self, kind: type[messages.Request], session: str, **members: str) -> Reply:
        """Ask when it is this step's turn, and wait for the answer, each within its time."""
        async with self._turns:
            return await self._connection.ask(kind, self._step_timeout, session=session, **members)

    async def move_clock(self, seconds: float) -> None:
        """Have the client believe that so much more time has passed."""
        async with self._turns:
            await self._connection.ask(messages.MoveClock, self._step_timeout, seconds=seconds)

    async def stop(self) -> None:
        """Say `stop`; what does not end by itself is ended, with all that it started."""
        await self._connection.close()


class JsonLinesSession:
    """One user agent, known to the adapter by name."""

    def __init__(self, application: JsonLinesApplication, name: str) -> None:
        self._application = application
        self._name = name

    async def begin(self) -> str:
        """The authorization URL."""
        reply = await self._application.ask(messages.Begin, self._name)
        if isinstance(reply, messages.Begun):
            return reply.url
        assert isinstance(reply, Reported)  # noqa: S101 - `ask` has seen to it
        if reply.kind == "signed_in":
            raise failed(Fault("WRONG_REPLY", "The adapter is signed in before any landing."), "begin was asked")
        told = _outcome(reply, self._application.hide)
        cause = f"The client began no login: {told.reason or 'no reason named'}. {told.detail}".rstrip()
        raise SessionFailed("BEGIN_REFUSED", cause, NEXT_STEPS["BEGIN_REFUSED"])

    async def land(self, url: str) -> Outcome:
        """Hand the redirect to the adapter."""
        return await self._step(messages.Land, url=url)

    async def refresh(self) -> Outcome:
        """Have the client refresh."""
        return await self._if_declared(messages.Refresh, Capability.REFRESH)

    async def call_api(self) -> Outcome:
        """Have the client call the API."""
        return await self._if_declared(messages.CallApi, Capability.CALL_API)

    async def close(self) -> None:
        """Nothing to do: the adapter keeps its sessions until it stops."""

    async def _if_declared(self, kind: type[messages.Request], capability: Capability) -> Outcome:
        if capability not in self._application.capabilities:
            cause = f"The client was not declared to have the capability {capability.value}."
            raise SessionFailed("UNSUPPORTED", cause, NEXT_STEPS["UNSUPPORTED"])
        return await self._step(kind)

    async def _step(self, kind: type[messages.Request], **members: str) -> Outcome:
        return _outcome(await self._application.ask(kind, self._name, **members), self._application.hide)


def _outcome(reply: Reply, hide: tuple[str, ...]) -> Outcome:
    """What the adapter reported; a client that fails has let nobody in, so that an error counts as a refusal."""
    assert isinstance(reply, Reported)  # noqa: S101 - `ask` has seen to it
    detail = shown(reply.detail or "", hide)
    return Outcome(
        "signed_in" if reply.kind == "signed_in" else "refused",
        "adapter",
        reason=shown(reply.reason or "", hide),
        detail=f"error: {detail}" if reply.kind == "error" else detail,
        granted_scope=reply.granted_scope,
        expires_at=reply.expires_at,
        token_type=reply.token_type or "",
        access_token=reply.access_token_fingerprint or "",
        refresh_token=reply.refresh_token_fingerprint or "",
    )


def check_capabilities(started: Started) -> None:
    foreign = sorted(capability.value for capability in _OTHER_SEATS.intersection(started.capabilities))
    if foreign:
        cause = f"The adapter declares {', '.join(foreign)}, which no message of this seat can make use of."
        code = "CAPABILITY_OF_ANOTHER_SEAT"
        raise CannotStart(code, cause, NEXT_STEPS[code])


def cannot_run(command: Sequence[str], error: OSError | ValueError) -> CannotStart:
    name = command[0] if command else ""
    code = "ADAPTER_NOT_FOUND" if isinstance(error, FileNotFoundError | ValueError) else "ADAPTER_CANNOT_RUN"
    reason = (error.strerror if isinstance(error, OSError) else str(error)) or "it cannot be started"
    return CannotStart(code, f"The command {name!r} cannot be run: {reason}.", NEXT_STEPS[code])

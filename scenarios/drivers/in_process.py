"""The seat inside this process: `factory(assignment)` gives an object with `begin` and `land`, sync or async.

A client runs on daemon threads, an asynchronous one on a loop of its own, so that one which blocks, hangs or closes its
loop stops neither the harness nor the mock server.
"""

import asyncio
import concurrent.futures
import contextlib
import importlib
import inspect
import io
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from scenarios.drivers.driver import ApplicationDied, CannotStart, CapabilitySource, SessionFailed
from scenarios.model.assignment import AppKind, Assignment, AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.outcome import Outcome

Factory = Callable[[Assignment], Any]

STEP_TIMEOUT = 5.0
_REDIRECT_URI = "http://localhost:5050/callback"
# That a refusal says why is for the client to declare: an exception with a `code` is a reason, any other an accident.
_GIVEN = frozenset({Capability.SESSIONS, Capability.CONCURRENT, Capability.SIGNED_IN})
# Methods that a client may have beside `begin` and `land`.
_OPTIONAL = {"refresh": Capability.REFRESH, "call_api": Capability.CALL_API}


def load_factory(name: str) -> Factory:
    """The factory of `module:factory`, of `reference` or of `flawed:NAME`; `CannotStart` says what is wrong."""
    if name == "reference":
        return _attribute("client_ref.client", "factory")
    if name.startswith("flawed:"):
        return _flawed(name.removeprefix("flawed:"))
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        cause = f"{name!r} names no factory."
        raise CannotStart("BAD_CLIENT_NAME", cause, "Write module:factory, reference, or flawed:NAME.")
    return _attribute(module, attribute)


def _flawed(name: str) -> Factory:
    flawed = importlib.import_module("client_ref.flawed")
    if name not in flawed.FLAWS:
        known = ", ".join(sorted(flawed.FLAWS))
        raise CannotStart("UNKNOWN_FLAW", f"There is no flawed client {name!r}.", f"Known: {known}.")
    factory: Factory = flawed.factory(name)
    return factory


def _attribute(module: str, attribute: str) -> Factory:
    # A user's own module stands in the folder where the command is called.
    if "" not in sys.path and "." not in sys.path:
        sys.path.insert(0, "")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        cause = f"{module}:{attribute} cannot be imported: {type(error).__name__}: {error}."
        raise CannotStart("CLIENT_NOT_IMPORTABLE", cause, "Import it in Python, from this folder.") from error
    if not callable(found):
        cause = f"{module}:{attribute} is {type(found).__name__}, which cannot be called."
        raise CannotStart("CLIENT_NOT_CALLABLE", cause, "Name a function that takes an assignment.")
    factory: Factory = found
    return factory


class InProcessDriver:
    """Starts clients in this process; `step_timeout` is in seconds."""

    seat = "in process"

    def __init__(
        self,
        factory: Factory,
        *,
        app_kinds: tuple[AppKind, ...] = ("basic", "pkce"),
        step_timeout: float = STEP_TIMEOUT,
    ) -> None:
        self.app_kinds = app_kinds
        self._factory = factory
        self._step_timeout = step_timeout

    def redirect_uri(self, kind: AssignmentKind) -> str:  # noqa: ARG002 - the same for every kind
        """Nothing listens there: the harness hands the redirect to the client itself."""
        return _REDIRECT_URI

    async def start(self, assignment: Assignment) -> "InProcessApplication":
        """Call the factory; `CannotStart` says why there is no client."""
        caller = _Caller(self._step_timeout)
        try:
            client = await caller.call(self._factory, assignment)
        except TimeoutError:
            cause = f"The factory did not return within {self._step_timeout:g} s."
            raise CannotStart("FACTORY_HUNG", cause, "Let it return a client without talking to anybody.") from None
        except _Raised as raised:
            cause = f"The factory raised {raised}."
            raise CannotStart("FACTORY_RAISED", cause, "Call it in Python with the printed assignment.") from raised
        for method in ("begin", "land"):
            if not callable(getattr(client, method, None)):
                cause = f"The factory returned {type(client).__name__}, which has no method {method}."
                raise CannotStart("CLIENT_LACKS_METHOD", cause, "Give it begin(session) and land(session, url).")
        for method, capability in _OPTIONAL.items():
            declared = capability.value in getattr(client, "capabilities", ())
            if declared and not callable(getattr(client, method, None)):
                cause = f"The client declares {capability.value}, and has no method {method}."
                raise CannotStart("CLIENT_LACKS_METHOD", cause, "Give it the method, or declare less.")
        return InProcessApplication(client, caller)


class InProcessApplication:
    """A client object, and what it can do."""

    def __init__(self, client: Any, caller: "_Caller") -> None:
        self._client = client
        self._caller = caller
        found = {capability for method, capability in _OPTIONAL.items() if callable(getattr(client, method, None))}
        declared = getattr(client, "capabilities", ())
        known = {Capability(name) for name in declared if name in Capability._value2member_map_}
        self.capabilities = frozenset(_GIVEN | found | known)
        self.left_to_caller = frozenset(str(name) for name in getattr(client, "left_to_caller", ()))

    def source(self, capability: Capability) -> CapabilitySource:
        """Who says so of a capability that it has."""
        if capability in _GIVEN:
            return "given by the seat"
        return "learned" if capability in _OPTIONAL.values() else "declared"

    def session(self) -> "InProcessSession":
        """A fresh user agent: an empty dictionary."""
        return InProcessSession(self._client, self._caller)

    def learn(self, good: object, denied: object) -> None:
        """Nothing to learn: the client itself says how a step ended."""

    async def stop(self) -> None:
        """Let the client close what it holds, and end its loop."""
        close = getattr(self._client, "aclose", None) or getattr(self._client, "close", None)
        if callable(close):
            with contextlib.suppress(Exception):
                await self._caller.call(close)
        self._caller.stop()


class InProcessSession:
    """One user agent: the dictionary that a client keeps its session in."""

    def __init__(self, client: Any, caller: "_Caller") -> None:
        self._client = client
        self._caller = caller
        self._session: dict[str, object] = {}

    async def begin(self) -> str:
        """The authorization URL."""
        try:
            url = await self._caller.call(self._client.begin, self._session)
        except TimeoutError:
            raise SessionFailed("BEGIN_HUNG", "begin() did not return in time.", "It should build a URL.") from None
        except _Raised as raised:
            raise SessionFailed("BEGIN_RAISED", f"begin() raised {raised}.", "Call it in Python.") from raised
        if not isinstance(url, str) or "://" not in url:
            cause = f"begin() returned {type(url).__name__} in the place of a URL."
            raise SessionFailed("BEGIN_RETURNED_NO_URL", cause, "Return the authorization URL as a string.")
        return url

    async def land(self, url: str) -> Outcome:
        """Hand the redirect to the client."""
        return await self._step(self._client.land, self._session, url)

    async def refresh(self) -> Outcome:
        """Have the client refresh."""
        return await self._step(self._client.refresh, self._session)

    async def call_api(self) -> Outcome:
        """Have the client call the API."""
        return await self._step(self._client.call_api, self._session)

    async def close(self) -> None:
        """Forget the session."""
        self._session = {}

    async def _step(self, method: Callable[..., Any], *arguments: object) -> Outcome:
        try:
            returned = await self._caller.call(method, *arguments)
        except TimeoutError:
            return Outcome("hung", "adapter", detail=f"no answer within {self._caller.timeout:g} s")
        except _Raised as raised:
            kind = "refused" if isinstance(raised.error, Exception) else "crashed"
            return Outcome(kind, "adapter", reason=raised.reason, detail=str(raised))  # type: ignore[arg-type]
        return _outcome(returned)


def _outcome(returned: Any) -> Outcome:
    """What a client returned: a mapping may say more, anything else says that it is signed in."""
    told = dict(returned) if isinstance(returned, dict) else {}

    def text(name: str) -> str:
        value = told.get(name)
        return value if isinstance(value, str) else ""

    expires_at = told.get("expires_at")
    return Outcome(
        "signed_in",
        "adapter",
        granted_scope=text("scope") if "scope" in told else None,
        expires_at=float(expires_at) if isinstance(expires_at, int | float) else None,
        token_type=text("token_type"),
        access_token=text("access_token_fingerprint"),
        refresh_token=text("refresh_token_fingerprint"),
    )


class _Raised(Exception):
    """What the client's code raised, whatever it was."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}: {error}"[:500])
        self.error = error
        code = getattr(error, "code", "")
        self.reason = code if isinstance(code, str) else ""


class _Caller:
    """Calls a client's functions away from the harness's loop, each within a time limit in seconds."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        # Set where the loop has come to its end, whoever ended it.
        self._ended = threading.Event()

    async def call(self, function: Callable[..., Any], *arguments: object) -> Any:
        """The function's result; `TimeoutError` or `_Raised`, and `ApplicationDied` where its loop is gone."""
        harness = asyncio.get_running_loop()
        done: asyncio.Future[Any] = harness.create_future()

        def finish(result: Any, error: BaseException | None) -> None:
            if not done.done():
                done.set_exception(_Raised(error)) if error is not None else done.set_result(result)

        def work() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = function(*arguments)
                if inspect.isawaitable(result):
                    result = self._await(result)
            except BaseException as raised:  # noqa: BLE001 - whatever a client raises is evidence
                error = raised
            with contextlib.suppress(RuntimeError):
                harness.call_soon_threadsafe(finish, result, error)

        threading.Thread(target=work, name="client under test", daemon=True).start()
        try:
            return await asyncio.wait_for(done, self.timeout)
        except TimeoutError:
            if self._ended.is_set():
                raise _loop_closed() from None
            raise
        except _Raised as raised:
            if isinstance(raised.error, _LoopClosed):
                raise _loop_closed() from None
            raise

    def _await(self, awaitable: Awaitable[Any]) -> Any:
        """Wait, on this thread, for something that runs on the client's own loop."""

        async def run() -> Any:
            return await awaitable

        loop = self._own_loop()
        try:
            future = asyncio.run_coroutine_threadsafe(run(), loop)
        except RuntimeError:
            raise _LoopClosed from None
        try:
            return future.result(self.timeout + 1)
        except (TimeoutError, asyncio.CancelledError, concurrent.futures.CancelledError):
            if self._ended.is_set():
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

    def stop(self) -> None:
        """End the client's loop."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._loop.stop)


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


class _LoopClosed(Exception):
    """The client's loop no longer runs."""


def _loop_closed() -> ApplicationDied:
    cause = "The client closed or stopped the event loop that it was given."
    return ApplicationDied("CLIENT_CLOSED_ITS_LOOP", cause, "Leave the loop to its owner.")


@contextlib.contextmanager
def quiet_stdout() -> Iterator[io.StringIO]:
    """Keep what clients print from the data on our stdout; what they printed is in the yielded buffer."""
    captured = io.StringIO()
    with contextlib.redirect_stdout(captured):
        yield captured

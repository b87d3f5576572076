"""The seat inside this process: `factory(assignment)` gives an object with `begin` and `land`, sync or async.

A client runs on daemon threads, an asynchronous one on a loop of its own, so that one which blocks, hangs or closes its
loop stops neither the harness nor the mock server.
"""

import contextlib
import importlib
import io
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from scenarios.drivers.calling import Caller, Raised
from scenarios.drivers.driver import CannotStart, CapabilitySource, NotAssignable, SessionFailed
from scenarios.drivers.other_name import NO_OTHER_NAME, lead_away, lead_here
from scenarios.model.assignment import AppKind, Assignment, AssignmentKind
from scenarios.model.capability import TOLD, Capability
from scenarios.model.outcome import Outcome

Factory = Callable[[Assignment], Any]

STEP_TIMEOUT = 5.0
# Seconds; what takes longer is held by the client, and not waited for.
_SETTLING = 0.1
_REDIRECT_URI = "http://localhost:5050/callback"
# That a refusal says why is for the client to declare: an exception with a `code` is a reason, any other an accident.
_GIVEN = TOLD | {Capability.SESSIONS, Capability.CONCURRENT, Capability.SIGNED_IN, Capability.RESTART}
# Methods that a client may have beside `begin` and `land`.
_OPTIONAL = {"refresh": Capability.REFRESH, "call_api": Capability.CALL_API, "move_clock": Capability.CLOCK}


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
    """Starts clients in this process; `step_timeout` is in seconds, and `caller` is how their functions are called."""

    seat = "in process"

    def __init__(
        self,
        factory: Factory,
        *,
        app_kinds: tuple[AppKind, ...] = ("basic", "pkce"),
        step_timeout: float = STEP_TIMEOUT,
        caller: Callable[[float], Caller] = Caller,
    ) -> None:
        self.app_kinds = app_kinds
        self._factory = factory
        self._caller = caller
        self._step_timeout = step_timeout

    def redirect_uri(self, kind: AssignmentKind) -> str:  # noqa: ARG002 - the same for every kind
        """Nothing listens there: the harness hands the redirect to the client itself."""
        return _REDIRECT_URI

    async def start(self, assignment: Assignment) -> "InProcessApplication":
        """Call the factory; `CannotStart` says why there is no client."""
        told_a_name = bool(assignment.kind.cleartext)
        if told_a_name:
            lead_here()
        try:
            client, caller = await self._made(assignment)
            if told_a_name and Capability.OTHER_NAMES.value not in getattr(client, "capabilities", ()):
                caller.stop()
                raise NotAssignable("OTHER_NAMES", *NO_OTHER_NAME)
        except BaseException:
            if told_a_name:
                lead_away()
            raise
        ended = lead_away if told_a_name else None
        return InProcessApplication(client, caller, lambda: self._made(assignment), ended)

    async def _made(self, assignment: Assignment) -> tuple[Any, Caller]:
        caller = self._caller(self._step_timeout)
        try:
            client = await caller.call(self._factory, assignment)
        except TimeoutError:
            cause = f"The factory did not return within {self._step_timeout:g} s."
            raise CannotStart("FACTORY_HUNG", cause, "Let it return a client without talking to anybody.") from None
        except Raised as raised:
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
        return client, caller


class InProcessApplication:
    """A client object, and what it can do; `again` makes another one, as a restart would."""

    def __init__(
        self,
        client: Any,
        caller: Caller,
        again: Callable[[], Awaitable[tuple[Any, Caller]]],
        ended: Callable[[], None] | None = None,
    ) -> None:
        self._client = client
        self._caller = caller
        self._again = again
        self._ended = ended
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
        return InProcessSession(self)

    async def call(self, method: str, *arguments: object) -> Any:
        """Call a method of the client that there is now."""
        return await self._caller.call(getattr(self._client, method), *arguments)

    @property
    def step_timeout(self) -> float:
        """Seconds after which a call is given up."""
        return self._caller.timeout

    async def restart(self) -> None:
        """Make the client anew, with nothing of the old one; the dictionaries of its sessions stay."""
        await self.stop()
        self._client, self._caller = await self._again()

    async def move_clock(self, seconds: float) -> None:
        """Have the client believe that so much more time has passed, where it has a method for that."""
        await self.call("move_clock", seconds)

    def learn(self, good: object, denied: object) -> None:
        """Nothing to learn: the client itself says how a step ended."""

    async def stop(self) -> None:
        """Let the client close what it holds, and end its loop."""
        close = getattr(self._client, "aclose", None) or getattr(self._client, "close", None)
        if callable(close):
            # A run that is interrupted leaves calls under way, and whoever is closed in their midst may lose a socket.
            await self._caller.settled(_SETTLING)
            with contextlib.suppress(Exception):
                await self._caller.call(close)
        self._caller.stop()
        if self._ended is not None:
            self._ended()
            self._ended = None


class InProcessSession:
    """One user agent: the dictionary that a client keeps its session in."""

    def __init__(self, application: InProcessApplication) -> None:
        self._application = application
        self._session: dict[str, object] = {}

    async def begin(self) -> str:
        """The authorization URL."""
        try:
            url = await self._application.call("begin", self._session)
        except TimeoutError:
            raise SessionFailed("BEGIN_HUNG", "begin() did not return in time.", "It should build a URL.") from None
        except Raised as raised:
            raise SessionFailed("BEGIN_RAISED", f"begin() raised {raised}.", "Call it in Python.") from raised
        if not isinstance(url, str) or "://" not in url:
            cause = f"begin() returned {type(url).__name__} in the place of a URL."
            raise SessionFailed("BEGIN_RETURNED_NO_URL", cause, "Return the authorization URL as a string.")
        return url

    async def land(self, url: str) -> Outcome:
        """Hand the redirect to the client."""
        return await self._step("land", self._session, url)

    async def refresh(self) -> Outcome:
        """Have the client refresh."""
        return await self._step("refresh", self._session)

    async def call_api(self) -> Outcome:
        """Have the client call the API."""
        return await self._step("call_api", self._session)

    async def close(self) -> None:
        """Forget the session."""
        self._session = {}

    async def _step(self, method: str, *arguments: object) -> Outcome:
        try:
            returned = await self._application.call(method, *arguments)
        except TimeoutError:
            return Outcome("hung", "adapter", detail=f"no answer within {self._application.step_timeout:g} s")
        except Raised as raised:
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


@contextlib.contextmanager
def quiet_stdout() -> Iterator[io.StringIO]:
    """Keep what clients print from the data on our stdout; what they printed is in the yielded buffer."""
    captured = io.StringIO()
    with contextlib.redirect_stdout(captured):
        yield captured

"""What every seat offers, and what can go wrong in one.

A *driver* starts applications of the client under test. An *application* has *sessions*; a session is one user agent.
The harness visits the authorization endpoint itself (`user_agent`), so a session only has to say where it would send
its user agent (`begin`), and to take the redirect that comes back (`land`).

    DriverError                something is wrong with the client's wiring, never with its protocol
    ├── CannotStart            no application could be started: the run cannot go on
    │   └── NotAssignable      not with this assignment: its scenarios do not apply
    ├── SessionFailed          one step could not be driven: the scenario is errored, the run goes on
    └── ApplicationDied        the process is gone: it is started again, scenarios in flight run once more alone
"""

from typing import Literal, NamedTuple, Protocol, runtime_checkable

from mock_server.protocol.records import App
from scenarios.model.assignment import AppKind, Assignment, AssignmentKind
from scenarios.model.capability import Capability
from scenarios.model.outcome import Outcome

CapabilitySource = Literal["given by the seat", "declared", "learned"]


class DriverError(Exception):
    """Trouble with the wiring: a stable code, the cause and the next step."""

    def __init__(self, code: str, cause: str, next_step: str) -> None:
        super().__init__(f"{code}: {cause} {next_step}")
        self.code = code
        self.cause = cause
        self.next_step = next_step


class CannotStart(DriverError):
    """No application could be started."""


class NotAssignable(CannotStart):
    """Such an assignment is not for this seat, or not for this application."""


class SessionFailed(DriverError):
    """One step could not be driven."""


class ApplicationDied(DriverError):
    """The application's process is gone."""


class CookiesAtLanding(NamedTuple):
    """The names of a browser's cookies when it landed: brought, withheld for SameSite alone, and refused before."""

    brought: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class ClientSession(Protocol):
    """One user agent of an application. Each method has its own time limit and returns, whatever the client does."""

    async def begin(self) -> str:
        """Begin a login; the authorization URL that the application sends its user agent to."""

    async def land(self, url: str) -> Outcome:
        """Bring a redirect to the application's redirection endpoint."""

    async def refresh(self) -> Outcome:
        """Have the access token refreshed."""

    async def call_api(self) -> Outcome:
        """Have the API called."""

    async def close(self) -> None:
        """Forget the user agent."""


@runtime_checkable
class BrowserSession(ClientSession, Protocol):
    """A session that is a browser, so that more can be done with it; it tells what it saw (`Outcome.pages`)."""

    async def begin(self, query: str = "", host: str = "") -> str:
        """Begin a login, with a query behind the address where logins begin, under another Host perhaps."""

    async def land(self, url: str, method: str = "GET", host: str = "") -> Outcome:
        """Bring a redirect to the application's redirection endpoint, by another method or under another Host perhaps.
        """

    def forget_cookies(self, *words: str) -> int:
        """Forget the cookies with one of the words in their names, or all; how many there were."""

    async def looks_signed_in(self) -> bool | None:
        """What a configured probe says of the browser as it is; nothing where there is none."""

    @property
    def at_landing(self) -> CookiesAtLanding:
        """What became of its cookies at the last landing."""


class Application(Protocol):
    """A started application."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do: declared, learned, or given by the seat."""

    def source(self, capability: Capability) -> CapabilitySource:
        """Who says so of a capability that it has."""

    @property
    def left_to_caller(self) -> frozenset[str]:
        """What a library leaves to its caller, as names of requirements (`state`); such scenarios do not apply."""

    def session(self) -> ClientSession:
        """A fresh user agent."""

    def learn(self, good: ClientSession, denied: ClientSession) -> None:
        """Be told which of two sessions has just logged in and which was denied, to tell such landings apart."""

    async def stop(self) -> None:
        """Stop it: nothing of it is left when this returns."""


@runtime_checkable
class RestartableApplication(Application, Protocol):
    """An application that can be stopped and started again; its sessions outlive that, and what it stores."""

    async def restart(self) -> None:
        """Stop it and start it again, as it was; `CannotStart` says why that did not work."""


@runtime_checkable
class ApplicationWithClock(Application, Protocol):
    """An application whose own clock can be moved."""

    async def move_clock(self, seconds: float) -> None:
        """Have it believe that so much more time has passed than has."""


@runtime_checkable
class WatchedApplication(Application, Protocol):
    """An application that is only seen from outside, so that what was found out about it has to be remembered."""

    @property
    def listens_at(self) -> str:
        """The address that it listens at, with its port."""

    @property
    def signal(self) -> str:
        """How good logins are told from others, in words; empty where they cannot be."""

    def last_lines(self) -> str:
        """What it wrote last, as the end of a sentence."""

    def take_over(self, other: "Application") -> None:
        """Know what was found out about another application of the same client."""


class Driver(Protocol):
    """A seat."""

    @property
    def seat(self) -> str:
        """Its name: `in process`, `web app` or `JSON lines`."""

    @property
    def app_kinds(self) -> tuple[AppKind, ...]:
        """The kinds of app that the client can be assigned."""

    def redirect_uri(self, kind: AssignmentKind) -> str:
        """The redirection URI to register for the next application; asked before `start`."""

    async def start(self, assignment: Assignment) -> Application:
        """Start an application; `CannotStart` says why there is none."""


@runtime_checkable
class RegisteredDriver(Driver, Protocol):
    """A seat whose application may have been told of its registration already."""

    def registered(self, app_kind: AppKind) -> App | None:
        """That registration, or nothing where each application is told of its own."""


@runtime_checkable
class DiscoveringDriver(Driver, Protocol):
    """A seat that may know before it starts an application whether that reads the server's metadata."""

    def reads_metadata(self) -> bool | None:
        """False where it does not, and nothing where nobody knows yet."""


@runtime_checkable
class ProcessDriver(Driver, Protocol):
    """A seat whose applications are processes of their own, so that it takes time to start one."""

    @property
    def starts_several(self) -> bool:
        """True where one can be started while another still runs, with all that it needs for itself."""

"""The seat of a web application object in this process: `module:app`, an ASGI or a WSGI application, without a socket.

It is seen from a browser, as a web application in a process of its own is, and can do what such a one can but be
restarted. It runs on daemon threads, an ASGI application on a loop of its own, so that one that blocks or hangs stops
nobody else. What it sends to the authorization server travels over sockets as ever.
"""

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from scenarios.drivers import environment
from scenarios.drivers.calling import Caller, Raised
from scenarios.drivers.driver import CannotStart
from scenarios.drivers.fetching import Answer, Lost, Target, Wanted
from scenarios.drivers.in_memory import Asgi, Served, StartUpFailed, Wsgi
from scenarios.drivers.web_app import WebAppDriver, WebApplication
from scenarios.model.assignment import Assignment, AssignmentKind

Interface = Literal["asgi", "wsgi"]

_PORT = 5050
_LAST_LINES = 5
_OURS = frozenset({"client_ref", "mock_server", "oauthspec", "scenarios"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})
# What an application of each kind is called with.
_CALLED_WITH: Mapping[Interface, tuple[str, ...]] = {
    "asgi": ("scope", "receive", "send"),
    "wsgi": ("environ", "start_response"),
}


class AppObjectDriver(WebAppDriver):
    """Imports an application anew for each assignment; `step_timeout` and `ready_timeout` are in seconds.

    `name` is `module:app`. What takes the arguments of its interface is the application. What takes one argument, or
    none, makes it: called with the assignment, or with nothing. Either finds its settings in the environment, as a
    process would. The other settings are those of `WebAppDriver`.
    """

    def __init__(
        self, interface: Interface, name: str, *, caller: Callable[[float], Caller] = Caller, **settings: Any
    ) -> None:
        module, colon, attribute = name.partition(":")
        if not (module and colon and attribute):
            cause = f"{name!r} names no application."
            raise CannotStart("BAD_APP_NAME", cause, "Write module:app, as in main:app.")
        super().__init__((), **settings)
        self._caller = caller
        self._interface: Interface = interface
        self._name, self._module, self._attribute = name, module, attribute
        # What was imported for the assignment before, from the user's own folders.
        self._imported: frozenset[str] = frozenset()
        self._was_imported = False
        self._outer: dict[str, str] = {}
        self._running = 0

    @property
    def seat(self) -> str:
        """Its name."""
        return f"{self._interface.upper()} application"

    def redirect_uri(self, kind: AssignmentKind) -> str:
        """The redirection URI; nothing listens there: what is sent there is handed to the application."""
        del kind
        return f"http://{self._origin}:{_PORT}{self._callback}"

    async def start(self, assignment: Assignment) -> "ObjectApplication":
        """Import the application and let it start; `CannotStart` says why there is none."""
        caller = self._caller(self._ready_timeout)
        wanted = environment.whole(assignment, self._env)
        self._outer = self._outer if self._running else dict(os.environ)
        self._running += 1
        _set(wanted)
        try:
            served = await self._begun(caller, assignment)
        except BaseException:
            caller.stop()
            self.ended()
            raise
        # One more second than a browser waits, which then says what it waited for.
        caller.timeout = self.step_timeout + 1
        return ObjectApplication(self, assignment, served, caller)

    def ended(self) -> None:
        """Note that an application has stopped; after the last one, this process has its own environment again."""
        self._running -= 1
        if not self._running:
            _set(self._outer)

    async def _begun(self, caller: Caller, assignment: Assignment) -> Served:
        name = self._name
        try:
            application = await caller.call(self._made, assignment)
            served = Asgi(application, _PORT) if self._interface == "asgi" else Wsgi(application, _PORT)
            await caller.call(served.start)
        except TimeoutError:
            cause = f"{name} was not ready within {self._ready_timeout:g} s."
            raise CannotStart("APP_HUNG_AT_STARTUP", cause, "Let it wait for nothing while it starts.") from None
        except Raised as raised:
            error = raised.error
            if isinstance(error, CannotStart):
                raise error from None
            if isinstance(error, StartUpFailed):
                cause = f"{name} failed in its lifespan: {error}."
                next_step = "Start it under uvicorn: it will not start there either."
                raise CannotStart("APP_FAILED_AT_STARTUP", cause, next_step) from None
            cause = f"{name} raised {raised} when it was asked for the application."
            raise CannotStart("APP_FACTORY_RAISED", cause, "Call it in Python, with these settings.") from error
        return served

    def _made(self, assignment: Assignment) -> Any:
        found = self._found()
        application = _called(found, assignment) if _makes_one(found, self._interface) else found
        if not callable(application) or not _can_be_called(application, len(_CALLED_WITH[self._interface])):
            raise self._not_an_app(application)
        return application

    def _found(self) -> Any:
        if "" not in sys.path and "." not in sys.path:
            sys.path.insert(0, "")
        for name in self._imported:
            sys.modules.pop(name, None)
        before = frozenset(sys.modules)
        try:
            found: Any = importlib.import_module(self._module)
        except (Exception, SystemExit) as error:
            said = f"{type(error).__name__}: {error}".rstrip(".")
            if self._was_imported:
                cause = f"{self._module} cannot be imported a second time, for another assignment: {said}."
                raise CannotStart("APP_KEEPS_SETTINGS", cause, "Judge it as a command, after --.") from error
            cause = f"{self._module} cannot be imported: {said}."
            raise CannotStart("APP_NOT_IMPORTABLE", cause, "Import it in Python, from this folder.") from error
        finally:
            # Settings are read when a module is imported: the next assignment's have to be read again.
            self._imported |= {name for name in frozenset(sys.modules) - before if _is_own(name)}
        self._was_imported = True
        for part in self._attribute.split("."):
            if not hasattr(found, part):
                cause = f"{self._module} has no {self._attribute}."
                next_step = "Name the application after the colon, as it is called there."
                raise CannotStart("APP_ATTRIBUTE_MISSING", cause, next_step)
            found = getattr(found, part)
        return found

    def _not_an_app(self, application: Any) -> CannotStart:
        other: Interface = "wsgi" if self._interface == "asgi" else "asgi"
        wanted = ", ".join(_CALLED_WITH[self._interface])
        cause = f"{self._name} is {type(application).__name__}, which cannot be called with ({wanted})."
        next_step = "Name the application, or what makes it."
        if callable(application) and _can_be_called(application, len(_CALLED_WITH[other])):
            next_step = f"Use --{other} in the place of --{self._interface}."
        return CannotStart("NOT_AN_ASGI_APP" if other == "wsgi" else "NOT_A_WSGI_APP", cause, next_step)


class ObjectApplication(WebApplication):
    """An application object that has started."""

    def __init__(
        self,
        driver: AppObjectDriver,
        assignment: Assignment,
        served: Served,
        caller: Caller,
    ) -> None:
        super().__init__(driver, assignment, None, "127.0.0.1")
        self._served = served
        self._caller = caller
        self._ended = driver.ended

    @property
    def listens_at(self) -> str:
        """It listens nowhere."""
        return "no port (it is called in this process)"

    async def fetch(self, target: Target, request: bytes, wanted: Wanted) -> Answer:
        """Ask it, on its own thread or loop."""
        if target.port != self.port:
            raise Lost("nothing listens there: the application is an object, on no port")
        try:
            answer: Answer = await self._caller.call(self._served.ask, request, wanted)
        except Raised as raised:
            raise Lost(str(raised)) from raised.error
        return answer

    async def check_lost(self) -> None:
        """It lives as long as this process."""

    async def stop(self) -> None:
        """Let it end, and give this process its environment back."""
        try:
            await self._caller.call(self._served.stop)
        except (TimeoutError, Raised):
            # What it does at its end is nobody's concern any more.
            pass
        finally:
            self._caller.stop()
            self._ended()

    def last_lines(self) -> str:
        """What its server said of it last, for a message."""
        lines = list(self._served.log.lines)[-_LAST_LINES:]
        return f" It logged: {' | '.join(lines)}" if lines else ""


def _set(wanted: Mapping[str, str]) -> None:
    """Make this process's environment be so."""
    before = dict(os.environ)
    for name in before.keys() - wanted.keys():
        del os.environ[name]
    for name, value in wanted.items():
        if before.get(name) != value:
            os.environ[name] = value


def _is_own(name: str) -> bool:
    """True for a module of the user's: not of ours, and of a folder that packages are not installed in."""
    file = getattr(sys.modules.get(name), "__file__", None)
    if name.partition(".")[0] in _OURS or not isinstance(file, str):
        return False
    path, standard_library = Path(file), Path(os.__file__).parent
    return not _INSTALLED.intersection(path.parts) and not path.is_relative_to(standard_library)


def _makes_one(found: Any, interface: Interface) -> bool:
    """True for what takes an `assignment`, one argument or none: an application takes two or three."""
    if not callable(found):
        return False
    if _takes_an_assignment(found):
        return True
    called = _can_be_called(found, len(_CALLED_WITH[interface]))
    return not called and (_can_be_called(found, 0) or _can_be_called(found, 1))


def _called(factory: Any, assignment: Assignment) -> Any:
    if _takes_an_assignment(factory):
        return factory(assignment=assignment)
    return factory() if _can_be_called(factory, 0) else factory(assignment)


def _takes_an_assignment(function: Any) -> bool:
    try:
        return "assignment" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _can_be_called(function: Any, arguments: int) -> bool:
    try:
        inspect.signature(function).bind(*[None] * arguments)
    except (TypeError, ValueError):
        return False
    return True

"""The seat of a web application in any language: started as a command, or already running, and seen from a browser."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec

from mock_server.apps import BASIC_APP, PKCE_APP
from mock_server.environment import env_lines
from mock_server.protocol.records import App
from scenarios.drivers import environment, process
from scenarios.drivers.browser import origin_of
from scenarios.drivers.driver import (
    Application,
    ApplicationDied,
    CannotStart,
    CapabilitySource,
    ClientSession,
    NotAssignable,
)
from scenarios.drivers.fetching import Answer, Target, Wanted, fetch
from scenarios.drivers.learning import Signal, learn
from scenarios.drivers.probe import parse_address, parse_probe
from scenarios.drivers.process import ApplicationProcess
from scenarios.drivers.web_session import Place, Steps, WebSession
from scenarios.model.assignment import PLAIN, AppKind, Assignment, AssignmentKind
from scenarios.model.capability import TOLD, Capability

_GIVEN = TOLD | {Capability.SESSIONS, Capability.CONCURRENT, Capability.HTML, Capability.POST_CALLBACK}
_READY, _ATTACHED = 30.0, 300.0
"""Seconds that an application may take to listen: one that is started, and one that somebody else starts."""

_PATIENCE = 0.5
"""Seconds that a process may take to end after its last connection broke."""


class WebApplication:
    """A running application; its sessions outlive a `restart`."""

    def __init__(
        self, driver: "WebAppDriver", assignment: Assignment, running: ApplicationProcess | None, address: str
    ) -> None:
        self.assignment = assignment
        self.address = address
        self.steps = driver.steps
        self.step_timeout = driver.step_timeout
        self.signals: dict[str, Signal] = {}
        self._driver = driver
        self._process = running
        # Where it may send its own browser without leaving: it may call itself by several names.
        configured = (assignment.redirect_uri, *(self.url_of(step.url) for step in self.steps.all()))
        self._origins = frozenset(map(origin_of, configured))

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Given by the seat, or declared by naming where it is done; `signed_in` may be learned."""
        having = {
            Capability.SIGNED_IN: self.steps.probe is not None or "land" in self.signals,
            Capability.REFRESH: self.steps.refresh is not None,
            Capability.CALL_API: self.steps.api_call is not None,
            Capability.PARALLEL_CALLS: self.steps.api_call is not None,
            Capability.RESTART: self._process is not None,
            # Whoever passes something on has a use for it.
            Capability.ISSUER: self._driver.passes_on("issuer"),
            Capability.DISCOVERY: self._driver.passes_on("metadata_url"),
        }
        return _GIVEN | {capability for capability, has in having.items() if has}

    def source(self, capability: Capability) -> CapabilitySource:
        """Who says so of a capability that it has."""
        if capability is Capability.SIGNED_IN:
            return "learned" if self.steps.probe is None else "declared"
        return "given by the seat" if capability in _GIVEN | {Capability.RESTART} else "declared"

    @property
    def left_to_caller(self) -> frozenset[str]:
        """Nothing: this is the whole application."""
        return frozenset()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return environment.port_of(self.assignment.redirect_uri)

    def session(self) -> WebSession:
        """A fresh browser."""
        return WebSession(self)

    def learn(self, good: ClientSession, denied: ClientSession) -> None:
        """Compare what two sessions saw last in each step that both have taken; told again, the last time counts."""
        if not isinstance(good, WebSession) or not isinstance(denied, WebSession):
            raise TypeError("sessions of another seat")
        of_good, of_denied = good.seen, denied.seen
        found = {step: learn(of_good[step], of_denied[step]) for step in of_good.keys() & of_denied.keys()}
        self.signals = {step: signal for step, signal in found.items() if signal is not None}
        told = denied.outcomes.get("land")
        if told is not None and (told.evidence, told.kind) == ("probe", "signed_in"):
            # It says so of a browser that was denied: from now on nothing rests on it.
            self.steps = replace(self.steps, probe=None)

    @property
    def listens_at(self) -> str:
        """The address that it listens at, with its port."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def signal(self) -> str:
        """How good logins are told from others, in words; empty where they cannot be."""
        if self.steps.probe is not None:
            return f"the probe {self.steps.probe}"
        landing = self.signals.get("land")
        return f"landings differ in {', '.join(landing.differs_in)}" if landing else ""

    def take_over(self, other: Application) -> None:
        """Know what was found out about another application of the same client."""
        if isinstance(other, WebApplication):
            self.signals, self.steps = other.signals, other.steps

    async def restart(self) -> None:
        """Stop it and start it again, at the same address; it keeps what it stores, and its browsers their cookies."""
        if self._process is None:
            raise CannotStart("NOT_OURS", "It was not started from here.", "Start it with its command instead.")
        await self._process.stop()
        self._process, self.address = await self._driver.launch(self.assignment)

    async def stop(self) -> None:
        """Stop it, with all that it started; one that was not started from here runs on."""
        if self._process is not None:
            await self._process.stop()

    def url_of(self, place: str) -> str:
        """A place of the application as a whole URL."""
        return urljoin(self.assignment.redirect_uri, place)

    def place_of(self, url: str) -> Place:
        """Whose a URL is: the application's own, the authorization endpoint, or elsewhere."""
        origin, endpoint = origin_of(url), self.assignment.authorization_endpoint
        if origin == origin_of(endpoint):
            return "authorization endpoint" if urlsplit(url).path == urlsplit(endpoint).path else "elsewhere"
        parts = urlsplit(url) if origin else urlsplit("")
        here = environment.is_local(parts.hostname or "") and origin.endswith(f":{self.port}")
        scheme = urlsplit(self.assignment.redirect_uri).scheme
        return "own" if origin in self._origins or (here and parts.scheme == scheme) else "elsewhere"

    async def fetch(self, target: Target, request: bytes, wanted: Wanted) -> Answer:
        """Ask it for something, over a connection."""
        return await fetch(target, request, wanted)

    def check_alive(self) -> None:
        """Raise `ApplicationDied` if its process has ended."""
        if self._process is not None and self._process.ended:
            raise self._process.died()

    async def check_lost(self) -> None:
        """Raise `ApplicationDied` if a connection broke because the application is gone; returns if it lives on."""
        if self._process is not None:
            await process.until(lambda: self._process is None or bool(self._process.ended), _PATIENCE)
        self.check_alive()
        if not await process.listening_address(self.port, (self.address,)):
            wrote = self._process.last_lines() if self._process else ""
            cause = f"Nothing listens on port {self.port} any more.{wrote}"
            raise ApplicationDied("APPLICATION_GONE", cause, "See its output; where it is not ours, start it again.")

    def last_lines(self) -> str:
        """What it wrote last, for a message."""
        return self._process.last_lines() if self._process else ""


class WebAppDriver:
    """Starts a command as an application, or attaches to one that runs already (`command` is None).

    `login`, `refresh` and `api_call` are paths or URLs of the application, with `POST ` before those that are posted
    to; `signed_in` is a probe as in `GET /me is 200`. `env` holds further variables, as in `OAUTH_ID={client_id}`.
    Times are in seconds. A `fixed_redirect_uri` is for an application that cannot listen on any port. What the user of
    one that runs already has to set, secrets included, is told to `announce`.
    """

    def __init__(
        self,
        command: Sequence[str] | None,
        *,
        login: str,
        host: str = "localhost",
        callback: str = "/callback",
        signed_in: str | None = None,
        refresh: str | None = None,
        api_call: str | None = None,
        pkce: bool = False,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
        output: Path | None = None,
        fixed_redirect_uri: str | None = None,
        ready_timeout: float | None = None,
        step_timeout: float = 10.0,
        announce: Callable[[str], None] = lambda _text: None,
    ) -> None:
        if isinstance(command, str):
            raise TypeError("a command is a list: it is never split on spaces")
        if command is None and fixed_redirect_uri is None:
            cause = "An application that runs already has a redirect URI of its own, which was not named."
            raise CannotStart("NO_REDIRECT_URI", cause, "Name it, as in http://localhost:5050/callback.")
        self.command = None if command is None else tuple(command)
        self.steps = Steps(
            login=parse_address(login),
            refresh=parse_address(refresh) if refresh else None,
            api_call=parse_address(api_call) if api_call else None,
            probe=parse_probe(signed_in) if signed_in else None,
        )
        self.step_timeout = step_timeout
        self._origin, self._callback = host, callback if callback.startswith("/") else f"/{callback}"
        self._kinds: tuple[AppKind, ...] = ("pkce",) if pkce else ("basic",)
        self._env = dict(env or {})
        for name, template in self._env.items():
            environment.check_template(name, template)
        self._folder, self._output = folder, output
        self._fixed = fixed_redirect_uri
        # A person who copies settings needs longer than an interpreter that loads.
        usual = _READY if command is not None else _ATTACHED
        self._ready_timeout = usual if ready_timeout is None else ready_timeout
        self._announce, self._announced = announce, ""
        self._given_ports: frozenset[int] = frozenset()
        self._started = 0

    @property
    def seat(self) -> str:
        """Its name."""
        return "web app"

    @property
    def app_kinds(self) -> tuple[AppKind, ...]:
        """The one kind that the command was said to be."""
        return self._kinds

    @property
    def starts_several(self) -> bool:
        """True where it is started from here, each time at a port of its own."""
        return self.command is not None and self._fixed is None

    def passes_on(self, field: str) -> bool:
        """True where a variable of the environment names a field of the assignment."""
        return any(f"{{{field}}}" in template for template in self._env.values())

    def reads_metadata(self) -> bool:
        """True where the application is told where the server's metadata are."""
        return self.passes_on("metadata_url")

    def redirect_uri(self, kind: AssignmentKind) -> str:
        """The redirection URI of the next application: on a free port, unless one is fixed."""
        del kind
        if self._fixed is not None:
            return self._fixed
        port = process.free_port(self._given_ports)
        self._given_ports |= {port}
        return f"http://{self._origin}:{port}{self._callback}"

    @property
    def mock_host(self) -> str:
        """The host name for the mock: another than the application's, as in the world, so that they are two sites."""
        host = (urlsplit(self._fixed).hostname if self._fixed else self._origin) or ""
        return "localhost" if host in process.LOOPBACK else "127.0.0.1"

    def registered(self, app_kind: AppKind) -> App | None:
        """The registration of an application that runs already: it was told of it once, and is not told again."""
        return None if self.command is not None else (PKCE_APP if app_kind == "pkce" else BASIC_APP)

    def environment(self, assignment: Assignment) -> dict[str, str]:
        """What an application is told; for one that runs already, what its user has to set."""
        return environment.assigned(assignment) | environment.from_templates(self._env, assignment)

    async def start(self, assignment: Assignment) -> WebApplication:
        """Start the command, or find the application that runs already; `CannotStart` says why there is none."""
        if self.command is None:
            return WebApplication(self, assignment, None, await self._attach(assignment))
        running, address = await self.launch(assignment)
        return WebApplication(self, assignment, running, address)

    async def launch(self, assignment: Assignment) -> tuple[ApplicationProcess, str]:
        """Start the command and wait until it listens: the process, and the address that it listens at."""
        port = environment.port_of(assignment.redirect_uri)
        if not process.is_free(port):
            raise process.port_taken(port)
        running = ApplicationProcess(
            self.command or (),
            environment.whole(assignment, self._env),
            folder=self._folder,
            output=self._files(assignment),
            hidden=tuple(filter(None, (assignment.client_secret,))),
        )
        try:
            return running, await running.listens(port, self._ready_timeout)
        except BaseException:
            await running.stop()
            raise

    async def _attach(self, assignment: Assignment) -> str:
        kind = assignment.kind
        if msgspec.structs.replace(kind, redirect_uris=1) != PLAIN:
            cause = f"The application runs already, and would have to be told something else: {kind}."
            raise NotAssignable("ATTACHED", cause, "Have it started from here, with its command, to judge this too.")
        host, port = urlsplit(assignment.redirect_uri).hostname or "", environment.port_of(assignment.redirect_uri)
        hosts = process.LOOPBACK if host == "localhost" or host.endswith(".localhost") else (host,)
        self._tell(assignment, f"{host}:{port}")
        address = await process.first_listening(port, hosts, self._ready_timeout)
        if not address:
            cause = f"Nothing listened at {host}:{port} within {self._ready_timeout:g} s."
            raise CannotStart("NOT_RUNNING", cause, "Start the application with the settings shown.")
        return address

    def _tell(self, assignment: Assignment, where: str) -> None:
        """Say once what the application has to be told, and that it is waited for."""
        settings = self.environment(assignment)
        text = env_lines({name: value for name, value in settings.items() if name != "PORT"})
        if text != self._announced:
            waits = f"It is waited for at {where}, for {self._ready_timeout:g} s at most."
            self._announce(f"Start the application with these settings. {waits}\n\n{text}")
            self._announced = text

    def _files(self, assignment: Assignment) -> tuple[Path, Path] | None:
        if self._output is None:
            return None
        self._started += 1
        name = f"application-{self._started}-{assignment.app_kind}"
        try:
            self._output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            cause = f"{self._output} cannot be written to: {error.strerror}."
            raise CannotStart("OUTPUT_NOT_WRITABLE", cause, "Name another folder.") from None
        return self._output / f"{name}.stdout.txt", self._output / f"{name}.stderr.txt"


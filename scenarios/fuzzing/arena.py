"""Where examples are performed: one application, a mock in this process, and what came of the last steps.

The mock's authorization endpoint is asked without a socket: it is in this process, and a genuine redirect then costs a
tenth of a millisecond. Everything that the client sends travels as ever.
"""

import asyncio
import contextlib
from collections import deque
from types import TracebackType
from typing import Self

from mock_server.changes import Changes
from mock_server.protocol.provider import FRAMEIO, Provider
from mock_server.protocol.resource_owner import Deny
from mock_server.serving import LOOPBACK, authorization_server
from mock_server.transcript import Entry, Exchange, ReceivedRequest
from scenarios.drivers.driver import CannotStart, Driver, DriverError, SessionFailed
from scenarios.drivers.user_agent import UserAgent
from scenarios.ground import Learned, break_ground, learn, listening, secured
from scenarios.model.assignment import PLAIN, AppKind
from scenarios.performing import Ground
from scenarios.recorder import Recorder

# So many flows are remembered, so that what a client sends late is known to be late.
_REMEMBERED = 64
MOST_DEATHS = 200
"""An application that died so often is given up."""

class CannotGoOn(Exception):
    """There is no application any more that could be fuzzed: a stable code, and why."""

    def __init__(self, code: str, cause: str) -> None:
        super().__init__(f"{code}: {cause}")
        self.code = code
        self.cause = cause

class Arena:
    """A running mock with an application; it is entered and left as a context manager. It brings its own loop.

    Hypothesis calls functions and awaits nothing, so this loop runs while an example is performed, on the same thread.
    """

    def __init__(
        self,
        driver: Driver,
        app_kind: AppKind,
        provider: Provider = FRAMEIO,
        *,
        tls: bool = False,
        host: str = LOOPBACK,
        port: int = 0,
    ) -> None:
        self.app_kind = app_kind
        self.loop = asyncio.new_event_loop()
        self.restarts = 0
        self.learned = Learned()
        # The client names its reason when it refuses something on purpose.
        self.names_reasons = False
        self._driver = driver
        core = authorization_server(provider=provider, apps=(), auto_allow=True, journal=1_000, grants=4_000)
        self._secured = secured(tls)
        self.server = listening(core, host, port, self._secured.__enter__())
        self._flows: deque[str] = deque()
        self._entries: list[Entry] = []
        self._ground: Ground | None = None
        self._user_agent: UserAgent | None = None

    def __enter__(self) -> Self:
        self.server.start()
        try:
            self.loop.run_until_complete(self._open())
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.loop.run_until_complete(self._close())
        finally:
            self.loop.close()
            self.server.stop()
            self._secured.__exit__(None, None, None)

    async def _open(self) -> None:
        authority = self.server.authority
        self._user_agent = UserAgent(self.server.url, trust=authority.trusting() if authority else None)
        await self._start()
        recorder = Recorder(self.server)
        try:
            self.learned = await learn(self.ground, recorder)
            if self.learned.refusal:
                raise CannotGoOn("CANNOT_LOG_IN", self.learned.refusal)
            self.names_reasons = await self._refusal_has_a_name()
        finally:
            recorder.close()
        self.server.transcript.listen(self._entries.append)

    async def _start(self) -> None:
        assert self._user_agent is not None  # noqa: S101 - made when the arena is entered
        self._ground = await break_ground(self._driver, self.server, self._user_agent, PLAIN, self.app_kind)

    async def _close(self) -> None:
        if self._ground is not None:
            await self._ground.application.stop()
        if self._user_agent is not None:
            await self._user_agent.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _refusal_has_a_name(self) -> bool:
        flow, session = self.open_flow(Changes(resource_owner=Deny())), self.ground.application.session()
        try:
            outcome = await session.land(self.visit(await session.begin(), flow))
        except DriverError:
            return False
        finally:
            await session.close()
        return bool(outcome.reason)

    @property
    def ground(self) -> Ground:
        """The application and its server."""
        assert self._ground is not None  # noqa: S101 - made when the arena is entered
        return self._ground

    async def restart(self) -> None:
        """Start the application anew: the one at hand has died, or does not let anybody in any more."""
        self.restarts += 1
        old = self.ground
        with contextlib.suppress(DriverError):
            await old.application.stop()
        if self.restarts > MOST_DEATHS:
            raise CannotGoOn("KEEPS_DYING", f"The application was started again {MOST_DEATHS} times.")
        try:
            await self._start()
        except CannotStart as error:
            raise CannotGoOn(error.code, f"It cannot be started again: {error.cause}") from error
        self.ground.take_over(old)

    # Logins.

    def open_flow(self, changes: Changes) -> str:
        """Begin a flow; the oldest is forgotten."""
        core = self.server.core
        flow = core.open_flow(self.ground.changes(changes)).identifier
        self._flows.append(flow)
        if len(self._flows) > _REMEMBERED:
            core.close_flow(self._flows.popleft())
        return flow

    def visit(self, authorization_url: str, flow: str) -> str:
        """Open an authorization URL for a flow; the URL of the redirect. `SessionFailed` says why there is none."""
        server = self.server
        if not authorization_url.startswith(server.authorization_endpoint + "?"):
            cause = f"The login leads to {authorization_url[:120]!r}, which is not the mock's authorization endpoint."
            raise SessionFailed("LOGIN_ELSEWHERE", cause, f"Configure it with {server.authorization_endpoint}.")
        target = authorization_url.removeprefix(server.url).partition("#")[0]
        request = ReceivedRequest("GET", target, (("oauthspec-flow", flow),), origin=server.url)
        location = server.core.authorize(request).answer.header("location")
        if not location or location.startswith(f"{server.url}/oauth2/fallbacks/error"):
            cause = "The server refused the authorization request outright."
            raise SessionFailed("AUTHORIZATION_REFUSED", cause, "Compare client_id and redirect_uri.")
        return location

    # Evidence.

    def forget(self) -> None:
        """Begin with no evidence."""
        self._entries.clear()

    def mark(self) -> int:
        """A place in the evidence, for `since`."""
        return len(self._entries)

    def since(self, mark: int, flows: frozenset[str]) -> tuple[Exchange, ...]:
        """The exchanges since then of these flows, and those that no flow can be named for."""
        entries = tuple(self._entries[mark:])
        return tuple(e for e in entries if isinstance(e, Exchange) and (not e.flow or e.flow in flows))

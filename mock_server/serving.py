"""The server on sockets of its own: `with serve() as server:` gives a running mock on a free port.

It always runs on its own thread and loop, so that a client under test that blocks or hangs does not stop it. It binds
to the loopback interface unless told otherwise.
"""

import asyncio
import base64
import contextlib
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import uvicorn

from mock_server.apps import BASIC_APP as BASIC_APP
from mock_server.apps import PKCE_APP as PKCE_APP
from mock_server.apps import SCOPES as SCOPES
from mock_server.authorization_server import AuthorizationServer
from mock_server.connection import Connection, Connections, until_stopped
from mock_server.listening import LOOPBACK as LOOPBACK
from mock_server.listening import LOOPBACK_HOSTS as LOOPBACK_HOSTS
from mock_server.listening import listening
from mock_server.protocol.provider import FRAMEIO, Provider
from mock_server.protocol.records import App
from mock_server.protocol.resource import User
from mock_server.protocol.resource_owner import Allow, Ask, ResourceOwner
from mock_server.protocol.vocabulary import Certificate
from mock_server.tls import SecuredConnection, SecuredListener
from mock_server.transcript import Transcript
from mock_server.web.access import Access
from mock_server.web.application import Application

if TYPE_CHECKING:
    from mock_server.certificates import Authority


# Values ahead of their use: asking the system for many at once costs little more than asking for one.
_VALUES: list[str] = []
_AHEAD = 64


def new_value() -> str:
    """An unguessable value in the engine's form: 43 characters, a dot, 43 characters."""
    try:
        return _VALUES.pop()
    except IndexError:
        # 66 bytes are 88 characters without a rest; the 44th of each becomes the dot, and the last is left out.
        characters = bytearray(base64.urlsafe_b64encode(secrets.token_bytes(66 * _AHEAD)))
        characters[43::88] = b"." * _AHEAD
        characters[87::88] = b" " * _AHEAD
        made = characters.decode().split()
        _VALUES.extend(made[1:])
        return made[0]


def authorization_server(
    *,
    provider: Provider = FRAMEIO,
    apps: tuple[App, ...] = (BASIC_APP, PKCE_APP),
    resource_owner: ResourceOwner | None = None,
    auto_allow: bool = False,
    issuer: str = "http://127.0.0.1:4444",
    user: User | None = None,
    journal: int = 10_000,
    grants: int = 20_000,
) -> AuthorizationServer:
    """An authorization server with the real clock and real randomness, on no socket yet."""
    return AuthorizationServer(
        provider=provider,
        clock=time.time,
        new_value=new_value,
        apps=tuple(apps),
        resource_owner=resource_owner or (Allow() if auto_allow else Ask()),
        issuer=issuer,
        user=user,
        journal=journal,
        grants=grants,
    )


def application(**settings: Any) -> Application:
    """The mock as an ASGI application for use in memory; settings as for `authorization_server`."""
    return Application(authorization_server(**settings))


class RunningServer:
    """A mock that listens; it is a context manager and stops at its end.

    With an `authority` it speaks https, at its second origin too, and http at a third.
    """

    def __init__(
        self,
        core: AuthorizationServer,
        *,
        host: str = LOOPBACK,
        port: int = 0,
        public_url: str = "",
        control_token: str = "",
        request_timeout: float = Connection.request_timeout,
        authority: "Authority | None" = None,
    ) -> None:
        self.core = core
        self.host = host
        self.authority = authority
        self._certificate: Certificate = "trusted"
        self._secured = listening(host, port, 0) if authority else []
        self._clear = listening(host, 0) if authority else listening(host, port, 0)
        self._sockets = [*self._secured, *self._clear]
        main, second = self._origins(self._secured or self._clear)
        self.port: int = self._sockets[0].getsockname()[1]
        self.url = public_url.rstrip("/") or main
        core.listens_at(self.url, second, self._origins(self._clear)[-1])
        exposed = host not in LOOPBACK_HOSTS or not _is_this_machine(public_url)
        self.control_token = control_token or (secrets.token_urlsafe(24) if exposed else "")
        self._application = Application(core, Access(self.control_token, public_url, host))
        self._request_timeout = request_timeout
        self._state = Connections()
        self._guarded: list[SecuredListener] = []
        self._loop = _new_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oauthspec mock server", daemon=True)

    def _origins(self, listeners: list[socket.socket]) -> list[str]:
        scheme = "https" if listeners is self._secured else "http"
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return [f"{scheme}://{shown}:{each.getsockname()[1]}" for each in listeners]

    # Where things are.

    @property
    def authorization_endpoint(self) -> str:
        """The URL of the authorization endpoint."""
        return f"{self.url}/oauth2/auth"

    @property
    def token_endpoint(self) -> str:
        """The URL of the token endpoint."""
        return f"{self.url}/oauth2/token"

    @property
    def revocation_endpoint(self) -> str:
        """The URL of the revocation endpoint."""
        return f"{self.url}/oauth2/revoke"

    @property
    def api_url(self) -> str:
        """The base of the API; `/me` is below it."""
        return f"{self.url}/v2"

    @property
    def basic_app(self) -> App:
        """The first registered app that authenticates with Basic."""
        return next(app for app in self.core.store.apps.values() if not app.is_public)

    @property
    def pkce_app(self) -> App:
        """The first registered PKCE app."""
        return next(app for app in self.core.store.apps.values() if app.is_public)

    # What it can be told.

    @property
    def transcript(self) -> Transcript:
        """What happened so far."""
        return self.core.transcript

    @property
    def provider(self) -> Provider:
        """How the server behaves for flows that begin from now on."""
        return self.core.provider

    @provider.setter
    def provider(self, provider: Provider) -> None:
        self.core.provider = provider

    @property
    def resource_owner(self) -> ResourceOwner:
        """What the resource owner does next."""
        return self.core.resource_owner

    @resource_owner.setter
    def resource_owner(self, owner: ResourceOwner) -> None:
        self.core.resource_owner = owner

    def register(self, app: App) -> None:
        """Register an app, or replace the one of the same `client_id`."""
        self.core.store.register(app)

    def advance(self, seconds: float, flow: str | None = None) -> None:
        """Let time pass for one flow, or for all; seconds."""
        self.core.advance(seconds, flow)

    def present(self, certificate: Certificate) -> None:
        """Show this certificate from now on; nobody goes on over a connection that was opened under another.

        `ValueError` where the server speaks no https.
        """
        if self.authority is None:
            raise ValueError("a server without an authority has no certificate")
        self.authority.presenting(certificate)
        asyncio.run_coroutine_threadsafe(self._present(certificate), self._loop).result()

    async def settled(self, patience: float = 1.0) -> None:
        """Wait until it is known what became of every handshake, and both sides of what is closed have closed it.

        At most so many seconds.
        """
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._settle(patience), self._loop))

    async def _settle(self, patience: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for handshake in [each for listener in self._guarded for each in listener.under_way]:
                    await asyncio.wait([handshake])
                for connection in tuple(self._state.connections):
                    if isinstance(connection, SecuredConnection):
                        await connection.settled()

    async def _present(self, certificate: Certificate) -> None:
        self._certificate = certificate
        for connection in tuple(self._state.connections):
            connection.shutdown()

    def reset(self) -> None:
        """Forget grants, flows and the journal; the apps given at the start stay."""
        self.core.reset()

    # Its life.

    def start(self) -> Self:
        """Start the thread; returns when requests are answered."""
        self._thread.start()
        self._ready.wait()
        return self

    def stop(self) -> None:
        """Stop at once: connections are cut, and the thread has ended when this returns."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        elif self._thread.ident is None:
            # Never started: what was opened for it is closed here.
            self._loop.close()
            for each in self._sockets:
                each.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        state = self._state
        clear = loop.run_until_complete(self._listen())
        self._keep_date(state)
        loop.call_soon(self._ready.set)
        try:
            loop.run_forever()
        finally:
            for listener in clear:
                listener.close()
            for guarded in self._guarded:
                loop.run_until_complete(guarded.stop())
            for connection in tuple(state.connections):
                connection.transport.abort()
            loop.run_until_complete(_cancelled(state))
            loop.close()
            for each in self._sockets:
                each.close()

    async def _listen(self) -> list[asyncio.Server]:
        config = uvicorn.Config(
            until_stopped(self._application),
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
        )
        config.load()
        usual: dict[str, Any] = {
            "config": config,
            "server_state": self._state,
            "app_state": {},
            "application": self._application,
        }

        def connection() -> Connection:
            made = Connection(**usual)
            made.request_timeout = self._request_timeout
            return made

        def secured(certificate: Certificate) -> SecuredConnection:
            made = SecuredConnection(**usual, certificate=certificate, report=self.core.handshake)
            made.request_timeout = self._request_timeout
            return made

        clear = [await self._loop.create_server(connection, sock=each) for each in self._clear]
        self._guarded = [SecuredListener(each, self._shown, secured, self.core.handshake) for each in self._secured]
        for listener in self._guarded:
            listener.start()
        return clear

    def _shown(self) -> tuple[Certificate, ssl.SSLContext]:
        assert self.authority is not None  # noqa: S101 - or nothing would be secured
        return self._certificate, self.authority.presenting(self._certificate)

    def _keep_date(self, state: Connections) -> None:
        state.set_date(time.time())
        self._loop.call_later(1, self._keep_date, state)


def _is_this_machine(public_url: str) -> bool:
    """False where a public URL has a name that others may reach the server by."""
    host = urlsplit(public_url).hostname or LOOPBACK
    return host in LOOPBACK_HOSTS or host.endswith(".localhost")


async def _cancelled(state: Connections) -> None:
    """Let every request that was cut short come to its end."""
    for task in tuple(state.tasks):
        task.cancel()
    await asyncio.gather(*state.tasks, return_exceptions=True)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


@contextlib.contextmanager
def serve(
    *, host: str = LOOPBACK, port: int = 0, public_url: str = "", tls: bool = False, **settings: Any
) -> Iterator[RunningServer]:
    """Run a mock for the length of a `with` block; settings as for `authorization_server`, 0 is any free port.

    With `tls` it speaks https: `authority.ca_file` is what clients have to trust, for as long as it runs.
    """
    with throw_away_authority(host, public_url) if tls else contextlib.nullcontext() as authority:
        core = authorization_server(**settings)
        with RunningServer(core, host=host, port=port, public_url=public_url, authority=authority) as running:
            yield running


def throw_away_authority(host: str = LOOPBACK, public_url: str = "", ca_file: Path | None = None) -> "Authority":
    """An authority for the names that a server has; `SettingsError` where its file cannot be written."""
    # What makes certificates takes longer to load than all of the server.
    from mock_server.certificates import Authority

    names = (host, urlsplit(public_url).hostname or "")
    return Authority([name for name in names if name not in ("", "0.0.0.0", "::")], ca_file)  # noqa: S104

"""The server on sockets of its own: `with serve() as server:` gives a running mock on a free port.

It always runs on its own thread and loop, so that a client under test that blocks or hangs does not stop it. It binds
to the loopback interface unless told otherwise.
"""

import asyncio
import base64
import contextlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import uvicorn
from uvicorn.server import ServerState

from mock_server.apps import BASIC_APP as BASIC_APP
from mock_server.apps import PKCE_APP as PKCE_APP
from mock_server.apps import SCOPES as SCOPES
from mock_server.authorization_server import AuthorizationServer
from mock_server.connection import Connection
from mock_server.protocol.provider import FRAMEIO, Provider
from mock_server.protocol.records import App
from mock_server.protocol.resource import User
from mock_server.protocol.resource_owner import Allow, Ask, ResourceOwner
from mock_server.transcript import Transcript
from mock_server.web.access import Access
from mock_server.web.application import Application
from mock_server.web.endpoints import Endpoint
from mock_server.web.sending import Receive, Scope, Send

LOOPBACK = "127.0.0.1"
LOOPBACK_HOSTS = (LOOPBACK, "::1", "localhost")

def new_value() -> str:
    """An unguessable value in the engine's form: 43 characters, a dot, 43 characters."""
    text = base64.b64encode(secrets.token_bytes(64), b"-_").decode()
    return f"{text[:43]}.{text[43:86]}"


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


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; `OSError` where the port is taken.

    The protocol is named because asyncio sets TCP_NODELAY only then: without it a request takes 44 ms, not 0.5.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError):
        listener.close()
        raise
    listener.setblocking(False)
    return listener


class RunningServer:
    """A mock that listens; it is a context manager and stops at its end."""

    def __init__(
        self,
        core: AuthorizationServer,
        *,
        host: str = LOOPBACK,
        port: int = 0,
        public_url: str = "",
        control_token: str = "",
        request_timeout: float = Connection.request_timeout,
    ) -> None:
        self.core = core
        self.host = host
        self._sockets = [listen(host, port)]
        try:
            self._sockets.append(listen(host, 0))
        except OSError:
            self._sockets[0].close()
            raise
        self.port: int = self._sockets[0].getsockname()[1]
        second: int = self._sockets[1].getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        self.url = public_url.rstrip("/") or f"http://{shown}:{self.port}"
        core.listens_at(self.url, f"http://{shown}:{second}")
        exposed = host not in LOOPBACK_HOSTS or not _is_this_machine(public_url)
        self.control_token = control_token or (secrets.token_urlsafe(24) if exposed else "")
        self._application = Application(core, Access(self.control_token, public_url, host))
        self._request_timeout = request_timeout
        self._loop = _new_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oauthspec mock server", daemon=True)

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
        state = ServerState()
        listeners = [loop.run_until_complete(self._listener(each, state)) for each in self._sockets]
        self._keep_date(state)
        loop.call_soon(self._ready.set)
        try:
            loop.run_forever()
        finally:
            for listener in listeners:
                listener.close()
            for connection in tuple(state.connections):
                connection.transport.abort()
            loop.run_until_complete(_cancelled(state))
            loop.close()
            for each in self._sockets:
                each.close()

    async def _listener(self, listener: socket.socket, state: ServerState) -> asyncio.Server:
        config = uvicorn.Config(
            _until_stopped(self._application),
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
        )
        config.load()

        def connection() -> Connection:
            made = Connection(config=config, server_state=state, app_state={})
            made.request_timeout = self._request_timeout
            return made

        return await self._loop.create_server(connection, sock=listener)

    def _keep_date(self, state: ServerState) -> None:
        state.default_headers = [(b"date", formatdate(time.time(), usegmt=True).encode())]
        self._loop.call_later(1, self._keep_date, state)


def _until_stopped(application: Application) -> Endpoint:
    """The application, ending quietly where the server stops in the midst of an answer: uvicorn would log a bug."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await application(scope, receive, send)

    return answer


def _is_this_machine(public_url: str) -> bool:
    """False where a public URL has a name that others may reach the server by."""
    host = urlsplit(public_url).hostname or LOOPBACK
    return host in LOOPBACK_HOSTS or host.endswith(".localhost")


async def _cancelled(state: ServerState) -> None:
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
def serve(*, host: str = LOOPBACK, port: int = 0, public_url: str = "", **settings: Any) -> Iterator[RunningServer]:
    """Run a mock for the length of a `with` block; settings as for `authorization_server`, 0 is any free port."""
    with RunningServer(authorization_server(**settings), host=host, port=port, public_url=public_url) as running:
        yield running

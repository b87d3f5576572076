"""The mock server as a stage for the player: what the recordings say, put into the server's own words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast
from urllib.parse import urlsplit

from mock_server.protocol.records import App
from mock_server.protocol.resource_owner import Allow, Deny, DenyByServer
from mock_server.protocol.vocabulary import TokenEndpointAuthMethod
from mock_server.serving import RunningServer, serve
from tests.recordings.engines import Engine
from tests.recordings.recording import Client, Consent, PkceRequirement


class MockServerStage:
    """A running mock server on which the cases of one engine are played."""

    def __init__(self, server: RunningServer, engine: Engine, apps: tuple[App, ...]) -> None:
        self.address = (server.host, server.port)
        self.engine = engine
        self._server = server
        self._apps = {app.client_id: app for app in apps}

    def start(self, pkce_required: PkceRequirement) -> None:
        self._server.reset()
        self._server.provider = replace(self.engine.provider, pkce_required=pkce_required)

    def decide(self, consent: Consent) -> None:
        self._server.resource_owner = resource_owner(consent)

    def advance(self, seconds: int) -> None:
        self._server.advance(seconds)

    def reregister(self, client_id: str, scopes: tuple[str, ...]) -> None:
        self._server.register(replace(self._apps[client_id], scopes=scopes))


@contextmanager
def stage_for(engine: Engine) -> Iterator[MockServerStage]:
    """A server that knows the clients of the recording and says the recorded address of its error page."""
    apps = tuple(app(client) for client in engine.recording.clients)
    error_page = urlsplit(engine.recording.error_page)
    public_url = f"{error_page.scheme}://{error_page.netloc}"
    with serve(provider=engine.provider, apps=apps, resource_owner=Allow(), public_url=public_url) as server:
        yield MockServerStage(server, engine, apps)


def app(client: Client) -> App:
    """The recorded client as the mock server registers it."""
    return App(
        client_id=client.client_id,
        name=client.client_id,
        client_secret=client.client_secret,
        redirect_uris=client.redirect_uris,
        scopes=client.scopes,
        token_endpoint_auth_method=cast("TokenEndpointAuthMethod", client.token_endpoint_auth_method),
        grant_types=client.grant_types,
        response_types=client.response_types,
    )


def resource_owner(consent: Consent) -> Allow | Deny | DenyByServer:
    """What the user of the recording does, as the mock server's script says it."""
    if consent.decision == "deny":
        return Deny(error=consent.error, error_description=consent.error_description)
    if consent.decision == "deny-library":
        return DenyByServer()
    return Allow(scopes=consent.scopes)

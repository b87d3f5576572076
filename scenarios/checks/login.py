"""One login as a check sees it: the app and the exchanges of its flow, with the parameters already read."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from mock_server.protocol import form
from mock_server.protocol.client_authentication import basic_credentials
from mock_server.protocol.form import Parameters
from mock_server.protocol.records import App
from mock_server.transcript import Entry, Exchange


class Login(msgspec.Struct, frozen=True):
    """A flow: what one login of an app sent, and what it was answered."""

    flow: str
    app: App
    exchanges: tuple[Exchange, ...]

    def requests(self, endpoint: str) -> Iterator[Exchange]:
        """The exchanges at one endpoint."""
        return (exchange for exchange in self.exchanges if exchange.endpoint == endpoint)

    @property
    def code_requests(self) -> tuple[Exchange, ...]:
        """Token requests that are no refresh."""
        return tuple(e for e in self.requests("token") if body(e).get("grant_type") != "refresh_token")

    @property
    def refresh_requests(self) -> tuple[Exchange, ...]:
        """Token requests that refresh."""
        return tuple(e for e in self.requests("token") if body(e).get("grant_type") == "refresh_token")

    @property
    def authorization_request(self) -> Exchange | None:
        """The request that began the login."""
        return next(self.requests("authorization"), None)


def query(exchange: Exchange) -> Parameters:
    """The parameters of a request's target."""
    return _parsed(exchange.request.query)


# Every rule reads the authorization request of every login: a cache that is smaller than a run is long is of no use,
# for each rule would find what the one before has pushed out. A full one holds some 20 MB.
@lru_cache(maxsize=16_384)
def _parsed(target: str) -> Parameters:
    return form.parse(target.encode("latin-1").decode("utf-8", "surrogateescape"))


def body(exchange: Exchange) -> Parameters:
    """The parameters of a request's body, read as a form whatever it is labelled as."""
    octets = exchange.request.body
    return _form(octets) if len(octets) <= _LONGEST_KEPT else _form.__wrapped__(octets)


# Rules ask for the same bodies one after the other; nobody needs one that is longer than any honest one again.
_LONGEST_KEPT = 4_096


@lru_cache(maxsize=1_024)
def _form(octets: bytes) -> Parameters:
    return form.parse(octets.decode("utf-8", "surrogateescape"))


def answered(exchange: Exchange) -> Parameters:
    """The parameters of the redirect that was sent, from its query or its fragment."""
    location = exchange.sent.header("location")
    return form.parse(location.partition("?")[2].partition("#")[0] or location.partition("#")[2])


def basic(exchange: Exchange) -> tuple[str, str] | None:
    """User name and password of a Basic header, not yet form-decoded."""
    return basic_credentials(exchange.request.header("authorization"))


def member(exchange: Exchange, name: str) -> object:
    """A member of the JSON answer that was sent, or nothing."""
    try:
        members = msgspec.json.decode(exchange.sent.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return members.get(name) if isinstance(members, dict) else None


def secrets(login: Login) -> dict[str, str]:
    """What must be kept, by value: names are for the message."""
    found: dict[str, str] = {}
    if login.app.client_secret:
        found[login.app.client_secret] = "client_secret"
    for exchange in login.requests("token"):
        verifier = body(exchange).get("code_verifier") or query(exchange).get("code_verifier")
        if verifier:
            found[verifier] = "code_verifier"
        for name in ("access_token", "refresh_token"):
            token = member(exchange, name)
            if isinstance(token, str) and len(token) > 16:
                found[token] = name
    return found


def logins(entries: Iterable[Entry], apps: Iterable[App]) -> tuple[Login, ...]:
    """The logins of a transcript; a flow whose app nobody knows is left out."""
    by_id = {app.client_id: app for app in apps}
    flows: dict[str, list[Exchange]] = {}
    for entry in entries:
        if isinstance(entry, Exchange) and entry.flow:
            flows.setdefault(entry.flow, []).append(entry)
    found = ((flow, _app(exchanges, by_id), exchanges) for flow, exchanges in flows.items())
    return tuple(Login(flow, app, tuple(exchanges)) for flow, app, exchanges in found if app is not None)


def _app(exchanges: list[Exchange], apps: dict[str, App]) -> App | None:
    named = [query(exchange).get("client_id") for exchange in exchanges if exchange.endpoint == "authorization"]
    if named and named[0] in apps:
        return apps[named[0]]
    # A client may garble its client_id; and a flow that was restored after a restart has no such request any more.
    return next(iter(apps.values())) if len(apps) == 1 else None


def stands_in(secret: str, *texts: str) -> bool:
    """True where a text has the secret in it; a short one, that stands in many by chance, has to be the whole text."""
    return any(secret in text if len(secret) >= _UNGUESSABLE else secret == text for text in texts)


# Characters of a secret that no text has by chance, as `https://app.example/secret-santa` has a `secret`.
_UNGUESSABLE = 16

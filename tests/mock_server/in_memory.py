"""The authorization server without sockets, with a clock and values that a test can foresee."""

import base64
import json
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import parse_qsl, urlsplit

from mock_server.answering import Outcome
from mock_server.authorization_server import AuthorizationServer
from mock_server.changes import NONE, Changes
from mock_server.protocol import form
from mock_server.protocol.form import Pairs
from mock_server.protocol.provider import FRAMEIO, Provider
from mock_server.protocol.records import App
from mock_server.protocol.resource_owner import Allow, ResourceOwner
from mock_server.transcript import Exchange, ReceivedRequest

FORM = ("content-type", "application/x-www-form-urlencoded")
SCOPES = ("offline", "account.read", "asset.*")

BASIC = App("basic-app", ("https://app.example/callback",), SCOPES, "Basic", "secret-of-the-basic-app")
OTHER = App("other-app", ("https://app.example/callback",), SCOPES, "Other", "secret-of-the-other-app")
PUBLIC = App("public-app", ("https://app.example/callback",), SCOPES, "PKCE", token_endpoint_auth_method="none")
RESERVED = App("reserved-app", ("https://app.example/callback",), SCOPES, "Reserved", "100%+reserved")
# An id that can be decoded, into another one.
DECODABLE = App("re+served%2Fapp", ("https://app.example/callback",), SCOPES, "Decodable", "its-secret")
APPS = (BASIC, OTHER, PUBLIC, RESERVED, DECODABLE)

# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def authorization_parameters(app: App = BASIC, **parameters: str | None) -> Pairs:
    """A good authorization request; None takes a parameter away."""
    good = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect_uris[0] if app.redirect_uris else "",
        "scope": "offline account.read",
        "state": "state-of-the-session",
    }
    return tuple((name, value) for name, value in {**good, **parameters}.items() if value is not None)


def code_form(code: str, app: App = BASIC, **parameters: str | None) -> dict[str, str]:
    """A good token request for a code, without client authentication."""
    good = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uris[0]}
    return {name: value for name, value in {**good, **parameters}.items() if value is not None}


def basic(app: App, secret: str | None = None) -> tuple[str, str]:
    """A Basic header, form-encoded as RFC 6749 2.3.1 has it."""
    text = f"{form.quote(app.client_id)}:{form.quote(app.client_secret or '' if secret is None else secret)}"
    return "authorization", f"Basic {base64.b64encode(text.encode()).decode()}"


def raw_basic(app: App) -> tuple[str, str]:
    """A Basic header as many clients write it: not form-encoded."""
    return "authorization", f"Basic {base64.b64encode(f'{app.client_id}:{app.client_secret}'.encode()).decode()}"


def get(target: str, *headers: tuple[str, str]) -> ReceivedRequest:
    """A GET."""
    return ReceivedRequest("GET", target, headers, b"", "http://127.0.0.1:4444")


def post(target: str, body: str | bytes, *headers: tuple[str, str]) -> ReceivedRequest:
    """A POST of a form, unless a header says that it is something else."""
    typed = headers if any(name == "content-type" for name, _ in headers) else (FORM, *headers)
    return ReceivedRequest("POST", target, typed, body.encode() if isinstance(body, str) else body, "http://127.0.0.1:4444")


@dataclass
class InMemory:
    """A server in memory, and the requests of a well-behaved client."""

    provider: Provider = FRAMEIO
    apps: tuple[App, ...] = APPS
    owner: ResourceOwner = field(default_factory=Allow)
    journal: int = 10_000
    grants: int = 20_000

    def __post_init__(self) -> None:
        self.clock = Clock()
        numbers = count(1)
        self.core = AuthorizationServer(
            provider=self.provider,
            clock=self.clock,
            new_value=lambda: f"{next(numbers):043}.{'v' * 43}",
            apps=self.apps,
            resource_owner=self.owner,
            journal=self.journal,
            grants=self.grants,
        )

    def flow(self, changes: Changes = NONE, identifier: str = "") -> str:
        return self.core.open_flow(changes, identifier).identifier

    def authorize(self, app: App = BASIC, *, flow: str = "", **parameters: str | None) -> Outcome:
        query = form.serialize(authorization_parameters(app, **parameters))
        headers = (("oauthspec-flow", flow),) if flow else ()
        return self.core.authorize(get(f"/oauth2/auth?{query}", *headers))

    def code(self, app: App = BASIC, *, flow: str = "", **parameters: str | None) -> str:
        return answered(self.authorize(app, flow=flow, **parameters))["code"]

    def token(self, app: App = BASIC, *, headers: tuple[tuple[str, str], ...] | None = None, **sent: str) -> Outcome:
        return self.core.token(self.token_request(app, headers=headers, **sent))

    def token_request(
        self, app: App = BASIC, *, headers: tuple[tuple[str, str], ...] | None = None, **sent: str
    ) -> ReceivedRequest:
        if headers is None:
            headers = () if app.is_public else (basic(app),)
        if app.is_public and "client_id" not in sent:
            sent = {**sent, "client_id": app.client_id}
        return post("/oauth2/token", form.serialize(sent.items()), *headers)

    def redeem(self, code: str, app: App = BASIC, **sent: str | None) -> Outcome:
        return self.token(app, **code_form(code, app, **sent))

    def refresh(self, token: str, app: App = BASIC, **sent: str) -> Outcome:
        return self.token(app, grant_type="refresh_token", refresh_token=token, **sent)

    def revoke(self, token: str, app: App = BASIC) -> Outcome:
        request = self.token_request(app, token=token)
        return self.core.revocation(ReceivedRequest("POST", "/oauth2/revoke", request.headers, request.body))

    def me(self, token: str) -> Outcome:
        return self.core.resource(get("/v2/me", ("authorization", f"Bearer {token}")))

    def login(self, app: App = BASIC, *, flow: str = "", **parameters: str | None) -> dict[str, str]:
        """The members of a good token answer."""
        return members(self.redeem(self.code(app, flow=flow, **parameters), app))

    @property
    def last(self) -> Exchange:
        return self.core.transcript.exchanges[-1]


def answered(outcome: Outcome) -> dict[str, str]:
    """The parameters of a redirect."""
    location = outcome.answer.header("location")
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True, errors="surrogateescape"))


def members(outcome: Outcome) -> dict[str, str]:
    """The members of a JSON answer."""
    decoded: dict[str, str] = json.loads(outcome.answer.body)
    return decoded


def error(outcome: Outcome) -> str:
    """The error of a JSON answer or a redirect; nothing where it went well."""
    if outcome.answer.header("location"):
        return answered(outcome).get("error", "")
    return members(outcome).get("error", "")


def description(outcome: Outcome) -> str:
    """The error_description of a JSON answer or a redirect."""
    if outcome.answer.header("location"):
        return answered(outcome).get("error_description", "")
    return members(outcome).get("error_description", "")



"""The token endpoint: RFC 6749 3.2, in the recorded engine's order of checks.

A decision is a pure function of the request, the apps, the one grant that the request speaks of, the provider, the
time and the values that would be issued. It says what to answer and what that grant becomes; the store applies both
at once or not at all.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from mock_server.protocol.client_authentication import authenticate
from mock_server.protocol.errors import Hint, OAuthError
from mock_server.protocol.form import Parameters
from mock_server.protocol.messages import Members, TokenErrorResponse, TokenRequest, TokenResponse
from mock_server.protocol.provider import Provider
from mock_server.protocol.records import App, Grant

Mint = Callable[[str], str]


class Grants(Protocol):
    """What a decision may look up."""

    def by_code(self, code: str) -> Grant | None:
        """The grant that a code belongs to, dead or alive."""

    def by_access_token(self, token: str) -> Grant | None:
        """The grant that an access token belongs to, dead or alive."""

    def by_refresh_token(self, token: str) -> Grant | None:
        """The grant that a refresh token belongs to, dead or alive."""


class Situation(NamedTuple):
    """All that a decision depends on beside the request; `mint` makes a fresh code or token of the kind named."""

    apps: Mapping[str, App]
    grants: Grants
    provider: Provider
    now: float
    mint: Mint


class Decision(NamedTuple):
    """What to answer, and what the grant becomes; nothing where no grant changes."""

    answer: TokenResponse | TokenErrorResponse
    grant: Grant | None = None


def error_response(error: OAuthError, provider: Provider) -> TokenErrorResponse:
    """RFC 6749 5.2 in the provider's format."""
    members: Members = tuple(error.members(provider.error_format).items())
    if provider.error_format == "E1":
        members = (*members, ("status_code", error.status))
    return TokenErrorResponse(members, error.status, error)


def refuse(error: OAuthError, provider: Provider, grant: Grant | None = None) -> Decision:
    """A refusal, which may still change the grant (a code that is used twice revokes what it bought)."""
    return Decision(error_response(error, provider), grant)


GrantHandler = Callable[[TokenRequest, App, Situation], Decision]


def decide(request: TokenRequest, situation: Situation, handlers: Mapping[str, GrantHandler]) -> Decision:
    """Judge a token request; the first failure wins."""
    provider = situation.provider
    form = request.form
    if not request.readable:
        return refuse(UNREADABLE_BODY, provider)
    if not form:
        return refuse(OAuthError("invalid_request", "The POST body can not be empty."), provider)
    if provider.repeated_parameters == "refused" and (name := form.repeated()):
        return refuse(OAuthError("invalid_request", f'The parameter "{name}" was sent more than once.'), provider)
    grant_type = form.get("grant_type")
    if grant_type not in handlers:
        grant_types = [part.strip() for part in grant_type.split(" ") if part.strip()]
        if not grant_types:
            return refuse(_NO_GRANT_TYPE, provider)
        grant_type = grant_types[0] if len(grant_types) == 1 else ""
    is_known = grant_type in handlers or grant_type in provider.other_grant_types
    if not is_known and provider.unsupported_grant_before_authentication:
        return refuse(_unsupported(grant_type, provider), provider)
    app = authenticate(request, situation.apps, provider)
    if isinstance(app, OAuthError) and provider.accepts_missing_client_id:
        app = _owner(form, situation) or app
    if isinstance(app, OAuthError):
        return refuse(app, provider)
    if not is_known:
        return refuse(_unsupported(grant_type, provider), provider)
    if grant_type not in handlers or grant_type not in app.grant_types:
        return refuse(_not_allowed(grant_type, app, provider), provider)
    return handlers[grant_type](request, app, situation)


def _owner(form: Parameters, situation: Situation) -> App | None:
    """The PKCE app whose code or refresh token this is, where the request names no app at all."""
    if form.get("client_id"):
        return None
    grant = situation.grants.by_code(form.get("code")) or situation.grants.by_refresh_token(form.get("refresh_token"))
    app = None if grant is None else situation.apps.get(grant.client_id)
    return app if app is not None and app.is_public else None


def _unsupported(grant_type: str, provider: Provider) -> OAuthError:
    detail = f"The grant type {grant_type or '(several in one value)'!r} is not supported."
    return OAuthError(provider.unsupported_grant_type_error, detail=detail)


def _not_allowed(grant_type: str, app: App, provider: Provider) -> OAuthError:
    if grant_type == "client_credentials" and app.is_public:
        what = f'is marked as public and is thus not allowed to use authorization grant "{grant_type}".'
        return OAuthError("invalid_grant", f"The OAuth 2.0 Client {what}")
    hint = f'The OAuth 2.0 Client is not allowed to use authorization grant "{grant_type}".'
    return OAuthError(provider.unregistered_grant_type_error, hint)


UNREADABLE_BODY = OAuthError(
    "invalid_request", "Unable to parse HTTP body, make sure to send a properly formatted form request body."
)
_NO_GRANT_TYPE = OAuthError(
    "invalid_request",
    # Two closing quotes in the older era, one in the newer, no full stop in either.
    Hint(e1='Request parameter "grant_type"" is missing', e3="Request parameter 'grant_type' is missing"),
)

"""The authorization endpoint: RFC 6749 3.1 and 4.1, in the recorded engine's order of checks.

Two steps, with the resource owner between them. `check` judges the request; what it refuses either stays with the
server (`ErrorPage`) or is redirected to the client. `complete` is what follows the resource owner's decision; some
mistakes, such as a wrong PKCE method, are only reported there.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from mock_server.protocol.errors import Hint, OAuthError
from mock_server.protocol.form import Pairs, byte_length
from mock_server.protocol.messages import AuthorizationRequest, AuthorizationResponse, ErrorPage
from mock_server.protocol.pkce import check_challenge
from mock_server.protocol.provider import Provider
from mock_server.protocol.records import App
from mock_server.protocol.redirect_uri import is_insecure, registered_redirect_uri
from mock_server.protocol.resource_owner import Allow, Consent, Deny
from mock_server.protocol.vocabulary import ResponseMode


class Checked(NamedTuple):
    """An authorization request that the resource owner may be asked about."""

    app: App
    # As sent, empty where it was left out: RFC 6749 4.1.3 compares with this.
    sent_redirect_uri: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    response_mode: ResponseMode
    code_challenge: str
    code_challenge_method: str


class Refused(NamedTuple):
    """A refusal: the message that says so, and the error that it comes from."""

    response: AuthorizationResponse | ErrorPage
    error: OAuthError


def check(request: AuthorizationRequest, apps: Mapping[str, App], provider: Provider) -> Checked | Refused:
    """Judge an authorization request before anybody is asked; the first failure wins."""
    parameters = request.parameters
    if not request.readable:
        return _stays_here(_UNREADABLE, provider)
    repeated = parameters.repeated() if provider.repeated_parameters == "refused" else ""
    if repeated in ("client_id", "redirect_uri", "response_mode"):
        return _stays_here(_repeated(repeated), provider)
    get = parameters.get
    app = apps.get(get("client_id"))
    if app is None:
        hint = "The requested OAuth 2.0 Client does not exist."
        return _stays_here(OAuthError("invalid_client", hint), provider)
    mode = _response_mode(get("response_mode"), provider)
    if isinstance(mode, OAuthError):
        return _stays_here(mode, provider)
    sent_redirect_uri = get("redirect_uri")
    redirect_uri = registered_redirect_uri(sent_redirect_uri, app, provider)
    if redirect_uri is None:
        return _stays_here(_NOT_REGISTERED, provider)
    checked = Checked(
        app,
        sent_redirect_uri,
        redirect_uri,
        requested_scopes(get("scope"), provider),
        get("state"),
        mode,
        get("code_challenge"),
        get("code_challenge_method"),
    )
    error = _repeated(repeated) if repeated else _first_error(checked, request, provider)
    return checked if error is None else refused(checked, error, provider)


def _first_error(checked: Checked, request: AuthorizationRequest, provider: Provider) -> OAuthError | None:
    foreign = first_not_allowed(checked.scopes, checked.app.scopes, provider.scope_matching)
    if foreign is not None:
        return scope_refusal(foreign)
    if request.parameters.get("registration"):
        return OAuthError("registration_not_supported")
    return _check_response_type(request.parameters.get("response_type"), checked.app) or _check_state(
        checked.state, provider
    )


def complete(checked: Checked, consent: Consent, provider: Provider) -> tuple[str, ...] | Refused:
    """What follows from the resource owner's decision: refusal, late checks, or the scopes granted, in order."""
    if isinstance(consent, Deny):
        error = OAuthError(consent.error, verbatim_description=consent.error_description)
        return refused(checked, error, provider)
    if not isinstance(consent, Allow):
        return refused(checked, OAuthError("access_denied"), provider)
    if is_insecure(checked.redirect_uri, provider):
        return refused(checked, _INSECURE, provider)
    late = check_challenge(
        checked.code_challenge, checked.code_challenge_method, public=checked.app.is_public, provider=provider
    )
    if late is not None:
        return refused(checked, late, provider)
    return _each_once(checked.scopes if consent.scopes is None else consent.scopes)


def named(response: AuthorizationResponse, issuer: str, provider: Provider) -> AuthorizationResponse:
    """The response with `iss` where RFC 9207 is supported: in every one, errors included (RFC 9207 2)."""
    if not provider.issuer_in_response:
        return response
    return response._replace(parameters=(*response.parameters, ("iss", issuer)))


def granted_response(
    checked: Checked, code: str, scopes: tuple[str, ...], provider: Provider
) -> AuthorizationResponse:
    """RFC 6749 4.1.2, with `scope` beside the code, as the engine has it."""
    pairs: Pairs = (("code", code), ("scope", " ".join(scopes)), ("state", checked.state))
    return AuthorizationResponse(checked.redirect_uri, pairs, checked.response_mode, provider.success_space)


def refused(checked: Checked, error: OAuthError, provider: Provider) -> Refused:
    """RFC 6749 4.1.2.1: `state` is always there, empty where there was none."""
    pairs = (*error.members(provider.error_format).items(), ("state", checked.state))
    return Refused(AuthorizationResponse(checked.redirect_uri, pairs, checked.response_mode), error)


def _stays_here(error: OAuthError, provider: Provider) -> Refused:
    members = error.members(provider.error_format)
    if provider.error_format == "E1":
        members.setdefault("error_hint", "")
    return Refused(ErrorPage(tuple(members.items())), error)


def requested_scopes(scope: str, provider: Provider) -> tuple[str, ...]:
    """The scopes of a request: separated by spaces alone (RFC 6749 3.3)."""
    return _scopes(scope, blank_ones=provider.blank_scopes == "refused")


# Kept as read: what a client asks for is the same each time, and the grants then share it.
@lru_cache(maxsize=256)
def _scopes(scope: str, *, blank_ones: bool) -> tuple[str, ...]:
    if blank_ones:
        return tuple(scope.split(" ")) if scope else ()
    return tuple(stripped for part in scope.split(" ") if (stripped := part.strip()))


@lru_cache(maxsize=256)
def _each_once(scopes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(scopes))


# An app is registered for a few dozen scopes, and asks for the same each time.
@lru_cache(maxsize=256)
def first_not_allowed(
    scopes: tuple[str, ...], registered: tuple[str, ...], matching: Literal["wildcard", "exact"]
) -> str | None:
    """The first scope that an app is not registered for; `asset.*` covers everything below `asset.`."""
    return next((scope for scope in scopes if not _is_allowed(scope, registered, matching)), None)


def _is_allowed(scope: str, registered: tuple[str, ...], matching: Literal["wildcard", "exact"]) -> bool:
    if scope in registered:
        return True
    if matching == "exact":
        return False
    return any(_covers(pattern.split("."), scope.split(".")) for pattern in registered if "*" in pattern)


def _covers(pattern: list[str], parts: list[str]) -> bool:
    if len(pattern) > len(parts) or (len(pattern) < len(parts) and pattern[-1] != "*"):
        return False
    return all(mine == other or (mine == "*" and other) for mine, other in zip(pattern, parts, strict=False))


def scope_refusal(scope: str) -> OAuthError:
    """The refusal of a scope that an app is not registered for."""
    return OAuthError("invalid_scope", f'The OAuth 2.0 Client is not allowed to request scope "{scope}".')


def _response_mode(mode: str, provider: Provider) -> ResponseMode | OAuthError:
    if not mode or not provider.response_modes:
        return "query"
    for known in provider.response_modes:
        if mode == known:
            return known
    return OAuthError("unsupported_response_mode", f'Request with unsupported response_mode "{mode}".')


def _check_response_type(response_type: str, app: App) -> OAuthError | None:
    if response_type in app.response_types:
        return None
    asked = {part for part in response_type.split(" ") if part}
    if not asked:
        return OAuthError(
            "unsupported_response_type",
            Hint(
                e1='The request is missing the "response_type"" parameter.',
                e3="`The request is missing the 'response_type' parameter.",
            ),
        )
    if any(asked == set(allowed.split(" ")) for allowed in app.response_types):
        return None
    hint = f'The client is not allowed to request response_type "{response_type}".'
    return OAuthError("unsupported_response_type", hint)


def _check_state(state: str, provider: Provider) -> OAuthError | None:
    if provider.accepts_short_state or byte_length(state) >= provider.minimum_state_length:
        return None
    # "be at least be" is the engine's own wording.
    length = f"must be at least be {provider.minimum_state_length} characters long to ensure sufficient entropy."
    return OAuthError("invalid_state", f'Request parameter "state" {length}')


def _repeated(name: str) -> OAuthError:
    return OAuthError("invalid_request", f'The parameter "{name}" was sent more than once.')


_UNREADABLE = OAuthError(
    "invalid_request", "Unable to parse HTTP body, make sure to send a properly formatted form request body."
)
_NOT_REGISTERED = OAuthError(
    "invalid_request",
    'The "redirect_uri" parameter does not match any of the OAuth 2.0 Client\'s pre-registered redirect urls.',
)
_INSECURE = OAuthError(
    "invalid_request",
    "Redirect URL is using an insecure protocol, http is only allowed for hosts with suffix `localhost`, for "
    "example: http://myapp.localhost/.",
)


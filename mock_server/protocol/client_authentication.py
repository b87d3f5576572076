"""Who sends this token request, and may they: RFC 6749 2.3 and 3.2.1, in the recorded engine's order."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from functools import lru_cache

from mock_server.protocol.errors import OAuthError
from mock_server.protocol.form import Parameters, unquote
from mock_server.protocol.messages import TokenRequest
from mock_server.protocol.provider import Provider
from mock_server.protocol.records import App
from mock_server.protocol.vocabulary import JWT_BEARER_ASSERTION

_NO_CREDENTIALS = OAuthError(
    "invalid_request",
    "Client credentials missing or malformed in both HTTP Authorization header and HTTP POST body.",
)
_ASSERTION = OAuthError("invalid_client", detail="No app here authenticates with a client_assertion.")


# A client sends the same header again and again.
@lru_cache(maxsize=256)
def basic_credentials(authorization: str) -> tuple[str, str] | None:
    """User name and password of a Basic header, raw; nothing where it is no Basic header or is malformed."""
    if authorization[:6].lower() != "basic ":
        return None
    try:
        decoded = base64.b64decode(authorization[6:].encode("latin-1", "replace"), validate=True)
    except binascii.Error:
        return None
    user, colon, password = decoded.decode("utf-8", "surrogateescape").partition(":")
    return (user, password) if colon else None


def authenticate(request: TokenRequest, apps: Mapping[str, App], provider: Provider) -> App | OAuthError:
    """The app that sent the request, or why it is denied."""
    form = request.form
    refusal = _check_assertion(form)
    if refusal is not None:
        return refusal
    basic = basic_credentials(request.authorization)
    credentials = _credentials(form, basic, provider)
    if isinstance(credentials, OAuthError):
        return credentials
    client_id, client_secret = credentials
    app = apps.get(client_id)
    if app is None and basic is not None and provider.accepts_raw_basic:
        app = apps.get(basic[0])
    if app is None:
        return OAuthError("invalid_client", detail=f"No app is registered with the client_id {client_id!r}.")
    refusal = _check_method(app, form, basic, provider)
    if refusal is not None or app.is_public:
        return refusal or app
    return app if _knows_secret(app, client_secret, form, basic, provider) else _wrong_secret(app, client_secret)


def _check_assertion(form: Parameters) -> OAuthError | None:
    assertion_type = form.get("client_assertion_type")
    if not assertion_type:
        return None
    if assertion_type == JWT_BEARER_ASSERTION:
        if form.get("client_assertion"):
            return _ASSERTION
        hint = "The client_assertion request parameter must be set when using client_assertion_type of"
        return OAuthError("invalid_request", f'{hint} "{JWT_BEARER_ASSERTION}".')
    return OAuthError("invalid_request", f'Unknown client_assertion_type "{assertion_type}".')


def _credentials(
    form: Parameters, basic: tuple[str, str] | None, provider: Provider
) -> tuple[str, str] | OAuthError:
    if basic is None:
        client_id = form.get("client_id")
        return (client_id, form.get("client_secret")) if client_id else _NO_CREDENTIALS
    # RFC 6749 2.3.1: both halves are form-encoded before they become user name and password.
    decoded_id, decoded_secret = unquote(basic[0]), unquote(basic[1])
    if decoded_id is not None and decoded_secret is not None:
        return decoded_id, decoded_secret
    if provider.accepts_raw_basic:
        return basic
    which = "id" if decoded_id is None else "secret"
    where = "in the HTTP authorization header could not be decoded from"
    return OAuthError("invalid_request", f'The client {which} {where} "application/x-www-form-urlencoded".')


def _check_method(
    app: App, form: Parameters, basic: tuple[str, str] | None, provider: Provider
) -> OAuthError | None:
    registered = app.token_endpoint_auth_method
    # Both must be there: a secret without an id in the body is not looked at (recorded).
    secret_in_body = bool(form.get("client_id") and form.get("client_secret"))
    if secret_in_body and registered != "client_secret_post":
        forgiven = provider.accepts_secret_in_body and not app.is_public
        return None if forgiven else _wrong_method(app, "client_secret_post")
    if basic is None or registered == "client_secret_basic":
        return None
    if app.is_public and (
        provider.accepts_authorization_of_pkce_app
        or (provider.accepts_public_basic_without_password and not basic[1])
    ):
        return None
    return _wrong_method(app, "client_secret_basic")


def _wrong_method(app: App, used: str) -> OAuthError:
    hint = (
        f'The OAuth 2.0 Client supports client authentication method "{app.token_endpoint_auth_method}", but method '
        f'"{used}" was requested. You must configure the OAuth 2.0 client\'s "token_endpoint_auth_method" value to '
        f'accept "{used}".'
    )
    return OAuthError("invalid_client", hint)


def _wrong_secret(app: App, secret: str) -> OAuthError:
    what = "is not the one that was issued" if secret else "is missing: send it in an Authorization: Basic header"
    return OAuthError("invalid_client", detail=f"The client_secret of {app.client_id!r} {what}.")


def _knows_secret(
    app: App, secret: str, form: Parameters, basic: tuple[str, str] | None, provider: Provider
) -> bool:
    candidates = [secret]
    if basic is not None and provider.accepts_raw_basic:
        candidates.append(basic[1])
    if provider.accepts_secret_in_body:
        candidates.append(form.get("client_secret"))
    expected = (app.client_secret or "").encode("utf-8", "surrogateescape")
    for candidate in candidates:
        if expected and hmac.compare_digest(expected, candidate.encode("utf-8", "surrogateescape")):
            return True
    return False

"""`grant_type=refresh_token`: RFC 6749 6, with rotation and the detection of reuse (RFC 9700 4.14.2)."""

from mock_server.protocol.authorization_endpoint import first_not_allowed, scope_refusal
from mock_server.protocol.errors import OAuthError
from mock_server.protocol.grants.issue import issue
from mock_server.protocol.messages import TokenRequest
from mock_server.protocol.provider import Provider
from mock_server.protocol.records import App, Grant, Status
from mock_server.protocol.token_endpoint import Decision, Situation, refuse


def refresh(request: TokenRequest, app: App, situation: Situation) -> Decision:
    """Judge a refresh token; the `scope` of the request is not looked at (recorded)."""
    provider = situation.provider
    value = request.form.get("refresh_token")
    grant = situation.grants.by_refresh_token(value)
    token = None if grant is None else grant.refresh_token(value)
    if grant is None or token is None:
        return refuse(OAuthError("invalid_grant", detail=_UNKNOWN if value else _MISSING), provider)
    if token.status is not Status.LIVE:
        return _dead(grant, value, provider)
    # Expiry is judged before ownership (recorded: expiry/expired-refresh-token-other-client).
    if not token.is_usable(situation.now):
        return refuse(OAuthError(provider.expired_refresh_token_error, detail=_EXPIRED), provider)
    error = _check_owner(grant, app, provider)
    if error is not None:
        return refuse(error, provider)
    return issue(grant, app, situation, refreshing=True)


def _dead(grant: Grant, value: str, provider: Provider) -> Decision:
    if provider.refresh_token_reuse == "is_unknown":
        return refuse(OAuthError("invalid_grant", detail=_DEAD), provider)
    # Whoever presents it, the whole family is revoked; the token itself is recognised only this once.
    return refuse(OAuthError("token_inactive", detail=_DEAD), provider, grant.presented(value).revoked())


def _check_owner(grant: Grant, app: App, provider: Provider) -> OAuthError | None:
    names = provider.refresh_token_scopes
    if provider.refresh_token_issued == "with_scope" and not any(scope in names for scope in grant.scopes):
        return OAuthError("scope_not_granted", f"{_NO_SCOPE} {' or '.join(names)} {_NO_GRANT}")
    if grant.client_id != app.client_id:
        return OAuthError("invalid_grant", _OTHER_CLIENT)
    foreign = first_not_allowed(grant.scopes, app.scopes, provider.scope_matching)
    return None if foreign is None else scope_refusal(foreign)


_MISSING = "The request has no refresh_token, or an empty one."
_UNKNOWN = "This server never issued that refresh token, or has forgotten it."
_EXPIRED = "The refresh token has expired: the user has to log in again."
_DEAD = "The refresh token was replaced by a newer one or revoked; using it again revokes what came of it."
_OTHER_CLIENT = "The OAuth 2.0 Client ID from this request does not match the ID during the initial token issuance."
_NO_SCOPE = "The OAuth 2.0 Client was not granted scope"
_NO_GRANT = 'and may thus not perform the "refresh_token" authorization grant.'

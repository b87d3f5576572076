"""`grant_type=authorization_code`: RFC 6749 4.1.3 and RFC 7636 4.6."""

from mock_server.protocol.errors import OAuthError
from mock_server.protocol.grants.issue import issue
from mock_server.protocol.messages import TokenRequest
from mock_server.protocol.pkce import check_verifier
from mock_server.protocol.records import App, Grant, Status
from mock_server.protocol.token_endpoint import Decision, Situation, refuse


def redeem(request: TokenRequest, app: App, situation: Situation) -> Decision:
    """Judge a code; it buys tokens once, for the app, the redirection URI and the verifier that it was issued to."""
    provider, form = situation.provider, request.form
    grant = situation.grants.by_code(form.get("code"))
    if grant is None:
        return refuse(OAuthError("invalid_grant", detail=_UNKNOWN if form.get("code") else _MISSING), provider)
    if grant.code.status is not Status.LIVE:
        # RFC 6749 4.1.2: everything that the code bought is revoked, whoever presents it again.
        hint = "The authorization code has already been used."
        return refuse(OAuthError("invalid_grant", hint), provider, grant.revoked())
    if not grant.code.is_usable(situation.now):
        detail = f"The code expired after {provider.code_lifetime} seconds."
        return refuse(OAuthError("invalid_grant", detail=detail), provider)
    error = _check_owner(grant, app, form.get("redirect_uri"), lenient=provider.accepts_other_redirect_uri)
    if error is not None:
        return refuse(error, provider)
    if not grant.pkce_pending:
        return refuse(OAuthError("invalid_grant", _PKCE_GONE), provider)
    method = grant.code_challenge_method
    if method != "S256" and provider.accepts_s256_in_any_case and method.upper() == "S256":
        method = "S256"
    error = check_verifier(form.get("code_verifier"), grant.code_challenge, method, provider=provider)
    if error is not None:
        return refuse(error, provider, grant._replace(pkce_pending=False))
    return issue(grant, app, situation, refreshing=False)


def _check_owner(grant: Grant, app: App, redirect_uri: str, *, lenient: bool) -> OAuthError | None:
    if grant.client_id != app.client_id:
        return OAuthError("invalid_grant", _OTHER_CLIENT)
    if grant.redirect_uri and grant.redirect_uri != redirect_uri and not lenient:
        return OAuthError("invalid_grant", _OTHER_REDIRECT_URI)
    return None


_MISSING = "The request has no code, or an empty one."
_UNKNOWN = "This server never issued that code, or has forgotten it: is it changed on the way?"
_PKCE_GONE = "Unable to find initial PKCE data tied to this request"
_OTHER_CLIENT = "The OAuth 2.0 Client ID from this request does not match the one from the authorize request."
_OTHER_REDIRECT_URI = 'The "redirect_uri" from this request does not match the one from the authorize request.'

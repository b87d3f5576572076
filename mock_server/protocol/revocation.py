"""Token revocation: RFC 7009 2, as the recorded engine answers it."""

from typing import NamedTuple

from mock_server.protocol.client_authentication import authenticate
from mock_server.protocol.errors import OAuthError
from mock_server.protocol.messages import RevocationResponse, TokenErrorResponse, TokenRequest
from mock_server.protocol.records import Grant, Status
from mock_server.protocol.token_endpoint import UNREADABLE_BODY, Situation, error_response


class Revoked(NamedTuple):
    """What to answer, and what the grant becomes; nothing where no grant changes."""

    answer: RevocationResponse | TokenErrorResponse
    grant: Grant | None = None


def revoke(request: TokenRequest, situation: Situation) -> Revoked:
    """Revoke a token and all that belongs to its grant; an unknown or foreign token is no error (RFC 7009 2.2)."""
    if not request.form:
        return _refused(UNREADABLE_BODY, situation)
    app = authenticate(request, situation.apps, situation.provider)
    if isinstance(app, OAuthError):
        return _refused(app, situation)
    grant = _grant_of(request.form.get("token"), situation)
    if grant is None or grant.client_id != app.client_id:
        return Revoked(RevocationResponse())
    return Revoked(RevocationResponse(), grant.revoked())


def _grant_of(token: str, situation: Situation) -> Grant | None:
    """The grant of a token that can still be revoked: a token that was replaced takes nothing down (recorded)."""
    grant = situation.grants.by_refresh_token(token)
    known = None if grant is None else grant.refresh_token(token)
    if known is not None and known.status is Status.LIVE:
        return grant
    grant = situation.grants.by_access_token(token)
    known = None if grant is None else grant.access_token
    is_live = known is not None and known.value == token and known.status is Status.LIVE
    return grant if is_live else None


def _refused(error: OAuthError, situation: Situation) -> Revoked:
    """The engine gives the bare error here, without the hint of what was wrong."""
    return Revoked(error_response(OAuthError(error.code), situation.provider))

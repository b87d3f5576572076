"""New tokens for a grant: RFC 6749 5.1, members in alphabetical order, as the guide's sample has them."""

from typing import Any

from mock_server.protocol.messages import TokenResponse
from mock_server.protocol.provider import Provider
from mock_server.protocol.records import App, Credential, Grant
from mock_server.protocol.token_endpoint import Decision, Situation


def issue(grant: Grant, app: App, situation: Situation, *, refreshing: bool) -> Decision:
    """The answer with new tokens, and the grant that holds them; lifetimes are counted from now, in seconds."""
    provider, now = situation.provider, situation.now
    access_token = Credential(situation.mint("access_token"), now + provider.access_token_lifetime)
    refresh_token = None
    if _gets_refresh_token(grant, app, provider) and (provider.refresh_token_rotates or not refreshing):
        refresh_token = Credential(situation.mint("refresh_token"), now + provider.refresh_token_lifetime)
    members: list[tuple[str, Any]] = [("access_token", access_token.value)]
    if provider.expires_in_sent:
        members.append(("expires_in", provider.access_token_lifetime))
    if refresh_token is not None:
        members.append(("refresh_token", refresh_token.value))
    elif refreshing and provider.kept_refresh_token != "absent":
        members.append(("refresh_token", None if provider.kept_refresh_token == "null" else ""))
    scopes = sorted(grant.scopes) if provider.scope_order == "sorted" else grant.scopes
    members += (("scope", " ".join(scopes)), ("token_type", provider.token_type))
    return Decision(TokenResponse(tuple(members)), grant.issued(access_token, refresh_token))


def _gets_refresh_token(grant: Grant, app: App, provider: Provider) -> bool:
    if provider.refresh_token_issued != "with_scope":
        return provider.refresh_token_issued == "always"
    return "refresh_token" in app.grant_types and not set(provider.refresh_token_scopes).isdisjoint(grant.scopes)

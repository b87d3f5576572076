"""What a refresh has to look like: RFC 6749 6."""

from collections.abc import Iterator, Sequence

from scenarios.checks.login import Login, body, member, query
from scenarios.model.verdict import Finding

_FIELDS = {"grant_type", "refresh_token", "scope", "client_id"}


def refresh_token_is_the_issued_one(logins: Sequence[Login]) -> Iterator[Finding]:
    """A refresh sends the refresh token that was issued last, unchanged (RFC 6749 6)."""
    for login in logins:
        newest = ""
        for exchange in login.requests("token"):
            sent = body(exchange).get("refresh_token")
            if body(exchange).get("grant_type") == "refresh_token" and sent != newest:
                actual = "another value" if sent else "no refresh_token, or an empty one"
                yield Finding("the refresh token that was issued last", actual, exchange.number)
            issued = member(exchange, "refresh_token")
            if exchange.sent.status == 200 and isinstance(issued, str) and issued:
                newest = issued


def refreshes_again_with_the_kept_token(logins: Sequence[Login]) -> Iterator[Finding]:
    """After an answer without a refresh token the one at hand is used again (RFC 6749 6 and 1.5)."""
    for login in logins:
        requests = login.refresh_requests
        if len(requests) < 2:
            last = (requests or login.exchanges)[-1] if login.exchanges else None
            number = last.number if last is not None else 0
            yield Finding("a second refresh with the same refresh token", f"{len(requests)} refresh", number)
            continue
        first, second = (body(exchange).get("refresh_token") for exchange in requests[:2])
        if second != first:
            actual = "another value" if second else "no refresh_token, or an empty one"
            yield Finding("the same refresh token as before", actual, requests[1].number)


def refresh_is_made(logins: Sequence[Login]) -> Iterator[Finding]:
    """The refresh is a request of grant_type refresh_token (RFC 6749 6)."""
    for login in logins:
        if login.exchanges and not login.refresh_requests:
            yield Finding("a request with grant_type refresh_token", "none", login.exchanges[-1].number)


def refresh_holds_only_oauth_fields(logins: Sequence[Login]) -> Iterator[Finding]:
    """A refresh holds grant_type, refresh_token, scope and client_id, and nothing of the application's."""
    for login in logins:
        for exchange in login.refresh_requests:
            others = {name for name, _ in body(exchange).pairs} - _FIELDS - {"client_secret"}
            if others:
                yield Finding("OAuth parameters only", f"also {', '.join(sorted(others))}", exchange.number)


def refresh_scope_is_not_wider(logins: Sequence[Login]) -> Iterator[Finding]:
    """A refresh asks for nothing beyond what the login asked for (RFC 6749 6)."""
    for login in logins:
        first = login.authorization_request
        if first is None:
            continue
        asked = set(query(first).get("scope").split())
        for exchange in login.refresh_requests:
            wider = set(body(exchange).get("scope").split()) - asked
            if wider:
                yield Finding("no scope beyond the login's", f"also {', '.join(sorted(wider))}", exchange.number)

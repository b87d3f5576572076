"""What a refresh has to look like: RFC 6749 6."""

from collections.abc import Iterator, Sequence

from scenarios.checks.login import Login, body, member, query
from scenarios.model.verdict import Finding

# What a refresh may hold: RFC 6749 6, client authentication, and what some servers ask for beside it.
_FIELDS = {
    *("grant_type", "refresh_token", "scope", "client_id", "client_secret", "client_assertion"),
    *("client_assertion_type", "redirect_uri", "state", "resource", "audience"),
}


def refresh_token_is_the_issued_one(logins: Sequence[Login]) -> Iterator[Finding]:
    """A refresh sends the refresh token that was issued last, unchanged (RFC 6749 6)."""
    for login in logins:
        newest, older = "", set[str]()
        for exchange in login.requests("token"):
            sent = body(exchange).get("refresh_token")
            if body(exchange).get("grant_type") == "refresh_token" and sent != newest:
                actual = "an older one" if sent in older else "another value"
                actual = actual if sent else "no refresh_token, or an empty one"
                yield Finding("the refresh token that was issued last", actual, exchange.number)
            issued = member(exchange, "refresh_token")
            if exchange.sent.status == 200 and isinstance(issued, str) and issued:
                older.add(newest)
                newest = issued


def refreshes_again_with_the_kept_token(logins: Sequence[Login]) -> Iterator[Finding]:
    """After an answer without a refresh token the one at hand is used again (RFC 6749 6 and 1.5)."""
    for login in logins:
        requests = login.refresh_requests
        if len(requests) < 2:
            last = (requests or login.exchanges)[-1] if login.exchanges else None
            number = last.number if last is not None else 0
            actual = "one refresh alone" if requests else "no refresh at all"
            yield Finding("a second refresh with the same refresh token", actual, number)
            continue
        first, second = (body(exchange).get("refresh_token") for exchange in requests[:2])
        if second != first:
            actual = "another value" if second else "no refresh_token, or an empty one"
            yield Finding("the same refresh token as before", actual, requests[1].number)


def refresh_is_made(logins: Sequence[Login]) -> Iterator[Finding]:
    """The refresh is a request of grant_type refresh_token (RFC 6749 6)."""
    for login in logins:
        if login.exchanges and not login.refresh_requests:
            last = login.exchanges[-1]
            kind = body(last).get("grant_type") if last.endpoint == "token" else ""
            wrong = bool(kind) and kind != "authorization_code"
            actual = f"one with grant_type {kind!r}" if wrong else "none"
            yield Finding("a request with grant_type refresh_token", actual, last.number)


def refresh_holds_only_oauth_fields(logins: Sequence[Login]) -> Iterator[Finding]:
    """A refresh holds OAuth's own parameters, and nothing of the application's."""
    for login in logins:
        for exchange in login.refresh_requests:
            others = {name for name, _ in body(exchange).pairs} - _FIELDS
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


def refresh_scope_is_within_the_grant(logins: Sequence[Login]) -> Iterator[Finding]:
    """A refresh asks for nothing beyond what the resource owner granted at the login (RFC 6749 6)."""
    for login in logins:
        granted = _granted(login)
        for exchange in login.refresh_requests:
            wider = set(body(exchange).get("scope").split()) - granted
            if granted and wider:
                yield Finding("no scope beyond the grant", f"also {', '.join(sorted(wider))}", exchange.number)


def _granted(login: Login) -> set[str]:
    """What the answer to the code said, or what was asked for where it said nothing."""
    first = login.authorization_request
    asked = query(first).get("scope") if first is not None else ""
    told = next((member(e, "scope") for e in login.code_requests if e.sent.status == 200), None)
    return set((told if isinstance(told, str) else asked).split())


def replaced_refresh_token_is_dropped(logins: Sequence[Login]) -> Iterator[Finding]:
    """A refresh token that was replaced by a new one is never sent again (RFC 6749 6)."""
    for login in logins:
        replaced: dict[str, int] = {}
        for exchange in login.refresh_requests:
            sent, issued = body(exchange).get("refresh_token"), member(exchange, "refresh_token")
            if sent in replaced:
                actual = f"the one that exchange {replaced[sent]} replaced"
                yield Finding("the new refresh token", actual, exchange.number)
            elif exchange.sent.status == 200 and isinstance(issued, str) and issued not in ("", sent):
                replaced[sent] = exchange.number


def no_refresh_without_a_refresh_token(logins: Sequence[Login]) -> Iterator[Finding]:
    """Who was given no refresh token does not refresh, be it with nothing, `None` or `undefined` (RFC 6749 3.2)."""
    for login in logins:
        issued = False
        for exchange in login.requests("token"):
            sent = body(exchange).get("refresh_token")
            if body(exchange).get("grant_type") == "refresh_token" and not issued:
                actual = f"refresh_token {sent!r}" if sent else "an empty refresh_token"
                yield Finding("no refresh, as there is no refresh token", actual, exchange.number)
            told = member(exchange, "refresh_token")
            issued = issued or (isinstance(told, str) and bool(told))

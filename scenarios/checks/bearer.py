"""How an access token is presented to the API: RFC 6750 2, RFC 9700 4.3.2."""

from collections.abc import Iterator, Sequence

from mock_server.protocol.resource import bearer_token
from mock_server.transcript import Exchange
from scenarios.checks.login import Login, body, member, query
from scenarios.model.capability import OTHER_NAME
from scenarios.model.verdict import Finding

# Shorter values may stand anywhere by chance.
_SHORTEST = 16


def access_token_is_in_one_place(logins: Sequence[Login]) -> Iterator[Finding]:
    """A request to the API carries its token in one way (RFC 6750 2)."""
    for login in logins:
        tokens = _issued(login, "access_token")
        for exchange in login.requests("resource"):
            places = _places(exchange, tokens)
            if len(places) > 1:
                yield Finding("the token in one place", f"it is in {' and in '.join(places)}", exchange.number)


def access_token_is_in_the_header(logins: Sequence[Login]) -> Iterator[Finding]:
    """A request to the API carries its token in the Authorization header (RFC 6750 2.1)."""
    for login in logins:
        tokens = _issued(login, "access_token")
        for exchange in login.requests("resource"):
            places = _places(exchange, tokens)
            if places and _HEADER not in places:
                yield Finding("Authorization: Bearer", f"the token in {places[0]}", exchange.number)


def access_token_is_not_in_the_query(logins: Sequence[Login]) -> Iterator[Finding]:
    """No access token stands in a query (RFC 9700 4.3.2; RFC 6750 2.3)."""
    for login in logins:
        tokens = _issued(login, "access_token")
        for exchange in login.requests("resource"):
            if _QUERY in _places(exchange, tokens):
                yield Finding("no token in the query", "the access token in the query", exchange.number)


def body_with_a_token_is_a_form(logins: Sequence[Login]) -> Iterator[Finding]:
    """A token in the body is in a form of ASCII, and the method is one that has a body (RFC 6750 2.2)."""
    for login in logins:
        tokens = _issued(login, "access_token")
        for exchange in login.requests("resource"):
            if _BODY not in _places(exchange, tokens):
                continue
            media_type = exchange.request.header("content-type").partition(";")[0].strip().lower()
            if exchange.request.method in ("GET", "HEAD"):
                yield Finding("no token in the body of such a method", f"a {exchange.request.method}", exchange.number)
            elif media_type != "application/x-www-form-urlencoded" or not exchange.request.body.isascii():
                actual = f"a token in a body labelled {media_type or 'as nothing'}"
                yield Finding("a form of ASCII, or no token in the body", actual, exchange.number)


def scheme_is_spelled_bearer(logins: Sequence[Login]) -> Iterator[Finding]:
    """The scheme is written `Bearer`, whatever `token_type` was written like (RFC 6750 2.1)."""
    for login in logins:
        for exchange in login.requests("resource"):
            header = exchange.request.header("authorization")
            scheme = header.partition(" ")[0]
            if bearer_token(header) and scheme != "Bearer":
                yield Finding("Authorization: Bearer", f"Authorization: {scheme}", exchange.number)


def token_stays_out_of_the_clear(logins: Sequence[Login]) -> Iterator[Finding]:
    """No access token goes by http to a name that is not this machine's (RFC 6749 10.3; RFC 6750 5.3)."""
    for login in logins:
        for exchange in login.requests("resource"):
            if to := in_the_clear(exchange):
                yield Finding("no request in the clear", f"the access token goes to {to}", exchange.number)


def in_the_clear(exchange: Exchange) -> str:
    """The address to which a request went by http, where that is another machine's."""
    host = exchange.request.header("host").lower()
    return f"http://{host}" if host.partition(":")[0] == OTHER_NAME else ""


def refresh_token_is_not_sent_to_the_api(logins: Sequence[Login]) -> Iterator[Finding]:
    """A refresh token is for the authorization server alone (RFC 6749 1.5 and 10.4)."""
    for login in logins:
        tokens = _issued(login, "refresh_token")
        for exchange in login.requests("resource"):
            places = _places(exchange, tokens)
            if places:
                yield Finding("no refresh token at the API", f"one in {places[0]}", exchange.number)


_HEADER = "the Authorization header"
_QUERY = "the query"
_BODY = "the body"


def _issued(login: Login, name: str) -> frozenset[str]:
    told = (member(exchange, name) for exchange in login.requests("token"))
    return frozenset(token for token in told if isinstance(token, str) and len(token) >= _SHORTEST)


def _places(exchange: Exchange, tokens: frozenset[str]) -> list[str]:
    """Where in a request one of the tokens stands."""
    request = exchange.request
    values = {
        _HEADER: " ".join(request.all_headers("authorization")),
        _QUERY: " ".join([request.query, *(value for _, value in query(exchange).pairs)]),
        _BODY: " ".join([request.body.decode("latin-1"), *(value for _, value in body(exchange).pairs)]),
        "a cookie": " ".join(request.all_headers("cookie")),
    }
    return [place for place, text in values.items() if any(token in text for token in tokens)]

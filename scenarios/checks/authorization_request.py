"""The authorization request: RFC 6749 3.1, 3.1.2, 3.3 and 4.1.1, as it arrived at the authorization endpoint."""

import re
from collections.abc import Iterator, Sequence

from mock_server.protocol import form
from mock_server.transcript import Exchange
from scenarios.checks.login import Login, body, query
from scenarios.model.verdict import Finding

TENANT = ("tenant", "t1")
"""What the query of an endpoint holds, where a scenario gives it one."""

EMPTY = "empty"
"""A parameter without a value, the last of that query."""

UNKNOWN = "oauthspec_unknown"
"""How the names begin of parameters that no specification knows."""

# What people put between scope tokens in the place of a space.
_JOINTS = re.compile(r"[ ,;+|]|%20|%2B|%2C")


def _first_requests(logins: Sequence[Login]) -> Iterator[tuple[Login, Exchange]]:
    return ((login, exchange) for login in logins for exchange in login.requests("authorization"))


def nothing_is_sent_empty(logins: Sequence[Login]) -> Iterator[Finding]:
    """No parameter of the authorization request is empty: it would count as left out (RFC 6749 3.1)."""
    for _, exchange in _first_requests(logins):
        empty = [name for name, value in query(exchange).pairs if not value]
        if empty:
            yield Finding("no empty parameters", f"{', '.join(empty)} without a value", exchange.number)


def parameters_are_in_the_query(logins: Sequence[Login]) -> Iterator[Finding]:
    """The parameters of the request are in its query: what stands behind a # never arrives (RFC 6749 3.1)."""
    for _, exchange in _first_requests(logins):
        if not query(exchange).pairs:
            yield Finding("the parameters in the query", "a request without any", exchange.number)


def response_type_is_code(logins: Sequence[Login]) -> Iterator[Finding]:
    """The authorization request asks for a code, in that spelling and for nothing else (RFC 6749 3.1.1)."""
    for _, exchange in _first_requests(logins):
        asked = query(exchange).get("response_type")
        if asked != "code":
            actual = f"response_type {asked!r}" if asked else "no response_type"
            yield Finding("response_type code", actual, exchange.number)


def address_has_no_user_information(logins: Sequence[Login]) -> Iterator[Finding]:
    """Nothing stands before the host of the address that the browser is sent to (RFC 9110 4.2.4).

    Browsers turn it into Basic credentials, which is how it arrives.
    """
    for _, exchange in _first_requests(logins):
        if exchange.request.header("authorization"):
            yield Finding("an address that begins with its host", "user information before the host", exchange.number)


def client_id_is_as_configured(logins: Sequence[Login]) -> Iterator[Finding]:
    """The client_id arrives as it was assigned, character for character (RFC 6749 4.1.1, appendix B)."""
    for login, exchange in _first_requests(logins):
        sent = query(exchange).get("client_id")
        if sent != login.app.client_id:
            expected = f"client_id {login.app.client_id!r}, after one decoding"
            yield Finding(expected, f"client_id {sent!r}" if sent else "none, or an empty one", exchange.number)


def redirect_uri_is_sent(logins: Sequence[Login]) -> Iterator[Finding]:
    """The authorization request says where the answer goes (RFC 6749 3.1.2.3)."""
    for _, exchange in _first_requests(logins):
        if not query(exchange).get("redirect_uri"):
            yield Finding("a redirect_uri", "none, though two are registered", exchange.number)


def redirect_uri_is_as_configured(logins: Sequence[Login]) -> Iterator[Finding]:
    """The redirect_uri arrives as it was assigned, its own query included (RFC 6749 3.1.2)."""
    for login, exchange in _first_requests(logins):
        sent = query(exchange).get("redirect_uri")
        if sent and sent != login.app.redirect_uris[0]:
            yield Finding(f"{login.app.redirect_uris[0]!r}, after one decoding", repr(sent), exchange.number)


def scope_tokens_are_as_configured(logins: Sequence[Login]) -> Iterator[Finding]:
    """Scope is a list of the configured tokens, joined by single spaces (RFC 6749 3.3).

    A token that is added is another matter; here one that was configured is missing, or is no longer itself.
    """
    for login, exchange in _first_requests(logins):
        scope = query(exchange).get("scope")
        tokens = scope.split(" ") if scope else []
        garbled = [token for token in tokens if token not in login.app.scopes]
        if garbled and any(wanted not in tokens for wanted in login.app.scopes):
            joined = all(piece in login.app.scopes for token in garbled for piece in _JOINTS.split(token))
            actual = f"{scope!r}" + (", joined otherwise" if joined else "")
            expected = f"{' '.join(login.app.scopes)!r}, joined by single spaces"
            yield Finding(expected, actual, exchange.number)


def offline_is_not_added(logins: Sequence[Login]) -> Iterator[Finding]:
    """Where no refresh token is wanted, none is asked for (RFC 6749 10.3)."""
    for _, exchange in _first_requests(logins):
        if "offline" in query(exchange).get("scope").split(" "):
            yield Finding("the configured scope and nothing more", "`offline` as well", exchange.number)


def authorization_query_is_kept(logins: Sequence[Login]) -> Iterator[Finding]:
    """The query that the authorization endpoint has already is kept, once (RFC 6749 3.1).

    What is empty in it may be left out, for that means the same.
    """
    for _, exchange in _first_requests(logins):
        yield from _kept(exchange)
        swallowed = [value for value in query(exchange).all(EMPTY) if value]
        if swallowed:
            expected = "parameters added to the endpoint's query with &"
            actual = f"a second ?, so that the parameter {EMPTY} became {swallowed[0]!r}"
            yield Finding(expected, actual, exchange.number)


def token_query_is_kept(logins: Sequence[Login]) -> Iterator[Finding]:
    """The query that the token endpoint has already is kept, once, on each request (RFC 6749 3.2)."""
    for login in logins:
        for exchange in login.requests("token"):
            yield from _kept(exchange)


def _kept(exchange: Exchange) -> Iterator[Finding]:
    name, value = TENANT
    found = query(exchange).all(name)
    if found != (value,):
        actual = f"{name} is gone" if not found else f"{name}={', '.join(map(repr, found))}"
        yield Finding(f"{name}={value} in the endpoint's query, once", actual, exchange.number)


def unknown_parameters_are_not_forwarded(logins: Sequence[Login]) -> Iterator[Finding]:
    """What the callback says beyond the known goes no further (RFC 6749 4.1.2)."""
    for login in logins:
        for exchange in login.requests("token"):
            named = (*body(exchange).pairs, *form.parse(exchange.request.query).pairs)
            foreign = sorted({name for name, _ in named if name.startswith(UNKNOWN)})
            if foreign:
                yield Finding("known parameters alone", f"{', '.join(foreign)} of the callback", exchange.number)

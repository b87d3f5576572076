"""Requests that follow a redirect: RFC 6749 3.2, RFC 9110 7.2 and 15.4."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from scenarios.checks.login import Login
from scenarios.model.verdict import Finding


def token_request_stays_a_post(logins: Sequence[Login]) -> Iterator[Finding]:
    """A token request that follows a redirect is not turned into a GET (RFC 6749 3.2; RFC 9110 15.4.8)."""
    for login in logins:
        for exchange in login.requests("other"):
            if exchange.request.method != "POST":
                yield Finding("no request, or a POST", f"a {exchange.request.method}", exchange.number)


def host_is_of_the_place_redirected_to(logins: Sequence[Login]) -> Iterator[Finding]:
    """A request that follows a redirect names the host that it goes to, and not the one before (RFC 9110 7.2)."""
    for login in logins:
        places = dict(_places(login))
        for exchange in login.requests("other"):
            host = places.get(exchange.request.path)
            named = exchange.request.header("host")
            if host is not None and named.lower() != host:
                yield Finding(f"Host: {host}", f"Host: {named}" if named else "no Host", exchange.number)


def _places(login: Login) -> Iterator[tuple[str, str]]:
    """The path and the host of every address that the server redirected to; each has a path of its own."""
    for exchange in login.exchanges:
        if 300 <= exchange.sent.status <= 399 and exchange.endpoint in ("token", "resource"):
            location = urlsplit(exchange.sent.header("location"))
            yield location.path, location.netloc.lower()

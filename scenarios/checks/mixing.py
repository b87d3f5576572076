"""What belongs to one login stays with it: RFC 6749 4.1.2 and 4.1.3, RFC 7636 4.5 and 7.1, RFC 9700 2.1.1."""

from collections.abc import Iterator, Sequence

from mock_server.deviations.metadata import MARK
from mock_server.protocol import form
from scenarios.checks.login import Login, body, query
from scenarios.checks.pkce import s256
from scenarios.model.verdict import Finding


def verifier_is_of_the_same_login(logins: Sequence[Login]) -> Iterator[Finding]:
    """The verifier that comes with a code is the one of the login that the code is of (RFC 7636 4.5)."""
    challenges = {query(e).get("code_challenge") for login in logins for e in login.requests("authorization")}
    for login in logins:
        first = login.authorization_request
        challenge = query(first).get("code_challenge") if first is not None else ""
        for exchange in login.code_requests:
            verifier = body(exchange).get("code_verifier")
            # None at all, or one of no login, is another matter.
            found = {s256(verifier), verifier} & challenges if verifier else set()
            if found and challenge not in found:
                expected = "the verifier of the login that the code is of"
                yield Finding(expected, "the verifier of another login", exchange.number)


def one_code_is_sent(logins: Sequence[Login]) -> Iterator[Finding]:
    """A token request has one code, however many there were in the callback (RFC 6749 3.2)."""
    for login in logins:
        for exchange in login.code_requests:
            codes = body(exchange).all("code")
            if len(codes) > 1:
                yield Finding("one code", f"{len(codes)} of them", exchange.number)


def code_is_not_redeemed(logins: Sequence[Login]) -> Iterator[Finding]:
    """No token request comes with a code of these logins (RFC 9700 2.1, 4.2.4)."""
    for login in logins:
        for exchange in login.code_requests:
            yield Finding("no token request with this code", "one", exchange.number)


def verifier_stays_secret(logins: Sequence[Login]) -> Iterator[Finding]:
    """The verifier is in the body of the token request and nowhere before it (RFC 7636 7.1)."""
    verifiers = {v for login in logins for e in login.code_requests for v in body(e).all("code_verifier") if v}
    for login in logins:
        for exchange in login.exchanges:
            target = form.unquote(exchange.request.target) or exchange.request.target
            if any(verifier in target for verifier in verifiers):
                expected = "the code_verifier in the body of the token request alone"
                actual = f"it is in the address of a request to {exchange.request.path}"
                yield Finding(expected, actual, exchange.number)


def metadata_of_another_issuer_are_not_used(logins: Sequence[Login]) -> Iterator[Finding]:
    """No login begins at the authorization endpoint of metadata that name another issuer (RFC 8414 3.3)."""
    for login in logins:
        first = login.authorization_request
        if first is not None and MARK in first.request.query.split("&"):
            yield Finding("no authorization request by these metadata", "one, at their endpoint", first.number)

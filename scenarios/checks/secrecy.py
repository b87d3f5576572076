"""Secrets stay where they belong: RFC 6749 2.3.1 and 10, RFC 6750 5.3, RFC 9700 4.3.2, RFC 9110 15.4."""

from collections.abc import Iterator, Sequence

from mock_server.protocol import form
from mock_server.protocol.form import Parameters
from mock_server.transcript import Exchange
from scenarios.checks.bearer import in_the_clear
from scenarios.checks.login import Login, basic, body, query, secrets, stands_in
from scenarios.model.verdict import Finding


def no_secret_in_a_url(logins: Sequence[Login]) -> Iterator[Finding]:
    """No secret, verifier or token stands in the target of a request (RFC 6749 2.3.1; RFC 9700 4.3.2)."""
    for login in logins:
        kept = secrets(login)
        for exchange in login.exchanges:
            target = form.unquote(exchange.request.target) or exchange.request.target
            for value, name in kept.items():
                if stands_in(value, target, exchange.request.target, *_values(query(exchange))):
                    yield Finding("no secret in a URL", f"the {name} in the request's target", exchange.number)


def no_secret_at_another_origin(logins: Sequence[Login]) -> Iterator[Finding]:
    """Nothing secret follows a redirect away from the token endpoint (RFC 9110 15.4; RFC 9700 4.12)."""
    for login in logins:
        kept = secrets(login)
        for exchange in login.requests("other"):
            for name in _carried(exchange, kept):
                yield Finding("no credentials with a redirected request", f"the {name}", exchange.number)


def nothing_is_sent_in_the_clear(logins: Sequence[Login]) -> Iterator[Finding]:
    """No token request goes by http to a name that is not this machine's (RFC 9700 2.6; OAuth 2.1 1.5)."""
    for login in logins:
        for exchange in login.requests("token"):
            if to := in_the_clear(exchange):
                yield Finding("no request in the clear", f"a token request goes to {to}", exchange.number)


def _carried(exchange: Exchange, kept: dict[str, str]) -> Iterator[str]:
    if basic(exchange) is not None:
        yield "Basic credentials"
    text = exchange.request.body.decode("utf-8", "replace")
    decoded = form.unquote(text) or text
    if body(exchange).get("code"):
        yield "code"
    for value, name in kept.items():
        if stands_in(value, text, decoded, exchange.request.header("authorization"), *_values(body(exchange))):
            yield name


def _values(parameters: Parameters) -> list[str]:
    """What a secret may be the whole of; an app may have the same words for an id and a secret."""
    return [value for name, value in parameters.pairs if name != "client_id"]

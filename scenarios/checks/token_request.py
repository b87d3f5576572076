"""What a token request has to look like: RFC 6749 2.3, 3.2 and 4.1.3, and what Frame.io's guide adds."""

from collections.abc import Iterator, Sequence

from mock_server.protocol import form
from mock_server.transcript import Exchange
from scenarios.checks.login import Login, answered, basic, body, query
from scenarios.model.verdict import Finding

_FORM = "application/x-www-form-urlencoded"
# Shorter codes come again by chance.
_SHORTEST = 8


def token_request_is_a_form_post(logins: Sequence[Login]) -> Iterator[Finding]:
    """A token request is a POST with a form body (RFC 6749 3.2 and 4.1.3)."""
    for login in logins:
        for exchange in login.requests("token"):
            request = exchange.request
            media_type = request.header("content-type").partition(";")[0].strip().lower()
            if request.method != "POST":
                yield Finding("a POST", f"a {request.method}", exchange.number)
            elif media_type != _FORM:
                actual = f"a body labelled {media_type or 'as nothing'}"
                yield Finding(f"a form body ({_FORM})", actual, exchange.number)


def redirect_uri_is_repeated(logins: Sequence[Login]) -> Iterator[Finding]:
    """The token request repeats the redirect_uri of the authorization request, unchanged (RFC 6749 4.1.3)."""
    for login in logins:
        first = login.authorization_request
        asked = query(first).get("redirect_uri") if first is not None else ""
        for exchange in login.code_requests:
            sent = body(exchange).get("redirect_uri")
            if asked and body(exchange).get("code") and sent != asked:
                actual = f"redirect_uri {sent!r}" if sent else "no redirect_uri"
                yield Finding(f"redirect_uri {asked!r}, as in the authorization request", actual, exchange.number)


def basic_app_authenticates(logins: Sequence[Login]) -> Iterator[Finding]:
    """An app with a secret sends its id and secret in an Authorization: Basic header, on every token request."""
    for login in logins:
        for exchange in login.requests("token"):
            if login.app.is_public:
                continue
            credentials = basic(exchange)
            if credentials is None:
                yield Finding("an Authorization: Basic header", _without_basic(exchange), exchange.number)
            elif not _are_right(credentials, login):
                yield Finding("the app's client_id and client_secret", "other credentials", exchange.number)


def _without_basic(exchange: Exchange) -> str:
    if body(exchange).get("client_secret"):
        return "the client_secret in the body and no such header"
    return "another Authorization header" if exchange.request.header("authorization") else "no such header"


def _are_right(credentials: tuple[str, str], login: Login) -> bool:
    decoded = tuple(form.unquote(part) for part in credentials)
    expected = (login.app.client_id, login.app.client_secret)
    return expected in (decoded, credentials)


def basic_credentials_are_form_encoded(logins: Sequence[Login]) -> Iterator[Finding]:
    """Id and secret are form-encoded before they become user name and password (RFC 6749 2.3.1)."""
    for login in logins:
        for exchange in login.requests("token"):
            credentials = basic(exchange)
            if login.app.is_public or credentials is None:
                continue
            decoded = tuple(form.unquote(part) for part in credentials)
            expected = (login.app.client_id, login.app.client_secret)
            if decoded != expected and credentials == expected:
                yield Finding("id and secret form-encoded, each by itself", "both as they are", exchange.number)
            elif decoded != expected:
                actual = "something that decodes to another id or secret"
                yield Finding("id and secret form-encoded once, each by itself", actual, exchange.number)


def pkce_app_sends_no_authorization(logins: Sequence[Login]) -> Iterator[Finding]:
    """A PKCE app sends no Authorization header to the token endpoint: Frame.io denies it."""
    for login in logins:
        for exchange in login.requests("token"):
            header = exchange.request.header("authorization")
            if login.app.is_public and header:
                credentials = basic(exchange)
                what = f"Authorization: {header.partition(' ')[0]}"
                if credentials is not None and not credentials[1]:
                    what += " with an empty password"
                yield Finding("no Authorization header", what, exchange.number)


def pkce_app_sends_its_client_id(logins: Sequence[Login]) -> Iterator[Finding]:
    """A PKCE app names itself by client_id in the body, once (RFC 6749 3.2.1)."""
    for login in logins:
        for exchange in login.requests("token"):
            sent = body(exchange).all("client_id")
            if login.app.is_public and sent != (login.app.client_id,):
                actual = "no client_id in the body" if not any(sent) else f"client_id {', '.join(sent)}"
                yield Finding(f"client_id {login.app.client_id} in the body, once", actual, exchange.number)


def pkce_app_sends_no_secret(logins: Sequence[Login]) -> Iterator[Finding]:
    """A PKCE app has no secret and sends none, not even an empty one (RFC 6749 2.3.1 and 3.2)."""
    for login in logins:
        for exchange in login.requests("token"):
            secrets = body(exchange).all("client_secret")
            if login.app.is_public and secrets:
                actual = "an empty client_secret" if not any(secrets) else "a client_secret"
                yield Finding("no client_secret", actual, exchange.number)


def one_authentication_method(logins: Sequence[Login]) -> Iterator[Finding]:
    """A request authenticates in one way only (RFC 6749 2.3)."""
    for login in logins:
        for exchange in login.requests("token"):
            secret = body(exchange).get("client_secret") or body(exchange).get("client_assertion")
            if basic(exchange) is not None and secret:
                yield Finding("one way to authenticate", "a Basic header and a secret in the body", exchange.number)


def secret_is_not_in_the_body(logins: Sequence[Login]) -> Iterator[Finding]:
    """An app that can send a Basic header does not send its secret in the body (RFC 6749 2.3.1)."""
    for login in logins:
        for exchange in login.requests("token"):
            if not login.app.is_public and body(exchange).get("client_secret"):
                expected = "the secret in the Authorization header alone"
                yield Finding(expected, "client_secret in the body", exchange.number)


def code_is_sent_once(logins: Sequence[Login]) -> Iterator[Finding]:
    """An authorization code is sent to the token endpoint once (RFC 6749 4.1.2)."""
    seen: dict[str, int] = {}
    for login in logins:
        for exchange in login.requests("token"):
            code = body(exchange).get("code")
            # A server may issue the same short code twice.
            kept = code if len(code) >= _SHORTEST else f"{login.flow} {code}"
            if code and kept in seen:
                actual = f"the code of exchange {seen[kept]} again"
                yield Finding("one token request for each code", actual, exchange.number)
            elif code:
                seen[kept] = exchange.number


def code_is_unchanged(logins: Sequence[Login]) -> Iterator[Finding]:
    """The code goes back exactly as it was received, after one decoding (RFC 6749 4.1.3)."""
    requests = (e for login in logins for e in login.requests("authorization"))
    issued = {code for exchange in requests for code in answered(exchange).all("code")}
    for login in logins:
        for exchange in login.requests("token"):
            code = body(exchange).get("code")
            if body(exchange).get("grant_type") == "authorization_code" and code not in issued:
                long = f", of {len(next(iter(issued)))} characters" if len(issued) == 1 else ""
                expected = f"a code that was sent to the redirection endpoint{long}"
                yield Finding(expected, _other(code), exchange.number)


def _but_in_the_query(exchange: Exchange) -> str:
    """A server reads no parameter of a token request but those of its body."""
    return " in the body, but one in the query" if query(exchange).get("grant_type") else ""


def _other(code: str) -> str:
    return f"another code, of {len(code)} characters" if code else "an empty code, or none"


def no_other_grant_is_tried(logins: Sequence[Login]) -> Iterator[Finding]:
    """A login uses the authorization code grant and nothing else (RFC 6749 4.1.3; RFC 9700 2.4)."""
    for login in logins:
        for exchange in login.requests("token"):
            grant_type = body(exchange).get("grant_type")
            if grant_type not in ("authorization_code", "refresh_token"):
                actual = f"grant_type {grant_type!r}" if grant_type else f"no grant_type{_but_in_the_query(exchange)}"
                yield Finding("grant_type authorization_code", actual, exchange.number)


def parameters_are_not_repeated(logins: Sequence[Login]) -> Iterator[Finding]:
    """No parameter of a request is sent twice (RFC 6749 3.1 and 3.2)."""
    for login in logins:
        for exchange in login.exchanges:
            if exchange.endpoint == "authorization":
                repeated = query(exchange).repeated()
            elif exchange.endpoint == "token":
                repeated = body(exchange).repeated()
            else:
                continue
            if repeated:
                yield Finding("each parameter once", f"{repeated} more than once", exchange.number)

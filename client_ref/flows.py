"""The flows of an OAuth 2 client, as generators without I/O.

A flow yields what is to be done (`Visit` this URL, `Post` this form, `Get` this, run that flow `Alone`), is sent what
came of it, and returns what was won or raises the `Refusal` that says why not. `exchange.py` drives flows over HTTP; a
test drives them by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from client_ref.errors import (
    AccessTokenRefused,
    ConfigurationError,
    NoRefreshToken,
    NotLoggedIn,
    RefreshRefused,
    TokenError,
)
from client_ref.messages import Flow, Landing, Post, Response, Visit, parse_form
from client_ref.outgoing import revocation_parameters
from client_ref.policy import STRICT, Policy, ask
from client_ref.registration import Registration
from client_ref.session import Login, Session, Tokens, drop_tokens, held_tokens, keep_tokens, remember_login

GRANT_IS_GONE = frozenset({"invalid_grant", "token_inactive"})
"""What a server says of a refresh token that is of no more use; Frame.io's engine uses both."""

FINAL = GRANT_IS_GONE | {
    "invalid_client",
    "invalid_request",
    "invalid_scope",
    "scope_not_granted",
    "unauthorized_client",
    "unsupported_grant_type",
}
"""Errors after which the same refresh token will not be taken either: it is dropped (RFC 6749 section 5.2)."""

PUBLIC_FIELDS = frozenset({"grant_type", "client_id", "redirect_uri", "scope", "token_type_hint"})
"""Fields of a token request that are no secrets; the values of all others are hidden in what the client says."""


def begin(registration: Registration, session: Session, policy: Policy = STRICT) -> Visit:
    """Begin a login in this session: where to send its browser (RFC 6749 section 4.1.1)."""
    login = Login(policy.new_state(), policy.new_code_verifier(), policy.clock())
    remember_login(session, login)
    parameters = policy.authorization_parameters(registration, login)
    return Visit(policy.with_query(registration.authorization_endpoint, parameters))


def land(registration: Registration, session: Session, url: str, policy: Policy = STRICT) -> Flow[Tokens]:
    """Finish a login: judge the URL at which the browser arrived, then exchange its code (sections 4.1.2 to 4.1.4).

    The order is the point. Nothing is believed before the state is found to be this session's, not even an error;
    and the code, which works once, is sent only when nothing is left to object to.
    """
    landing = policy.landing_url(url)
    policy.landing_place(landing, registration.redirect_uri)
    parameters = policy.single_parameters(parse_form(landing.query))
    login = policy.state(session, parameters, policy.clock())
    policy.issuer(registration.issuer, parameters)
    policy.no_error(parameters)
    code = policy.code(parameters)
    form = policy.code_parameters(registration, login, code)
    tokens = yield from _token_request(registration, form, registration.scope, policy)
    keep_tokens(session, tokens)
    return tokens


def log_in(registration: Registration, session: Session, policy: Policy = STRICT) -> Flow[Tokens]:
    """Begin and land in one flow, for a client that waits for its landing: a native application, a test."""
    landing = yield from ask(begin(registration, session, policy), Landing)
    return (yield from land(registration, session, landing.url, policy))


def refresh(registration: Registration, session: Session, policy: Policy = STRICT) -> Flow[Tokens]:
    """Get a new access token for the refresh token of this session (RFC 6749 section 6)."""
    return (yield from _renew(registration, session, _held(session), policy))


def call_api(
    registration: Registration, session: Session, path: str = "/me", policy: Policy = STRICT
) -> Flow[tuple[Tokens, Response]]:
    """Fetch something from the API: the tokens that were used in the end, and the answer.

    An expired access token is renewed before the call, a refused one after it, and the call then repeated: once.
    The lifetime is a hint: a token can die before its time (RFC 6750 section 3.1, invalid_token).
    """
    if registration.api_url is None:
        raise ConfigurationError("api_url_missing", "No api_url is configured", "Set the base address of the API.")
    url = registration.api_url.rstrip("/") + path
    used = tokens = _held(session)
    if used.expires_at is not None and policy.clock() >= used.expires_at:
        tokens = yield from _renew(registration, session, used, policy)
    response = yield from policy.send(policy.api_request(url, tokens))
    if response.status == 401 and tokens is used:
        tokens = yield from _renew(registration, session, used, policy)
        response = yield from policy.send(policy.api_request(url, tokens))
    if response.status == 401:
        raise AccessTokenRefused
    policy.api_status(response)
    return tokens, response


def log_out(registration: Registration, session: Session, policy: Policy = STRICT) -> Flow[None]:
    """Forget the tokens, and revoke them where the server has an endpoint for that (RFC 7009 section 2.1)."""
    tokens = held_tokens(session)
    drop_tokens(session)
    if tokens is not None and registration.revocation_endpoint is not None:
        request = Post(registration.revocation_endpoint, revocation_parameters(tokens))
        response = yield from policy.send(policy.authenticated(registration, request))
        policy.not_redirected(response)
        policy.status(response, _secrets(registration, request))


def _held(session: Session) -> Tokens:
    tokens = held_tokens(session)
    if tokens is None:
        raise NotLoggedIn
    return tokens


def _renew(registration: Registration, session: Session, used: Tokens, policy: Policy) -> Flow[Tokens]:
    """Renew the tokens that were used. Single-flight: a refresh token that rotates works once."""
    if used.refresh_token is None:
        raise NoRefreshToken
    return (yield from policy.alone(used.refresh_token, _renew_alone(registration, session, used, policy)))


def _renew_alone(registration: Registration, session: Session, used: Tokens, policy: Policy) -> Flow[Tokens]:
    held = _held(session)
    if held != used:
        return held  # somebody else renewed them while we waited for our turn
    form = policy.refresh_parameters(used)
    try:
        tokens = yield from _token_request(registration, form, used.granted, policy)
    except TokenError as refused:
        if refused.error in FINAL:
            drop_tokens(session)
        if refused.error in GRANT_IS_GONE:
            raise RefreshRefused(refused.error, refused.description) from None
        raise
    refresh_token = policy.renewed_refresh_token(used.refresh_token, tokens.refresh_token)
    tokens = replace(tokens, granted=used.granted, refresh_token=refresh_token)
    keep_tokens(session, tokens)
    return tokens


def _token_request(
    registration: Registration, form: tuple[tuple[str, str], ...], asked: tuple[str, ...], policy: Policy
) -> Flow[Tokens]:
    request = policy.authenticated(registration, Post(registration.token_endpoint, form))
    response = yield from policy.send(request)
    return _tokens(response, asked, _secrets(registration, request), policy)


def _tokens(response: Response, asked: tuple[str, ...], secrets: tuple[str, ...], policy: Policy) -> Tokens:
    """Judge an answer of the token endpoint (RFC 6749 section 5); the first answer and a refreshed one alike."""
    policy.not_redirected(response)
    policy.status(response, secrets)
    policy.media_type(response)
    members = policy.json_object(response)
    policy.no_error_member(members, secrets)
    lifetime = policy.expires_in(members)
    scope = policy.scope(members, asked)
    return Tokens(
        access_token=policy.access_token(members),
        token_type=policy.token_type(members),
        expires_at=None if lifetime is None else policy.clock() + lifetime,
        refresh_token=policy.refresh_token(members),
        scope=scope,
        granted=scope,
    )


def _secrets(registration: Registration, request: Post) -> tuple[str, ...]:
    fields = [value for name, value in request.form if name not in PUBLIC_FIELDS]
    credentials = [value.removeprefix("Basic ") for _, value in request.headers]
    return (*registration.secrets(), *fields, *credentials)


@dataclass(frozen=True, slots=True)
class Flows:
    """The flows as one value, for a driver that is handed another set of them (see `flawed.py`)."""

    begin: Callable[[Registration, Session, Policy], Visit] = begin
    land: Callable[[Registration, Session, str, Policy], Flow[Tokens]] = land
    refresh: Callable[[Registration, Session, Policy], Flow[Tokens]] = refresh
    call_api: Callable[[Registration, Session, str, Policy], Flow[tuple[Tokens, Response]]] = call_api
    log_out: Callable[[Registration, Session, Policy], Flow[None]] = log_out

"""What this client sends: the authorization request, token requests, API requests. Nothing is checked here."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import quote_plus

from client_ref.messages import Form, Get, Post, serialize_form
from client_ref.pkce import s256
from client_ref.registration import Registration
from client_ref.session import Login, Tokens


def authorization_parameters(registration: Registration, login: Login) -> Form:
    """The parameters of RFC 6749 section 4.1.1 and RFC 7636 section 4.3, in both app kinds.

    Frame.io asks for PKCE from neither kind and checks it for both; RFC 9700 section 2.1.1 wants it from both.
    An empty scope is left out, for a parameter without a value counts as not sent (RFC 6749 section 3.1).
    """
    scope = (("scope", " ".join(registration.scope)),) if registration.scope else ()
    return (
        ("response_type", "code"),
        ("client_id", registration.client_id),
        ("redirect_uri", registration.redirect_uri),
        *scope,
        ("state", login.state),
        ("code_challenge", s256(login.code_verifier)),
        ("code_challenge_method", "S256"),
    )


def with_query(endpoint: str, parameters: Form) -> str:
    """Add parameters to an endpoint; a query that it has already is kept (RFC 6749 section 3.1)."""
    joint = "" if endpoint.endswith(("?", "&")) else "&" if "?" in endpoint else "?"
    return f"{endpoint}{joint}{serialize_form(parameters)}"


def code_parameters(registration: Registration, login: Login, code: str) -> Form:
    """The parameters of RFC 6749 section 4.1.3 and RFC 7636 section 4.5.

    Frame.io's guide puts `state` and `scope` here as well. RFC 6749 knows neither in this request, the recorded
    server ignores both, and a state that was just used up has no business on the wire: they are not sent.
    """
    return (
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", registration.redirect_uri),
        ("code_verifier", login.code_verifier),
    )


def refresh_parameters(tokens: Tokens) -> Form:
    """The parameters of RFC 6749 section 6: the scope that was granted at the login, never more.

    The scope could be left out; Frame.io's guide lists it, and both readings allow it.
    """
    scope = (("scope", " ".join(tokens.granted)),) if tokens.granted else ()
    return (("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token or ""), *scope)


def revocation_parameters(tokens: Tokens) -> Form:
    """The parameters of RFC 7009 section 2.1: the refresh token if there is one, for it ends the whole grant."""
    if tokens.refresh_token:
        return (("token", tokens.refresh_token), ("token_type_hint", "refresh_token"))
    return (("token", tokens.access_token), ("token_type_hint", "access_token"))


def authenticated(registration: Registration, request: Post) -> Post:
    """Say who we are, in exactly one way (RFC 6749 section 2.3).

    A confidential client uses Basic, its identifier and secret form-encoded first (section 2.3.1). A public client,
    at Frame.io a PKCE app, names itself in the body and sends no Authorization header at all (section 3.2.1).
    """
    if registration.client_secret is None:
        return replace(request, form=(*request.form, ("client_id", registration.client_id)))
    pair = f"{quote_plus(registration.client_id)}:{quote_plus(registration.client_secret)}"
    credentials = base64.b64encode(pair.encode("ascii")).decode("ascii")
    return replace(request, headers=(*request.headers, ("Authorization", f"Basic {credentials}")))


def api_request(url: str, tokens: Tokens) -> Get:
    """The token travels in the header and nowhere else, its scheme spelled `Bearer` (RFC 6750 section 2.1)."""
    return Get(url, (("Authorization", f"Bearer {tokens.access_token}"), ("Accept", "application/json")))

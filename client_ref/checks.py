"""Every validation of this client, each one a named function with the clause that it stands on.

A check takes values and gives back what was validated, or raises the one `Refusal` that names its reason. The
order in which they are applied is in `flows.py`; it matters: nothing of a landing is believed before its state.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from client_ref import errors
from client_ref.messages import Form, Response, parse_form
from client_ref.redaction import legible, redacted
from client_ref.registration import PRINTABLE, SCOPE_TOKEN, VSCHAR
from client_ref.session import LOGIN_LIFETIME, Login, Session, take_login

LONGEST_LANDING = 64 * 1024
"""Servers and browsers agree on less; a code of 4 KiB still fits many times (RFC 6749 section 4.1.2)."""

LONGEST_LIFETIME = 2**31 - 1
"""What RFC 9111 section 1.2.2 counts as for ever; no honest expires_in is longer."""

KNOWN_PARAMETERS = ("code", "state", "error", "error_description", "error_uri", "iss")
"""The parameters of RFC 6749 sections 4.1.2 and 4.1.2.1 and RFC 9207; all others are ignored, repeated or not."""

B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


# The landing.


def landing_url(url: str) -> SplitResult:
    """The URL is one that a browser can bring (RFC 3986 section 2).

    `urlsplit` silently drops line breaks and tabs: without this check a broken URL would be mended into a good one.
    """
    if len(url) > LONGEST_LANDING or not PRINTABLE.fullmatch(url):
        raise errors.LandingMalformed(url=f"{len(url)} characters")
    try:
        return urlsplit(url)
    except ValueError:
        raise errors.LandingMalformed(url=f"{len(url)} characters") from None


def landing_place(landing: SplitResult, redirect_uri: str) -> None:
    """The browser arrived where the authorization request sent it (RFC 8252 section 8.10).

    A query that the redirect_uri itself has must still be there (RFC 6749 section 3.1.2).
    """
    ours = urlsplit(redirect_uri)
    arrived = parse_form(landing.query)
    if landing[:3] != ours[:3] or any(pair not in arrived for pair in parse_form(ours.query)):
        raise errors.LandingElsewhere(arrived=legible(f"{landing.scheme}://{landing.netloc}{landing.path}"))


def single_parameters(pairs: Form) -> dict[str, str]:
    """Each parameter occurs once, and one without a value counts as not sent (RFC 6749 section 3.1)."""
    names = [name for name, _ in pairs]
    for name in KNOWN_PARAMETERS:
        if names.count(name) > 1:
            raise errors.ParameterRepeated(name)
    return {name: value for name, value in pairs if name in KNOWN_PARAMETERS and value}


def state(session: Session, parameters: Mapping[str, str], now: float) -> Login:
    """The state is that of a login which this browser began, and it is used up now.

    RFC 6749 sections 4.1.2 and 10.12, RFC 9700 section 2.1: there, equal, bound to the session, used once. A state
    that nobody here waits for leaves the waiting logins alone, so that a forged landing cannot end a genuine one.
    """
    if "state" not in parameters:
        raise errors.StateMissing
    login = take_login(session, parameters["state"])
    if login is None:
        raise errors.StateMismatch(state=redacted(parameters["state"]))
    if now - login.begun > LOGIN_LIFETIME:
        raise errors.LoginExpired
    return login


def issuer(expected: str | None, parameters: Mapping[str, str]) -> None:
    """`iss` is the server that was asked, character for character (RFC 9207 section 2.4).

    Without a configured issuer there is nothing to compare with, and `iss` is one more unknown parameter.
    """
    if expected is None:
        return
    if "iss" not in parameters:
        raise errors.IssuerMissing(expected=expected)
    if parameters["iss"] != expected:
        raise errors.IssuerMismatch(expected=expected, received=legible(parameters["iss"]))


def metadata_issuer(expected: str | None, members: Mapping[str, Any]) -> None:
    """Metadata are those of the issuer that was asked for them, or are not used (RFC 8414 section 3.3)."""
    if members.get("issuer") != expected:
        raise errors.MetadataElsewhere(expected=expected or "", received=legible(str(members.get("issuer"))))


def no_error(parameters: Mapping[str, str]) -> None:
    """An error ends the attempt, with or without a code beside it (RFC 6749 section 4.1.2.1)."""
    if "error" in parameters:
        hide = [parameters[name] for name in ("code", "state") if name in parameters]
        raise errors.AuthorizationError(
            error=legible(parameters["error"], hide),
            description=legible(parameters.get("error_description", ""), hide),
        )


def code(parameters: Mapping[str, str]) -> str:
    """The code is there, and goes on exactly as it came (RFC 6749 section 4.1.2, appendix A.11)."""
    if "code" not in parameters:
        raise errors.CodeMissing
    if not VSCHAR.fullmatch(parameters["code"]):
        raise errors.CodeMalformed(code=redacted(parameters["code"]))
    return parameters["code"]


# The answer of the token endpoint.


def not_redirected(response: Response) -> None:
    """Credentials go to one address only, so a redirect is the end (RFC 9110 section 15.4)."""
    if 300 <= response.status <= 399:
        raise errors.Redirected(status=str(response.status))


def status(response: Response, hide: Iterable[str]) -> None:
    """Success is 200 and nothing else; a 4xx is read for its OAuth error (RFC 6749 sections 5.1 and 5.2).

    `hide` are the secrets of the request: a server that repeats them to us does not get them into our logs. What a
    5xx says is not the word of an authorization server but of whatever stands before it.
    """
    if response.status == 200:
        return
    if response.status in (429, 503):
        raise errors.TryLater(retry_after(response), status=str(response.status))
    if 400 <= response.status <= 499:
        error, description = oauth_error(_members_of(response), hide)
        if error:
            raise errors.TokenError(error, description, status=str(response.status))
    raise errors.StatusUnexpected(status=str(response.status))


def _members_of(response: Response) -> dict[str, Any]:
    try:
        return json_object(response)
    except errors.AnswerRefused:
        return {}


def oauth_error(members: Mapping[str, Any], hide: Iterable[str]) -> tuple[str, str]:
    """The error code and its description, legible; both empty if there is no error (RFC 6749 section 5.2)."""
    error, description = members.get("error"), members.get("error_description")
    if error is None:
        return "", ""
    hide = tuple(hide)
    return (
        legible(error, hide) or "empty" if isinstance(error, str) else "malformed",
        legible(description, hide) if isinstance(description, str) else "",
    )


def retry_after(response: Response) -> str:
    """What the server said about waiting, as text: seconds or a date (RFC 9110 section 10.2.3)."""
    return legible(response.headers.get("retry-after", ""))


def media_type(response: Response) -> None:
    """The answer calls itself JSON; case and parameters do not matter (RFC 6749 section 5.1, RFC 9110 8.3.1)."""
    named = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if named != "application/json":
        raise errors.MediaTypeUnexpected(media_type=legible(named))


def json_object(response: Response) -> dict[str, Any]:
    """The body is one JSON object in UTF-8, and no member occurs twice (RFC 6749 section 5.1, RFC 8259 section 4)."""
    try:
        members = json.loads(response.body.decode("utf-8"), object_pairs_hook=_members, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise errors.NotJson(body=f"{len(response.body)} octets") from None
    if not isinstance(members, dict):
        raise errors.NotJson(body=f"a JSON {type(members).__name__}")
    return members


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise errors.MemberRepeated
    return members


def _refuse(constant: str) -> None:
    # NaN and Infinity are Python's, not JSON's (RFC 8259 section 6).
    raise ValueError(constant)


def no_error_member(members: Mapping[str, Any], hide: Iterable[str]) -> None:
    """An answer with an `error` is no success, whatever its status and whatever is beside it (RFC 6749 5.2)."""
    error, description = oauth_error(members, hide)
    if error:
        raise errors.ErrorInSuccess(error, description)


def access_token(members: Mapping[str, Any]) -> str:
    """There is an access token, and it can travel in a header (RFC 6749 section 5.1, RFC 6750 section 2.1)."""
    token = members.get("access_token")
    if not isinstance(token, str) or not token:
        raise errors.AccessTokenMissing(type=type(token).__name__)
    if not B64TOKEN.fullmatch(token):
        raise errors.AccessTokenMalformed(access_token=redacted(token))
    return token


def token_type(members: Mapping[str, Any]) -> str:
    """The type is `bearer`, in any case; a token of another type must not be used (RFC 6749 sections 5.1, 7.1)."""
    kind = members.get("token_type")
    if not isinstance(kind, str) or not kind:
        raise errors.TokenTypeMissing(type=type(kind).__name__)
    if kind.lower() != "bearer":
        raise errors.TokenTypeUnknown(token_type=legible(kind))
    return kind


def expires_in(members: Mapping[str, Any]) -> int | None:
    """The lifetime is a whole number of seconds; without one it is unknown, never endless (RFC 6749 5.1, A.14).

    Digits in a string are taken too: enough servers write them, and they can mean only one thing.
    """
    lifetime = members.get("expires_in")
    if lifetime is None:
        return None
    if isinstance(lifetime, str) and re.fullmatch(r"[0-9]{1,10}", lifetime):
        lifetime = int(lifetime)
    if isinstance(lifetime, float) and lifetime.is_integer():  # 1e3 is 1000 in JSON
        lifetime = int(lifetime)
    if isinstance(lifetime, bool) or not isinstance(lifetime, int) or not 0 <= lifetime <= LONGEST_LIFETIME:
        raise errors.ExpiresInMalformed(expires_in=legible(str(lifetime)[:40]))
    return lifetime


def scope(members: Mapping[str, Any], asked: tuple[str, ...]) -> tuple[str, ...]:
    """What was granted: as asked if the answer is silent, else what it says, narrower or not (RFC 6749 5.1, 3.3).

    An empty scope is an answer too, and means nothing; it does not mean everything.
    """
    granted = members.get("scope")
    if granted is None:
        return asked
    if not isinstance(granted, str):
        raise errors.ScopeMalformed(type=type(granted).__name__)
    tokens = tuple(granted.split(" ")) if granted else ()
    if not all(SCOPE_TOKEN.fullmatch(token) for token in tokens):
        raise errors.ScopeMalformed(scope=legible(granted))
    return tokens


def refresh_token(members: Mapping[str, Any]) -> str | None:
    """The refresh token, if one came; null and the empty string are none (RFC 6749 sections 5.1 and 3.1, A.17)."""
    token = members.get("refresh_token")
    if token is None or token == "":
        return None
    if not isinstance(token, str) or not VSCHAR.fullmatch(token):
        raise errors.RefreshTokenMalformed(type=type(token).__name__)
    return token


# The answer of the API.


def api_status(response: Response) -> None:
    """A redirect is not followed, a 403 not cured, a 429 not hurried (RFC 6750 section 3.1, RFC 6585 section 4)."""
    not_redirected(response)
    if response.status == 403:
        raise errors.Forbidden(status="403")
    if response.status in (429, 503):
        raise errors.TryLater(retry_after(response), status=str(response.status))
    if not 200 <= response.status <= 299:
        raise errors.StatusUnexpected(status=str(response.status))

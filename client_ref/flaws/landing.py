"""Flaws at the redirection endpoint beside the state: errors, repeated parameters, the code, the issuer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from client_ref import checks, flows
from client_ref.errors import AuthorizationError, IssuerMismatch, LandingMalformed
from client_ref.flaws.flaw import STRICT_FLOWS, Flaw
from client_ref.messages import Flow, Form, Get, Post, parse_form
from client_ref.policy import STRICT, Parameters, Policy
from client_ref.redaction import legible
from client_ref.registration import Registration
from client_ref.session import LOGINS, Login, Session, Tokens, keep_tokens


def _land_error_first(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
    error = dict(parse_qsl(urlsplit(url).query)).get("error")
    if error:
        session.pop(LOGINS, None)
        raise AuthorizationError(legible(error))
    return (yield from flows.land(registration, session, url, policy))


def _error_beside_code_ignored(parameters: Parameters) -> None:
    if "code" not in parameters:
        checks.no_error(parameters)


def _error_ignored(_parameters: Parameters) -> None:
    """Look at nothing."""


def _error_in_plain_text(parameters: Parameters) -> None:
    if parameters.get("error_description", "").isprintable():
        checks.no_error(parameters)


def _empty_code(parameters: Parameters) -> str:
    return parameters.get("code", "")


def _land_where_it_arrives(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
    here = replace(registration, redirect_uri=url.partition("?")[0])
    return (yield from flows.land(here, session, url, policy))


def _land_other_grant(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
    try:
        return (yield from flows.land(registration, session, url, policy))
    except AuthorizationError:
        form = (("grant_type", "client_credentials"), ("scope", " ".join(registration.scope)))
        yield from policy.send(policy.authenticated(registration, Post(registration.token_endpoint, form)))
        raise


def _land_fetching_error_uri(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
    try:
        return (yield from flows.land(registration, session, url, policy))
    except AuthorizationError:
        error_uri = dict(parse_qsl(urlsplit(url).query)).get("error_uri", "")
        if error_uri.startswith("http"):
            yield from policy.send(Get(error_uri))
        raise


def _first_wins(pairs: Form) -> dict[str, str]:
    return checks.single_parameters(tuple(dict(reversed(pairs)).items()))


def _last_wins(pairs: Form) -> dict[str, str]:
    return checks.single_parameters(tuple(dict(pairs).items()))


def _land_with_every_code(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
    codes = [value for name, value in parse_form(urlsplit(url).query) if name == "code"]

    def every(registration: Registration, login: Login, code: str) -> Form:
        return (*policy.code_parameters(registration, login, code), *(("code", value) for value in codes[1:]))

    passing_on = replace(policy, single_parameters=_first_wins, code_parameters=every)
    return (yield from flows.land(registration, session, url, passing_on))


def _unknown_refused(pairs: Form) -> dict[str, str]:
    if {name for name, _ in pairs} - {*checks.KNOWN_PARAMETERS, "scope"}:
        raise LandingMalformed
    return checks.single_parameters(pairs)


def _land_forwarding(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
    unknown = tuple(p for p in parse_form(urlsplit(url).query) if p[0] not in {*checks.KNOWN_PARAMETERS, "scope"})

    def forwarding(registration: Registration, login: Login, code: str) -> Form:
        return (*policy.code_parameters(registration, login, code), *unknown)

    return (yield from flows.land(registration, session, url, replace(policy, code_parameters=forwarding)))


def _land_with_token(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
    arrived = urlsplit(url)
    token = dict(parse_qsl(f"{arrived.query}&{arrived.fragment}")).get("access_token")
    if not token:
        return (yield from flows.land(registration, session, url, policy))
    tokens = Tokens(token, registration.scope, registration.scope, "bearer")
    keep_tokens(session, tokens)
    return tokens


def _code_decoded_twice(parameters: Parameters) -> str:
    return unquote_plus(checks.code(parameters))


def _code_cut(parameters: Parameters) -> str:
    return checks.code(parameters)[:255]


def _code_with_https(parameters: Parameters) -> str:
    return checks.code(parameters).replace("http", "https")


def _place_ignored(_landing: object, _redirect_uri: str) -> None:
    """Look at nothing."""


def _issuer_ignored(_expected: str | None, _parameters: Parameters) -> None:
    """Look at nothing."""


def _issuer_when_present(expected: str | None, parameters: Parameters) -> None:
    if "iss" in parameters:
        checks.issuer(expected, parameters)


def _issuer_normalized(expected: str | None, parameters: Mapping[str, str]) -> None:
    if expected is not None and "iss" in parameters:
        if parameters["iss"].rstrip("/").lower() != expected.rstrip("/").lower():
            raise IssuerMismatch
        return
    checks.issuer(expected, parameters)


def _issuer_of_success_only(expected: str | None, parameters: Parameters) -> None:
    if "error" not in parameters:
        checks.issuer(expected, parameters)


FLAWS = (
    Flaw(
        "error-before-state",
        "Anybody's error ends the login that waits, for errors are handled before the state.",
        ("S-CB-10",),
        (),
        flows=replace(STRICT_FLOWS, land=_land_error_first),
    ),
    Flaw(
        "error-beside-code-ignored",
        "An error is overlooked when a code is there too.",
        ("S-CB-05",),
        ("oauthlib #290",),
        replace(STRICT, no_error=_error_beside_code_ignored),
    ),
    Flaw(
        "error-ignored",
        "Errors are not looked at: whatever is there as code is sent, even nothing.",
        ("S-CB-04", "S-CB-05", "S-CB-17"),
        ("oauthlib #290",),
        replace(STRICT, no_error=_error_ignored, code=_empty_code),
    ),
    Flaw(
        "error-described-oddly-ignored",
        "An error whose description holds characters that cannot be printed is thrown away.",
        ("S-CB-11",),
        (),
        replace(STRICT, no_error=_error_in_plain_text),
    ),
    Flaw(
        "empty-code-posted",
        "A landing without a code leads to a token request with an empty one.",
        ("S-CB-17",),
        (),
        replace(STRICT, code=_empty_code),
    ),
    Flaw(
        "other-grant-after-error",
        "After an error the client helps itself with client_credentials.",
        ("S-CB-04",),
        (),
        flows=replace(STRICT_FLOWS, land=_land_other_grant),
    ),
    Flaw(
        "error-uri-fetched",
        "The client fetches whatever address an error names.",
        ("S-CB-18",),
        (),
        flows=replace(STRICT_FLOWS, land=_land_fetching_error_uri),
    ),
    Flaw(
        "first-parameter-wins",
        "Of a repeated parameter the first counts.",
        ("S-CB-06",),
        (),
        replace(STRICT, single_parameters=_first_wins),
    ),
    Flaw(
        "last-parameter-wins",
        "Of a repeated parameter the last counts.",
        ("S-CB-06",),
        (),
        replace(STRICT, single_parameters=_last_wins),
    ),
    Flaw(
        "repeated-code-passed-on",
        "A code that comes twice goes into the token request twice.",
        ("S-CB-06",),
        (),
        flows=replace(STRICT_FLOWS, land=_land_with_every_code),
    ),
    Flaw(
        "unknown-parameter-refused",
        "A landing with a parameter that the client does not know is refused.",
        ("S-CB-08",),
        (),
        replace(STRICT, single_parameters=_unknown_refused),
    ),
    Flaw(
        "unknown-parameter-forwarded",
        "Unknown parameters of the landing go on to the token endpoint.",
        ("S-CB-08",),
        (),
        flows=replace(STRICT_FLOWS, land=_land_forwarding),
    ),
    Flaw(
        "token-in-landing-accepted",
        "An access token in the URL of the landing logs somebody in.",
        ("S-CB-14",),
        (),
        flows=replace(STRICT_FLOWS, land=_land_with_token),
    ),
    Flaw(
        "code-decoded-twice",
        "The code is percent-decoded once more than it was encoded.",
        ("S-CB-07",),
        (),
        replace(STRICT, code=_code_decoded_twice),
    ),
    Flaw(
        "code-cut",
        "Only the first 255 characters of the code are kept.",
        ("S-CB-07",),
        (),
        replace(STRICT, code=_code_cut),
    ),
    Flaw(
        "code-http-replaced",
        "A replacement meant for the URL is applied to the code as well.",
        ("S-CB-07",),
        (),
        replace(STRICT, code=_code_with_https),
    ),
    Flaw(
        "redirect-uri-of-the-landing",
        "The token request names the address at which the browser arrived, whatever that is.",
        ("S-CB-15",),
        (),
        flows=replace(STRICT_FLOWS, land=_land_where_it_arrives),
    ),
    Flaw(
        "landing-place-ignored",
        "A landing counts wherever it arrives.",
        ("S-CB-15", "S-MIX-06"),
        (),
        replace(STRICT, landing_place=_place_ignored),
    ),
    Flaw(
        "issuer-ignored",
        "iss is not compared.",
        ("S-MIX-01", "S-MIX-02"),
        (),
        replace(STRICT, issuer=_issuer_ignored),
    ),
    Flaw(
        "issuer-optional",
        "iss is compared when it is there, and not missed when it is not.",
        ("S-MIX-02",),
        (),
        replace(STRICT, issuer=_issuer_when_present),
    ),
    Flaw(
        "issuer-normalized",
        "iss is compared without regard to case and final slash.",
        ("S-MIX-01",),
        (),
        replace(STRICT, issuer=_issuer_normalized),
    ),
    Flaw(
        "issuer-of-error-ignored",
        "An error is believed whatever server it comes from.",
        ("S-MIX-03",),
        (),
        replace(STRICT, issuer=_issuer_of_success_only),
    ),
)

"""Flaws of counting: how long an access token lives, and from when on."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from client_ref import checks, flows
from client_ref.errors import NotLoggedIn
from client_ref.flaws.flaw import STRICT_FLOWS, Flaw
from client_ref.messages import Flow, Response
from client_ref.policy import STRICT, Members, Policy
from client_ref.registration import Registration
from client_ref.session import LOGINS, Session, Tokens, held_tokens, keep_tokens


def _seconds_as_milliseconds(members: Members) -> int | None:
    lifetime = checks.expires_in(members)
    return None if lifetime is None else lifetime // 1000


def _from_the_login(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
    state = parse_qs(urlsplit(url).query).get("state", [""])[0]
    begun = session.get(LOGINS, {}).get(state, {}).get("begun")
    tokens = yield from flows.land(registration, session, url, policy)
    if begun is None or tokens.expires_at is None:
        return tokens
    # As if the answer had come when the login began.
    counted = replace(tokens, expires_at=tokens.expires_at - (policy.clock() - begun))
    keep_tokens(session, counted)
    return counted


def _with_the_first_expiry(
    registration: Registration, session: Session, path: str, policy: Policy
) -> Flow[tuple[Tokens, Response]]:
    before = held_tokens(session)
    tokens, response = yield from flows.call_api(registration, session, path, policy)
    if before is not None and tokens != before:
        tokens = replace(tokens, expires_at=before.expires_at)
        keep_tokens(session, tokens)
    return tokens, response


def _without_a_refresh(
    registration: Registration, session: Session, path: str, policy: Policy
) -> Flow[tuple[Tokens, Response]]:
    held = held_tokens(session)
    if held is not None and held.expires_at is not None and policy.clock() >= held.expires_at:
        raise NotLoggedIn
    return (yield from flows.call_api(registration, session, path, policy))


FLAWS = (
    Flaw(
        "expires-in-as-milliseconds",
        "expires_in is taken for milliseconds.",
        ("S-REF-10",),
        (),
        replace(STRICT, expires_in=_seconds_as_milliseconds),
    ),
    Flaw(
        "lifetime-from-the-login",
        "The lifetime is counted from the moment at which the login began.",
        ("S-REF-10",),
        (),
        flows=replace(STRICT_FLOWS, land=_from_the_login),
    ),
    Flaw(
        "expiry-not-renewed",
        "After a refresh the new token is believed to have expired with the old one.",
        ("S-REF-10",),
        (),
        flows=replace(STRICT_FLOWS, call_api=_with_the_first_expiry),
    ),
    Flaw(
        "expiry-ends-session",
        "When the access token has expired the session is over, whatever refresh token it has.",
        ("S-REF-10",),
        (),
        flows=replace(STRICT_FLOWS, call_api=_without_a_refresh),
    ),
)

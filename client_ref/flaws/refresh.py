"""Flaws in renewing and using tokens."""

from __future__ import annotations

from dataclasses import replace

from client_ref import flows, outgoing
from client_ref.errors import (
    AccessTokenRefused,
    AnswerRefused,
    ExchangeFailed,
    Forbidden,
    RefreshRefused,
    StatusUnexpected,
    TokenError,
    TryLater,
)
from client_ref.flaws.flaw import STRICT_FLOWS, Flaw
from client_ref.messages import Flow, Form, Get, Post, Response
from client_ref.policy import STRICT, Members, Policy, send
from client_ref.registration import Registration
from client_ref.session import Session, Tokens, drop_tokens, held_tokens, keep_tokens


def _new_one_only(_old: str | None, new: str | None) -> str | None:
    return new


def _old_one_only(old: str | None, _new: str | None) -> str | None:
    return old


def _together(_key: str, flow: Flow[Tokens]) -> Flow[Tokens]:
    return flow


def _send_refresh_repeatedly(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    for _ in range(9):
        if response.status not in (400, 401) or not _is_refresh(request):
            break
        response = yield from send(request)
    return response


def _is_refresh(request: Post | Get) -> bool:
    return isinstance(request, Post) and ("grant_type", "refresh_token") in request.form


def _refresh_unauthenticated(registration: Registration, request: Post) -> Post:
    return request if _is_refresh(request) else outgoing.authenticated(registration, request)


def _with_access_token(tokens: Tokens) -> Form:
    return (*outgoing.refresh_parameters(tokens), ("access_token", tokens.access_token))


def _keeping(registration: Registration, session: Session, policy: Policy) -> Flow[Tokens]:
    before = held_tokens(session)
    try:
        return (yield from flows.refresh(registration, session, policy))
    except (RefreshRefused, TokenError):
        if before is not None:
            keep_tokens(session, before)
        raise


def _dropping(registration: Registration, session: Session, policy: Policy) -> Flow[Tokens]:
    try:
        return (yield from flows.refresh(registration, session, policy))
    except (ExchangeFailed, StatusUnexpected, TryLater):
        drop_tokens(session)
        raise


def _carrying_on(registration: Registration, session: Session, policy: Policy) -> Flow[Tokens]:
    before = held_tokens(session)
    try:
        return (yield from flows.refresh(registration, session, policy))
    except (RefreshRefused, AnswerRefused):
        if before is None:
            raise
        return before


def _any_api_answer(_response: Response) -> None:
    """Look at nothing."""


def _asking_for_configured_scope(registration: Registration, session: Session, policy: Policy) -> Flow[Tokens]:
    def configured(tokens: Tokens) -> Form:
        return outgoing.refresh_parameters(replace(tokens, granted=registration.scope))

    return (yield from flows.refresh(registration, session, replace(policy, refresh_parameters=configured)))


def _asking_for_the_last_scope(tokens: Tokens) -> Form:
    return outgoing.refresh_parameters(replace(tokens, granted=tokens.scope))


def _by_another_grant(tokens: Tokens) -> Form:
    return tuple((n, "refresh" if n == "grant_type" else v) for n, v in outgoing.refresh_parameters(tokens))


def _asking_for_more(tokens: Tokens) -> Form:
    return outgoing.refresh_parameters(replace(tokens, granted=(*tokens.granted, "team.update")))


def _refreshing_for_want_of_scope(
    registration: Registration, session: Session, path: str, policy: Policy
) -> Flow[tuple[Tokens, Response]]:
    try:
        return (yield from flows.call_api(registration, session, path, policy))
    except Forbidden:
        yield from flows.refresh(registration, session, policy)
    return (yield from flows.call_api(registration, session, path, policy))


def _renewing_below_the_margin(
    registration: Registration, session: Session, path: str, policy: Policy
) -> Flow[tuple[Tokens, Response]]:
    # Not for ever, or no test of it would end.
    for _ in range(5):
        held = held_tokens(session)
        if held is None or held.expires_at is None or held.expires_at - policy.clock() > 60:
            break
        yield from flows.refresh(registration, session, policy)
    return (yield from flows.call_api(registration, session, path, policy))


def _with_the_old_token(
    registration: Registration, session: Session, path: str, policy: Policy
) -> Flow[tuple[Tokens, Response]]:
    old = held_tokens(session)

    def request(url: str, tokens: Tokens) -> Get:
        return outgoing.api_request(url, old or tokens)

    return (yield from flows.call_api(registration, session, path, replace(policy, api_request=request)))


def _any_access_token(members: Members) -> str:
    return str(members.get("access_token"))


def _any_token_type(_members: Members) -> str:
    return "bearer"


def _believing(registration: Registration, session: Session, policy: Policy) -> Flow[Tokens]:
    believing = replace(policy, access_token=_any_access_token, token_type=_any_token_type)
    return (yield from flows.refresh(registration, session, believing))


def _calling_for_ever(
    registration: Registration, session: Session, path: str, policy: Policy
) -> Flow[tuple[Tokens, Response]]:
    for _ in range(9):
        try:
            return (yield from flows.call_api(registration, session, path, policy))
        except AccessTokenRefused:
            continue
    return (yield from flows.call_api(registration, session, path, policy))


def _send_despite_403(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    for _ in range(4):
        if response.status != 403 or isinstance(request, Post):
            break
        response = yield from send(request)
    return response


def _token_in_query(url: str, tokens: Tokens) -> Get:
    return Get(outgoing.with_query(url, (("access_token", tokens.access_token),)))


def _token_in_json(url: str, tokens: Tokens) -> Post:
    return Post(url, (("access_token", tokens.access_token),), (("Content-Type", "application/json"),))


def _send_minding_capitals(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    refused = response.status == 401 and isinstance(request, Get)
    spelled = response.headers.get("www-authenticate", "").startswith("Bearer")
    return replace(response, status=403) if refused and not spelled else response


def _token_in_two_places(url: str, tokens: Tokens) -> Get:
    return outgoing.api_request(_token_in_query(url, tokens).url, tokens)


def _whole_login_sent_along(url: str, tokens: Tokens) -> Get:
    request = outgoing.api_request(url, tokens)
    return replace(request, headers=(*request.headers, ("Cookie", f"refresh_token={tokens.refresh_token}")))


def _scheme_as_received(url: str, tokens: Tokens) -> Get:
    return Get(url, (("Authorization", f"{tokens.token_type} {tokens.access_token}"),))


FLAWS = (
    Flaw(
        "renewed-below-margin",
        "A token that lives shorter than the margin is renewed again and again.",
        ("S-REF-10",),
        (),
        flows=replace(STRICT_FLOWS, call_api=_renewing_below_the_margin),
    ),
    Flaw(
        "old-token-after-refresh",
        "After a refresh the call is repeated with the token that was refused.",
        ("S-REF-09",),
        ("hermes-agent PR #30391",),
        flows=replace(STRICT_FLOWS, call_api=_with_the_old_token),
    ),
    Flaw(
        "refresh-of-another-grant",
        "The grant type of a refresh is called refresh.",
        ("S-REF-01",),
        (),
        replace(STRICT, refresh_parameters=_by_another_grant),
    ),
    Flaw(
        "refresh-asks-for-more",
        "A refresh asks for a scope that the login did not ask for.",
        ("S-REF-08",),
        (),
        replace(STRICT, refresh_parameters=_asking_for_more),
    ),
    Flaw(
        "refreshed-for-want-of-scope",
        "When a permission is missing, the token is refreshed and the call repeated.",
        ("S-RES-03",),
        (),
        flows=replace(STRICT_FLOWS, call_api=_refreshing_for_want_of_scope),
    ),
    Flaw(
        "refresh-token-dropped",
        "A refresh answer without a refresh token erases the one that is held.",
        ("S-REF-02",),
        ("python-sdk #2270", "simple-oauth2 PR #434", "rust-sdk #949"),
        replace(STRICT, renewed_refresh_token=_new_one_only),
    ),
    Flaw(
        "refresh-token-not-replaced",
        "The first refresh token is used for ever.",
        ("S-REF-03",),
        (),
        replace(STRICT, renewed_refresh_token=_old_one_only),
    ),
    Flaw(
        "refresh-races",
        "Every call that needs a new token asks for one of its own.",
        ("S-REF-04",),
        (),
        replace(STRICT, alone=_together),
    ),
    Flaw(
        "refused-refresh-repeated",
        "A refused refresh is tried again and again.",
        ("S-REF-05",),
        (),
        replace(STRICT, send=_send_refresh_repeatedly),
    ),
    Flaw(
        "refused-refresh-not-told",
        "When a refresh fails the client goes on with the old token and tells nobody.",
        ("S-REF-05", "S-REF-06"),
        (),
        flows=replace(STRICT_FLOWS, refresh=_carrying_on),
    ),
    Flaw(
        "refused-refresh-token-kept",
        "A refused refresh token is kept and tried again by the next call.",
        ("S-REF-05",),
        (),
        flows=replace(STRICT_FLOWS, refresh=_keeping),
    ),
    Flaw(
        "refresh-token-lost-on-outage",
        "A server that is down for a moment costs the login.",
        ("S-REF-06",),
        (),
        flows=replace(STRICT_FLOWS, refresh=_dropping),
    ),
    Flaw(
        "refresh-unauthenticated",
        "The refresh request does not say who asks.",
        ("S-REF-01",),
        (),
        replace(STRICT, authenticated=_refresh_unauthenticated),
    ),
    Flaw(
        "refresh-carries-more",
        "The refresh request carries the access token as well.",
        ("S-REF-07",),
        ("requests-oauthlib #451",),
        replace(STRICT, refresh_parameters=_with_access_token),
    ),
    Flaw(
        "refresh-scope-configured",
        "The refresh asks for the configured scope, whatever was granted.",
        ("S-REF-08",),
        (),
        flows=replace(STRICT_FLOWS, refresh=_asking_for_configured_scope),
    ),
    Flaw(
        "refresh-scope-of-last-answer",
        "The refresh asks for what the last answer named, be it more than was granted at the login.",
        ("S-REF-08",),
        (),
        replace(STRICT, refresh_parameters=_asking_for_the_last_scope),
    ),
    Flaw(
        "refresh-answer-believed",
        "The answer to a refresh is not checked as the first one was.",
        ("S-REF-11",),
        (),
        flows=replace(STRICT_FLOWS, refresh=_believing),
    ),
    Flaw(
        "api-called-for-ever",
        "A 401 of the API leads to refresh, call, refresh, call.",
        ("S-REF-09", "S-RES-03"),
        (),
        flows=replace(STRICT_FLOWS, call_api=_calling_for_ever),
    ),
    Flaw(
        "api-errors-swallowed",
        "Whatever the API answers counts as a success.",
        ("S-RES-03",),
        (),
        replace(STRICT, api_status=_any_api_answer),
    ),
    Flaw(
        "forbidden-repeated",
        "After a 403 the same call is made again.",
        ("S-RES-03",),
        (),
        replace(STRICT, send=_send_despite_403),
    ),
    Flaw(
        "token-in-query",
        "The access token travels in the URL.",
        ("S-RES-01", "S-URI-01"),
        (),
        replace(STRICT, api_request=_token_in_query),
    ),
    Flaw(
        "token-in-json-body",
        "The access token travels in a body that calls itself JSON.",
        ("S-RES-01",),
        (),
        replace(STRICT, api_request=_token_in_json),
    ),
    Flaw(
        "challenge-compared-with-case",
        "A refused access token is renewed where the challenge is spelled Bearer, and nowhere else.",
        ("S-RES-05",),
        (),
        replace(STRICT, send=_send_minding_capitals),
    ),
    Flaw(
        "token-in-two-places",
        "The access token travels in the header, and in the URL for an old server.",
        ("S-RES-01", "S-URI-01"),
        (),
        replace(STRICT, api_request=_token_in_two_places),
    ),
    Flaw(
        "refresh-token-to-the-api",
        "The API is shown the refresh token as well.",
        ("S-REF-07",),
        (),
        replace(STRICT, api_request=_whole_login_sent_along),
    ),
    Flaw(
        "scheme-as-received",
        "The scheme is spelled as token_type was.",
        ("S-RES-05",),
        ("spring-security-oauth #354", "openid-client #248"),
        replace(STRICT, api_request=_scheme_as_received),
    ),
)

"""Flaws in reading what the token endpoint answered."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from client_ref import checks, flows
from client_ref.errors import (
    AccessTokenMalformed,
    AnswerRefused,
    ErrorInSuccess,
    ExpiresInMalformed,
    MemberRepeated,
    NotJson,
    Refusal,
    ScopeMalformed,
    StatusUnexpected,
    TokenError,
    TokenTypeUnknown,
)
from client_ref.flaws.flaw import STRICT_FLOWS, STRICT_WIRE, Flaw
from client_ref.flows import Flows
from client_ref.messages import Flow, Response, parse_form
from client_ref.policy import STRICT, Members, Policy
from client_ref.registration import Registration
from client_ref.session import Session, Tokens, keep_tokens

KNOWN_MEMBERS = {"access_token", "token_type", "expires_in", "refresh_token", "scope", "error", "error_description"}


def _status_ignored(_response: Response, _hide: Iterable[str]) -> None:
    """Look at nothing."""


def _any_2xx(response: Response, hide: Iterable[str]) -> None:
    if not 200 <= response.status <= 299:
        checks.status(response, hide)


def _media_type_ignored(_response: Response) -> None:
    """Look at nothing."""


def _form_as_well(response: Response) -> dict[str, Any]:
    try:
        return checks.json_object(response)
    except AnswerRefused:
        return dict(parse_form(response.body.decode("utf-8", "replace")))


def _not_guarded(response: Response) -> dict[str, Any]:
    return dict(json.loads(response.body))


def _known_members_only(response: Response) -> dict[str, Any]:
    members = checks.json_object(response)
    if members.keys() - KNOWN_MEMBERS:
        raise NotJson(body="unknown members")
    return members


def _last_member_wins(response: Response) -> dict[str, Any]:
    try:
        return checks.json_object(response)
    except MemberRepeated:
        return dict(json.loads(response.body))


def _error_member_ignored(_members: Members, _hide: Iterable[str]) -> None:
    """Look at nothing."""


def _access_token_unchecked(members: Members) -> str:
    return str(members.get("access_token"))


def _access_token_cut(members: Members) -> str:
    return checks.access_token(members)[:255]


def _short_access_token(members: Members) -> str:
    token = checks.access_token(members)
    if len(token) > 4096:
        raise AccessTokenMalformed(access_token="long")
    return token


def _access_token_read(members: Members) -> str:
    token = checks.access_token(members)
    parts = token.split(".")
    if len(parts) == 3:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        if claims.get("exp", 0) < time.time():
            raise ExpiresInMalformed(exp="past")
    return token


def _lower_case_only(members: Members) -> str:
    kind = checks.token_type(members)
    if kind != "bearer":
        raise TokenTypeUnknown(token_type=kind)
    return kind


def _token_type_ignored(_members: Members) -> str:
    return "bearer"


def _lifetime_demanded(members: Members) -> int | None:
    if members.get("expires_in") is None:
        raise ExpiresInMalformed(expires_in="missing")
    return checks.expires_in(members)


def _lifetime_trusted(members: Members) -> int | None:
    return int(members.get("expires_in", 3600))


def _lifetime_in_milliseconds(members: Members) -> int | None:
    lifetime = checks.expires_in(members)
    return None if lifetime is None else lifetime * 1000


def _scope_as_asked(_members: Members, asked: tuple[str, ...]) -> tuple[str, ...]:
    return asked


def _scope_as_asked_if_empty(members: Members, asked: tuple[str, ...]) -> tuple[str, ...]:
    return checks.scope(members, asked) or asked


def _scope_as_told(members: Members, _asked: tuple[str, ...]) -> tuple[str, ...]:
    return checks.scope(members, ())


def _other_scope_refused(members: Members, asked: tuple[str, ...]) -> tuple[str, ...]:
    granted = checks.scope(members, asked)
    if set(granted) != set(asked):
        raise ScopeMalformed(scope="changed")
    return granted


def _refresh_token_as_text(members: Members) -> str | None:
    return str(members.get("refresh_token"))


def _logged_in_in_spite_of(kind: type[Refusal]) -> Flows:
    def land(registration: Registration, session: Session, url: str, policy: Policy) -> Flow[Tokens]:
        try:
            return (yield from flows.land(registration, session, url, policy))
        except kind:
            nothing = Tokens("", (), (), "bearer")
            keep_tokens(session, nothing)
            return nothing

    return replace(STRICT_FLOWS, land=land)


FLAWS = (
    Flaw(
        "refused-code-not-told",
        "Whoever brings a code is logged in, also when the server refuses it.",
        ("S-RSP-10",),
        (),
        flows=_logged_in_in_spite_of(TokenError),
    ),
    Flaw(
        "error-in-success-not-told",
        "An error under status 200 is taken for a success.",
        ("S-RSP-04",),
        ("golang/oauth2 #441", "golang/oauth2 #274"),
        flows=_logged_in_in_spite_of(ErrorInSuccess),
    ),
    Flaw(
        "refusal-without-error-overlooked",
        "A refusal without an error code that can be read is taken for a success.",
        ("S-RSP-10",),
        (),
        flows=_logged_in_in_spite_of(StatusUnexpected),
    ),
    Flaw(
        "status-ignored",
        "The status of the token answer is not looked at.",
        ("S-RSP-06", "S-TOK-08"),
        ("requests-oauthlib #446",),
        replace(STRICT, status=_status_ignored),
    ),
    Flaw(
        "any-2xx-is-success",
        "201, 206 and 299 count as success.",
        ("S-TOK-08",),
        (),
        replace(STRICT, status=_any_2xx),
    ),
    Flaw(
        "media-type-ignored",
        "JSON is read whatever the answer calls itself.",
        ("S-RSP-05",),
        (),
        replace(STRICT, media_type=_media_type_ignored),
    ),
    Flaw(
        "form-answer-accepted",
        "What is no JSON is read as a form.",
        ("S-RSP-05",),
        (),
        replace(STRICT, json_object=_form_as_well, media_type=_media_type_ignored),
    ),
    Flaw(
        "not-json-crashes",
        "What is no JSON object ends in an exception that nobody expects.",
        ("S-RSP-05",),
        (),
        replace(STRICT, json_object=_not_guarded),
    ),
    Flaw(
        "unknown-member-refused",
        "An answer with a member that the client does not know is refused.",
        ("S-RSP-07",),
        (),
        replace(STRICT, json_object=_known_members_only),
    ),
    Flaw(
        "last-member-wins",
        "Of a repeated JSON member the last counts.",
        ("S-RSP-07",),
        (),
        replace(STRICT, json_object=_last_member_wins),
    ),
    Flaw(
        "error-in-success-ignored",
        "An error under status 200 is overlooked when a token is there too.",
        ("S-RSP-04",),
        ("CVE-2021-41580",),
        replace(STRICT, no_error_member=_error_member_ignored),
    ),
    Flaw(
        "token-of-a-refusal-used",
        "A refusal that has a token in it logs somebody in.",
        ("S-RSP-06",),
        (),
        replace(STRICT, status=_status_ignored, no_error_member=_error_member_ignored),
    ),
    Flaw(
        "access-token-unchecked",
        "Whatever is there as access_token is used, even nothing.",
        ("S-RSP-04",),
        ("CVE-2021-41580",),
        replace(STRICT, access_token=_access_token_unchecked),
    ),
    Flaw(
        "access-token-cut",
        "Only the first 255 characters of the access token are kept.",
        ("S-RSP-07", "S-RSP-12"),
        (),
        replace(STRICT, access_token=_access_token_cut),
    ),
    Flaw(
        "long-token-refused",
        "An access token that fits into no cookie is refused.",
        ("S-RSP-07",),
        (),
        replace(STRICT, access_token=_short_access_token),
    ),
    Flaw(
        "access-token-read",
        "An access token that looks like a JWT is believed what it says.",
        ("S-RSP-12",),
        (),
        replace(STRICT, access_token=_access_token_read),
    ),
    Flaw(
        "token-type-compared-with-case",
        "Only one spelling of bearer is understood.",
        ("S-RSP-02",),
        ("openid-client #248", "spring-security-oauth #354"),
        replace(STRICT, token_type=_lower_case_only),
    ),
    Flaw(
        "token-type-ignored",
        "A token of any type is used as a bearer token.",
        ("S-RSP-02",),
        (),
        replace(STRICT, token_type=_token_type_ignored),
    ),
    Flaw(
        "expires-in-demanded",
        "An answer without expires_in is refused.",
        ("S-RSP-03",),
        (),
        replace(STRICT, expires_in=_lifetime_demanded),
    ),
    Flaw(
        "expires-in-trusted",
        "expires_in is fed to int(), whatever it is.",
        ("S-RSP-03",),
        (),
        replace(STRICT, expires_in=_lifetime_trusted),
    ),
    Flaw(
        "expires-in-milliseconds",
        "expires_in is multiplied by a thousand.",
        ("S-REF-10", "S-RSP-01"),
        (),
        replace(STRICT, expires_in=_lifetime_in_milliseconds),
    ),
    Flaw(
        "scope-as-asked",
        "What was asked for counts as granted.",
        ("S-RSP-08",),
        (),
        replace(STRICT, scope=_scope_as_asked),
    ),
    Flaw(
        "empty-scope-as-asked",
        "An empty scope in the answer counts as everything that was asked for.",
        ("S-RSP-08",),
        ("CVE-2022-31690",),
        replace(STRICT, scope=_scope_as_asked_if_empty),
    ),
    Flaw(
        "scope-left-out-is-none",
        "An answer without a scope counts as one that grants nothing.",
        ("S-RSP-08",),
        (),
        replace(STRICT, scope=_scope_as_told),
    ),
    Flaw(
        "other-scope-refused",
        "A login that grants another scope than was asked for is refused.",
        ("S-RSP-08",),
        ("oauthlib #562", "requests-oauthlib #387"),
        replace(STRICT, scope=_other_scope_refused),
    ),
    Flaw(
        "refresh-token-none",
        "A refresh token that is not there becomes the text None.",
        ("S-RSP-09",),
        (),
        replace(STRICT, refresh_token=_refresh_token_as_text),
    ),
    Flaw(
        "answer-unbounded",
        "An answer may be as large as it likes.",
        ("S-RSP-11",),
        (),
        wire=replace(STRICT_WIRE, largest_answer=1 << 62),
    ),
    Flaw(
        "answer-unpacked",
        "An answer in gzip is unpacked, whatever it becomes.",
        ("S-RSP-11",),
        (),
        wire=replace(STRICT_WIRE, unpack_answers=True),
    ),
    Flaw(
        "time-out-absent",
        "An answer may take as long as it likes.",
        ("S-RSP-11", "S-TOK-04"),
        (),
        wire=replace(STRICT_WIRE, time_out=24 * 3600.0),
    ),
)

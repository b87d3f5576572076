"""Flaws of whoever ends the program where an answer is odd: what cannot be read is a failure, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn, ParamSpec, TypeVar

from client_ref import checks, flows
from client_ref.errors import ExchangeFailed, ExpiresInMalformed, Refusal, ScopeMalformed
from client_ref.flaws.flaw import STRICT_FLOWS, Flaw
from client_ref.messages import Flow, Get, Post, Response
from client_ref.policy import STRICT, Parameters, Policy, send
from client_ref.registration import Registration
from client_ref.session import Session, Tokens

_CHALLENGE = re.compile(r'[A-Za-z]+( \w+="[^"]*"(, *\w+="[^"]*")*)?')

P = ParamSpec("P")
R = TypeVar("R")


def _end(why: object) -> NoReturn:
    raise SystemExit(f"this client ends on purpose: {why}")


def _ending(check: Callable[P, R], kind: type[Refusal]) -> Callable[P, R]:
    def ending(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return check(*arguments, **named)
        except kind as refusal:
            _end(refusal)

    return ending


def _ending_at_an_issuer(expected: str | None, parameters: Parameters) -> None:
    if expected is None and "iss" in parameters:
        _end("it was told no issuer")
    checks.issuer(expected, parameters)


def _send_reading_retry_after(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    wait = response.headers.get("retry-after", "")
    if wait and not (wait.isascii() and wait.isdigit() and len(wait) < 10):
        _end("Retry-After is no number of seconds")
    return response


def _send_reading_pages(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    if isinstance(request, Get) and "json" not in response.headers.get("content-type", ""):
        _end("the API answers with no JSON")
    return response


def _send_reading_challenges(request: Post | Get) -> Flow[Response]:
    response = yield from send(request)
    challenge = response.headers.get("www-authenticate", "")
    names = re.findall(r"(\w+)=", challenge)
    if challenge and (len(names) > len(set(names)) or not _CHALLENGE.fullmatch(challenge)):
        _end("a challenge that cannot be read")
    return response


def _send_whole_answers(request: Post | Get) -> Flow[Response]:
    try:
        return (yield from send(request))
    except ExchangeFailed as failure:
        _end(failure)


def _keeping_the_lock(
    registration: Registration, session: Session, path: str, policy: Policy
) -> Flow[tuple[Tokens, Response]]:
    if session.get("calling"):
        _end("a lock that nobody will release")
    session["calling"] = True
    answer = yield from flows.call_api(registration, session, path, policy)
    session["calling"] = False
    return answer


FLAWS = (
    Flaw(
        "scope-malformed-ends-program",
        "A scope that is no text ends the program.",
        ("S-RSP-08",),
        (),
        replace(STRICT, scope=_ending(checks.scope, ScopeMalformed)),
    ),
    Flaw(
        "lifetime-malformed-ends-program",
        "A lifetime that is no number of seconds ends the program.",
        ("S-RSP-03",),
        (),
        replace(STRICT, expires_in=_ending(checks.expires_in, ExpiresInMalformed)),
    ),
    Flaw(
        "lock-kept-after-failure",
        "A call of the API that fails keeps its lock, and the next one never gets it.",
        ("S-RSP-03",),
        (),
        flows=replace(STRICT_FLOWS, call_api=_keeping_the_lock),
    ),
    Flaw(
        "issuer-unannounced-ends-program",
        "An issuer that it was not told of ends the program.",
        ("S-MIX-05",),
        (),
        replace(STRICT, issuer=_ending_at_an_issuer),
    ),
    Flaw(
        "retry-after-malformed-ends-program",
        "A Retry-After that is no number of seconds ends the program.",
        ("S-TOK-07",),
        (),
        replace(STRICT, send=_send_reading_retry_after),
    ),
    Flaw(
        "page-of-the-api-ends-program",
        "An answer of the API that is no JSON ends the program.",
        ("S-RES-03",),
        (),
        replace(STRICT, send=_send_reading_pages),
    ),
    Flaw(
        "challenge-malformed-ends-program",
        "A challenge of the API that breaks the grammar ends the program.",
        ("S-RES-03",),
        (),
        replace(STRICT, send=_send_reading_challenges),
    ),
    Flaw(
        "answer-cut-short-ends-program",
        "An answer that breaks off ends the program.",
        ("S-RSP-11",),
        (),
        replace(STRICT, send=_send_whole_answers),
    ),
)

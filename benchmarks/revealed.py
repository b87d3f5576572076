"""Which target reveals which flawed client, and what it would take for the others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from client_ref.flawed import NOT_CLIENTS
from client_ref.flaws import (
    authorization_request,
    certificates,
    ending,
    landing,
    lifetime,
    metadata,
    pages,
    refresh,
    state,
    token_answer,
    token_request,
)
from client_ref.flaws.flaw import Flaw
from scenarios.fuzzing.examples import Target


class Unseen(NamedTuple):
    """What it would take to see some flaws, the target that comes nearest to it, and the flaws."""

    why: str
    nearest: Target
    flaws: tuple[str, ...]


UNSEEN = (
    Unseen(
        "other settings than a plain app has",
        "callback",
        (
            *("basic-not-form-encoded", "second-question-mark", "parameters-encoded-twice", "scope-sent-empty"),
            *("fragment-accepted", "client-id-not-encoded", "authorization-query-dropped", "token-query-dropped"),
            *("offline-added", "cleartext-accepted"),
        ),
    ),
    Unseen(
        "a second redirection URI, or a second start",
        "callback",
        ("redirect-uri-omitted", "state-seeded-alike"),
    ),
    Unseen(
        "a login: the server refuses every one",
        "callback",
        (
            *("response-type-of-two", "response-type-left-out", "scope-with-commas"),
            *("code-end-lost", "grant-type-code", "token-request-by-get"),
        ),
    ),
    Unseen(
        "an issuer, or metadata: Frame.io has neither",
        "callback",
        (
            *("issuer-ignored", "issuer-optional", "issuer-normalized", "issuer-of-error-ignored"),
            *(flaw.name for flaw in metadata.FLAWS),
        ),
    ),
    Unseen(
        "the client's own clock",
        "refresh-response",
        ("login-never-expires", "lifetime-from-the-login", "expiry-not-renewed", "expiry-ends-session"),
    ),
    Unseen("calls at the same time", "refresh-response", ("refresh-races",)),
    Unseen("certificates", "token-response", tuple(flaw.name for flaw in certificates.FLAWS)),
    Unseen(
        "answers that are slow, endless, packed or cut off",
        "token-response",
        ("time-out-absent", "answer-unbounded", "answer-unpacked", "answer-cut-short-ends-program"),
    ),
    Unseen(
        "refusals, redirects and pages of the API, whose answers are not fuzzed",
        "token-response",
        (
            *("refreshed-for-want-of-scope", "api-errors-swallowed", "forbidden-repeated", "api-redirect-followed"),
            *("host-kept-after-redirect", "challenge-compared-with-case", "page-of-the-api-ends-program"),
        ),
    ),
    Unseen("the application's log", "token-response", ("secrets-logged",)),
    Unseen(
        "pages beside the callback's, cookies, or another method than GET",
        "callback",
        (
            *("open-redirect-at-login", "verifier-on-page", "token-on-page", "token-in-cookie"),
            *("callback-takes-any-method", "redirect-uri-by-host"),
        ),
    ),
)
"""The flaws that no callback, no token answer and no sequence can show; `oauthspec run` has scenarios for them."""

NOT_REVEALED: Mapping[str, Target] = MappingProxyType({flaw: each.nearest for each in UNSEEN for flaw in each.flaws})
"""They, with the target that they are tried with."""

_MODULES: tuple[tuple[Target, tuple[Flaw, ...]], ...] = (
    ("callback", (*state.FLAWS, *landing.FLAWS, *authorization_request.FLAWS, *token_request.FLAWS)),
    ("token-response", (*token_answer.FLAWS, *lifetime.FLAWS, *ending.FLAWS)),
    ("refresh-response", refresh.FLAWS),
    ("callback", pages.FLAWS),
)
# Those that another target reveals, or reveals sooner, than the one for all of their kind.
_OTHERWISE: Mapping[str, Target] = MappingProxyType(
    {
        **dict.fromkeys(
            ("refresh-carries-more", "refresh-scope-configured", "api-called-for-ever", "token-redirect-followed"),
            "token-response",
        ),
        **dict.fromkeys(
            ("token-redirect-followed-by-get", "token-redirect-followed-in-circles", "retry-after-ignored"),
            "token-response",
        ),
        **dict.fromkeys(("code-sent-again-after-failure", "authentication-probed"), "token-response"),
        **dict.fromkeys(("old-token-after-refresh", "lock-kept-after-failure"), "sequence"),
        "issuer-unannounced-ends-program": "callback",
    }
)
REVEALED: Mapping[str, Target] = MappingProxyType(
    {
        flaw.name: _OTHERWISE.get(flaw.name, target)
        for target, flaws in _MODULES
        for flaw in flaws
        if flaw.name not in NOT_REVEALED
    }
)
"""Each flawed client with the target that reveals it, in the order of the table."""

NO_CLIENTS = frozenset(flaw.name for flaw in NOT_CLIENTS)
"""They are no clients: none lets anybody log in."""

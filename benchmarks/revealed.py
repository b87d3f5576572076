"""Which target reveals which flawed client, and what it would take for the others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from client_ref.flawed import NOT_CLIENTS
from client_ref.flaws import (
    authorization_request,
    certificates,
    ending,
    landing,
    pages,
    refresh,
    state,
    token_answer,
    token_request,
)
from client_ref.flaws.flaw import Flaw
from scenarios.fuzzing.examples import Target

UNSEEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "other settings than a plain app has": (
            *("basic-not-form-encoded", "second-question-mark", "parameters-encoded-twice", "scope-sent-empty"),
            *("fragment-accepted", "client-id-not-encoded", "authorization-query-dropped", "token-query-dropped"),
            *("offline-added", "cleartext-accepted"),
        ),
        "a look at the authorization request alone, or at a second start": (
            *("verifier-in-state", "state-beyond-ascii", "redirect-uri-omitted", "challenge-method-lower-case"),
            "state-seeded-alike",
        ),
        "a login: the server refuses every one": (
            *("response-type-of-two", "response-type-left-out", "scope-with-commas"),
        ),
        "an issuer: Frame.io has none": (
            *("issuer-ignored", "issuer-optional", "issuer-normalized", "issuer-of-error-ignored"),
        ),
        "the client's own clock": ("login-never-expires",),
        "calls at the same time": ("refresh-races",),
        "certificates": tuple(flaw.name for flaw in certificates.FLAWS),
        "answers that are slow, endless, packed or cut off": (
            *("time-out-absent", "answer-unbounded", "answer-unpacked", "answer-cut-short-ends-program"),
        ),
        "refusals, redirects and pages of the API, whose answers are not fuzzed": (
            *("refreshed-for-want-of-scope", "api-errors-swallowed", "forbidden-repeated", "api-redirect-followed"),
            *("host-kept-after-redirect", "challenge-compared-with-case", "page-of-the-api-ends-program"),
            *("challenge-malformed-ends-program",),
        ),
        "the application's log": ("secrets-logged",),
        "pages beside the callback's, cookies, or another method than GET": (
            *("open-redirect-at-login", "verifier-on-page", "token-on-page", "token-in-cookie"),
            *("cookie-of-the-login-not-missed", "callback-takes-any-method", "redirect-uri-by-host"),
        ),
    }
)
"""What it would take to see a flaw, and the flaws; `oauthspec run` has scenarios for them."""

NOT_REVEALED = tuple(flaw for flaws in UNSEEN.values() for flaw in flaws)

_MODULES: tuple[tuple[Target, tuple[Flaw, ...]], ...] = (
    ("callback", (*state.FLAWS, *landing.FLAWS, *authorization_request.FLAWS, *token_request.FLAWS)),
    ("token-response", (*token_answer.FLAWS, *ending.FLAWS)),
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

"""What is done to genuine redirects, kind by kind: tables, for Hypothesis draws from a table in half the time.

A value is here because it has broken a client, or because it stands for a class that nothing else stands for.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from scenarios.checks.pages import MARK
from scenarios.fuzzing import mutations
from scenarios.fuzzing.mutations import EVIL, MARKED, Mutation
from scenarios.fuzzing.reading import HARMLESS

T = TypeVar("T")

MARKUP = (f"<b id={MARKED}>", f'"><img src=x alt={MARKED}>', f"<script>/*{MARKED}*/</script>")
_ELSEWHERE = (f"https://{EVIL}/", f"//{EVIL}/", f"/\\{EVIL}/")
_NEXT = ("next", "return_to", "redirect", "redirect_to", "url", "continue", "RelayState")
_FORGED = "forged-value-of-nobody"
_ERRORS = (
    "access_denied",
    "invalid_request",
    "unauthorized_client",
    "unsupported_response_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "interaction_required",
)
_ODD_ERRORS = ("ACCESS_DENIED", "access denied", "access_denied\x00", "0", "none", "a" * 300, "\u00e4\u03a9\u96ea")
"""Codes of nobody's list, and ones that RFC 6749 4.1.2.1 does not even allow: they are errors all the same."""

_ODD_DESCRIPTIONS = (
    *("\x00", "no\tentry", "a\r\nSet-Cookie: x=y", "\x1b[31mred", "\x7f", "\u202egnp", "\u200b", "\ufeff"),
    *('"quoted"', "back\\slash", "\u00e4\u03a9\u96ea", "%00", "{0}", "${x}", "%s%n", "x" * 3_000),
)
"""Characters that RFC 6749 4.1.2.1 keeps out of a description: quotes, backslashes, controls, all beyond ASCII."""

_ODD_ADDRESSES = (f"javascript:{MARK}()", f"//{EVIL}/", "http://[", "http://x:port/", "no address", "\x00", MARKUP[0])
_TEXTS = (
    *("", "null", "undefined", "None", "0", _FORGED),
    *("\u00e4\u03a9\u96ea", "a\r\nSet-Cookie: x=y", "\x00", "%00"),
)
# What has broken clients: other decodings, a replacement meant for URLs, a column that is too short.
_CODES = ("a%2Bb", "a%20b", "http-code", "a+b/c==", "a b", "c" * 300, "~.-_", "x")

_NEARLY_THE_STATE: tuple[Mutation, ...] = (
    mutations.SwapsCase("state"),
    mutations.Reencodes("state", "twice"),
    mutations.Cuts("state", 21),
    *(mutations.Extends("state", suffix) for suffix in ("x", " ", "\x00", "%")),
)
_STATE: tuple[Mutation, ...] = (
    mutations.Drops("state"),
    mutations.Borrows("state", "other"),
    *(mutations.Renames("state", name) for name in ("state[]", "State", "xstate")),
    *(mutations.Cuts("state", length) for length in (8, 1, 0)),
)
_STATE_OF_NOBODY: tuple[Mutation, ...] = tuple(mutations.Sets("state", value) for value in (*_TEXTS, *MARKUP))
_CODE: tuple[Mutation, ...] = (
    mutations.Drops("code"),
    mutations.Borrows("code", "other"),
    mutations.Reencodes("code", "twice"),
    *(mutations.Extends("code", suffix) for suffix in ("x", "%41", "+")),
    *(mutations.Renames("code", name) for name in ("code[]", "Code")),
)
_CODE_OF_NOBODY: tuple[Mutation, ...] = tuple(mutations.Sets("code", value) for value in (*_TEXTS, *MARKUP))
_OPAQUE: tuple[Mutation, ...] = tuple(mutations.Sets("code", code) for code in _CODES)
_ERROR: tuple[Mutation, ...] = (
    *(mutations.Adds("error", error, first=first) for error in (*_ERRORS, *MARKUP, "") for first in (False, True)),
    *(mutations.Adds("error", error) for error in _ODD_ERRORS),
)
SAID: tuple[Mutation, ...] = (
    *(mutations.Adds("error_description", text) for text in (*MARKUP, *_ODD_DESCRIPTIONS)),
    *(mutations.Sets("error_description", text) for text in (*MARKUP, *_ODD_DESCRIPTIONS)),
    *(mutations.Sets("error_uri", address) for address in _ODD_ADDRESSES),
)
_REPEATED: tuple[Mutation, ...] = tuple(
    mutations.Repeats(parameter, value, first)
    for value in (_FORGED, "x", None)
    for parameter in ("state", "code")
    for first in (False, True)
)
_ADDED: tuple[Mutation, ...] = (
    *(mutations.Adds(name, value) for name in HARMLESS for value in ("1", "consent")),
    *(mutations.Adds(name, value) for name in ("x_unknown", "__proto__", "iss") for value in (*_TEXTS, *MARKUP)),
    *(mutations.Adds("x_unknown", "x", times) for times in (100, 4_000, 30_000)),
)
_PLACES: tuple[Mutation, ...] = tuple(mutations.Adds(name, place) for name in _NEXT for place in _ELSEWHERE)
_TOKEN: tuple[Mutation, ...] = (
    mutations.Adds("access_token", "token-of-nobody"),
    mutations.MovesToFragment(),
)
_SPELLED: tuple[Mutation, ...] = (
    mutations.Reorders(),
    mutations.Drops("scope"),
    *(mutations.Reencodes(name, "every-octet") for name in ("state", "code", "scope")),
    *(mutations.Reencodes(name, "lower-hex") for name in ("state", "code", "scope")),
    *(mutations.Moves(suffix) for suffix in ("/", "/extra", "2")),
)

KINDS: Mapping[str, tuple[Mutation, ...]] = MappingProxyType(
    {
        "code as it may be": _OPAQUE,
        "nearly the state": _NEARLY_THE_STATE,
        "state": _STATE,
        "state of nobody": _STATE_OF_NOBODY,
        "code": _CODE,
        "code of nobody": _CODE_OF_NOBODY,
        "error": _ERROR,
        "said of an error": SAID,
        "repeated": _REPEATED,
        "added": _ADDED,
        "place to go": _PLACES,
        "token": _TOKEN,
        "spelled": _SPELLED,
    }
)
"""Each kind comes as often as any other, and within a kind each mutation."""

WITH_ERROR: tuple[Mutation, ...] = tuple(mutations.Sets("error", error) for error in (*_ERRORS, *MARKUP, *_ODD_ERRORS))
FORGED_STATES: tuple[Mutation, ...] = (mutations.Drops("state"), mutations.Sets("state", _FORGED))


def evenly(*kinds: tuple[T, ...]) -> tuple[T, ...]:
    """One table of several kinds, of which each has as large a part: what has few of its own comes more than once."""
    longest = max(len(kind) for kind in kinds)
    return tuple(kind[place % len(kind)] for place in range(longest) for kind in kinds)

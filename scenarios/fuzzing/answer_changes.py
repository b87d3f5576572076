"""What is done to genuine token answers, kind by kind: tables, for Hypothesis draws from a table in half the time."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from scenarios.fuzzing import answers
from scenarios.fuzzing.answers import AnswerChange
from scenarios.fuzzing.redirect_mutations import MARKUP

_MEMBERS = ("expires_in", "refresh_token", "scope", "access_token", "token_type")
_STRANGE_MEMBERS = ("error_free", "then", "__proto__", "id_token", "expires")
_JSON: tuple[object, ...] = (None, "", 0, -1, 1.5, True, [], {}, ["bearer"], {"value": "x"})
_LIFETIMES: tuple[object, ...] = (
    *(1, 60, 3600, 86_400, 2**31 - 1, 0, -1, 2**31, 10**30),
    *(3599.5, "3600", "soon", None, True, {}, [], ""),
)
_TYPES = ("bearer", "Bearer", "BEARER", "bEaReR", "mac", "DPoP", "N_A", "", None, 1, ["bearer"])
_NO_TOKENS: tuple[object, ...] = ("", None, 42, {"value": "x"}, "a b")
# Longer than a column, longer than a cookie; what looks as if it could be read; what a form would change.
_TOKENS: tuple[object, ...] = ("t" * 300, "t" * 5_000, "a.b.c", "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.c2ln", "-._~+/==")
_SCOPES = ("account.read", "offline", "account.read offline", "admin", "", None, ["offline"], "a\u00e9", 1)
_BODIES = (
    *("", "[]", "null", '"text"', "{", "{}", "NaN", "\ufeff{}", "[" * 5_000),
    "<!doctype html><title>Sign in</title>",
)
REFUSALS = ("invalid_grant", "invalid_client", "invalid_request", "unknown_error", "")
_MEDIA = ("text/html", "text/plain", "application/json", "Application/JSON; charset=utf-8", "", "application/jwt")
_ANSWERED = (201, 206, 299, 302, 400, 401, 403, 404, 429, 500, 503)
# A wait that is no number, ends before it begins, or outlasts everybody; challenges that break their grammar.
_HEADERS = (
    *(("retry-after", value) for value in ("soon", "-1", "9" * 12, "Wed, 21 Oct 2015 07:28:00 GMT", "1.5", "")),
    *(("www-authenticate", value) for value in ('Basic realm="a", Basic realm="b"', "Bearer error=", '"')),
    ("set-cookie", "session=somebody-elses; Path=/"),
)


def _set(member: str, values: tuple[object, ...]) -> tuple[AnswerChange, ...]:
    return tuple(answers.SetsMember(member, json.dumps(value)) for value in values)


KINDS: Mapping[str, tuple[AnswerChange, ...]] = MappingProxyType(
    {
        "dropped": tuple(answers.DropsMember(name) for name in _MEMBERS),
        "token_type": _set("token_type", _TYPES),
        "token as it may be": _set("access_token", _TOKENS),
        "access_token": _set("access_token", _NO_TOKENS),
        "expires_in": _set("expires_in", _LIFETIMES),
        "scope": _set("scope", _SCOPES),
        "refresh_token": _set("refresh_token", ("r" * 300, "", None, 7, {})),
        "error": (*_set("error", (*REFUSALS, None)), *_set("error_description", (*MARKUP, None, 1))),
        "unknown": tuple(change for name in _STRANGE_MEMBERS for change in _set(name, _JSON)),
        "repeated": tuple(
            answers.RepeatsMember(member, value)
            for member in ("access_token", "expires_in", "token_type")
            for value in ('"another"', "1", '"bearer"')
        ),
        "order": (answers.ReversesMembers(),),
        "status": tuple(answers.SetsStatus(status) for status in _ANSWERED),
        "media type": tuple(answers.SetsMediaType(each) for each in _MEDIA),
        "body": (
            *(answers.SetsBody(body) for body in _BODIES),
            *(answers.CutsBody(length) for length in (0, 1, 10, 40, 60)),
        ),
        "encoding": (answers.Recodes("utf-16"), answers.Recodes("utf-8-sig"), answers.Recodes("form")),
        "header": tuple(answers.SetsHeader(name, value) for name, value in _HEADERS),
    }
)
"""Each kind comes as often as any other, and within a kind each change."""

_STATUSES: tuple[answers.RedirectStatus, ...] = (307, 302, 303, 308)
REDIRECTS: tuple[AnswerChange, ...] = tuple(
    answers.Redirects(status, to) for to in answers.DESTINATIONS for status in _STATUSES
)

"""What a generated message is: valid, invalid, or one that a client may take either way; and by which clause.

The labels are read off the message itself, not off what was done to it: two mutations may undo each other. Where the
specifications leave room, the label is `free`, and whatever the client makes of it is right.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from mock_server.transcript import Answer
from scenarios.fuzzing.mutations import Arrived, arrived, decoded
from scenarios.specifications import RFC6749, RFC9110, RFC9700, Clause

Whose = Literal["pending", "older", "presented", "used", "foreign"]
Kind = Literal["valid", "invalid", "free"]

KNOWN = frozenset({"code", "state", "error", "error_description", "error_uri", "iss"})
"""Parameters that mean something (RFC 6749 4.1.2 and 4.1.2.1, RFC 9207)."""

# Names that a server may well send and that no application gives a meaning of its own.
HARMLESS = ("session_state", "authuser", "prompt", "hd", "x_unknown", "foo[bar]")
LONGEST = 4096
"""A URL up to here is carried by everything that a redirect passes through."""

_VSCHAR = re.compile(r"[\x20-\x7e]+")
_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_TAME = re.compile(r"[A-Za-z0-9._~-]{0,64}")


class Genuine(msgspec.Struct, frozen=True):
    """A genuine redirect as a landing session sees it."""

    state: str
    code: str
    whose: Whose
    denied: bool = False


class Label(msgspec.Struct, frozen=True):
    """What a message is, in a word, with the clause that says so."""

    kind: Kind
    word: str
    clause: Clause


class Read(msgspec.Struct, frozen=True):
    """A landing as it was delivered."""

    label: Label
    code: str = ""
    # The redirect whose state it carries.
    of: Genuine | None = None
    unknown: tuple[str, ...] = ()


_RESPONSE = RFC6749.section("4.1.2")
_ERROR = RFC6749.section("4.1.2.1")
_CSRF = RFC6749.section("10.12")
_INJECTION = RFC9700.section("4.5")


def read_landing(url: str, redirect_uri: str, known: Sequence[Genuine]) -> Read:
    """What a landing is for a session, given every genuine redirect there is."""
    landing = arrived(url)
    pairs = decoded(landing)
    code = next((value for name, value in pairs if name == "code"), "")
    unknown = tuple(name for name, _ in pairs if name not in KNOWN and name != "scope")
    states = [value for name, value in pairs if name == "state"]
    candidates = [genuine for genuine in known if genuine.state in states and genuine.state]
    mine = next((genuine for genuine in candidates if genuine.whose in ("pending", "older")), None)
    of = mine or (candidates[0] if candidates else None)
    label = _label(landing, pairs, states, of, known, redirect_uri)
    return Read(label, code, of, unknown)


def _label(
    landing: Arrived,
    pairs: Sequence[tuple[str, str]],
    states: list[str],
    of: Genuine | None,
    known: Sequence[Genuine],
    redirect_uri: str,
) -> Label:
    if wrong := _state_label(states, of, known):
        return wrong
    values = dict(pairs)
    if landing.place != redirect_uri.partition("?")[0]:
        return Label("free", "elsewhere", _RESPONSE)
    if any(value for name, value in pairs if name == "error"):
        return Label("invalid", "error", _ERROR)
    if not any(value for name, value in pairs if name == "code"):
        return Label("invalid", "code-missing", _ERROR)
    names = [name for name, _ in pairs]
    if any(names.count(name) > 1 for name in KNOWN):
        differ = any(len({value for name, value in pairs if name == each}) > 1 for each in KNOWN)
        return Label("invalid" if differ else "free", "repeated", RFC6749.section("3.1"))
    if of is None:
        return Label("free", "no-state", _RESPONSE)
    if of.whose == "presented":
        return Label("free", "presented-before", _RESPONSE)
    if values["code"] != of.code:
        if any(values["code"] == genuine.code for genuine in known):
            return Label("invalid", "code-foreign", _INJECTION)
        return Label("invalid", "code-altered", _RESPONSE)
    if of.whose == "older":
        return Label("free", "older-login", _RESPONSE)
    return _spelled(landing, pairs)


def _state_label(states: list[str], of: Genuine | None, known: Sequence[Genuine]) -> Label | None:
    """What is wrong with the state; nothing where it is one that this session waits for, or was never sent one."""
    if not any(genuine.state for genuine in known):
        return None
    if not any(states):
        return Label("invalid", "state-missing", _CSRF)
    if of is None:
        return Label("invalid", "state-altered", _RESPONSE)
    if len(set(states)) > 1:
        return None if of.whose in ("pending", "older") else Label("invalid", "state-altered", _RESPONSE)
    if of.whose == "foreign":
        return Label("invalid", "state-foreign", _CSRF)
    return Label("invalid", "state-used", RFC9700.section("2.1")) if of.whose == "used" else None


def _spelled(landing: Arrived, pairs: Sequence[tuple[str, str]]) -> Label:
    """A genuine answer: must it be taken however it is written?"""
    extra = [(name, value) for name, value in pairs if name not in ("code", "state", "scope")]
    odd = [name for name, value in extra if name not in HARMLESS or not _TAME.fullmatch(value)]
    scopes = [value for name, value in pairs if name == "scope"]
    strange = any(not re.fullmatch(r"[a-z.]+( [a-z.]+)*", scope) for scope in scopes) or len(scopes) > 1
    if odd or strange or landing.fragment or len(extra) > 5 or len(landing.url) > LONGEST:
        return Label("free", "genuine-with-more", _RESPONSE)
    return Label("valid", "genuine-with-unknown" if extra else "genuine", _RESPONSE)


def is_code(value: str) -> bool:
    """True for what a server may issue as a code, in a length that anybody keeps (RFC 6749 A.11)."""
    return bool(_VSCHAR.fullmatch(value)) and len(value) <= LONGEST


# Token answers.

_SUCCESS = RFC6749.section("5.1")
_REFUSAL = RFC6749.section("5.2")
LONGEST_LIFETIME = 2**31 - 1


def read_answer(answer: Answer) -> Label:
    """What a token answer is (RFC 6749 5)."""
    if answer.status != 200:
        word = f"status-{answer.status // 100}xx"
        return Label("invalid", word, _REFUSAL if answer.status >= 400 else _SUCCESS)
    members = members_of(answer)
    if members is None:
        kind: Kind = "free" if _in_another_encoding(answer.body) else "invalid"
        return Label(kind, "encoding" if kind == "free" else "not-json", _SUCCESS)
    if wrong := _wrong_member(members):
        return wrong
    if answer.header("content-type").partition(";")[0].strip().lower() != "application/json":
        return Label("invalid", "media-type", _SUCCESS)
    if repeated_member(answer):
        return Label("invalid", "member-repeated", _SUCCESS)
    return _odd_member(members, len(answer.body)) or Label("valid", "token-answer", _SUCCESS)


def _wrong_member(members: Mapping[str, Any]) -> Label | None:
    error, token, kind = members.get("error"), members.get("access_token"), members.get("token_type")
    if isinstance(error, str) and error:
        return Label("invalid", "error-under-200", _REFUSAL)
    if not isinstance(token, str) or not token:
        return Label("invalid", "access-token-missing", _SUCCESS)
    if not isinstance(kind, str) or not kind:
        return Label("invalid", "token-type-missing", _SUCCESS)
    if kind.lower() != "bearer":
        return Label("invalid", "token-type-unknown", RFC6749.section("7.1"))
    return None


def _odd_member(members: Mapping[str, Any], length: int) -> Label | None:
    """A member that a client may object to."""
    lifetime, refresh, scope = (members.get(name, _ABSENT) for name in ("expires_in", "refresh_token", "scope"))
    if lifetime is not _ABSENT and not (type(lifetime) is int and 1 <= lifetime <= LONGEST_LIFETIME):
        return Label("free", "expires-in-odd", _SUCCESS)
    if refresh is not _ABSENT and not (isinstance(refresh, str) and refresh and _VSCHAR.fullmatch(refresh)):
        return Label("free", "refresh-token-odd", _SUCCESS)
    if scope is not _ABSENT and not (isinstance(scope, str) and re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e ]*", scope)):
        return Label("free", "scope-odd", _SUCCESS)
    if scope == "":
        return Label("free", "scope-empty", _SUCCESS)
    if "error" in members or not _B64TOKEN.fullmatch(members["access_token"]) or length > 16 * LONGEST:
        return Label("free", "token-odd", RFC9110.section("2.3"))
    return None


_ABSENT = object()


def members_of(answer: Answer) -> dict[str, Any] | None:
    """The members of a token answer, the last of each name; nothing where it is no JSON object in UTF-8."""
    try:
        members = json.loads(answer.body.decode("utf-8"), parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) else None


def _in_another_encoding(body: bytes) -> bool:
    """True for JSON in UTF-16, or behind a byte order mark: a parser may read it (RFC 8259 8.1), and many do."""
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _refused(constant: str) -> Any:
    raise ValueError(constant)


def repeated_member(answer: Answer) -> bool:
    """True where a member occurs twice."""
    found: list[bool] = []

    def pairs(each: list[tuple[str, Any]]) -> dict[str, Any]:
        found.append(len({name for name, _ in each}) < len(each))
        return dict(each)

    try:
        json.loads(answer.body, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return False
    return bool(found) and found[-1]

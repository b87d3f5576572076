"""What is done to a genuine token answer, as values, and the deviation of the mock that they make."""

import json
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from mock_server.deviations.deviation import Deviation
from mock_server.protocol import form
from mock_server.transcript import Answer


class _Change(msgspec.Struct, frozen=True, tag_field="do", omit_defaults=True):
    """One change of a genuine token answer."""


class SetsMember(_Change, frozen=True, tag="sets_member"):
    """Give a member a value of whatever JSON type; the value is written as JSON text."""

    member: str
    json: str


class DropsMember(_Change, frozen=True, tag="drops_member"):
    """Leave a member out."""

    member: str


class RepeatsMember(_Change, frozen=True, tag="repeats_member"):
    """Write a member twice, the second time with another value, as JSON text."""

    member: str
    json: str


class ReversesMembers(_Change, frozen=True, tag="reverses_members"):
    """Write the members in the opposite order."""


class SetsStatus(_Change, frozen=True, tag="sets_status"):
    """Answer with another status."""

    status: int


class SetsMediaType(_Change, frozen=True, tag="sets_media_type"):
    """Name another media type; an empty one leaves the header out."""

    media_type: str


class SetsBody(_Change, frozen=True, tag="sets_body"):
    """Send another body."""

    text: str


class CutsBody(_Change, frozen=True, tag="cuts_body"):
    """Send the first octets of the body."""

    length: int


class Recodes(_Change, frozen=True, tag="recodes"):
    """Send the body in another encoding, or with a byte order mark."""

    encoding: Literal["utf-16", "utf-8-sig", "form"]


AnswerChange = (
    SetsMember
    | DropsMember
    | RepeatsMember
    | ReversesMembers
    | SetsStatus
    | SetsMediaType
    | SetsBody
    | CutsBody
    | Recodes
)


def changed_answer(answer: Answer, changes: tuple[AnswerChange, ...]) -> Answer:
    """The answer after all changes."""
    for change in changes:
        answer = _applied(answer, change)
    return answer


def deviation(changes: tuple[AnswerChange, ...], occasion: int) -> Deviation:
    """The deviation that spoils the token answer of that occasion; 1 is the login, 2 the first refresh."""
    written = msgspec.json.encode(changes).decode()

    def spoil(answer: Answer) -> Answer:
        return changed_answer(answer, changes)

    return Deviation("fuzzing.token_answer", (written,), "token_response", encoded=spoil, occasions=(occasion,))


def _applied(answer: Answer, change: AnswerChange) -> Answer:
    match change:
        case SetsMember(member, text):
            return _members(answer, lambda m: _put(m, member, json.loads(text)))
        case DropsMember(member):
            return _members(answer, lambda m: {name: value for name, value in m.items() if name != member})
        case ReversesMembers():
            return _members(answer, lambda m: dict(reversed(m.items())))
        case RepeatsMember(member, text):
            body = answer.body.rstrip()
            extra = f",{json.dumps(member)}:{text}}}".encode()
            return _with_body(answer, body[:-1] + extra if body.endswith(b"}") else body)
        case SetsStatus(status):
            return Answer(status, answer.headers, answer.body)
        case SetsMediaType(media_type):
            kept = tuple(header for header in answer.headers if header[0].lower() != "content-type")
            headers = (*kept, ("content-type", media_type)) if media_type else kept
            return Answer(answer.status, headers, answer.body)
        case SetsBody(text):
            return _with_body(answer, text.encode("utf-8", "surrogateescape"))
        case CutsBody(length):
            return _with_body(answer, answer.body[:length])
        case Recodes(encoding):
            return _recoded(answer, encoding)


def _recoded(answer: Answer, encoding: str) -> Answer:
    text = answer.body.decode("utf-8", "replace")
    if encoding != "form":
        return _with_body(answer, text.encode(encoding))
    members = _object(answer)
    pairs = [(name, str(value)) for name, value in members.items()] if members is not None else []
    return _with_body(answer, form.serialize(pairs).encode())


def _members(answer: Answer, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Answer:
    members = _object(answer)
    return answer if members is None else _with_body(answer, json.dumps(change(members)).encode())


def _object(answer: Answer) -> dict[str, Any] | None:
    try:
        members = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) else None


def _put(members: dict[str, Any], member: str, value: Any) -> dict[str, Any]:
    return {**members, member: value}


def _with_body(answer: Answer, body: bytes) -> Answer:
    return Answer(answer.status, answer.headers, body)

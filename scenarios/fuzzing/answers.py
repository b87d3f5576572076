"""What is done to a genuine token answer, as values, and the deviation of the mock that they make."""

import json
from collections.abc import Callable
from typing import Any, Literal, get_args

import msgspec

from mock_server.delivery import Delivery, Redirect
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


RedirectStatus = Literal[302, 303, 307, 308]
Destination = Literal["other_port", "itself"]
DESTINATIONS: tuple[Destination, ...] = get_args(Destination)


class SetsHeader(_Change, frozen=True, tag="sets_header"):
    """Add a header, or give it another value."""

    name: str
    value: str


class Redirects(_Change, frozen=True, tag="redirects"):
    """Answer with a redirect: once to another port, where a good answer waits, or to the endpoint itself for ever.

    Both are wrong whatever a client makes of them: credentials have no business at another origin (RFC 9700 4.12), and
    what goes round in circles has to be noticed (RFC 9110 15.4). The mock sees to where it leads.
    """

    status: RedirectStatus
    to: Destination = "other_port"


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
    | SetsHeader
    | Redirects
)

_NOWHERE = "https://oauthspec-evil.example/token"


def changed_answer(answer: Answer, changes: tuple[AnswerChange, ...]) -> Answer:
    """The answer after all changes."""
    for change in changes:
        answer = _applied(answer, change)
    return answer


def delivery(changes: tuple[AnswerChange, ...]) -> Delivery | None:
    """How the mock redirects the login's token request, where it does."""
    redirects = next((change for change in changes if isinstance(change, Redirects)), None)
    if redirects is None:
        return None
    return Delivery(Redirect(redirects.status, redirects.to), times=0 if redirects.to == "itself" else 1)


def deviation(changes: tuple[AnswerChange, ...], occasion: int) -> Deviation | None:
    """The deviation that spoils the token answer of that occasion: 1 is the login, 2 the first refresh, 0 is all."""
    changes = tuple(change for change in changes if not isinstance(change, Redirects))
    if not changes:
        return None
    written = msgspec.json.encode(changes).decode()

    def spoil(answer: Answer) -> Answer:
        return changed_answer(answer, changes)

    occasions = (occasion,) if occasion else ()
    return Deviation("fuzzing.token_answer", (written,), "token_response", encoded=spoil, occasions=occasions)


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
            return _with_header(answer, "content-type", media_type)
        case SetsHeader(name, value):
            return _with_header(answer, name, value)
        case Redirects(status, _):
            return Answer(status, (("location", _NOWHERE),))
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


def _with_header(answer: Answer, name: str, value: str) -> Answer:
    kept = tuple(header for header in answer.headers if header[0].lower() != name)
    return Answer(answer.status, (*kept, (name, value)) if value else kept, answer.body)


def _with_body(answer: Answer, body: bytes) -> Answer:
    return Answer(answer.status, answer.headers, body)

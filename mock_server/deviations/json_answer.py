"""What the deviations of token answers, error answers and API answers have in common: they are JSON objects."""

import json
from collections.abc import Callable
from typing import Any

from mock_server.deviations.deviation import Deviation, Target, check_header, check_length, check_status
from mock_server.encoding import json_body
from mock_server.protocol import form
from mock_server.protocol.messages import Members
from mock_server.transcript import Answer

Make = Callable[..., Deviation]

_WITHOUT_BODY = (204, 205, 304)


def with_body(answer: Answer, body: bytes) -> Answer:
    """The answer with another body."""
    return Answer(answer.status, answer.headers, body)


def with_header(answer: Answer, name: str, value: str | None) -> Answer:
    """The answer with a header set, or taken away."""
    kept = tuple(header for header in answer.headers if header[0].lower() != name.lower())
    return Answer(answer.status, kept if value is None else (*kept, (name, value)), answer.body)


class Family:
    """The deviations of one kind of JSON answer, under its name."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def _members(self, name: str, change: Callable[[Members], Members], *arguments: Any) -> Deviation:
        def spoil(message: Any) -> Any:
            return message._replace(members=change(message.members))

        return Deviation(f"{self._target}.{name}", arguments, self._target, message=spoil)

    def _encoded(self, name: str, change: Callable[[Answer], Answer], *arguments: Any) -> Deviation:
        return Deviation(f"{self._target}.{name}", arguments, self._target, encoded=change)

    def omits(self, member: str) -> Deviation:
        """Leave a member out."""
        return self._members("omits", lambda members: tuple(m for m in members if m[0] != member), member)

    def mistypes(self, member: str, value: Any) -> Deviation:
        """Give a member another value, of whatever JSON type."""

        def change(members: Members) -> Members:
            return tuple((name, value if name == member else old) for name, old in members)

        return self._members("mistypes", change, member, value)

    def adds(self, member: str, value: Any) -> Deviation:
        """Add a member, or replace the one of that name."""

        def change(members: Members) -> Members:
            return (*(m for m in members if m[0] != member), (member, value))

        return self._members("adds", change, member, value)

    def reverses_members(self) -> Deviation:
        """Send the members in the opposite order, which means nothing (RFC 6749 5.1)."""
        return self._members("reverses_members", lambda members: tuple(reversed(members)))

    def repeats(self, member: str, value: Any) -> Deviation:
        """Send a member twice in one JSON object; the second time with another value."""

        def change(answer: Answer) -> Answer:
            extra = f",{json.dumps(member)}:{json.dumps(value)}}}".encode()
            return with_body(answer, answer.body.rstrip()[:-1] + extra)

        return self._encoded("repeats", change, member, value)

    def answers_with_status(self, status: int) -> Deviation:
        """Send the same body under another status; none under a status that has no body (RFC 9110 6.4.1)."""
        check_status(status, f"{self._target}.answers_with_status")

        def change(answer: Answer) -> Answer:
            return Answer(status, answer.headers, b"" if status in _WITHOUT_BODY else answer.body)

        return self._encoded("answers_with_status", change, status)

    def sends_body(self, body: str, content_type: str = "application/json;charset=UTF-8") -> Deviation:
        """Send another body, of another media type; an empty media type leaves the header out."""
        check_header("content-type", content_type, f"{self._target}.sends_body")

        def change(answer: Answer) -> Answer:
            sent = body.encode("utf-8", "surrogateescape")
            return with_body(with_header(answer, "content-type", content_type or None), sent)

        return self._encoded("sends_body", change, body, content_type)

    def sets_header(self, name: str, value: str | None) -> Deviation:
        """Set a header, or take it away."""
        check_header(name, value or "", f"{self._target}.sets_header")
        return self._encoded("sets_header", lambda answer: with_header(answer, name.lower(), value), name, value)

    def truncates(self, length: int) -> Deviation:
        """Send so many bytes of the body, with a Content-Length that agrees."""
        check_length(length, f"{self._target}.truncates")
        return self._encoded("truncates", lambda answer: with_body(answer, answer.body[:length]), length)

    def form_encodes(self) -> Deviation:
        """Send the members form-encoded, as some servers once did."""

        def change(answer: Answer) -> Answer:
            members = json.loads(answer.body)
            text = form.serialize((name, str(value)) for name, value in members.items())
            return with_body(with_header(answer, "content-type", "application/x-www-form-urlencoded"), text.encode())

        return self._encoded("form_encodes", change)

    @property
    def deviations(self) -> tuple[Make, ...]:
        """Every deviation of the family."""
        return (
            self.omits,
            self.mistypes,
            self.adds,
            self.reverses_members,
            self.repeats,
            self.answers_with_status,
            self.sends_body,
            self.sets_header,
            self.truncates,
            self.form_encodes,
        )


def json_error(error: str, description: str) -> bytes:
    """The body of an OAuth error."""
    members: Members = (("error", error),)
    return json_body((*members, ("error_description", description)) if description else members)

"""Text that may be shown: without secrets, and without what a terminal would obey.

What the client itself said (an exception, a page's last lines) may hold anything: values that this run knows become the
marks that they have in exchanges, and what only looks like a secret is marked too.
"""

import json
import re
from collections.abc import Iterable, Iterator

from mock_server.protocol import form
from mock_server.protocol.client_authentication import basic_credentials
from mock_server.protocol.resource import bearer_token
from mock_server.redaction import SECRET_PARAMETERS, is_secret, mark, redacted_answer, redacted_request, redacted_url
from mock_server.transcript import Answer, Entry, Exchange

# Shorter values are words (`null`, `undefined`), and hiding them would make a message unreadable.
_SHORTEST = 8
_LONGEST_LINE = 400

# Codes and tokens of the engine's form, and `name=value` or `"name": "value"` with a name that says what it is.
_ENGINES_OWN = re.compile(r"[\w-]{43}\.[\w-]{43}")
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NAMED = re.compile(
    rf"({'|'.join(sorted(SECRET_PARAMETERS))})(=|\"\s*:\s*\"|'\s*:\s*')([^&\s\"'<>\[]{{{_SHORTEST},}})", re.IGNORECASE
)


def legible(text: str) -> str:
    """One line of printable characters: whatever would move a cursor or reverse a line is written as an escape."""
    words = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)


def shortened(line: str) -> str:
    """A line that is not longer than a few lines of a terminal."""
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}... ({len(line)} characters)"


class Hidden:
    """The secrets of some entries, and text without them."""

    def __init__(self, entries: Iterable[Entry] = (), secrets: Iterable[str | None] = ()) -> None:
        self.literals: frozenset[str] = frozenset()
        found = {secret for secret in secrets if secret}
        changes: list[str] = []
        for entry in entries:
            if isinstance(entry, Exchange):
                found.update(_secrets(entry))
                changes += entry.changes
        # What a scenario puts into an answer is published, and the reader should see it: `forged`, `x`.
        named = " ".join(changes)
        self.literals = frozenset(value for value in found if repr(value) in named)
        known = {value for value in found - self.literals if len(value) >= _SHORTEST}
        spelled = known | {form.quote(value) for value in known}
        by_length = sorted(spelled, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, by_length))) if by_length else None

    def text(self, text: str) -> str:
        """What somebody said, as one line that may be shown."""
        text = _COLOURS.sub("", text)
        if self._pattern is not None:
            text = self._pattern.sub(lambda match: mark(form.unquote(match[0]) or match[0]), text)
        text = _ENGINES_OWN.sub(lambda match: mark(match[0]), text)
        text = _NAMED.sub(lambda match: f"{match[1]}{match[2]}{mark(match[3])}", text)
        return legible(text)

    def value(self, name: str, value: object) -> str:
        """A parameter or member by itself; what the scenario made up is shown as it is."""
        if not isinstance(value, str):
            return legible(json.dumps(value, ensure_ascii=False))
        secret = is_secret(name) and value not in self.literals and value
        return mark(value) if secret else legible(repr(value))


def _secrets(exchange: Exchange) -> Iterator[str]:
    request = exchange.request
    for text in (request.query, request.body.decode("utf-8", "replace")):
        yield from _of_form(text)
    for authorization in request.all_headers("authorization"):
        credentials = basic_credentials(authorization)
        yield from (bearer_token(authorization), credentials[1] if credentials else "")
    for cookies in request.all_headers("cookie"):
        yield from (cookie.partition("=")[2].strip() for cookie in cookies.split(";"))
    for answer in (exchange.right, exchange.sent, exchange.strict):
        if answer is not None:
            yield from _of_form(location_query(answer))
            yield from _of_json(answer.body)


def location_query(answer: Answer) -> str:
    """The parameters of a redirect, from its query or its fragment."""
    location = answer.header("location")
    before, _, fragment = location.partition("#")
    return before.partition("?")[2] or fragment


def _of_form(text: str) -> Iterator[str]:
    return (value for name, value in form.parse(text).pairs if name in SECRET_PARAMETERS and value)


def _of_json(body: bytes) -> Iterator[str]:
    pairs = pairs_of(body)
    return (value for name, value in pairs if name in SECRET_PARAMETERS and isinstance(value, str) and value)


def pairs_of(body: bytes) -> list[tuple[str, object]]:
    """The members of a JSON object, a repeated one as often as it comes; none of anything else."""
    outermost: list[tuple[str, object]] = []

    def keep(pairs: list[tuple[str, object]]) -> dict[str, object]:
        # Objects end from the inside out.
        outermost[:] = pairs
        return dict(pairs)

    try:
        return outermost if isinstance(json.loads(body, object_pairs_hook=keep), dict) else []
    except (ValueError, RecursionError):
        return []


def members_of(body: bytes) -> dict[str, object]:
    """The members of a JSON object by name; none of anything else."""
    return dict(pairs_of(body))


def request_line(exchange: Exchange) -> str:
    """A request in a line: method, target, body and how it authenticates."""
    request = redacted_request(exchange.request)
    line = f"{request.method} {request.target}"
    if request.body:
        line += f"  {request.body.decode('utf-8', 'replace')}"
    authorization, cookie = request.header("authorization"), request.header("cookie")
    line += f"  Authorization: {authorization}" if authorization else ""
    # A browser's cookies are of no interest; a client has none for an API.
    line += f"  Cookie: {cookie}" if cookie and exchange.endpoint != "authorization" else ""
    return shortened(legible(line))


def answer_line(answer: Answer) -> str:
    """An answer in a line: the status and where it leads, or what it says."""
    location = answer.header("location")
    if location:
        return shortened(legible(f"{answer.status} {redacted_url(location)}"))
    body = redacted_answer(answer).body.decode("utf-8", "replace")
    return shortened(legible(f"{answer.status} {body}".rstrip()))

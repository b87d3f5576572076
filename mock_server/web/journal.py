"""The transcript as a person reads it: one line for each flow, newest first, and what each exchange says.

Everything here is worked out when somebody looks, from the entries alone: a request costs nothing for being shown.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mock_server.findings import Findings
from mock_server.protocol import form
from mock_server.protocol.client_authentication import basic_credentials
from mock_server.protocol.records import App
from mock_server.transcript import Entry, Event, Exchange

Outcome = Literal["finding", "refused", "denied", "undelivered", "misbehaved", "lenient", "waiting", "fine"]

# The first that is true of a flow is what its line says.
OUTCOMES: Mapping[Outcome, str] = {
    "finding": "rule broken",
    "refused": "refused",
    "denied": "denied",
    "undelivered": "not delivered",
    "misbehaved": "misbehaved",
    "lenient": "forgiven",
    "waiting": "waits for a decision",
    "fine": "fine",
}

STRAY = "stray"
_STEPS_SHOWN = 8
_CLIENT_ID = re.compile(rb'"client_id"\s*:\s*"([^"]{1,200})"')


@dataclass(frozen=True, slots=True)
class Step:
    """One exchange within a flow's line."""

    number: int
    label: str
    status: int
    outcome: Outcome


@dataclass(slots=True)
class Line:
    """One flow in one line; `identifier` is `stray` for the requests that belong to none."""

    identifier: str
    began: float
    client_id: str = ""
    app: str = ""
    latest: int = 0
    last: float = 0.0
    count: int = 0
    steps: list[Step] = field(default_factory=list)
    outcomes: set[Outcome] = field(default_factory=set)
    waits: bool = False

    @property
    def outcome(self) -> Outcome:
        """What matters most about the flow."""
        return _first(self.outcomes)

    @property
    def left_out(self) -> int:
        """How many exchanges the line does not show."""
        return self.count - len(self.steps)


def _first(outcomes: Collection[Outcome]) -> Outcome:
    found: list[Outcome] = [outcome for outcome in OUTCOMES if outcome in outcomes]
    return found[0] if found else "fine"


def identifier_of(entry: Entry) -> str:
    """The name of an entry's line."""
    return entry.flow or STRAY


def lines(entries: Iterable[Entry], apps: Mapping[str, App], findings: Findings) -> dict[str, Line]:
    """Every flow's line by its identifier, in the order in which the flows began."""
    found: dict[str, Line] = {}
    for entry in entries:
        name = identifier_of(entry)
        line = found.get(name)
        if line is None:
            line = found[name] = Line(name, entry.at)
        _extend(line, entry, apps, findings)
    for line in found.values():
        if line.waits:
            line.outcomes.add("waiting")
        line.outcomes = line.outcomes or {"fine"}
    return found


def _extend(line: Line, entry: Entry, apps: Mapping[str, App], findings: Findings) -> None:
    line.latest, line.last = max(line.latest, entry.number), entry.at
    if isinstance(entry, Event):
        if entry.kind == "undelivered":
            line.outcomes.add("undelivered")
        return
    outcomes = outcomes_of(entry, findings)
    line.outcomes |= outcomes
    line.waits = is_waiting(entry) if entry.endpoint == "authorization" else line.waits
    line.count += 1
    shown = _first(outcomes)
    line.steps.append(Step(entry.number, label(entry), entry.sent.status, shown))
    del line.steps[:-_STEPS_SHOWN]
    if not line.client_id and (client_id := client_of(entry)):
        line.client_id = client_id
        app = apps.get(client_id)
        line.app = app.name or client_id if app is not None else client_id


def outcomes_of(exchange: Exchange, findings: Findings) -> set[Outcome]:
    """All that is true of one exchange, apart from being fine or waiting."""
    found: set[Outcome] = set()
    if any(finding.level in ("failed", "warned") for finding in findings.of(exchange.number)):
        found.add("finding")
    if exchange.error:
        found.add("denied" if exchange.error == "access_denied" else "refused")
    if exchange.changes:
        found.add("misbehaved")
    if exchange.strict is not None:
        found.add("lenient")
    return found


def is_waiting(exchange: Exchange) -> bool:
    """True where an authorization request was answered with the way to the login page."""
    return not exchange.error and "/login?ticket=" in exchange.right.header("location")


def label(exchange: Exchange) -> str:
    """What an exchange was for, in a word or two."""
    if exchange.endpoint == "authorization":
        return "authorize" if exchange.request.path.lower().rstrip("/") == "/oauth2/auth" else "decision"
    if exchange.endpoint == "token":
        return "refresh" if b"grant_type=refresh_token" in exchange.request.body else "token"
    names = {"revocation": "revoke", "resource": exchange.request.path, "metadata": "metadata"}
    return names.get(exchange.endpoint, "elsewhere")


def client_of(exchange: Exchange) -> str:
    """The `client_id` that a request names, in query, body or Basic header; nothing where it names none."""
    request = exchange.request
    if exchange.endpoint not in ("authorization", "token", "revocation"):
        return ""
    named = form.parse(request.query).get("client_id") if request.query else ""
    if not named and request.body:
        text = request.body[:20_000]
        named = form.parse(text.decode("latin-1")).get("client_id")
        in_json = _CLIENT_ID.search(text)
        named = named or (in_json[1].decode("latin-1") if in_json else "")
    if not named:
        basic = basic_credentials(request.header("authorization"))
        named = basic[0] if basic else ""
    return named[:200]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which flows somebody wants to see; an empty field lets everything pass."""

    app: str = ""
    outcome: str = ""

    def __bool__(self) -> bool:
        return bool(self.app or self.outcome)

    def passes(self, line: Line) -> bool:
        """True for a flow that is to be shown."""
        return (not self.app or line.client_id == self.app) and (not self.outcome or self.outcome in line.outcomes)


def latest(entries: Iterable[Entry], *, before: int, limit: int) -> frozenset[str]:
    """The names of the flows that moved last: found without a look into any exchange."""
    moved: dict[str, int] = {}
    for entry in entries:
        name = entry.flow or STRAY
        if entry.number > moved.get(name, 0):
            moved[name] = entry.number
    names = [name for name in moved if not before or moved[name] < before]
    return frozenset(sorted(names, key=moved.__getitem__, reverse=True)[:limit])


def newest(found: Iterable[Line], wanted: Filter, *, before: int, limit: int) -> list[Line]:
    """The flows that moved last, up to a limit; `before` goes on where another page ended."""
    passing = (line for line in found if wanted.passes(line) and (not before or line.latest < before))
    return sorted(passing, key=lambda line: line.latest, reverse=True)[:limit]


def exchanges_of(entries: Iterable[Entry], identifier: str) -> list[Exchange]:
    """The exchanges of one flow, or the strays."""
    return [e for e in entries if isinstance(e, Exchange) and identifier_of(e) == identifier]


def undelivered(entries: Iterable[Entry]) -> dict[int, str]:
    """Why an answer did not reach the client, by the number of its exchange."""
    return {
        number: str(entry.detail.get("reason", ""))
        for entry in entries
        if isinstance(entry, Event) and entry.kind == "undelivered"
        for number in _numbers(entry)
    }


def _numbers(event: Event) -> Iterator[int]:
    number = event.detail.get("exchange")
    if isinstance(number, int):
        yield number

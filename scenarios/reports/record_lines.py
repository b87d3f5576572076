"""The lines of a record, as they are stored: `record.schema.json` is made from these classes.

A record is evidence: verdicts are a pure function of a scenario and its case, so what is stored here can be judged
again. Bodies are text where they are UTF-8, and base64 where they are not.
"""

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from mock_server.protocol.records import App
from mock_server.protocol.vocabulary import Endpoint
from mock_server.transcript import Answer, AttributedBy, Entry, Event, Exchange, Headers, ReceivedRequest
from scenarios.diagnosis import Diagnosis
from scenarios.model.assignment import AppKind, AssignmentKind
from scenarios.model.case import Case, Trouble
from scenarios.model.expectation import Expectation
from scenarios.model.verdict import Finding, RuleVerdict, Status, Verdict
from scenarios.summary import Terms

FORMAT = "oauthspec record"
VERSION = 1


class Octets(msgspec.Struct, frozen=True):
    """Bytes that are no text."""

    base64: str


Body = str | Octets


class StoredRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request as it was received; header values and the target are Latin-1."""

    method: str
    target: str
    headers: Headers = ()
    body: Body = ""
    origin: str = ""


class StoredAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """An encoded answer."""

    status: int
    headers: Headers = ()
    body: Body = ""


class StoredExchange(msgspec.Struct, frozen=True, tag_field="entry", tag="exchange", omit_defaults=True):
    """A request and its answer; `right` is absent where what was sent was right."""

    number: int
    at: float
    flow: str
    attributed_by: AttributedBy
    endpoint: Endpoint
    request: StoredRequest
    sent: StoredAnswer
    right: StoredAnswer | None = None
    strict: StoredAnswer | None = None
    changes: tuple[str, ...] = ()
    error: str = ""
    explanation: str = ""


class StoredEvent(msgspec.Struct, frozen=True, tag_field="entry", tag="event", omit_defaults=True):
    """A step, its outcome, what was changed for a flow, time that passed, an answer that did not arrive."""

    number: int
    at: float
    flow: str
    kind: str
    detail: dict[str, Any] = {}


StoredEntry = StoredExchange | StoredEvent


class HeaderLine(msgspec.Struct, frozen=True, tag_field="line", tag="header"):
    """The first line. `began` is a date and a time, `limit` is in seconds for each scenario."""

    format: str
    version: int
    oauthspec: str
    began: str
    seat: str
    flags: tuple[str, ...]
    command: tuple[str, ...]
    provider: str
    lanes: int
    limit: float
    app_kinds: tuple[AppKind, ...]
    selectors: tuple[str, ...]
    selected: int
    terms: Terms = Terms()


class PreparedLine(msgspec.Struct, frozen=True, tag_field="line", tag="prepared", omit_defaults=True):
    """An application was started, and this is what its first logins showed."""

    app_kind: AppKind
    kind: AssignmentKind
    app: App
    capabilities: tuple[str, ...] = ()
    leniencies: tuple[str, ...] = ()
    strictly: str = ""
    refusal: str = ""
    exchange: int = 0
    remarks: tuple[Diagnosis, ...] = ()


class CaseLine(msgspec.Struct, frozen=True, tag_field="line", tag="case", omit_defaults=True):
    """One performance of a scenario: all that its verdict is made from."""

    scenario: str
    app_kind: AppKind
    row: str = ""
    app: App | None = None
    expectation: Expectation | None = None
    sessions: dict[str, tuple[str, ...]] = {}
    before: str = ""
    after: str = ""
    metadata: str = ""
    refused_settings: str = ""
    trouble: Trouble | None = None
    alone: bool = False
    leniencies: tuple[str, ...] = ()
    entries: tuple[StoredEntry, ...] = ()


class VerdictLine(msgspec.Struct, frozen=True, tag_field="line", tag="verdict", omit_defaults=True):
    """What was said of the case before it."""

    identifier: str
    app_kind: AppKind
    status: Status
    expected: str = ""
    actual: str = ""
    exchanges: tuple[int, ...] = ()
    code: str = ""
    cause: str = ""
    next_step: str = ""


class RestLine(msgspec.Struct, frozen=True, tag_field="line", tag="rest"):
    """What the rules were asked of beside the cases: every registered app, and the entries that no case holds."""

    apps: dict[AppKind, tuple[App, ...]]
    entries: tuple[StoredEntry, ...]


class RuleLine(msgspec.Struct, frozen=True, tag_field="line", tag="rule", omit_defaults=True):
    """What was said of a rule."""

    identifier: str
    app_kind: AppKind
    status: Status
    count: int = 0
    first: Finding | None = None
    judged: int = 0


class FooterLine(msgspec.Struct, frozen=True, tag_field="line", tag="footer"):
    """The last line: without it a record is not whole."""

    cases: int
    rules: int
    counts: dict[Status, int]
    seconds: float
    interrupted: bool
    exit_code: int


Line = HeaderLine | PreparedLine | CaseLine | VerdictLine | RestLine | RuleLine | FooterLine


def schema() -> dict[str, Any]:
    """The JSON Schema of a line."""
    return msgspec.json.schema(Line) | {"title": "A line of an oauthspec record", "description": __doc__}


def schema_text() -> str:
    """What `record.schema.json` holds."""
    return msgspec.json.format(msgspec.json.encode(schema(), order="sorted"), indent=2).decode() + "\n"


# To what is stored, and back.


def stored_entry(entry: Entry) -> StoredEntry:
    """An entry of a transcript as it is stored."""
    if isinstance(entry, Event):
        return StoredEvent(entry.number, entry.at, entry.flow, entry.kind, _plain(entry.detail))
    request = entry.request
    return StoredExchange(
        number=entry.number,
        at=entry.at,
        flow=entry.flow,
        attributed_by=entry.attributed_by,
        endpoint=entry.endpoint,
        request=StoredRequest(request.method, request.target, request.headers, _body(request.body), request.origin),
        sent=_stored_answer(entry.sent),
        right=None if entry.right == entry.sent else _stored_answer(entry.right),
        strict=None if entry.strict is None else _stored_answer(entry.strict),
        changes=entry.changes,
        error=entry.error,
        explanation=_text(entry.explanation),
    )


def entry_of(stored: StoredEntry) -> Entry:
    """The entry of a transcript that was stored; `ValueError` where a body is no base64."""
    if isinstance(stored, StoredEvent):
        return Event(stored.number, stored.at, stored.flow, stored.kind, dict(stored.detail))
    request, sent = stored.request, _answer(stored.sent)
    return Exchange(
        number=stored.number,
        at=stored.at,
        flow=stored.flow,
        attributed_by=stored.attributed_by,
        endpoint=stored.endpoint,
        request=ReceivedRequest(request.method, request.target, request.headers, _bytes(request.body), request.origin),
        right=sent if stored.right is None else _answer(stored.right),
        sent=sent,
        changes=stored.changes,
        error=stored.error,
        explanation=stored.explanation,
        strict=None if stored.strict is None else _answer(stored.strict),
    )


def case_line(case: Case) -> CaseLine:
    """A case as it is stored."""
    return CaseLine(
        scenario=case.scenario,
        app_kind=case.app_kind,
        row=case.row,
        app=case.app,
        expectation=case.expectation,
        sessions=case.sessions,
        before=case.before,
        after=case.after,
        metadata=case.metadata,
        refused_settings=_text(case.refused_settings),
        trouble=None if case.trouble is None else _troubled(case.trouble),
        alone=case.alone,
        leniencies=case.leniencies,
        entries=tuple(map(stored_entry, case.entries)),
    )


def case_of(line: CaseLine) -> Case:
    """The case that was stored."""
    return Case(
        scenario=line.scenario,
        row=line.row,
        app_kind=line.app_kind,
        app=line.app,
        expectation=line.expectation,
        sessions=line.sessions,
        before=line.before,
        after=line.after,
        metadata=line.metadata,
        refused_settings=line.refused_settings,
        entries=tuple(map(entry_of, line.entries)),
        trouble=line.trouble,
        alone=line.alone,
        leniencies=line.leniencies,
    )


def verdict_line(verdict: Verdict) -> VerdictLine:
    """A verdict as it is stored."""
    return VerdictLine(**{name: _plain(value) for name, value in msgspec.structs.asdict(verdict).items()})


def verdict_of(line: VerdictLine) -> Verdict:
    """The verdict that was stored."""
    return Verdict(**msgspec.structs.asdict(line))


def rule_line(app_kind: AppKind, verdict: RuleVerdict) -> RuleLine:
    """The verdict of a rule as it is stored."""
    return RuleLine(verdict.identifier, app_kind, verdict.status, verdict.count, verdict.first, verdict.judged)


def _troubled(trouble: Trouble) -> Trouble:
    return Trouble(trouble.kind, trouble.code, _text(trouble.cause), _text(trouble.next_step))


def _stored_answer(answer: Answer) -> StoredAnswer:
    return StoredAnswer(answer.status, answer.headers, _body(answer.body))


def _answer(stored: StoredAnswer) -> Answer:
    return Answer(stored.status, stored.headers, _bytes(stored.body))


def _body(octets: bytes) -> Body:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return Octets(base64.b64encode(octets).decode())


def _bytes(body: Body) -> bytes:
    return body.encode() if isinstance(body, str) else base64.b64decode(body.base64, validate=True)


def _plain(value: Any) -> Any:
    """A value that JSON has: text without half characters, and whatever else is unknown as text."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else _text(str(value))


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()

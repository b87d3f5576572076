"""One exchange as the journal shows it: redacted, unless somebody asked for this one in clear."""

import time
from dataclasses import dataclass
from http import HTTPStatus

from mock_server.authorization_server import AuthorizationServer
from mock_server.findings import Finding
from mock_server.redaction import mark, redacted_answer, redacted_request
from mock_server.transcript import Answer, Exchange, Headers, ReceivedRequest
from mock_server.web import curl
from mock_server.web.explanations import Explanation, of_exchange
from mock_server.web.journal import label, outcomes_of

# A body beyond this is evidence for a machine; a page with a few of them would not be usable.
_LONGEST_BODY = 20_000

_ATTRIBUTED = {
    "header": "named by the header Oauthspec-Flow",
    "value": "known by a value that it carries",
    "open_step": "the only flow with an open step",
    "new": "begins a flow",
    "stray": "belongs to no flow: nothing in it is known here",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer as text."""

    first_line: str
    headers: Headers
    body: str
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown of an exchange."""

    number: int
    flow: str
    at: str
    label: str
    method: str
    target: str
    status: int
    attributed: str
    request: Message
    sent: Message
    right: Message | None
    strict: Message | None
    changes: tuple[str, ...]
    error: str
    explanation: str
    why: Explanation | None
    findings: tuple[Finding, ...]
    undelivered: str
    curl: str
    outcomes: frozenset[str]
    revealed: bool


def view(core: AuthorizationServer, exchange: Exchange, *, undelivered: str = "", revealed: bool = False) -> View:
    """An exchange as text; `revealed` shows its secrets."""
    request = exchange.request if revealed else _redacted(exchange.request)
    changed = exchange.sent != exchange.right
    return View(
        number=exchange.number,
        flow=exchange.flow,
        at=clock_time(core, exchange.at),
        label=label(exchange),
        method=request.method,
        target=request.target,
        status=exchange.sent.status,
        attributed=_ATTRIBUTED[exchange.attributed_by],
        request=_message(f"{request.method} {request.target}", request.headers, request.body),
        sent=_answer(exchange.sent, revealed=revealed),
        right=_answer(exchange.right, revealed=revealed) if changed else None,
        strict=None if exchange.strict is None else _answer(exchange.strict, revealed=revealed),
        changes=exchange.changes,
        error=exchange.error,
        explanation=exchange.explanation,
        why=of_exchange(exchange),
        findings=core.findings.of(exchange.number),
        undelivered=undelivered,
        curl=curl.command(request),
        outcomes=frozenset(outcomes_of(exchange, core.findings)),
        revealed=revealed,
    )


def clock_time(core: AuthorizationServer, at: float) -> str:
    """The time of day of something that was so many seconds after the transcript began."""
    began = time.time() - core.transcript.elapsed()
    return time.strftime("%H:%M:%S", time.localtime(began + at))


def _redacted(request: ReceivedRequest) -> ReceivedRequest:
    return redacted_request(_short(request)) if len(request.body) > _LONGEST_BODY else redacted_request(request)


def _short(request: ReceivedRequest) -> ReceivedRequest:
    body = mark(request.body.decode("latin-1")).encode()
    return ReceivedRequest(request.method, request.target, request.headers, body, request.origin)


def _answer(answer: Answer, *, revealed: bool) -> Message:
    if not revealed and len(answer.body) > _LONGEST_BODY:
        answer = Answer(answer.status, answer.headers, mark(answer.body.decode("latin-1")).encode())
    shown = answer if revealed else redacted_answer(answer)
    return _message(_status_line(shown.status), shown.headers, shown.body)


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _message(first_line: str, headers: Headers, body: bytes) -> Message:
    text = body[:_LONGEST_BODY].decode("utf-8", "replace")
    return Message(first_line, headers, text, max(len(body) - _LONGEST_BODY, 0))

"""The journal over HTTP: what happened, and a read that waits for what is about to happen."""

import asyncio
from collections.abc import Iterator

from mock_server.authorization_server import AuthorizationServer
from mock_server.redaction import redacted_answer, redacted_request
from mock_server.transcript import Answer, Entry, Event, ReceivedRequest
from mock_server.web import curl
from mock_server.web.control import documents as d
from mock_server.web.control.call import Call
from mock_server.web.control.problems import Problem
from mock_server.web.explanations import of_exchange
from mock_server.web.journal import client_of, outcomes_of


async def read_journal(call: Call) -> d.JournalDocument:
    """Read the journal; with `wait`, as soon as there is something to read."""
    query: d.JournalQuery = call.query
    loop = asyncio.get_running_loop()
    until = loop.time() + query.wait
    with call.live.bell() as bell:
        while True:
            document = _read(call.core, query)
            left = until - loop.time()
            if document.entries or left <= 0 or not await bell.wait(left):
                return document


def _read(core: AuthorizationServer, query: d.JournalQuery) -> d.JournalDocument:
    entries = tuple(core.transcript)
    found: list[d.EntryDocument] = []
    last = query.after
    # Two requests may be noted in another order than they are numbered.
    for entry in sorted(entries, key=lambda each: each.number):
        if entry.number <= query.after:
            continue
        if _fits(core, entry, query):
            if len(found) == query.limit:
                return d.JournalDocument(found, last, more=True)
            found.append(entry_document(core, entry, reveal=query.reveal))
        last = entry.number
    return d.JournalDocument(found, last, more=False)


def _fits(core: AuthorizationServer, entry: Entry, query: d.JournalQuery) -> bool:
    if query.flow is not None and entry.flow != query.flow:
        return False
    wanted = (query.app, query.endpoint, query.outcome)
    if isinstance(entry, Event):
        return not any(wanted) or wanted == (None, None, "undelivered") == (None, None, entry.kind)
    if query.endpoint is not None and entry.endpoint != query.endpoint:
        return False
    if query.outcome is not None and query.outcome not in (outcomes_of(entry, core.findings) or {"fine"}):
        return False
    return query.app is None or client_of(entry) == query.app


async def read_exchange(call: Call) -> d.EntryDocument:
    """Read one exchange."""
    for entry in tuple(call.core.transcript):
        if str(entry.number) == call.path["number"]:
            return entry_document(call.core, entry, reveal=call.query.reveal)
    raise Problem("unknown_exchange", f"The journal holds no entry {call.path['number']!r}.")


async def clear_journal(call: Call) -> None:
    """Forget what happened; grants and flows stay, and numbers go on."""
    with call.core.store.lock:
        call.core.transcript.clear()
        call.core.findings.clear()
    call.live.cleared()


def entry_document(core: AuthorizationServer, entry: Entry, *, reveal: bool) -> d.EntryDocument:
    """An entry as the control API shows it; without its secrets unless they are asked for."""
    if isinstance(entry, Event):
        return d.EntryDocument(entry.number, entry.at, entry.kind, entry.flow, detail=dict(entry.detail))
    request = entry.request if reveal else redacted_request(entry.request)
    why = of_exchange(entry)
    return d.EntryDocument(
        entry.number,
        entry.at,
        "exchange",
        entry.flow,
        client_id=_legible(client_of(entry)),
        endpoint=entry.endpoint,
        attributed_by=entry.attributed_by,
        request=_request(request),
        sent=_answer(entry.sent, reveal=reveal),
        right=None if entry.right == entry.sent else _answer(entry.right, reveal=reveal),
        strict=None if entry.strict is None else _answer(entry.strict, reveal=reveal),
        changes=[_legible(change) for change in entry.changes],
        error=_legible(entry.error),
        explanation=_legible(entry.explanation),
        clause="" if why is None else why.clause,
        outcomes=sorted(outcomes_of(entry, core.findings)),
        findings=list(core.findings.of(entry.number)),
        curl=curl.command(request),
    )


def _request(request: ReceivedRequest) -> d.MessageDocument:
    body = request.body.decode("utf-8", "replace")
    return d.MessageDocument(request.method, _legible(request.target), list(_headers(request.headers)), body)


def _answer(answer: Answer, *, reveal: bool) -> d.AnswerDocument:
    shown = answer if reveal else redacted_answer(answer)
    return d.AnswerDocument(shown.status, list(_headers(shown.headers)), shown.body.decode("utf-8", "replace"))


def _headers(headers: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    return ((_legible(name), _legible(value)) for name, value in headers)


def _legible(text: str) -> str:
    """Text that can be JSON: half a surrogate pair is no character (RFC 8259 section 8.2)."""
    return text.encode("utf-8", "replace").decode()

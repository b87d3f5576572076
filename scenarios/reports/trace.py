"""A readable trace for each scenario that did not pass: every exchange of it with what was right and what was sent."""

import re
from collections.abc import Iterator
from pathlib import Path

from mock_server.redaction import redacted_answer, redacted_request, redacted_url
from mock_server.transcript import Answer, Entry, Event, Exchange
from scenarios.collection import Selected
from scenarios.ground import Learned
from scenarios.model.assignment import AppKind, AssignmentKind
from scenarios.model.case import Case
from scenarios.model.verdict import Verdict
from scenarios.performing import Ground
from scenarios.reports import failure
from scenarios.reports.differences import differences
from scenarios.reports.failure import WORDS
from scenarios.reports.header import APP_KINDS, Header
from scenarios.reports.shown import Hidden, legible, shortened
from scenarios.running import Plan
from scenarios.summary import Summary

# A body beyond this is evidence for a machine, and stands in the record.
_LONGEST_BODY = 20_000
_LONGEST_PAGE = 4_000


class Traces:
    """A listener that writes files into a folder; what it cannot write is in `trouble`."""

    def __init__(self, folder: Path, header: Header) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.written = 0
        self.trouble = ""
        self._header = header

    def begun(self, plan: Plan) -> None:
        """Nothing to do."""

    def prepared(self, ground: Ground, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        """Nothing to do."""

    def judged(self, selected: Selected, case: Case, verdict: Verdict) -> None:
        """Write a trace where there is something to see, and take an older run's away where there is not."""
        path = self.folder / file_name(case)
        try:
            if verdict.status in ("passed", "not_applicable") or not case.entries:
                path.unlink(missing_ok=True)
            else:
                path.write_text(trace(selected, case, verdict, self._header), "utf-8")
                self.written += 1
        except OSError as error:
            self.trouble = f"{path.name}: {error.strerror}"

    def ended(self, summary: Summary) -> None:
        """Nothing to do."""


def file_name(case: Case) -> str:
    """A name for a case's trace that any file system takes."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", case.identifier).strip("-")
    return f"{plain}.{case.app_kind}.txt"


def trace(selected: Selected, case: Case, verdict: Verdict, header: Header) -> str:
    """The whole story in text, redacted."""
    hidden = Hidden(case.entries, [] if case.app is None else [case.app.client_secret])
    return "\n".join([*_head(selected, case, verdict, header, hidden), *_story(case, hidden)]) + "\n"


def _head(selected: Selected, case: Case, verdict: Verdict, header: Header, hidden: Hidden) -> Iterator[str]:
    if verdict.status in ("failed", "warned"):
        yield failure.of_scenario(selected.scenario, case, verdict, header).text()
        return
    yield f"{WORDS[verdict.status]}  {case.identifier}  ({APP_KINDS[case.app_kind]})"
    yield f"  {' '.join(selected.scenario.text.split())}"
    yield f"  code       {verdict.code}"
    yield f"  cause      {hidden.text(verdict.cause)}"
    yield f"  next step  {hidden.text(verdict.next_step)}"
    yield f"  again      {header.again(case.identifier, case.app_kind)}"


def _story(case: Case, hidden: Hidden) -> Iterator[str]:
    whose = {flow: name for name, flows in case.sessions.items() for flow in flows}
    whose |= {case.before: "good login before", case.after: "good login after"}
    whose |= {case.metadata: "the server's metadata"} if case.metadata else {}
    yield ""
    yield "Secrets are marks: [length, digest]; equal secrets have equal marks."
    for entry in case.entries:
        yield ""
        yield from _entry(entry, legible(whose.get(entry.flow, "nobody's: a stray")), hidden)


def _entry(entry: Entry, whose: str, hidden: Hidden) -> Iterator[str]:
    if isinstance(entry, Event):
        yield f"{entry.number}. {entry.kind}  ({whose})"
        for name, value in entry.detail.items():
            yield from _detail(name, value, hidden)
        return
    yield from _exchange(entry, whose, hidden)


def _detail(name: str, value: object, hidden: Hidden) -> Iterator[str]:
    """One thing that an event tells; the pages that a browser saw are told one by one."""
    if name == "pages" and isinstance(value, list):
        for page in value:
            if isinstance(page, dict):
                leads = f" -> {redacted_url(str(page['location']))}" if page.get("location") else ""
                url = redacted_url(str(page.get("url", "")))
                yield f"    page: {page.get('status')} {legible(url + leads)}"
                text = str(page.get("text", ""))
                yield from (f"    | {hidden.text(line)}" for line in text[:_LONGEST_PAGE].splitlines() if line.strip())
        return
    text = redacted_url(value) if name == "url" and isinstance(value, str) else str(value)
    if value not in ("", None, [], ()):
        yield f"    {name}: {shortened(hidden.text(text))}"


def _exchange(exchange: Exchange, whose: str, hidden: Hidden) -> Iterator[str]:
    request = redacted_request(exchange.request)
    yield f"{exchange.number}. {legible(f'{request.method} {request.target}')}  ({whose})"
    yield from _lines(request.headers, request.body)
    changed = exchange.sent != exchange.right
    yield f"  {'sent' if changed else 'answered'} {exchange.sent.status}"
    yield from _answer(exchange.sent)
    if exchange.changes:
        yield f"  changed by {'; '.join(exchange.changes)}"
    if changed:
        yield f"  so that {'; '.join(differences(exchange.right, exchange.sent, hidden))}"
        yield f"  right would be {exchange.right.status}"
        yield from _answer(exchange.right)
    if exchange.strict is not None:
        yield f"  strictly it would be {exchange.strict.status}"
        yield from _answer(exchange.strict)
    if exchange.error:
        yield f"  because {legible(f'{exchange.error}: {exchange.explanation}')}"


def _answer(answer: Answer) -> Iterator[str]:
    shown = redacted_answer(answer)
    return _lines(shown.headers, shown.body)


def _lines(headers: tuple[tuple[str, str], ...], body: bytes) -> Iterator[str]:
    for name, value in headers:
        yield f"    {legible(f'{name}: {value}')}"
    text = body[:_LONGEST_BODY].decode("utf-8", "replace")
    for line in text.splitlines():
        yield f"    | {legible(line)}"
    if len(body) > _LONGEST_BODY:
        yield f"    | ... and {len(body) - _LONGEST_BODY} bytes more"

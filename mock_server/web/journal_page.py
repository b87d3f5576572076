"""The journal: one line for each flow that opens to its exchanges, live where the browser runs scripts."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.authorization_server import AuthorizationServer
from mock_server.transcript import Entry, Exchange
from mock_server.web.access import Access
from mock_server.web.exchange_view import View, clock_time, view
from mock_server.web.forms import read_form
from mock_server.web.journal import (
    OUTCOMES,
    STRAY,
    Filter,
    Line,
    exchanges_of,
    identifier_of,
    latest,
    lines,
    newest,
    undelivered,
)
from mock_server.web.live import MOST_FLOWS, EventStream, Live
from mock_server.web.login import stale_form
from mock_server.web.rendering import html, redirect

FLOWS_PER_PAGE = 50
EXCHANGES_PER_PAGE = 50
# What a page holds ready, so that the newest flows open without a script and without another page.
_READY = 40


class Journal:
    """The journal of one authorization server."""

    def __init__(self, core: AuthorizationServer, access: Access, live: Live) -> None:
        self._core, self._access, self._live = core, access, live

    def routes(self) -> list[Route]:
        """Where the pages and their pieces are."""
        return [
            Route("/", self._page, methods=["GET"]),
            Route("/journal/lines", self._lines, methods=["GET"]),
            Route("/journal/events", self._events, methods=["GET"]),
            Route("/journal/clear", self._clear, methods=["POST"]),
            Route("/flows/{identifier:path}", self._flow, methods=["GET"]),
            Route("/exchanges/{number:int}", self._exchange, methods=["GET"]),
            Route("/exchanges/{number:int}/reveal", self._reveal, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        wanted, before = _filter(request), _number(request, "before")
        entries = tuple(self._core.transcript)
        looked_at: Iterable[Entry] = entries
        if not wanted:
            names = latest(entries, before=before, limit=FLOWS_PER_PAGE + 1)
            looked_at = (entry for entry in entries if identifier_of(entry) in names)
        found = lines(looked_at, self._core.store.apps, self._core.findings)
        shown = newest(found.values(), wanted, before=before, limit=FLOWS_PER_PAGE + 1)
        page, more = shown[:FLOWS_PER_PAGE], len(shown) > FLOWS_PER_PAGE
        return html(
            "journal.html",
            lines=page,
            ready=self._ready(entries, page),
            older=_older(request, page[-1].latest) if more else "",
            newer=bool(before),
            wanted=wanted,
            outcomes=OUTCOMES,
            apps=self._core.store.apps,
            core=self._core,
            entries=len(entries),
            last=self._live.name(self._live.last),
            clock=self._clock,
            form_token=self._access.form_token("journal"),
        )

    def _ready(self, entries: tuple[Entry, ...], page: Iterable[Line]) -> dict[str, list[View]]:
        """The exchanges of the newest flows, as far as the page has room for them."""
        room, wanted = _READY, []
        for line in page:
            room -= line.count
            if room < 0:
                break
            wanted.append(line.identifier)
        failed = undelivered(entries)
        views: dict[str, list[View]] = {identifier: [] for identifier in wanted}
        for entry in entries:
            if isinstance(entry, Exchange) and identifier_of(entry) in views:
                shown = view(self._core, entry, undelivered=failed.get(entry.number, ""))
                views[identifier_of(entry)].append(shown)
        return views

    async def _lines(self, request: Request) -> Response:
        """The lines of some flows, with the exchanges of those that are open; a piece of the page."""
        entries = tuple(self._core.transcript)
        asked = request.query_params.getlist("flow")[:MOST_FLOWS]
        opened = set(request.query_params.getlist("open")[:MOST_FLOWS])
        found = lines((e for e in entries if identifier_of(e) in set(asked)), self._core.store.apps,
                      self._core.findings)
        page = newest(found.values(), _filter(request), before=0, limit=MOST_FLOWS)
        ready = {name: self._latest_views(entries, name) for name in asked if name in opened}
        return html("lines.html", lines=page, ready=ready, clock=self._clock, form_token=self._token())

    def _latest_views(self, entries: tuple[Entry, ...], identifier: str) -> list[View]:
        failed = undelivered(entries)
        latest = exchanges_of(entries, identifier)[-EXCHANGES_PER_PAGE:]
        return [view(self._core, e, undelivered=failed.get(e.number, "")) for e in latest]

    async def _events(self, request: Request) -> Any:
        heard = request.headers.get("last-event-id") or request.query_params.get("last", "")
        return EventStream(self._live, self._core.transcript, heard)

    async def _flow(self, request: Request) -> Response:
        identifier = request.path_params["identifier"]
        entries = tuple(self._core.transcript)
        found = lines((e for e in entries if identifier_of(e) == identifier), self._core.store.apps,
                      self._core.findings)
        if identifier not in found:
            raise HTTPException(404, "The journal holds no such flow: it was cleared, or newer ones took its place.")
        failed, before = undelivered(entries), _number(request, "before")
        exchanges = [e for e in exchanges_of(entries, identifier) if not before or e.number < before]
        shown = exchanges[-EXCHANGES_PER_PAGE:]
        return html(
            "flow.html",
            line=found[identifier],
            views=[view(self._core, e, undelivered=failed.get(e.number, "")) for e in shown],
            older=f"?before={shown[0].number}" if len(exchanges) > len(shown) else "",
            newer=bool(before),
            flow=self._core.flows.get("" if identifier == STRAY else identifier),
            clock=self._clock,
            form_token=self._token(),
        )

    async def _exchange(self, request: Request) -> Response:
        return self._one(request.path_params["number"], revealed=False)

    async def _reveal(self, request: Request) -> Response:
        sent = (await read_form(request)).parameters
        number = request.path_params["number"]
        if not self._access.is_form_token(sent.get("form_token"), "journal"):
            return stale_form(f"/exchanges/{number}")
        return self._one(number, revealed=True)

    def _one(self, number: int, *, revealed: bool) -> Response:
        entries = tuple(self._core.transcript)
        exchange = next((e for e in entries if isinstance(e, Exchange) and e.number == number), None)
        if exchange is None:
            raise HTTPException(404, "The journal does not hold that exchange any more.")
        failed = undelivered(entries).get(number, "")
        shown = view(self._core, exchange, undelivered=failed, revealed=revealed)
        return html("exchange_page.html", view=shown, identifier=identifier_of(exchange), form_token=self._token())

    async def _clear(self, request: Request) -> Response:
        sent = (await read_form(request)).parameters
        if not self._access.is_form_token(sent.get("form_token"), "journal"):
            return stale_form("/")
        with self._core.store.lock:
            self._core.transcript.clear()
            self._core.findings.clear()
        self._live.cleared()
        return redirect("/")

    def _token(self) -> str:
        return self._access.form_token("journal")

    def _clock(self, at: float) -> str:
        return clock_time(self._core, at)


def _filter(request: Request) -> Filter:
    query = request.query_params
    return Filter(query.get("app", ""), query.get("outcome", ""))


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _older(request: Request, latest: int) -> str:
    kept = {k: v for k, v in request.query_params.items() if k in ("app", "outcome") and v}
    return "?" + urlencode(kept | {"before": str(latest)})

"""The live view's stream: what it tells, and that it takes up again where it was cut."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from mock_server.serving import serve
from mock_server.web import live
from tests.mock_server.web.pages.visitor import form_to


@dataclass
class Event:
    name: str
    identifier: str
    data: dict[str, object]


class Stream:
    """A browser's EventSource, event by event; waits as long as the test's time limit lets it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def next(self) -> Event:
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if line.startswith(":"):
                continue
            if line:
                fields[name] = value
            elif fields:
                return Event(fields["event"], fields.get("id", ""), json.loads(fields["data"]))
        raise AssertionError("the stream has ended")


@contextmanager
def streaming(visitor, last: str = "", **headers: str) -> Iterator[Stream]:
    query = {"last": last} if last else {}
    with visitor.http.stream("GET", "/journal/events", params=query, headers=headers, timeout=20) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = Stream(response)
        yield stream


def test_each_flow_is_told_as_it_moves(visitor, arrive):
    with streaming(visitor) as stream:
        assert stream.next().name == "hello"
        arrive().authorize()
        event = stream.next()
        assert (event.name, event.data) == ("flows", {"flows": ["flow-1"]})
        arrive().redeem("nobody-knows-it")
        assert stream.next().data == {"flows": ["stray"]}


def test_what_happened_while_the_line_was_down_is_told_on_return(visitor, arrive):
    with streaming(visitor) as stream:
        last = stream.next().identifier
    arrive().authorize()
    arrive().authorize()
    for how in ({"last": last}, {"last_event_id": last}):
        headers = {"last-event-id": how["last_event_id"]} if "last_event_id" in how else {}
        with streaming(visitor, how.get("last", ""), **headers) as stream:
            assert stream.next().name == "hello"
            assert stream.next().data == {"flows": ["flow-1", "flow-2"]}


def test_a_page_of_an_earlier_process_is_told_to_load_again(visitor, arrive):
    with serve() as earlier:
        old = type(visitor)(earlier, visitor.http._transport)
        with streaming(old) as stream:
            last = stream.next().identifier
    arrive().authorize()
    with streaming(visitor, last) as stream:
        assert stream.next().name == "reset"
        assert stream.next().name == "hello"


@pytest.mark.parametrize("last", ["nonsense", "0-0", "-", "x" * 500])
def test_nonsense_is_taken_for_an_earlier_process(visitor, last):
    with streaming(visitor, last) as stream:
        assert [stream.next().name, stream.next().name] == ["reset", "hello"]


def test_clearing_is_told_to_everybody(visitor, arrive):
    other = arrive()
    other.authorize()
    with streaming(visitor) as stream:
        stream.next()
        other.send(form_to(other.get("/").text, "/journal/clear"))
        assert stream.next().name == "reset"


def test_a_burst_is_told_as_a_number(visitor, server, monkeypatch):
    monkeypatch.setattr(live, "MOST_FLOWS", 2)
    with streaming(visitor) as stream:
        stream.next()
        with server.core.store.lock:
            for flow in ("a", "b", "c"):
                server.transcript.record(flow, "step")
        assert stream.next().data == {"many": 3}


def test_nobody_listens_when_nobody_watches(visitor, server, arrive):
    """Requests cost nothing for pages that nobody has open."""
    arrive().get("/")
    assert not server.transcript._listeners
    with streaming(visitor) as stream:
        stream.next()
        assert len(server.transcript._listeners) == 1
    pause, until = threading.Event(), time.monotonic() + 15
    while server.transcript._listeners and time.monotonic() < until:
        pause.wait(0.02)
    assert not server.transcript._listeners


def test_two_watch_at_once(visitor, arrive):
    other = arrive()
    with streaming(visitor) as one, streaming(other) as two:
        assert [one.next().name, two.next().name] == ["hello", "hello"]
        arrive().authorize()
        assert [one.next().data, two.next().data] == [{"flows": ["flow-1"]}] * 2


def test_server_stops_while_somebody_watches(visitor, server):
    with streaming(visitor) as stream:
        stream.next()
        server.stop()
        with pytest.raises((httpx.TransportError, AssertionError)):
            stream.next()

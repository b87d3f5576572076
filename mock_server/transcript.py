"""What happened, as values: each request with the answer that would have been right and the one that was sent.

The transcript is the only evidence that verdicts rest on. It is bounded: a server that runs for days forgets its oldest
exchanges first.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count
from typing import Literal

import msgspec

from mock_server.protocol.vocabulary import Endpoint

Headers = tuple[tuple[str, str], ...]

# How an exchange came to its flow; see `attribution`.
AttributedBy = Literal["header", "value", "open_step", "new", "stray"]


# The same headers are asked for again and again, as a client sends them.
@lru_cache(maxsize=256)
def _first(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


# `gc=False`, here and below: nothing in these can lead back to them, and there are thousands.
class ReceivedRequest(msgspec.Struct, frozen=True, gc=False):
    """A request as it was received: header names and values and the target as Latin-1, the body as bytes."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    # Scheme, host and port of the listener that it reached: a second origin has one of its own.
    origin: str = ""

    @property
    def path(self) -> str:
        """The target up to its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target behind the first question mark."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """The first value of a header, or nothing; `name` in lower case."""
        return _first(self.headers, name)

    def all_headers(self, name: str) -> tuple[str, ...]:
        """Every value of a header; `name` in lower case."""
        return tuple(value for key, value in self.headers if key.lower() == name)


class Answer(msgspec.Struct, frozen=True, gc=False):
    """An encoded answer, before anybody sends it."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first value of a header, or nothing; `name` in lower case."""
        return _first(self.headers, name)


class Exchange(msgspec.Struct, frozen=True, gc=False, tag="exchange"):
    """One request and its answer. `right` is what would have been right, `sent` what was sent."""

    number: int
    # Seconds since the transcript began.
    at: float
    # Empty for a stray: a request that no flow can be named for.
    flow: str
    attributed_by: AttributedBy
    endpoint: Endpoint
    request: ReceivedRequest
    right: Answer
    sent: Answer
    # Names of what was changed for this answer, in the words of `changes`; empty where it was right.
    changes: tuple[str, ...] = ()
    # The OAuth error of the right answer, and what was wrong with the request, in a sentence.
    error: str = ""
    explanation: str = ""
    # What the strict answer would have been, where a leniency let the request through.
    strict: Answer | None = None


class Event(msgspec.Struct, frozen=True, tag="event"):
    """Something that is no exchange: a step that was opened or settled, an outcome, a broken connection."""

    number: int
    at: float
    flow: str
    kind: str
    detail: dict[str, object] = {}


Entry = Exchange | Event
Listener = Callable[[Entry], None]


class Transcript:
    """A bounded list of entries in the order in which they began; listeners hear of each as it is added."""

    def __init__(self, clock: Callable[[], float], capacity: int = 10_000) -> None:
        self._clock = clock
        self._began = clock()
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._numbers = count(1)
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each new entry, on the server's thread; returns what stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def next_number(self) -> int:
        """The number of the entry that is about to be added."""
        return next(self._numbers)

    def elapsed(self) -> float:
        """Seconds since the transcript began."""
        return self._clock() - self._began

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        self._entries.append(entry)
        if self._listeners:
            for listener in tuple(self._listeners):
                listener(entry)

    def record(self, flow: str, kind: str, /, **detail: object) -> Event:
        """Add an event."""
        event = Event(self.next_number(), self.elapsed(), flow, kind, detail)
        self.add(event)
        return event

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges among the entries."""
        return tuple(entry for entry in tuple(self._entries) if isinstance(entry, Exchange))

    def of_flow(self, flow: str) -> tuple[Entry, ...]:
        """The entries of one flow."""
        return tuple(entry for entry in tuple(self._entries) if entry.flow == flow)

    def clear(self) -> None:
        """Forget every entry; numbers go on."""
        self._entries.clear()

"""One HTTP connection: uvicorn's protocol with the bounds that it lacks, and with its transport in the scope.

A request line with its headers may have 96 KiB (431 beyond), and has to be whole within a time-out (408 beyond), so
that no client, however slow or large, holds the server. Go's server, which the recorded engine runs on, allows 1 MiB
and any time; no client that can be judged comes near either.

A request that is plain, and has come whole and alone, is answered at once, in one write. Every other takes uvicorn's
way, with a task and the ASGI application of its own: that costs more than most decisions. Both give the same bytes.
Where the header section of a plain request is known from an earlier one, it is not even parsed (`header_sections`).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from mock_server.answering import Outcome
from mock_server.header_sections import HeaderSections
from mock_server.transcript import ReceivedRequest
from mock_server.web.application import Application
from mock_server.web.endpoints import MAXIMUM_BODY, Decide, Head, read_head
from mock_server.web.sending import TRANSPORT, Receive, Scope, Send, written

# An access token of 64 KiB has room in it, for there is a scenario with one.
MAXIMUM_HEAD = 96 * 1024
REQUEST_TIMEOUT = 20.0

_LOGGER = logging.getLogger("mock_server.connection")
# What a client does wrong is in the journal; only a bug of ours is worth a line on the console.
_LOGGER.setLevel(logging.ERROR)

_AsgiCallable = Callable[[Scope, Receive, Send], Awaitable[None]]


class Connections(ServerState):
    """What the connections of a server share: who they are, the date of their answers, what is known of requests."""

    date_line = b""

    def __init__(self) -> None:
        super().__init__()
        self.header_sections = {"http": HeaderSections(), "https": HeaderSections()}

    def set_date(self, now: float) -> None:
        """Say what time it is; seconds since 1970."""
        date = formatdate(now, usegmt=True).encode()
        self.default_headers = [(b"date", date)]
        self.date_line = b"date: %s\r\n" % date


class Connection(HttpToolsProtocol):
    """An HTTP/1.1 connection with bounds; `request_timeout` is in seconds.

    Where `application` is given, plain requests are answered at once by what it decides.
    """

    request_timeout = REQUEST_TIMEOUT
    server_state: Connections

    def __init__(self, *arguments: Any, application: Application | None = None, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._application = application
        self._decides: Mapping[tuple[str, str], Decide] = {} if application is None else application.decides
        self.logger = _LOGGER
        self.access_log = False
        # How far the request is that is being read, and how much of its head has come.
        self._in_head = False
        self._is_whole = True
        self._head_size = 0
        # The size of this read, and of the one in which the request began, perhaps behind another.
        self._read = self._first_read = 0
        self._deadline: asyncio.TimerHandle | None = None
        # What decides the request that is being read, where it may be answered at once.
        self._decide: Decide | None = None
        self._method = self._target = ""
        self._head = Head((), "", frozenset())
        self._body = b""
        # What was read with the request, where nothing of it had come before.
        self._alone = b""
        # When the last request was answered at once, and what looks whether another has come since.
        self._answered_at = 0.0
        self._watch: asyncio.TimerHandle | None = None
        # Requests before the newest that are not answered yet; uvicorn tells only the newest that the client left.
        self._unanswered: list[RequestResponseCycle] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock of the first request."""
        super().connection_made(transport)
        self._sections = self.server_state.header_sections[self.scheme or "http"]
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop_clock()
        if self._watch is not None:
            self._watch.cancel()
        for cycle in self._unanswered:
            cycle.disconnected = not cycle.response_complete
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless the connection is already given up; what is not whole by then is timed and counted."""
        if self.transport.is_closing():
            return
        # The parser has nothing half read, and uvicorn nothing to do, where it has never had any.
        is_next = self._is_whole and self.cycle is None
        request = self._sections.request(data) if is_next and len(data) <= MAXIMUM_HEAD else None
        decide = None if request is None else self._decides_at_once(request.method, request.target)
        outcome = None
        if request is not None and decide is not None:
            self._stop_clock()
            outcome = self._outcome(decide, request)
            if outcome is None or self._written(outcome):
                return
        self._parse(data, outcome)

    def _parse(self, data: bytes, outcome: Outcome | None) -> None:
        """Let the parser tell what was read; of a request that is decided already, only the answer is missing."""
        self._read = len(data)
        self._alone = data if self._is_whole else b""
        if self._in_head:
            self._head_size += self._read
        super().data_received(data)
        if self._decide is not None:
            self._answer(self._decide if outcome is None else lambda _: outcome)
        if not self._is_whole:
            self._wait_for_the_rest()

    def _wait_for_the_rest(self) -> None:
        if self._in_head and self._head_size > MAXIMUM_HEAD:
            self._refuse_head()
        elif self._deadline is None and not self.transport.is_closing():
            self._start_clock()

    # What the parser tells.

    def on_message_begin(self) -> None:
        """A request begins; uvicorn hears of it in `_begin_cycle`."""
        if self._decide is not None:
            # The one before has come whole, but not alone: from here on they are answered in turn.
            self._pass_on()
        self.url, self.headers = b"", []
        self._in_head, self._is_whole, self._head_size, self._first_read = True, False, 0, self._read

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header as it came."""
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Go on, unless the head was too large: now its size is known without what came behind it."""
        self._in_head = False
        if self._first_read + self._head_size > MAXIMUM_HEAD:
            self._head_size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if self._head_size > MAXIMUM_HEAD:
                raise ValueError("the request head is too large")
        self._decide = self._plainly_decided()
        if self._decide is None:
            self._begin_cycle(self.app)

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        if self._decide is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        """The request is whole: it was in time."""
        self._is_whole = True
        self._stop_clock()
        if self._decide is None and self.cycle is not None:
            super().on_message_complete()

    # Requests that are answered at once.

    def _decides_at_once(self, method: str, target: str) -> Decide | None:
        """What decides requests for a target, if they may be answered at once now; uvicorn reads some targets anew."""
        path, mark, query = target.partition("?")
        decide = self._decides.get((method, path))
        return None if "#" in query or (mark and not query) or self.flow.write_paused else decide

    def _plainly_decided(self) -> Decide | None:
        """What decides a request that is plain and the next to be answered; nothing for any other."""
        parser = self.parser
        self._body, self._method, self._target = b"", parser.get_method().decode(), self.url.decode("latin-1")
        decide = self._decides_at_once(self._method, self._target)
        before: RequestResponseCycle | None = self.cycle
        head = self._head = read_head(tuple(self.headers), self.scheme)
        is_plain = (
            (before is None or before.response_complete)
            and head.origin
            and "expect" not in head.names
            and parser.should_keep_alive()
            # Without a word of the connection, only HTTP/1.1 keeps it.
            and ("connection" not in head.names or (parser.get_http_version() == "1.1" and not parser.should_upgrade()))
        )
        return decide if is_plain else None

    def _answer(self, decide: Decide) -> None:
        """Answer the request at once, if it is whole and its answer can leave in one piece."""
        body = self._body
        if not self._is_whole or len(body) > MAXIMUM_BODY or self.transport.is_closing():
            self._pass_on()
            return
        self._decide = None
        self._sections.learn(self._alone, f"{self._method} {self._target} HTTP/1.1", self._head, body)
        headers, origin, _ = self._head
        outcome = self._outcome(decide, ReceivedRequest(self._method, self._target, headers, body, origin))
        if outcome is not None and not self._written(outcome) and self._application is not None:
            self._pass_on(until_stopped(self._application.sends(outcome)))

    def _outcome(self, decide: Decide, request: ReceivedRequest) -> Outcome | None:
        """What is decided of a request; nothing where a bug of ours has decided it, which is answered."""
        try:
            return decide(request)
        except Exception:
            self.logger.exception("Exception in the answer to a request")
            self._refuse(500, "Internal Server Error")
            return None

    def _written(self, outcome: Outcome) -> bool:
        """True where an answer could be sent in one piece, and was."""
        before = STATUS_LINE[outcome.answer.status] + self.server_state.date_line
        answer = b"" if outcome.delivery is not None else written(outcome.answer, before)
        if answer:
            self.transport.write(answer)
            self._answered_at = self.loop.time()
            if self._watch is None:
                self._watch = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)
        return bool(answer)

    def _close_if_idle(self) -> None:
        """Give the connection up where nothing has come for a while, as uvicorn does behind its own answers.

        One timer looks again and again: a new one for each answer would cost more than the answer's way to the socket.
        """
        self._watch = None
        busy = self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]
        if busy or not self._is_whole or self.timeout_keep_alive_task is not None:
            # Then there is another clock, and another answer before the next wait.
            return
        rest = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if rest <= 0:
            self.timeout_keep_alive_handler()
        else:
            self._watch = self.loop.call_later(rest, self._close_if_idle)

    # Requests that take uvicorn's way.

    def _pass_on(self, application: _AsgiCallable | None = None) -> None:
        """Let uvicorn answer a request that was taken for one to be answered at once."""
        self._decide = None
        self._begin_cycle(application or self.app)
        if self._body:
            super().on_body(self._body)
        if self._is_whole:
            super().on_message_complete()

    def _begin_cycle(self, application: Any) -> None:
        before: RequestResponseCycle | None = self.cycle
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        # Into the list that the scope has.
        for name, value in headers:
            super().on_header(name, value)
        # A delivery finds the transport here. ASGI's own type allows only descriptions; this extension is ours alone.
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]
        usual, self.app = self.app, application
        super().on_headers_complete()
        self.app = usual
        if before is None or before.response_complete:
            self._unanswered.clear()
        else:
            self._unanswered.append(before)

    # Refusals.

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read; too large a head is told apart (RFC 6585 5)."""
        if self._head_size > MAXIMUM_HEAD:
            self._refuse_head()
        else:
            self._refuse(400, msg)

    def _refuse_head(self) -> None:
        self._refuse(431, f"The request line and headers are larger than {MAXIMUM_HEAD} bytes.")

    def _too_slow(self) -> None:
        self._deadline = None
        self._refuse(408, f"The request was not whole within {self.request_timeout:g} seconds.")

    def _refuse(self, status: int, text: str) -> None:
        if self.transport.is_closing():
            return
        body = text.encode() + b"\n"
        head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()

    def _start_clock(self) -> None:
        self._deadline = self.loop.call_later(self.request_timeout, self._too_slow)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def until_stopped(application: _AsgiCallable) -> _AsgiCallable:
    """The application, ending quietly where the server stops in the midst of an answer: uvicorn would log a bug."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await application(scope, receive, send)

    return answer

"""What has just happened, told to whoever waits for it: the live journal, and the waiting read of the control API.

Nobody listens to the transcript unless somebody waits, so requests cost nothing for being watched by no one. A burst of
entries rings once: whoever waits then looks at all of them together.
"""

import asyncio
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mock_server.transcript import Entry, Transcript
from mock_server.web.journal import identifier_of
from mock_server.web.sending import MOCK_HEADER, Receive, Scope, Send

KEEP_ALIVE = 15.0
# Between two messages, in seconds: a load test is not to be redrawn two thousand times a second.
_PAUSE = 0.25
# More flows than this at once, and the page asks for its list anew.
MOST_FLOWS = 20


class Bell:
    """Rings when an entry was added; on whatever thread that is."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._rung = False

    def ring(self, _entry: Entry | None = None) -> None:
        """Wake whoever waits; once for a burst."""
        if not self._rung:
            self._rung = True
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - a wait that ends is no failure here
        """True when it rang, False when the time was up; seconds."""
        try:
            await asyncio.wait_for(self._event.wait(), max(timeout, 0))
        except TimeoutError:
            return False
        self._rung = False
        self._event.clear()
        return True


class Live:
    """The bells of one transcript."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._bells: set[Bell] = set()
        # Numbers begin anew with each process: a page of an earlier one has to notice.
        self._epoch = secrets.token_hex(4)

    @contextmanager
    def bell(self) -> Iterator[Bell]:
        """A bell that rings for each new entry."""
        bell = Bell()
        self._bells.add(bell)
        stop = self._transcript.listen(bell.ring)
        try:
            yield bell
        finally:
            stop()
            self._bells.discard(bell)

    def cleared(self) -> None:
        """Tell everybody that the journal is empty."""
        for bell in tuple(self._bells):
            bell.ring()

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 where there is none."""
        return max((entry.number for entry in self._transcript), default=0)

    def name(self, number: int) -> str:
        """The name of an event, by which a browser says how far it came."""
        return f"{self._epoch}-{number}"

    def heard(self, name: str) -> int | None:
        """The number in an event's name; nothing where it is of another process."""
        epoch, _, number = name.rpartition("-")
        return int(number) if epoch == self._epoch and number.isdigit() else None


class EventStream:
    """Server-sent events: which flows have moved, since the one that the browser heard of last."""

    def __init__(self, live: Live, transcript: Transcript, heard: str) -> None:
        self._live, self._transcript, self._heard = live, transcript, heard

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the browser goes away."""
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            MOCK_HEADER,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        telling = asyncio.ensure_future(self._tell(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (telling, leaving):
                task.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)

    async def _tell(self, send: Send) -> None:
        with self._live.bell() as bell:
            last = self._live.heard(self._heard)
            if self._heard and last is None:
                await _send(send, "event: reset\ndata: {}\n\n")
            last = self._live.last if last is None else last
            await _send(send, f"retry: 1000\nid: {self._live.name(last)}\nevent: hello\ndata: {{}}\n\n")
            held = len(self._transcript)
            while True:
                text, last, held = self._message(last, held)
                if text:
                    await _send(send, text)
                    await asyncio.sleep(_PAUSE)
                if not await bell.wait(KEEP_ALIVE):
                    await _send(send, ": still here\n\n")

    def _message(self, last: int, held: int) -> tuple[str, int, int]:
        entries = tuple(self._transcript)
        text = "event: reset\ndata: {}\n\n" if len(entries) < held else ""
        new = [entry for entry in entries if entry.number > last]
        if new:
            last = max(entry.number for entry in new)
            flows = list(dict.fromkeys(identifier_of(entry) for entry in new))
            data: dict[str, Any] = {"flows": flows} if len(flows) <= MOST_FLOWS else {"many": len(flows)}
            text += f"id: {self._live.name(last)}\nevent: flows\ndata: {json.dumps(data)}\n\n"
        return text, last, len(entries)


async def _send(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

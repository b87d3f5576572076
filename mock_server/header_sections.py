"""Header sections that were read before, known by their bytes.

A client sends the same header section again and again. What the parser has made of one, it would make of it again:
a request that has come whole and alone, with a section that is known, needs no parser.
"""

from typing import NamedTuple

from mock_server.transcript import ReceivedRequest
from mock_server.web.endpoints import Head

_END = b"\r\n\r\n"
# Beyond these the oldest is forgotten; a longer one is not remembered.
MOST = 256
LONGEST = 4096
# What may stand in a target for certain: visible, and no fragment. The parser takes some of the rest, too.
_IN_A_TARGET = bytes(range(0x21, 0x7F)).replace(b"#", b"")


class _Known(NamedTuple):
    head: Head
    # Of the body.
    length: int


class HeaderSections:
    """What is known of the clients of one server, by one scheme."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Known] = {}

    def request(self, read: bytes) -> ReceivedRequest | None:
        """The request that the bytes of one read are, if it is a plain one with a known section; else nothing."""
        head, end, body = read.partition(_END)
        line, _, section = head.partition(b"\r\n")
        known = self._known.get(section)
        if known is None or not end or len(body) != known.length:
            return None
        method, _, rest = line.partition(b" ")
        target, _, version = rest.partition(b" ")
        if version != b"HTTP/1.1" or target.translate(None, _IN_A_TARGET):
            return None
        headers, origin, _ = known.head
        return ReceivedRequest(method.decode("latin-1"), target.decode("latin-1"), headers, body, origin)

    def learn(self, read: bytes, line: str, head: Head, body: bytes) -> None:
        """Note what the parser has made of a plain request, where the bytes of one read were that and nothing else."""
        before, _, rest = read.partition(_END)
        began, _, section = before.partition(b"\r\n")
        if began.decode("latin-1") != line or rest != body:
            # Begun in an earlier read, or behind something else; or the body is not as it came.
            return
        if len(section) > LONGEST or "transfer-encoding" in head.names:
            return
        if len(self._known) >= MOST and section not in self._known:
            del self._known[next(iter(self._known))]
        self._known[section] = _Known(head, len(body))

    def __len__(self) -> int:
        return len(self._known)

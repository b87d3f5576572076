"""HTTP/1.1 down to the byte: one request on a connection of its own, sent and read as it stands.

A client library would sort, fold or normalise what these tests are about. Text is UTF-8 with
`surrogateescape`, so equal text means equal bytes.
"""

import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

TIMEOUT_SECONDS = 10.0
"""Far above any answer's time: it only keeps a server that never answers from hanging the tests."""

Headers = tuple[tuple[str, str], ...]


class AnswerError(Exception):
    """What came back is no complete HTTP answer."""


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came: headers in their order and spelling, the body without its framing."""

    status: int
    headers: Headers
    body: str


def exchange(
    address: tuple[str, int],
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]] = (),
    body: str | None = None,
) -> Received:
    """Send one request and read its answer; `AnswerError` if none comes or it is cut short."""
    message = _encode(address, method, target, headers, body)
    try:
        with socket.create_connection(address, timeout=TIMEOUT_SECONDS) as connection:
            # A server may answer and close before it has read everything; its answer counts.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(message)
            with connection.makefile("rb") as stream:
                return _read(stream, method)
    except OSError as trouble:
        raise AnswerError(f"no answer: {type(trouble).__name__}: {trouble}") from trouble


def _encode(
    address: tuple[str, int], method: str, target: str, headers: Sequence[tuple[str, str]], body: str | None
) -> bytes:
    content = b"" if body is None else _bytes(body)
    lines = [f"{method} {target} HTTP/1.1", f"Host: {address[0]}:{address[1]}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(content)}")
    return _bytes("\r\n".join(lines) + "\r\n\r\n") + content


def _read(stream: BinaryIO, method: str) -> Received:
    status = _status(_line(stream))
    headers = tuple(_header_fields(stream))
    body = b"" if method == "HEAD" or status in (204, 304) else _body(stream, headers)
    return Received(status, headers, _text(body))


def _status(line: str) -> int:
    version, _, rest = line.partition(" ")
    code = rest.partition(" ")[0]
    if version != "HTTP/1.1" or not (len(code) == 3 and code.isdecimal()):
        raise AnswerError(f"not a status line: {line!r}")
    return int(code)


def _header_fields(stream: BinaryIO) -> list[tuple[str, str]]:
    fields = []
    while line := _line(stream):
        name, colon, value = line.partition(":")
        if not colon or name != name.strip() or not name:
            raise AnswerError(f"not a header field: {line!r}")
        fields.append((name, value.strip(" \t")))
    return fields


def _body(stream: BinaryIO, headers: Headers) -> bytes:
    fields = {name.lower(): value for name, value in headers}
    if fields.get("transfer-encoding", "").lower() == "chunked":
        return _chunks(stream)
    if "content-length" in fields:
        return _exactly(stream, int(fields["content-length"]))
    return stream.read()


def _chunks(stream: BinaryIO) -> bytes:
    content = b""
    while size := int(_line(stream).partition(";")[0], 16):
        content += _exactly(stream, size)
        _line(stream)
    while _line(stream):
        pass
    return content


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)
    if len(content) != size:
        raise AnswerError(f"the connection ended after {len(content)} of {size} bytes")
    return content


def _line(stream: BinaryIO) -> str:
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise AnswerError(f"the connection ended within the head: {line!r}")
    return _text(line[:-2])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")

"""ASGI by hand: the messages that an application receives and sends, without a socket and without a client library."""

from typing import Any


async def call(
    app: Any,
    method: str,
    target: str,
    body: bytes = b"",
    headers: tuple[tuple[str, str], ...] = (),
    *,
    parts: tuple[bytes, ...] = (),
) -> tuple[int, list[tuple[str, str]], bytes, list[bytes]]:
    """Status, headers, body, and the pieces in which the body came; `parts` is a request body in pieces."""
    path, _, query = target.partition("?")
    pieces = list(parts or (body,))
    incoming = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in (("host", "127.0.0.1:4444"), *headers)],
        "scheme": "http",
        "server": ("127.0.0.1", 4444),
    }
    await app(scope, receive, send)
    if not sent:
        return 0, [], b"", []
    told = [(name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
    chunks = [message["body"] for message in sent[1:]]
    return sent[0]["status"], told, b"".join(chunks), chunks

"""The measure of what is possible: a bare ASGI app that gives the mock's two answers from memory, as long to the byte.

It neither reads the body nor looks at a parameter; only `state` is copied, for the load checks it. On plain uvicorn
with uvloop and httptools, as the mock is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

_CODE = "c" * 43 + "." + "c" * 43
_TOKEN = "t" * 43 + "." + "t" * 43
_LOCATION = f"http://127.0.0.1:5050/callback?code={_CODE}&scope=account.read+offline&state=".encode()
_BODY = (
    f'{{"access_token":"{_TOKEN}","expires_in":3600,"refresh_token":"{_TOKEN}",'
    '"scope":"account.read offline","token_type":"bearer"}'
).encode()
_NO_STORE = [(b"cache-control", b"no-store"), (b"pragma", b"no-cache")]
_MOCK = (b"oauthspec-mock", b"not a real authorization server")
_TOKEN_HEADERS = [
    *_NO_STORE,
    (b"content-type", b"application/json;charset=UTF-8"),
    (b"content-length", str(len(_BODY)).encode()),
    _MOCK,
]

_Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], _receive: object, send: _Send) -> None:
    """Answer by path alone."""
    if scope["path"] == "/oauth2/auth":
        state = scope["query_string"].rpartition(b"state=")[2]
        headers = [(b"location", _LOCATION + state), *_NO_STORE, (b"content-length", b"0"), _MOCK]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": _TOKEN_HEADERS})
        await send({"type": "http.response.body", "body": _BODY})


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=0, loop="uvloop", http="httptools", lifespan="off", ws="none", access_log=False
    )

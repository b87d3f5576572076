"""The control API as an ASGI application: it reads, checks, asks an operation, and writes."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mock_server.authorization_server import AuthorizationServer
from mock_server.web.access import Access
from mock_server.web.control.call import Call, Operation
from mock_server.web.control.openapi import document
from mock_server.web.control.problems import Problem
from mock_server.web.control.table import OPERATIONS
from mock_server.web.forms import body_of
from mock_server.web.live import Live
from mock_server.web.rendering import headers
from mock_server.web.sending import Receive, Scope, Send

PREFIX = "/_oauthspec/"


@dataclass(frozen=True, slots=True)
class _Path:
    pattern: re.Pattern[str]
    operations: dict[str, Operation]


def _paths() -> tuple[_Path, ...]:
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    # Names may hold slashes; the longest fixed ending is tried first.
    patterns = {path: re.compile(re.sub(r"{(\w+)}", r"(?P<\1>.+?)", path)) for path in by_path}
    return tuple(_Path(patterns[path], by_path[path]) for path in sorted(by_path, key=len, reverse=True))


class Control:
    """The control API of one authorization server."""

    def __init__(self, core: AuthorizationServer, access: Access, live: Live) -> None:
        self._core, self._access, self._live = core, access, live
        self._paths = _paths()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except Problem as problem:
            answer = problem.response()
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = "/" + request.scope["path"].removeprefix(PREFIX)
        if path == "/openapi.json" and request.method in ("GET", "HEAD"):
            return _json(200, document(PREFIX))
        operation, values = self._operation(path, request.method)
        call = Call(
            self._core, self._live, values, _query(request, operation), await _body(request, operation)
        )
        result = await operation.answer(call)
        return Response(b"", 204, headers()) if operation.result is None else _json(operation.status, result)

    def _operation(self, path: str, method: str) -> tuple[Operation, dict[str, str]]:
        method = "GET" if method == "HEAD" else method
        for each in self._paths:
            if match := each.pattern.fullmatch(path):
                if method not in each.operations:
                    allow = ", ".join(each.operations)
                    raise Problem("other_method", f"{path} has {allow}.", {"allow": allow})
                return each.operations[method], match.groupdict()
        raise Problem("unknown_path", f"There is no {path!r}; {PREFIX}openapi.json says what there is.")


def _query(request: Request, operation: Operation) -> Any:
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    if operation.query is None:
        if pairs:
            raise Problem("bad_query", f"{operation.method} {operation.path} takes no query.")
        return None
    if len(dict(pairs)) < len(pairs):
        raise Problem("bad_query", "A parameter is given more than once.")
    try:
        return msgspec.convert(dict(pairs), operation.query, strict=False)
    except msgspec.ValidationError as error:
        raise Problem("bad_query", str(error)) from None


async def _body(request: Request, operation: Operation) -> Any:
    if operation.body is None:
        return None
    # A form of any website can send text/plain; only scripts that a browser asks us about can send JSON.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem("media_type", "Send Content-Type: application/json.")
    try:
        sent = await body_of(request)
    except HTTPException as error:
        raise Problem("body_too_large" if error.status_code == 413 else "bad_json", str(error.detail)) from None
    try:
        return msgspec.json.decode(sent, type=operation.body)
    except msgspec.ValidationError as error:
        raise Problem("bad_body", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("bad_json", str(error)) from None


def _json(status: int, value: Any) -> Response:
    return Response(msgspec.json.encode(value), status, headers(), "application/json")

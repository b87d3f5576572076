"""The control API as a program uses it."""

from __future__ import annotations

import httpx
import msgspec

from mock_server.web.control.problems import CODES
from tests.mock_server.web.pages.visitor import Visitor

API = "/_oauthspec"


class Remote:
    """The control API as a program uses it."""

    def __init__(self, visitor: Visitor) -> None:
        self.http = visitor.http

    def call(self, method: str, path: str, body: object = None, **query: object) -> httpx.Response:
        headers = {} if body is None else {"content-type": "application/json"}
        content = None if body is None else msgspec.json.encode(body)
        return self.http.request(method, API + path, params=query or None, content=content, headers=headers)  # type: ignore[arg-type]

    def did(self, method: str, path: str, body: object = None, **query: object):
        answer = self.call(method, path, body, **query)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def problem(self, method: str, path: str, body: object = None, **query: object) -> str:
        answer = self.call(method, path, body, **query)
        return checked_problem(answer)


def checked_problem(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code == CODES[told["code"]][0]
    assert (told["type"], told["title"]) == (f"urn:oauthspec:problem:{told['code']}", CODES[told["code"]][1])
    code: str = told["code"]
    return code

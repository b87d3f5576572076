"""The control API's errors, each with its code, and its OpenAPI document."""

from __future__ import annotations

import msgspec
import pytest
from openapi_spec_validator import validate

from mock_server.serving import RunningServer, authorization_server
from mock_server.web.control.openapi import document, problems_of
from mock_server.web.control.problems import CODES
from mock_server.web.control.table import OPERATIONS
from tests.mock_server.web.pages.remote import API, checked_problem
from tests.mock_server.web.pages.visitor import Visitor


@pytest.mark.parametrize(
    ("method", "path", "query", "code"),
    [
        ("GET", "/nothing", {}, "unknown_path"),
        ("GET", "/", {}, "unknown_path"),
        ("DELETE", "/health", {}, "other_method"),
        ("GET", "/health", {"x": "1"}, "bad_query"),
        ("GET", "/journal", {"wait": "61"}, "bad_query"),
        ("GET", "/journal", {"limit": "0"}, "bad_query"),
        ("GET", "/journal", {"after": "x"}, "bad_query"),
        ("GET", "/journal", {"outcome": "splendid"}, "bad_query"),
        ("GET", "/journal", {"surprise": "1"}, "bad_query"),
        ("GET", "/journal", {"after": ["1", "2"]}, "bad_query"),
        ("GET", "/flows/none", {}, "unknown_flow"),
        ("DELETE", "/apps/none", {}, "unknown_app"),
    ],
)
def test_problems(remote, method, path, query, code):
    assert remote.problem(method, path, **query) == code


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (b"{", "application/json", "bad_json"),
        (b"\xff", "application/json", "bad_json"),
        (b"", "application/json", "bad_json"),
        (b"[" * 100_000, "application/json", "bad_body"),
        (b"[]", "application/json", "bad_body"),
        (b'{"name": ""}', "application/json", "bad_body"),
        (b'{"name": "x", "surprise": 1}', "application/json", "bad_body"),
        (b'{"name": "x"}', "text/plain", "media_type"),
        (b'{"name": "x"}', "", "media_type"),
        (b'"' + b"x" * (1 << 21) + b'"', "application/json", "body_too_large"),
    ],
)
def test_bodies_that_cannot_be(visitor, content, media_type, code):
    answer = visitor.http.post(f"{API}/apps", content=content, headers={"content-type": media_type})
    assert checked_problem(answer) == code


FOREIGN = [{"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "same-site"}]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/health", "/reset", "/journal"])
def test_pages_of_other_origins_may_not(visitor, headers, path):
    method = "POST" if path == "/reset" else "GET"
    answer = visitor.http.request(method, API + path, headers=headers)
    assert checked_problem(answer) == "foreign_origin"
    assert "access-control-allow-origin" not in answer.headers


def test_a_preflight_allows_nothing(visitor):
    asked = {"origin": "http://evil.example", "access-control-request-method": "PUT"}
    answer = visitor.http.options(f"{API}/provider", headers=asked)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_other_hosts_and_no_token(visitor):
    assert checked_problem(visitor.get(f"{API}/health", headers={"host": "evil.example"})) == "foreign_host"
    with RunningServer(authorization_server(), control_token="a-token-of-this-test") as server:
        exposed = Visitor(server, visitor.http._transport)
        assert checked_problem(exposed.get(f"{API}/health")) == "no_control_token"
        right = {"authorization": "bearer a-token-of-this-test"}
        assert exposed.get(f"{API}/health", headers=right).status_code == 200


# OpenAPI.


def test_openapi_document_is_valid_and_served(remote):
    told = remote.did("GET", "/openapi.json")
    validate(told)
    assert told == msgspec.json.decode(msgspec.json.encode(document("/_oauthspec/")))


def test_openapi_document_holds_every_operation_with_its_problems():
    told = document("/_oauthspec/")
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    for operation in OPERATIONS:
        shown = told["paths"][operation.path][operation.method.lower()]
        assert operation.summary.endswith(".")
        statuses = {str(CODES[code][0]) for code in problems_of(operation)} | {str(operation.status)}
        assert statuses == set(shown["responses"])
    used = {code for operation in OPERATIONS for code in problems_of(operation)}
    assert set(CODES) - used == {"unknown_path", "other_method"}


def test_every_operation_answers_as_its_schema_says(remote, visitor):
    """The answers of a short life, read back as the types that the document is made from."""
    visitor.redeem(visitor.decide()["code"])
    values = {"client_id": remote.did("GET", "/apps")["apps"][0]["client_id"], "identifier": "flow-1", "number": "1"}
    for operation in OPERATIONS:
        if operation.method == "GET":
            answer = remote.did("GET", operation.path.format(**values))
            assert operation.result is not None
            msgspec.convert(answer, operation.result)

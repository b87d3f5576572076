"""The OpenAPI 3.1 document of the control API, made from its table of operations and their types."""

import re
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from mock_server.web.control.call import Operation
from mock_server.web.control.problems import CODES, ProblemDocument
from mock_server.web.control.table import OPERATIONS

# What any operation may answer: they are refused before the operation is looked for.
_ALWAYS = ("no_control_token", "foreign_origin", "foreign_host")
_WITH_BODY = ("bad_json", "bad_body", "media_type", "body_too_large")


@cache
def document(prefix: str) -> dict[str, Any]:
    """The document; `prefix` is where the API is."""
    kinds = {kind for o in OPERATIONS for kind in (o.body, o.result) if kind is not None} | {ProblemDocument}
    _, schemas = msgspec.json.schema_components(
        sorted(kinds, key=lambda kind: kind.__name__), ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "oauthspec control API",
            "version": version("oauthspec"),
            "summary": "Tells a mock of an authorization server what to do, and reads what happened.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": prefix.rstrip("/")}],
        # Without a token on the loopback interface, with one where others can reach the server.
        "security": [{}, {"controlToken": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"controlToken": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {str(operation.status): _answer(operation)} | _problems(operation),
    }
    if parameters := [*_path_parameters(operation.path), *_query_parameters(operation.query)]:
        made["parameters"] = parameters
    if operation.body is not None:
        content = {"application/json": {"schema": _reference(operation.body)}}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _answer(operation: Operation) -> dict[str, Any]:
    if operation.result is None:
        return {"description": "Done."}
    content = {"application/json": {"schema": _reference(operation.result)}}
    return {"description": (operation.result.__doc__ or "").strip(), "content": content}


def problems_of(operation: Operation) -> tuple[str, ...]:
    """Every code that an operation may answer with."""
    with_query = ("bad_query",) if operation.query is not None else ()
    with_body = _WITH_BODY if operation.body is not None else ()
    return (*_ALWAYS, *with_query, *with_body, *operation.problems)


def _problems(operation: Operation) -> dict[str, Any]:
    by_status: dict[str, list[str]] = {}
    for code in problems_of(operation):
        by_status.setdefault(str(CODES[code][0]), []).append(code)
    content = {"application/problem+json": {"schema": _reference(ProblemDocument)}}
    return {
        status: {
            "description": "; ".join(f"`{code}`: {CODES[code][1]}" for code in codes),
            "content": content,
        }
        for status, codes in sorted(by_status.items())
    }


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(query: Any) -> list[dict[str, Any]]:
    if query is None:
        return []
    _, schemas = msgspec.json.schema_components([query])
    properties: dict[str, Any] = schemas[query.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": schema} for name, schema in properties.items()
    ]


def _reference(kind: Any) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}

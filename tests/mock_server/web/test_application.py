"""Paths and methods with the recorded router's manners, and the rim that decides nothing."""

import json

import pytest

from mock_server.changes import Changes
from mock_server.delivery import Delivery, Drip
from mock_server.protocol.provider import FRAMEIO, STRICT
from mock_server.web.application import Application
from mock_server.web.endpoints import MAXIMUM_BODY, Disconnected, read_body, received
from tests.mock_server.in_memory import BASIC, FORM, InMemory, authorization_parameters, basic, code_form, form
from tests.mock_server.web.in_memory_http import call


@pytest.fixture
def server():
    return InMemory()


@pytest.fixture
def app(server):
    return Application(server.core)


def of(headers, name):
    return [value for key, value in headers if key == name]


@pytest.mark.parametrize(
    ("path", "methods", "allow"),
    [
        ("/oauth2/auth", ("PUT", "DELETE", "HEAD", "PATCH", "TRACE"), "GET, OPTIONS, POST"),
        ("/oauth2/token", ("GET", "PUT", "HEAD"), "OPTIONS, POST"),
        ("/oauth2/revoke", ("GET", "PUT"), "OPTIONS, POST"),
        ("/v2/me", ("POST", "HEAD"), "GET, OPTIONS"),
        ("/.well-known/oauth-authorization-server", ("POST",), "GET, OPTIONS"),
    ],
)
async def test_other_methods(app, path, methods, allow):
    for method in methods:
        status, headers, body, _ = await call(app, method, path)
        assert (status, body) == (405, b"Method Not Allowed\n")
        assert of(headers, "allow") == [allow]
        assert of(headers, "content-type") == ["text/plain; charset=utf-8"]
        assert of(headers, "x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize(("path", "allow"), [("/oauth2/auth", ["GET, OPTIONS, POST"]), ("/oauth2/token", [])])
async def test_options(app, path, allow):
    status, headers, body, _ = await call(app, "OPTIONS", path)
    assert (status, body, of(headers, "allow")) == (200, b"", allow)


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ((), "https://app.example", []),
        (("https://app.example",), "https://app.example", ["https://app.example"]),
        (("https://app.example",), "https://evil.example", []),
        (("*",), "null", ["null"]),
    ],
)
async def test_preflight(origins, origin, allowed):
    app = Application(InMemory(FRAMEIO.changed({"cors_origins": origins})).core)
    headers = (("origin", origin), ("access-control-request-method", "POST"))
    status, told, _, _ = await call(app, "OPTIONS", "/oauth2/token", headers=headers)
    assert status == 200
    assert of(told, "access-control-allow-origin") == allowed
    assert of(told, "access-control-allow-methods") == (["POST"] if allowed else [])


@pytest.mark.parametrize(
    ("method", "target", "status", "location"),
    [
        ("GET", "/oauth2/auth/", 301, "/oauth2/auth"),
        ("GET", "/OAuth2/Auth?a=b&c", 301, "/oauth2/auth?a=b&c"),
        ("POST", "/oauth2/TOKEN", 307, "/oauth2/token"),
        ("POST", "/oauth2/token//?x=\xff", 307, "/oauth2/token?x=%FF"),
    ],
)
async def test_a_path_that_is_nearly_right(app, method, target, status, location):
    got, headers, body, _ = await call(app, method, target)
    assert (got, of(headers, "location")) == (status, [location])
    assert (b"<a href=" in body) is (method == "GET")


@pytest.mark.parametrize("path", ["/unknown", "/oauth2", "/oauth2/", "/oauth2/authx", "//oauth2/auth", "/v2", ""])
async def test_unknown_paths(app, path):
    status, _, body, _ = await call(app, "GET", path)
    assert status == 404
    assert body.startswith(b"Error 404 - The requested route does not exist")


async def test_unknown_resource_in_the_words_of_frameio(app):
    status, headers, body, _ = await call(app, "GET", "/v2/projects")
    assert (status, json.loads(body)["message"]) == (404, "Not Found")
    assert of(headers, "x-ratelimit-limit") == ["50"]


async def test_whole_login(app, server):
    query = form.serialize(authorization_parameters())
    status, headers, _, _ = await call(app, "GET", f"/oauth2/auth?{query}")
    assert status == 302
    code = of(headers, "location")[0].partition("code=")[2].partition("&")[0]
    sent = form.serialize(code_form(code).items()).encode()
    halves = (sent[:10], sent[10:], b"")
    status, headers, body, _ = await call(app, "POST", "/oauth2/token", headers=(FORM, basic(BASIC)), parts=halves)
    assert (status, of(headers, "content-length")) == (200, [str(len(body))])
    assert of(headers, "oauthspec-mock") == ["not a real authorization server"]
    token = json.loads(body)["access_token"]
    status, _, _, _ = await call(app, "GET", "/v2/me", headers=(("authorization", f"Bearer {token}"),))
    assert status == 200
    assert server.core.transcript.exchanges[1].request.body == sent


async def test_a_post_to_the_authorization_endpoint(app):
    body = form.serialize(authorization_parameters()).encode()
    status, headers, _, _ = await call(app, "POST", "/oauth2/auth", body, (FORM,))
    assert status == 302
    assert "code=" in of(headers, "location")[0]


async def test_metadata():
    strict = Application(InMemory(STRICT).core)
    path = "/.well-known/oauth-authorization-server"
    assert json.loads((await call(strict, "GET", path))[2])["issuer"] == "http://127.0.0.1:4444"
    assert (await call(Application(InMemory().core), "GET", path))[0] == 404


async def test_metadata_of_an_issuer_that_is_a_flow(app, server):
    flow = server.flow(Changes(variation={"metadata": True}))
    path = "/.well-known/oauth-authorization-server"
    assert json.loads((await call(app, "GET", f"{path}/{flow}"))[2])["issuer"] == f"http://127.0.0.1:4444/{flow}"
    assert (await call(app, "GET", f"{path}/nobody"))[0] == 404
    assert (await call(app, "POST", f"{path}/{flow}"))[0] == 404


@pytest.mark.parametrize("sizes", [(MAXIMUM_BODY + 1,), (MAXIMUM_BODY, 1), (1 << 16,) * 17])
async def test_large_body(app, server, sizes):
    parts = tuple(b"a" * size for size in sizes)
    status, headers, _, _ = await call(app, "POST", "/oauth2/token", parts=parts)
    assert (status, of(headers, "connection")) == (413, ["close"])


async def test_largest_body(app):
    assert (await call(app, "POST", "/oauth2/token", b"a" * MAXIMUM_BODY))[0] == 400


async def test_a_client_that_leaves_is_not_answered(app, server):
    async def receive():
        return {"type": "http.disconnect"}

    with pytest.raises(Disconnected):
        await read_body(receive)

    async def send(message):
        raise AssertionError(message)

    scope = {"type": "http", "method": "POST", "path": "/oauth2/token", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    assert len(server.core.transcript) == 0


async def test_drip_in_pieces(app, server):
    code = server.code(flow=server.flow(Changes(delivery=Delivery(Drip(100, 0)))))
    sent = form.serialize(code_form(code).items()).encode()
    _, headers, body, chunks = await call(app, "POST", "/oauth2/token", sent, (FORM, basic(BASIC)))
    assert of(headers, "content-length") == [str(len(body))]
    assert [len(chunk) for chunk in chunks[:-2]] == [100] * (len(body) // 100)
    assert chunks[-1] == b""
    assert body == server.last.right.body


async def test_lifespan_and_what_is_no_http(app):
    incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = []

    async def receive():
        return incoming.pop(0)

    async def send(message):
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    await app({"type": "websocket"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]


# Evidence: nothing decoded, nothing left out.


def scope(**changed):
    usual = {"method": "GET", "path": "/é", "headers": [], "query_string": b"", "server": ("127.0.0.1", 80)}
    return {**usual, **changed}


@pytest.mark.parametrize(
    ("changed", "target", "origin"),
    [
        ({}, "/\xc3\xa9", "http://127.0.0.1:80"),
        ({"raw_path": b"/%C3%a9", "query_string": b"a=%zz&\xff"}, "/%C3%a9?a=%zz&\xff", "http://127.0.0.1:80"),
        ({"raw_path": b"/a?b", "query_string": b"b"}, "/a?b", "http://127.0.0.1:80"),
        ({"headers": [(b"host", b"x:1"), (b"host", b"y")], "scheme": "https"}, "/\xc3\xa9", "https://x:1"),
        ({"server": None}, "/\xc3\xa9", "http://:0"),
    ],
)
def test_received(changed, target, origin):
    request = received(scope(**changed), b"\xff")
    assert (request.target, request.origin, request.body) == (target, origin, b"\xff")


def test_every_header_value_is_kept():
    request = received(scope(headers=[(b"a", b"1"), (b"a", b"\xff")]), b"")
    assert request.headers == (("a", "1"), ("a", "\xff"))

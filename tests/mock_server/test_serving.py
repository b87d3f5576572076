"""The server on sockets of its own: its life, its bounds, and what it says to those who ask politely or not."""

import contextlib
import gc
import http.client
import socket
import threading

import httpx
import pytest

from mock_server.changes import Changes
from mock_server.delivery import Delay, Delivery, Drip, HalfBody
from mock_server.listening import listen
from mock_server.protocol.provider import FRAMEIO, STRICT
from mock_server.protocol.records import App
from mock_server.protocol.resource_owner import Allow, Ask, Deny
from mock_server.serving import BASIC_APP, PKCE_APP, RunningServer, application, authorization_server, serve
from tests.mock_server.in_memory import authorization_parameters, basic, code_form, form
from tests.mock_server.over_sockets import Client, connected, raw, read_all, request

THREAD = "oauthspec mock server"


def threads():
    return [thread for thread in threading.enumerate() if thread.name == THREAD]


def test_with_serve_as_server(silent):
    before = threads()
    with serve(auto_allow=True) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert server.core.issuer == server.url
        client = Client(server)
        token = client.login()
        assert client.me(token["access_token"]) == 200
        assert (server.basic_app, server.pkce_app) == (BASIC_APP, PKCE_APP)
        assert len(server.transcript) == 3
    assert threads() == before
    with pytest.raises(ConnectionRefusedError):
        connected(server.port)


def test_its_endpoints(server):
    for url, path in (
        (server.authorization_endpoint, "/oauth2/auth"),
        (server.token_endpoint, "/oauth2/token"),
        (server.revocation_endpoint, "/oauth2/revoke"),
        (server.api_url, "/v2"),
    ):
        assert url == server.url + path


def test_two_servers_at_once(silent):
    before = threads()
    with serve(auto_allow=True) as one, serve(auto_allow=True) as two:
        code = Client(one).code()
        assert Client(two).redeem(code).status == 400
        assert Client(one).redeem(code).status == 200
        assert len(threads()) == len(before) + 2
        assert one.port != two.port
    assert threads() == before


def test_busy_port(silent):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            RunningServer(authorization_server(), port=port)
    with serve(port=port) as server:  # nothing was left open by the failure
        assert server.port == port


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none(port):
    with pytest.raises(OverflowError):
        listen("127.0.0.1", port)
    gc.collect()  # a forgotten socket would warn, and a warning is an error


def test_a_server_that_was_never_started_leaves_nothing():
    server = RunningServer(authorization_server())
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        connected(server.port)
    del server
    gc.collect()


def test_stopping_twice(silent):
    with serve() as server:
        server.stop()
        server.stop()
    server.stop()


@pytest.mark.parametrize(
    "how", [None, Delay(600), Drip(1, 600), HalfBody()], ids=["idle", "delayed", "dripping", "broken"]
)
def test_stop_cuts_connections_at_once(how, silent):
    heard, before = threading.Event(), threads()
    with serve(auto_allow=True) as server:
        client = Client(server)
        code = client.code(client.flow(Changes(delivery=how and Delivery(how))))
        server.transcript.listen(lambda _entry: heard.set())
        connection = connected(server.port)
        connection.sendall(client.raw_token_request(code))
        assert heard.wait(5)
    with connection, contextlib.suppress(ConnectionResetError):
        read_all(connection)
    assert threads() == before


def test_stop_while_requests_are_half_sent(silent):
    with serve() as server:
        connections = [connected(server.port) for _ in range(3)]
        connections[1].sendall(b"POST /oauth2/token HT")
        connections[2].sendall(b"POST /oauth2/token HTTP/1.1\r\ncontent-length: 10\r\n\r\nabc")
        assert request(server.port, "GET", "/v2/me").status == 401
    for connection in connections:
        connection.close()


def test_public_url(silent):
    with serve(public_url="https://mock.example/", auto_allow=True) as server:
        assert server.token_endpoint == "https://mock.example/oauth2/token"
        answer = request(server.port, "GET", "/oauth2/auth?client_id=nobody")
        assert answer.headers["location"].startswith("https://mock.example/oauth2/fallbacks/error?")


def test_the_other_protocol(silent):
    try:
        server = RunningServer(authorization_server(), host="::1")
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with server:
        assert server.url == f"http://[::1]:{server.port}"
        assert httpx.get(f"{server.api_url}/me", trust_env=False).status_code == 401


def test_what_it_can_be_told_while_it_runs(server):
    client = Client(server)
    server.register(App("late", BASIC_APP.redirect_uris, ("offline",), client_secret="s"))
    assert "invalid_scope" in location_of(Client(server, server.core.store.apps["late"]))
    try:
        server.provider = STRICT
        assert "code_challenge" in str(location_of(client))
        server.provider = FRAMEIO
        server.resource_owner = Deny()
        assert "access_denied" in location_of(client)
        assert server.resource_owner == Deny()
    finally:
        server.provider, server.resource_owner = FRAMEIO, Allow()
    token = client.login()
    server.advance(3600)
    assert client.me(token["access_token"]) == 401
    assert client.refresh(token["refresh_token"]).status == 200
    server.reset()
    assert "late" not in server.core.store.apps
    assert len(server.transcript) == 0


def location_of(client):
    query = form.serialize(authorization_parameters(client.app))
    return request(client.server.port, "GET", f"/oauth2/auth?{query}").headers["location"]


def test_defaults():
    assert authorization_server().resource_owner == Ask()
    assert authorization_server(auto_allow=True).resource_owner == Allow()
    assert authorization_server(auto_allow=True, resource_owner=Deny()).resource_owner == Deny()
    assert authorization_server().provider == FRAMEIO


# Bounds of a connection.


@pytest.fixture(scope="module")
def impatient():
    with RunningServer(authorization_server(auto_allow=True), request_timeout=0.05) as running:
        yield running


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"POST",
        b"POST /oauth2/token HTTP/1.1\r\nhost: x\r\n",
        b"POST /oauth2/token HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nabc",
        b"POST /oauth2/token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        b"GET /v2/me HTTP/1.1\r\nhost: x\r\n\r\nGET /v2/me HT",
    ],
    ids=["nothing", "method", "head", "body", "chunk", "second"],
)
def test_slow_requests_time_out(impatient, silent, part):
    got = raw(impatient.port, part)
    assert b"HTTP/1.1 408 " in got
    assert got.endswith(b"The request was not whole within 0.05 seconds.\n")
    assert Client(impatient).login()["token_type"] == "bearer"


def test_a_whole_request_is_in_time_however_late_its_answer(impatient, silent):
    client = Client(impatient)
    code = client.code(client.flow(Changes(delivery=Delivery(Delay(0.1)))))
    assert client.redeem(code).status == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v2/me HTTP/1.1\r\nx: " + b"a" * (1 << 17) + b"\r\n\r\n",
        b"GET /" + b"a" * (1 << 17) + b" HTTP/1.1\r\n\r\n",
        b"GET /v2/me HTTP/1.1\r\n" + b"x: y\r\n" * 20_000 + b"\r\n",
        # More than one read takes, and never an end.
        b"GET /v2/me HTTP/1.1\r\nx: " + b"a" * (1 << 19),
    ],
    ids=["value", "target", "many", "endless"],
)
def test_large_head(server, head):
    with connected(server.port) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


def test_a_long_token_is_heard(server):
    with connected(server.port) as connection:
        head = b"GET /v2/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + b"a" * (65 << 10) + b"\r\n\r\n"
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_large_body(server):
    answer = request(server.port, "POST", "/oauth2/token", b"a" * ((1 << 20) + 1))
    assert answer.status == 413
    assert request(server.port, "POST", "/oauth2/token", b"a" * (1 << 20)).status == 400


def test_large_body_in_chunks(server):
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    with connected(server.port) as connection:
        connection.sendall(b"POST /oauth2/token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + chunk * 17)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_keep_alive_and_the_header_that_says_mock(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    for _ in range(3):
        connection.request("GET", "/v2/me")
        answer = connection.getresponse()
        answer.read()
        assert answer.getheader("oauthspec-mock") == "not a real authorization server"
        assert answer.getheader("date")
    connection.close()


# In memory.


async def test_asgi_application_in_memory():
    app = application(auto_allow=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:4444") as web:
        answer = await web.get("/oauth2/auth", params=authorization_parameters(BASIC_APP))
        code = httpx.URL(answer.headers["location"]).params["code"]
        answer = await web.post("/oauth2/token", data=code_form(code, BASIC_APP), headers=[basic(BASIC_APP)])
        token = answer.json()["access_token"]
        answer = await web.get("/v2/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200
    assert [exchange.request.origin for exchange in app.server.transcript.exchanges] == ["http://127.0.0.1:4444"] * 3

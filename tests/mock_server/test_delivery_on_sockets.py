"""How answers travel over real sockets: late, in drops, cut short, turned away, or sent elsewhere.

Whatever happens on the way, no error line appears on the log (`silent`), and the server still logs in afterwards.
"""

import http.client
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from mock_server.changes import Changes
from mock_server.delivery import Delay, Delivery, Drip, HalfBody, Interim, Pad, Redirect, Reset, TurnAway, WrongLength
from mock_server.deviations import token_response
from mock_server.serving import BASIC_APP, application
from mock_server.transcript import Event
from mock_server.web.sending import DeliveryImpossible
from tests.mock_server.in_memory import authorization_parameters, basic, code_form
from tests.mock_server.over_sockets import PATIENCE, connected, cut, request


@pytest.fixture(autouse=True)
def _still_logs_in(client):
    yield
    assert client.me(client.login()["access_token"]) == 200


def under(client, how, **limits):
    """A code of a flow whose token answers travel so."""
    return client.code(client.flow(Changes(delivery=Delivery(how, **limits))))


@contextmanager
def undelivered(server):
    """Collects what was not delivered; at the end one such event has come, or comes soon."""
    events, came = [], threading.Event()

    def hear(entry):
        if isinstance(entry, Event) and entry.kind == "undelivered":
            events.append(entry)
            came.set()

    stop = server.transcript.listen(hear)
    yield events
    assert came.wait(PATIENCE)
    stop()


def test_delay(client):
    """The stated time is the loop's; here only that the answer is whole and said to be delayed."""
    answer = client.redeem(under(client, Delay(0.01)))
    assert answer.status == 200
    assert client.server.transcript.exchanges[-1].changes == ("delivery.delay(seconds=0.01)",)


def test_drip(client):
    answer = client.redeem(under(client, Drip(50, 0.0001)))
    assert client.me(answer.json["access_token"]) == 200


def read_until(connection, got, end):
    while end not in got:
        part = connection.recv(1 << 16)
        assert part
        got += part
    return got


def test_drip_of_an_empty_body(client):
    flow = client.flow(Changes(delivery=Delivery(Drip(1, 0), "authorization")))
    assert client.code(flow)


@pytest.mark.parametrize("after", ["request", "headers", "half_body"])
def test_reset(client, server, after):
    """The client sees ECONNRESET, after just as much as was announced."""
    code = under(client, Reset(after))
    with undelivered(server) as events, connected(server.port) as connection:
        connection.sendall(client.raw_token_request(code))
        got = read_until_reset(connection)
    head, _, body = got.partition(b"\r\n\r\n")
    right = server.transcript.exchanges[-1].right.body
    assert (b"HTTP/1.1 200" in head) is (b"content-length: %d" % len(right) in head) is (after != "request")
    assert body == (right[: len(right) // 2] if after == "half_body" else b"")
    assert [event.detail["reason"] for event in events] == [f"delivery.reset(after='{after}')"]


def read_until_reset(connection):
    got = b""
    try:
        while part := connection.recv(1 << 16):
            got += part
    except ConnectionResetError:
        return got
    raise AssertionError(f"closed in peace after {got!r}")


def test_half_body_ends_in_peace_and_is_incomplete(client, server):
    code = under(client, HalfBody())
    with undelivered(server), pytest.raises(http.client.IncompleteRead) as caught:
        client.redeem(code)
    sent = server.transcript.exchanges[-1].sent.body
    assert caught.value.partial == sent[: len(sent) // 2]


@pytest.mark.parametrize("difference", [10, -10])
def test_wrong_length(client, server, difference):
    code = under(client, WrongLength(difference))
    if difference > 0:
        with pytest.raises(http.client.IncompleteRead) as caught:
            client.redeem(code)
        assert caught.value.partial.endswith(b'"bearer"}')
    else:
        assert client.redeem(code).body == server.transcript.exchanges[-1].right.body[:difference]


def test_a_length_of_thirty_digits(client, server):
    code = under(client, WrongLength(digits=30))
    with undelivered(server) as events, connected(server.port) as connection:
        connection.sendall(client.raw_token_request(code))
        head = read_until(connection, b"", b"\r\n\r\n").partition(b"\r\n\r\n")[0]
    assert b"\r\ncontent-length: " + b"9" * 30 + b"\r\n" in head
    assert [event.detail["reason"] for event in events] == ["delivery.wrong_length(difference=10, digits=30)"]


def test_no_content_has_no_length(client):
    flow = client.flow(Changes(deviation=token_response.answers_with_status(204)))
    answer = client.redeem(client.code(flow))
    assert (answer.status, answer.body) == (204, b"")
    assert "content-length" not in {name.lower() for name in answer.headers}


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_padding_is_white_space_that_json_allows(client, server, size):
    answer = client.redeem(under(client, Pad(size)))
    assert answer.body == server.transcript.exchanges[-1].right.body + b" " * size
    assert client.me(answer.json["access_token"]) == 200


def test_padding_ends_when_the_client_has_had_enough(client, server):
    code = under(client, Pad(1 << 30))
    with undelivered(server) as events, connected(server.port) as connection:
        connection.sendall(client.raw_token_request(code))
        read_until(connection, b"", b"    ")
    assert [event.detail["reason"] for event in events] == [f"delivery.pad(size={1 << 30})"]


@pytest.mark.parametrize("status", [100, 102, 103])
def test_an_answer_before_the_answer(client, server, status):
    code = under(client, Interim(status))
    with connected(server.port) as connection:
        connection.sendall(client.raw_token_request(code))
        got = read_until(connection, b"", b"\"bearer\"}")
    first, _, second = got.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 %d " % status)
    assert second.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(("status", "retry_after"), [(429, "7"), (503, "1"), (503, "")])
def test_turned_away_without_effect(client, server, status, retry_after):
    """Fail twice, then work: the code is as good as ever."""
    code = under(client, TurnAway(status, retry_after), times=2)
    for _ in range(2):
        answer = client.redeem(code)
        assert answer.status == status
        assert answer.headers.get("retry-after", "") == retry_after
    assert client.redeem(code).status == 200
    exchanges = server.transcript.exchanges[-3:]
    assert [exchange.right.status for exchange in exchanges] == [200, 200, 200]
    assert [len(exchange.changes) for exchange in exchanges] == [1, 1, 0]


def test_turned_away_at_every_endpoint(client, server):
    token = client.login()
    flow = server.transcript.exchanges[-1].flow
    for endpoint, ask in (
        ("revocation", lambda: client.post("/oauth2/revoke", {"token": token["access_token"]}).status),
        ("resource", lambda: client.me(token["access_token"])),
        ("token", lambda: client.refresh(token["refresh_token"]).status),
    ):
        server.core.change_flow(flow, Changes(delivery=Delivery(TurnAway(), endpoint)))
        assert ask() == 503
        server.core.change_flow(flow, Changes())
        assert client.me(token["access_token"]) == 200
    assert client.refresh(token["refresh_token"]).status == 200


def test_reset_at_the_authorization_endpoint(client, server):
    flow = client.flow(Changes(delivery=Delivery(Reset(), "authorization", 1)))
    with pytest.raises(ConnectionResetError):
        client.code(flow)
    assert client.code(flow)


# Redirects.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["same_origin", "other_port", "other_host"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_second_hop_serves_a_usable_token(client, server, status, to, method):
    answer = client.redeem(under(client, Redirect(status, to)))
    assert (answer.status, answer.body) == (status, b"")
    there = urlsplit(answer.headers["location"])
    here = urlsplit(server.url)
    assert there.hostname == ("localhost" if to == "other_host" else here.hostname)
    assert (there.port == here.port) is (to != "other_port")
    second = request(there.port, method, there.path, b"x=1", (("host", there.netloc),))
    assert client.me(second.json["access_token"]) == 200
    first, hop = server.transcript.exchanges[-3:-1]
    assert (hop.request.origin, hop.request.method) == (f"http://{there.netloc}", method)
    assert (hop.flow, hop.attributed_by, hop.endpoint) == (first.flow, "value", "other")
    assert first.right.status == 200
    assert first.sent.status == status


@pytest.mark.parametrize("status", [307, 308])
def test_redirect_to_itself_can_be_followed(client, server, status):
    """The same request again, as 307 and 308 have it: its second hop is the endpoint, and the code is good still."""
    code = under(client, Redirect(status, "itself"), times=1)
    answer = client.redeem(code)
    assert answer.headers["location"] == server.token_endpoint
    second = client.redeem(code)
    assert client.me(second.json["access_token"]) == 200


def test_redirect_in_a_circle(client, server):
    code = under(client, Redirect(307, "itself"))
    assert {client.redeem(code).headers["location"] for _ in range(5)} == {server.token_endpoint}


def test_second_hop_of_nobody(server):
    assert request(server.port, "GET", "/elsewhere/bogus").status == 404
    assert server.transcript.exchanges[-1].attributed_by == "stray"


# Trouble on the client's side.


def test_client_that_leaves_before_its_answer(client, server):
    heard = threading.Event()
    stop = server.transcript.listen(lambda _entry: heard.set())
    code = under(client, Drip(1, 0.001))
    heard.clear()
    connection = connected(server.port)
    connection.sendall(client.raw_token_request(code))
    assert heard.wait(5)
    stop()
    cut(connection)


def test_two_requests_at_once_where_the_first_is_reset(client, server):
    raw = client.raw_token_request(under(client, Reset())) + client.raw_token_request("x")
    with undelivered(server), connected(server.port) as connection:
        connection.sendall(raw)
        assert read_until_reset(connection) == b""


def test_two_requests_at_once_where_the_first_is_late(client, server):
    with connected(server.port) as connection:
        connection.sendall(client.raw_token_request(under(client, Delay(0.01))) + client.raw_token_request("x"))
        got = read_until(connection, b"", b"invalid_grant")
    assert got.index(b"access_token") < got.index(b"invalid_grant")


# Without sockets.


@pytest.mark.parametrize(
    "how",
    [Reset(), Reset("headers"), Reset("half_body"), HalfBody(), WrongLength(), Pad(), Interim()],
    ids=lambda how: str(how),
)
async def test_in_memory_there_is_nothing_to_break(how):
    app = application(auto_allow=True)
    flow = app.server.open_flow(Changes(delivery=Delivery(how)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4444") as web:
        code = await code_of(web, flow.identifier)
        with pytest.raises(DeliveryImpossible, match=r"delivery\..* needs a socket: run the server with"):
            await web.post("/oauth2/token", data=code_form(code, BASIC_APP), headers=[basic(BASIC_APP)])


@pytest.mark.parametrize("how", [Delay(0), Drip(100, 0), TurnAway(), Redirect()], ids=lambda how: type(how).__name__)
async def test_in_memory_the_rest_works(how):
    app = application(auto_allow=True)
    flow = app.server.open_flow(Changes(delivery=Delivery(how)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4444") as web:
        code = await code_of(web, flow.identifier)
        answer = await web.post("/oauth2/token", data=code_form(code, BASIC_APP), headers=[basic(BASIC_APP)])
    assert answer.status_code == {TurnAway: 503, Redirect: 307}.get(type(how), 200)


async def code_of(web, flow):


    answer = await web.get(
        "/oauth2/auth", params=authorization_parameters(BASIC_APP), headers={"oauthspec-flow": flow}
    )
    return httpx.URL(answer.headers["location"]).params["code"]



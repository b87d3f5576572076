"""Requests that are answered at once, and those that take uvicorn's way: the same bytes, journal and end.

Everything here is put in by hand, so that where one read ends and the next begins is the test's to say.
"""

import asyncio

import pytest

from mock_server.changes import Changes
from mock_server.connection import MAXIMUM_HEAD
from mock_server.delivery import Delay, Delivery, Drip, TurnAway
from mock_server.deviations import token_response
from mock_server.protocol import form
from mock_server.protocol.provider import FRAMEIO
from mock_server.web.endpoints import MAXIMUM_BODY
from tests.mock_server.by_hand import ByHand, split
from tests.mock_server.hostile import hostile
from tests.mock_server.in_memory import BASIC, authorization_parameters, basic, code_form

QUERY = form.serialize(authorization_parameters(BASIC)).encode()
# The first value that a server by hand makes.
CODE = f"{1:043}.{'v' * 43}"
BODY = form.serialize(code_form(CODE, BASIC).items()).encode()
CREDENTIALS = b"authorization: %s\r\n" % basic(BASIC)[1].encode()
TYPED = b"content-type: application/x-www-form-urlencoded\r\n"


def asked(
    line: bytes, *headers: bytes, body: bytes = b"", host: bytes = b"host: x\r\n", version: bytes = b"1.1"
) -> bytes:
    head = b"".join(header + b"\r\n" for header in headers)
    return b"%s HTTP/%s\r\n%s%s\r\n%s" % (line, version, host, head, body)


def redeemed(
    *headers: bytes, body: bytes = BODY, line: bytes = b"POST /oauth2/token", version: bytes = b"1.1"
) -> bytes:
    length = b"content-length: %d\r\n" % len(body)
    return asked(line, *headers, host=b"host: x\r\n" + TYPED + CREDENTIALS + length, body=body, version=version)


AUTHORIZE = asked(b"GET /oauth2/auth?" + QUERY)
ME = asked(b"GET /v2/me", b"authorization: Bearer unknown")
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
IN_CHUNKS = asked(
    b"POST /oauth2/token", TYPED.strip(), CREDENTIALS.strip(), b"transfer-encoding: chunked", body=CHUNKED
)

AT_ONCE = {
    "authorize": AUTHORIZE,
    "authorize by form": redeemed(line=b"POST /oauth2/auth", body=QUERY),
    "token": redeemed(),
    "token, unreadable": redeemed(body=b"%zz"),
    "token in chunks": IN_CHUNKS,
    "token with keep-alive": redeemed(b"connection: keep-alive"),
    "revocation": redeemed(line=b"POST /oauth2/revoke", body=b"token=x"),
    "resource": ME,
    "metadata": asked(b"GET /.well-known/oauth-authorization-server"),
    "anything in a query": asked(b"GET /oauth2/auth?state=%zz;;&&?<>\"{}"),
    "odd headers": asked(b"GET /v2/me", b"X-ODD: \xff", b"x-odd: ", b"Authorization: Basic", b"AUTHORIZATION: a"),
}

BY_UVICORN = {
    "HEAD": asked(b"HEAD /oauth2/auth?" + QUERY),
    "OPTIONS": asked(b"OPTIONS /oauth2/token"),
    "another method": asked(b"GET /oauth2/token"),
    "another path": asked(b"GET /OAuth2/Auth/?" + QUERY),
    "escaped path": asked(b"GET /oauth2/%61uth?" + QUERY),
    "no such path": asked(b"GET /nowhere"),
    "absolute target": asked(b"GET http://x/oauth2/auth?" + QUERY),
    "empty query": asked(b"GET /oauth2/auth?"),
    "fragment": asked(b"GET /oauth2/auth?" + QUERY + b"#fragment"),
    "fragment of an empty query": asked(b"GET /oauth2/auth#fragment"),
    "no host": asked(b"GET /oauth2/auth?" + QUERY, host=b""),
    "HTTP/1.0": redeemed(version=b"1.0"),
    "HTTP/1.0 that stays": redeemed(b"connection: keep-alive", version=b"1.0"),
    "close": redeemed(b"connection: close"),
    "close among others": redeemed(b"connection: te, Close"),
    "expect": redeemed(b"expect: 100-continue"),
    "upgrade": redeemed(b"connection: upgrade", b"upgrade: h2c"),
    "large": redeemed(body=b"a" * (MAXIMUM_BODY + 1)),
    "large in chunks": IN_CHUNKS.replace(CHUNKED, b"100001\r\n%s\r\n0\r\n\r\n" % (b"a" * (MAXIMUM_BODY + 1))),
    "two at once": AUTHORIZE + redeemed(),
    "three at once": redeemed() + ME + AUTHORIZE,
    "one and a half": AUTHORIZE + redeemed()[:200],
    "noise behind it": AUTHORIZE + b"\x00\x00\x00\r\n\r\n",
    "a large head": asked(b"GET /oauth2/auth?" + QUERY, b"x: " + b"a" * MAXIMUM_HEAD),
    "bytes in a query": asked(b"GET /oauth2/auth?state=\xff"),
    "no request": b"\x16\x03\x01\x02\x00\r\n\r\n",
}


async def both(*parts, before=AUTHORIZE, provider=FRAMEIO, changes=None):
    """Answer, end and tasks of each way, behind one request that each answers its own way."""
    told = []
    for at_once in (True, False):
        server = ByHand(at_once=at_once, provider=provider)
        if changes is not None:
            server.core.await_flow(server.core.open_flow(changes))
        if before:
            assert b" 302 " in (await server.answers(before))[0]
        written, closed, tasks = await server.answers(*parts)
        told.append((written, closed, server.journal, tasks))
    (*at_once, tasks), (*by_uvicorn, _) = told
    assert at_once == by_uvicorn
    return at_once[0], at_once[1], tasks


@pytest.mark.parametrize("name", AT_ONCE)
async def test_plain_requests_are_answered_at_once(name):
    written, closed, tasks = await both(AT_ONCE[name])
    assert written.startswith(b"HTTP/1.1 ")
    assert (closed, tasks) == (False, 0)


@pytest.mark.parametrize("name", BY_UVICORN)
async def test_others_take_uvicorns_way(name):
    """The same request by either way: here nothing is answered at once, or it would be of the wrong kind."""
    written, _, tasks = await both(BY_UVICORN[name])
    assert written.startswith(b"HTTP/1.1 ") or name == "one and a half"
    assert tasks or b"connection: close" in written


@pytest.mark.parametrize("name", [*AT_ONCE, "two at once", "three at once", "close", "expect"])
async def test_requests_in_pieces(name):
    raw = (AT_ONCE | BY_UVICORN)[name]
    for at in sorted({1, 5, raw.find(b"\r\n") + 1, raw.find(b"\r\n\r\n") + 2, raw.find(b"\r\n\r\n") + 4, len(raw) - 1}):
        await both(*split(raw, [at]))
    await both(*split(raw, range(0, len(raw), 50)))


async def test_one_after_the_other():
    wires = []
    for at_once in (True, False):
        server = ByHand(at_once=at_once)
        wire = server.connect()
        for raw in (AUTHORIZE, redeemed(), BY_UVICORN["two at once"], ME, BY_UVICORN["HEAD"], ME, redeemed()):
            written, closed, _ = await server.answers(raw, wire=wire)
            assert not closed
        wires.append(written)
        wire.close()
        await asyncio.sleep(0)
    assert wires[0] == wires[1]
    assert wires[0].count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize(
    "changes",
    [
        Changes(delivery=Delivery(Delay(0))),
        Changes(delivery=Delivery(Drip(10, 0))),
        Changes(delivery=Delivery(TurnAway())),
        Changes(deviation=token_response.omits("scope")),
        Changes(deviation=token_response.sets_header("connection", "close")),
        Changes(deviation=token_response.answers_with_status(204)),
        Changes(leniencies=("accepts_other_redirect_uri",)),
    ],
    ids=lambda changes: str(changes.delivery or changes.deviation or changes.leniencies[0]),
)
async def test_changes(changes):
    written, closed, tasks = await both(redeemed(), changes=changes)
    assert written.startswith(b"HTTP/1.1 ")
    speaks = changes.deviation is not None and "connection" in changes.deviation.arguments
    assert closed == speaks
    assert bool(tasks) == (speaks or changes.delivery is not None or written.startswith(b"HTTP/1.1 204 "))


async def test_shared_across_origins():
    raw = redeemed(b"origin: https://app.example")
    written, _, tasks = await both(raw, provider=FRAMEIO.changed({"cors_origins": ("*",)}))
    assert b"\r\naccess-control-allow-origin: https://app.example\r\n" in written
    assert tasks == 0


async def test_who_does_not_read_is_not_written_to_for_ever():
    server = ByHand(at_once=True)
    wire = server.connect()
    wire.connection.pause_writing()
    wire.connection.data_received(ME)
    await asyncio.sleep(0)
    assert wire.written == []
    wire.connection.resume_writing()
    written, _, _ = await server.answers(wire=wire)
    await asyncio.gather(*server.state.tasks)
    assert b" 401 " in wire.written[0]
    wire.close()
    await asyncio.sleep(0)
    assert written == b""


async def test_an_idle_connection_is_given_up():
    server = ByHand(at_once=True)
    wire = server.connect()
    wire.connection.timeout_keep_alive = 0.01
    await server.answers(ME, wire=wire)
    await asyncio.wait_for(wire.closed.wait(), 10)


async def test_a_connection_in_use_is_not_given_up():
    server = ByHand(at_once=True)
    wire = server.connect()
    await server.answers(ME, wire=wire)
    first = wire.connection._watch
    await server.answers(ME, wire=wire)
    assert wire.connection._watch is first
    # Another answer has gone out since: it looks again later.
    wire.connection._close_if_idle()
    assert wire.connection._watch not in (None, first)
    # A request is on its way: that has a clock of its own.
    await server.answers(ME[:30], wire=wire)
    wire.connection._answered_at -= 1000
    wire.connection._close_if_idle()
    assert not wire.is_closing()
    assert (await server.answers(ME[30:], wire=wire))[0].count(b" 401 ") == 3
    first.cancel()
    wire.close()
    await asyncio.sleep(0)


async def test_a_bug_of_ours_is_answered_and_logged(caplog):
    server = ByHand(at_once=True)
    server.application.decides = {key: lambda _request: 1 / 0 for key in server.application.decides}
    written, closed, _ = await server.answers(ME)
    assert written.startswith(b"HTTP/1.1 500 ")
    assert closed
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]


@pytest.mark.slow
async def test_hostile_requests():
    servers = ByHand(at_once=True), ByHand(at_once=False)
    genuine = (AUTHORIZE, redeemed(), ME)
    at_once = 0
    for number in range(300):
        raw = hostile(number, genuine).raw
        (one, one_closed, tasks), (other, other_closed, _) = [await server.answers(raw) for server in servers]
        if b"<!doctype html>" in one:
            # A page has tokens of its own, and is of no interest here.
            one, other = one.partition(b"<!doctype html>")[0], other.partition(b"<!doctype html>")[0]
        assert (one, one_closed) == (other, other_closed), number
        at_once += one.startswith(b"HTTP/1.1 ") and not tasks and not one_closed
    assert at_once > 10
    assert servers[0].journal == servers[1].journal

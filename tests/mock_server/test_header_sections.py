"""Requests with a header section that is known: answered to the byte as the parser would have them, or left to it."""

import asyncio
import random

import pytest

from mock_server.changes import Changes
from mock_server.delivery import Delay, Delivery, TurnAway
from mock_server.deviations import token_response
from mock_server.header_sections import LONGEST, MOST, HeaderSections
from mock_server.web.endpoints import Head
from tests.mock_server.by_hand import ByHand
from tests.mock_server.hostile import mutated
from tests.mock_server.test_connection import AT_ONCE, AUTHORIZE, BODY, BY_UVICORN, ME, asked, redeemed


class Both:
    """A server that may remember, one that leaves all to uvicorn, and whether the first one's parser was asked."""

    def __init__(self):
        self.servers = [ByHand(at_once=True), ByHand(at_once=False)]
        self.wires = [server.connect() for server in self.servers]
        self.parsed = 0
        parse = self.wires[0].connection._parse

        def counting(data, outcome):
            self.parsed += 1
            parse(data, outcome)

        self.wires[0].connection._parse = counting

    async def answer(self, *parts):
        """True where the first server answered without its parser; both have answered the same by then."""
        before = self.parsed
        one, other = [await s.answers(*parts, wire=w) for s, w in zip(self.servers, self.wires, strict=True)]
        assert one[:2] == other[:2]
        assert self.servers[0].journal == self.servers[1].journal
        return self.parsed == before

    async def end(self):
        for wire in self.wires:
            wire.close()
        for _ in range(3):
            await asyncio.sleep(0)


@pytest.fixture
async def both():
    made = Both()
    yield made
    await made.end()


@pytest.mark.parametrize("name", AT_ONCE)
async def test_what_came_before_needs_no_parser(both, name):
    assert not await both.answer(AT_ONCE[name])
    is_known = await both.answer(AT_ONCE[name])
    assert is_known == ("in chunks" not in name)


async def test_only_the_section_has_to_be_the_same(both):
    await both.answer(AUTHORIZE)
    for other in (b"GET /oauth2/auth?state=%zz;;&&?<>", b"GET /v2/me", b"GET /oauth2/auth", b"POST /oauth2/token"):
        assert await both.answer(asked(other))
    await both.answer(redeemed())
    assert await both.answer(redeemed(body=BODY[::-1]))
    assert await both.answer(redeemed(body=b"\r\n\r\n".ljust(len(BODY), b"\xff")))
    assert not await both.answer(redeemed(body=BODY + b"&a=b"))


@pytest.mark.parametrize("name", BY_UVICORN)
async def test_uvicorns_way_is_taken_behind_known_requests(both, name):
    for _ in range(2):
        await both.answer(AUTHORIZE)
        await both.answer(redeemed())
    assert not await both.answer(BY_UVICORN[name])


KNOWN = asked(b"GET /v2/me", b"a: b")


@pytest.mark.parametrize(
    "raw",
    [
        KNOWN.replace(b"GET", b"get"),
        KNOWN.replace(b"GET ", b"GET  "),
        KNOWN.replace(b" HTTP", b"  HTTP"),
        KNOWN.replace(b"HTTP/1.1", b"HTTP/1.1 "),
        KNOWN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        KNOWN.replace(b"HTTP/1.1", b"http/1.1"),
        KNOWN.replace(b" HTTP/1.1", b""),
        KNOWN.replace(b"GET", b"PUT"),
        KNOWN.replace(b"/v2", b"http://x/v2"),
        KNOWN.replace(b"/v2/me", b"/v2/me?"),
        KNOWN.replace(b"/v2/me", b"/v2/me#"),
        b"\r\n" + KNOWN,
        b"\r\n\r\n" + KNOWN,
        KNOWN + b"\x00",
        KNOWN + KNOWN,
        KNOWN.replace(b"\r\n", b"\n"),
        KNOWN.replace(b"GET /v2/me", b"GET /v2/me?" + b"a" * 100_000),
        KNOWN[:-4],
        KNOWN[:-2],
    ],
)
async def test_what_differs_by_little_is_left_to_the_parser(both, raw):
    await both.answer(KNOWN)
    assert await both.answer(KNOWN)
    assert not await both.answer(raw)


@pytest.mark.slow
async def test_every_byte_in_a_target():
    sure = 0
    for byte in range(256):
        both = Both()
        await both.answer(KNOWN)
        sure += await both.answer(KNOWN.replace(b"/v2/me", b"/v2/me?a=%cb" % byte))
        await both.end()
    assert sure == 0x7F - 0x21 - 1


async def test_nothing_is_learned_of_what_came_in_pieces_or_behind_something(both):
    for parts in (
        [KNOWN[:30], KNOWN[30:]],
        # The second piece looks like a request of its own.
        [b"GET /v2/me HTTP/1.1\r\nfoo: ", KNOWN],
        [b"\r\n" + KNOWN],
        [AUTHORIZE + KNOWN],
    ):
        fresh = Both()
        await fresh.answer(*parts)
        assert len(fresh.servers[0].state.header_sections["http"]) == 0
        await fresh.end()


async def test_a_section_that_looks_like_a_line_is_none(both):
    await both.answer(b"\r\n" + KNOWN)
    assert not await both.answer(b"GET /v2/me HTTP/1.1\r\n" + KNOWN)


async def test_a_known_request_behind_half_a_one_is_its_rest(both):
    await both.answer(KNOWN)
    assert not await both.answer(b"GET /v2/me HTTP/1.1\r\nfoo: ", KNOWN)


async def test_behind_an_answer_of_uvicorns_the_parser_reads_on(both):
    await both.answer(KNOWN)
    assert await both.answer(KNOWN)
    await both.answer(BY_UVICORN["HEAD"])
    assert not await both.answer(KNOWN)


async def test_who_does_not_read_is_left_to_uvicorn(both):
    await both.answer(KNOWN)
    connection = both.wires[0].connection
    connection.pause_writing()
    connection.data_received(KNOWN)
    assert both.parsed == 2
    connection.resume_writing()
    await both.servers[0].answers(wire=both.wires[0])


@pytest.mark.parametrize(
    "changes",
    [
        Changes(delivery=Delivery(Delay(0))),
        Changes(delivery=Delivery(TurnAway())),
        Changes(deviation=token_response.sets_header("connection", "close")),
        Changes(deviation=token_response.answers_with_status(204)),
    ],
    ids=lambda changes: str(changes.delivery or changes.deviation),
)
async def test_what_is_decided_once_is_not_decided_again(both, changes):
    """An answer that cannot leave in one piece takes uvicorn's way, and the parser, after its request took effect."""
    await both.answer(redeemed(body=BODY[::-1]))
    for server in both.servers:
        server.core.await_flow(server.core.open_flow(changes))
    await both.answer(AUTHORIZE)
    assert not await both.answer(redeemed())
    assert len(both.servers[0].journal) == 3


async def test_a_bug_of_ours_is_answered(both, caplog):
    await both.answer(KNOWN)
    connection = both.wires[0].connection
    connection._decides = dict.fromkeys(connection._decides, lambda _request: 1 / 0)
    written, closed, _ = await both.servers[0].answers(KNOWN, wire=both.wires[0])
    assert b"HTTP/1.1 500 " in written
    assert closed
    assert both.parsed == 1
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]


async def test_the_clock_of_the_first_request_stops():
    server = ByHand(at_once=True)
    await server.answers(KNOWN)
    wire = server.connect()
    assert wire.connection._deadline is not None
    await server.answers(KNOWN, wire=wire)
    assert wire.connection._deadline is None
    wire.close()
    await asyncio.sleep(0)


def learned(sections, section):
    sections.learn(b"GET / HTTP/1.1\r\n" + section + b"\r\n\r\n", "GET / HTTP/1.1", Head((), "", frozenset()), b"")


def test_the_oldest_is_forgotten():
    sections = HeaderSections()
    for number in range(MOST + 10):
        learned(sections, b"a: %d" % number)
        learned(sections, b"a: %d" % number)
    assert len(sections) == MOST
    assert sections.request(b"GET / HTTP/1.1\r\na: 9\r\n\r\n") is None
    assert sections.request(b"GET / HTTP/1.1\r\na: 10\r\n\r\n") is not None


def test_a_long_one_is_not_remembered():
    sections = HeaderSections()
    for more, held in ((1, 0), (0, 1)):
        learned(sections, b"a: " + b"b" * (LONGEST - 3 + more))
        assert len(sections) == held


@pytest.mark.slow
async def test_known_requests_with_something_changed():
    genuine = (AUTHORIZE, redeemed(), ME)
    known = 0
    for number in range(200):
        both = Both()
        for raw in genuine:
            await both.answer(raw)
        known += await both.answer(mutated(random.Random(number), genuine[number % 3]))
        await both.end()
    assert known > 10

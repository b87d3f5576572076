"""A code and a refresh token buy once, however many ask at the same moment: over sockets, and against the core."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mock_server.protocol.pkce import s256
from mock_server.protocol.provider import FRAMEIO
from mock_server.serving import authorization_server
from tests.mock_server.in_memory import InMemory, form, members

CROWD = 100
COUNTED = {200: 1, 400: CROWD - 1}


def counted(statuses):
    return {status: statuses.count(status) for status in set(statuses)}


def at_once(ask):
    """Call it from a hundred threads that start together."""
    together = threading.Barrier(CROWD)

    def wait_and_ask(_number):
        together.wait()
        return ask()

    with ThreadPoolExecutor(CROWD) as crowd:
        return list(crowd.map(wait_and_ask, range(CROWD)))


async def post_at_once(port, raw):
    """Send the same request on a hundred connections that are all open before the first byte leaves."""
    connections = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(CROWD)))
    for _, writer in connections:
        writer.write(raw)
    try:
        return [int((await reader.readline()).split()[1]) for reader, _ in connections]
    finally:
        for _, writer in connections:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in connections))


def raw_refresh(client, token):
    request = client.raw_token_request("x")
    head, _, _ = request.partition(b"content-length")
    body = form.serialize([("grant_type", "refresh_token"), ("refresh_token", token)]).encode()
    return head + b"content-length: %d\r\n\r\n" % len(body) + body


async def test_one_code_over_sockets(client, server):
    code = await asyncio.to_thread(client.code)
    statuses = await post_at_once(server.port, client.raw_token_request(code))
    assert counted(statuses) == COUNTED
    # The ninety-nine others were replays: what the code bought is revoked (RFC 6749 4.1.2).
    bought = [e for e in server.transcript.exchanges if e.endpoint == "token" and e.sent.status == 200]
    assert len(bought) == 1
    assert server.core.store.by_code(code).access_token.status.value == "revoked"


async def test_one_refresh_token_over_sockets(client, server):
    token = (await asyncio.to_thread(client.login))["refresh_token"]
    statuses = await post_at_once(server.port, raw_refresh(client, token))
    # The first rotates, the second is recognised as reuse, the others as unknown.
    assert counted(statuses) == {200: 1, 401: 1, 400: CROWD - 2}


def test_one_code_from_threads():
    server = InMemory()
    code = server.code()
    assert counted([outcome.answer.status for outcome in at_once(lambda: server.redeem(code))]) == COUNTED


@pytest.mark.parametrize("reuse", ["revokes_family", "is_unknown"])
def test_one_refresh_token_from_threads(reuse):
    server = InMemory(FRAMEIO.changed({"refresh_token_reuse": reuse}))
    token = server.login()["refresh_token"]
    statuses = counted([outcome.answer.status for outcome in at_once(lambda: server.refresh(token))])
    assert statuses[200] == 1
    assert sum(statuses.values()) == CROWD


def test_a_hundred_logins_at_once_do_not_meet():
    server = InMemory()
    numbers = iter(range(10**6))
    lock = threading.Lock()

    def log_in():
        with lock:
            verifier = f"{next(numbers):043}"
        code = server.code(code_challenge=s256(verifier), code_challenge_method="S256", state=f"state-{verifier}")
        return members(server.redeem(code, code_verifier=verifier))["access_token"]

    assert len(set(at_once(log_in))) == CROWD
    exchanges = server.core.transcript.exchanges
    assert len({exchange.number for exchange in exchanges}) == 2 * CROWD
    assert {exchange.attributed_by for exchange in exchanges if exchange.endpoint == "token"} == {"value"}


def test_steps_are_opened_and_settled_while_requests_come():
    """The harness opens and settles steps on its own threads; a guess never breaks on it."""
    core = authorization_server(auto_allow=True)
    over = threading.Event()

    def flicker():
        while not over.is_set():
            core.attribution.open_step("flow")
            core.attribution.settle("flow")

    thread = threading.Thread(target=flicker)
    thread.start()
    try:
        told = {core.attribution.attribute(["unknown"])[1] for _ in range(2000)}
    finally:
        over.set()
        thread.join()
    assert told <= {"open_step", "stray"}

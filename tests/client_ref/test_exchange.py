"""Both drivers over real sockets: what travels, what is not followed, and every way in which no answer comes."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import threading
import time

import pytest

from client_ref.errors import ProgrammerError, Refusal
from client_ref.exchange import AsyncExchange, Exchange, Wire
from client_ref.flawed import flaw
from client_ref.messages import Get, Post, Visit
from client_ref.policy import ask, send
from client_ref.session import Tokens
from tests.client_ref.raw_server import answer, raw_server, says

WIRE = Wire(time_out=0.3, largest_answer=2000)
TOKENS = Tokens("AT", (), (), "bearer")


@pytest.fixture(params=["sync", "async"])
def run(request):
    """Carry a flow to its end, with a driver of each kind."""

    def blocking(flow, wire=WIRE):
        exchange = Exchange(wire)
        try:
            return exchange.run(flow)
        finally:
            exchange.close()

    def awaiting(flow, wire=WIRE):
        async def story():
            exchange = AsyncExchange(wire)
            try:
                return await exchange.run(flow)
            finally:
                await exchange.close()

        return asyncio.run(story())

    return blocking if request.param == "sync" else awaiting


def refusal(run, handler, request=None, **changed):
    with raw_server(handler) as server, pytest.raises(Refusal) as refused:
        run(send(request or Post(server.url, (("code", "c"),))), **changed)
    assert len(server.requests) == 1
    return refused.value.code


def test_a_post_is_a_form(run):
    form, headers = (("code", "a+b c=%"), ("x", "ü")), (("Authorization", "Basic eDp5"),)
    with raw_server(says(answer(b'{"a":1}', 203, X_Y="z"))) as server:
        response = run(send(Post(f"{server.url}?tenant=t1", form, headers)))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /token?tenant=t1 http/1.1"
    assert {
        "authorization: basic edp5",
        "content-type: application/x-www-form-urlencoded",
        "accept: application/json",
        "accept-encoding: identity",
        f"host: 127.0.0.1:{server.port}",
    } <= set(lines)
    assert body == b"code=a%2Bb+c%3D%25&x=%C3%BC"
    assert (response.status, response.headers["x-y"], response.body) == (203, "z", b'{"a":1}')


def test_a_get_has_no_body(run):
    with raw_server(says(answer())) as server:
        run(send(Get(server.url, (("Authorization", "Bearer AT"),))))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"GET /token HTTP/1.1\r\n")
    assert b"bearer at" in head.lower()
    assert body == b""


def test_a_redirect_is_given_back_and_not_followed(run):
    with raw_server(says(answer(b"", 307, Location="/other"))) as server:
        assert run(send(Post(server.url, ()))).status == 307
    assert len(server.requests) == 1


def test_informational_answers_are_skipped(run):
    with raw_server(says(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(b'{"a":1}'))) as server:
        assert run(send(Post(server.url, ()))).body == b'{"a":1}'


def test_nothing_comes_in_from_the_environment(run, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login evil password evil\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with raw_server(says(answer())) as server:
        run(send(Post(server.url, ())))
    assert b"authorization" not in server.requests[0].lower()


def test_a_cookie_of_one_exchange_is_not_in_the_next(run):
    def twice(url):
        yield from send(Post(url, ()))
        return (yield from send(Post(url, ())))

    with raw_server(says(answer(b"{}", Set_Cookie="user=one; Path=/"))) as server:
        run(twice(server.url))
    assert b"cookie" not in server.requests[1].lower()


def test_a_body_that_is_too_large(run):
    assert refusal(run, says(answer(2001 * b"x"))) == "answer_too_large"
    with raw_server(says(answer(2000 * b"x"))) as server:
        assert len(run(send(Post(server.url, ()))).body) == 2000


def test_a_body_without_end_is_cut_off(run):
    def endless(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            connection.sendall(10_000 * b"x")

    assert refusal(run, endless) == "answer_too_large"


def test_a_bomb_is_not_unpacked(run):
    bomb = gzip.compress(10_000_000 * b"0")
    assert refusal(run, says(answer(bomb, Content_Encoding="gzip"))) == "answer_encoded"
    with raw_server(says(answer(b"{}", Content_Encoding="Identity"))) as server:
        assert run(send(Post(server.url, ()))).body == b"{}"


def drips(octets: bytes):
    def drip(connection, _):
        for octet in octets:
            connection.sendall(bytes([octet]))
            time.sleep(0.02)  # how a server drips; the test itself waits for nothing

    return drip


def stalls(octets: bytes):
    def stall(connection, _):
        connection.sendall(octets)
        connection.recv(1)  # until the client gives up

    return stall


@pytest.mark.slow
@pytest.mark.parametrize(
    "handler",
    [
        stalls(b""),
        stalls(b"HTTP/1.1 200 OK\r\n"),
        stalls(answer(b"{}", Content_Length="3")),
        drips(answer(100 * b"x")),
        drips(b"HTTP/1.1 200 OK\r\n" + b"X: " + 100 * b"x"),
    ],
    ids=["silence", "half a head", "half a body", "body drips", "head drips"],
)
def test_one_time_limit_for_the_whole_exchange(run, handler):
    began = time.monotonic()
    assert refusal(run, handler) == "timed_out"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999999999999999\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_whole_answer(run, octets):
    assert refusal(run, says(octets)) == "unreachable"


def test_nobody_listens(run):
    with raw_server(says(answer())) as server:
        pass
    with pytest.raises(Refusal) as refused:
        run(send(Post(server.url, ())))
    assert refused.value.code == "unreachable"


def test_a_visit_is_not_for_a_driver(run):
    with pytest.raises(ProgrammerError, match="browser") as refused:
        run(ask(Visit("https://server.example/auth?state=s"), TOKENS.__class__))
    assert refused.value.code == "browser_needed"
    assert "state" not in str(refused.value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody has signed but its owner."""
    import ssl

    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    options = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make.split(), *options], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_a_certificate_that_nobody_vouches_for(run, certificate):
    with raw_server(says(answer()), certificate) as server, pytest.raises(Refusal, match="certificate") as refused:
        run(send(Post(server.url.replace("http:", "https:"), (("code", "c"),))))
    assert refused.value.code == "unreachable"
    assert not server.requests


def test_only_a_flawed_client_takes_it(run, certificate):
    with raw_server(says(answer()), certificate) as server:
        url = server.url.replace("http:", "https:")
        assert run(send(Post(url, ())), Wire(trust=flaw("certificate-not-verified").wire.trust)).status == 200


def waits(seconds: float):
    def wait(connection, _):
        time.sleep(seconds)  # how a slow server answers
        connection.sendall(answer(b"{}"))

    return wait


def test_what_is_to_run_alone_runs_alone_in_threads():
    from client_ref.policy import alone

    running, most = 0, 0

    def watched(url):
        nonlocal running, most
        running += 1
        most = max(most, running)
        yield from send(Post(url, ()))
        running -= 1
        return TOKENS

    with raw_server(waits(0.01)) as server:
        exchange = Exchange()
        threads = [threading.Thread(target=lambda: exchange.run(alone("key", watched(server.url)))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        exchange.close()
    assert (most, len(server.requests)) == (1, 4)


async def test_what_is_to_run_alone_runs_alone_in_tasks():
    from client_ref.policy import alone

    running, most = 0, 0

    def watched(url):
        nonlocal running, most
        running += 1
        most = max(most, running)
        yield from send(Post(url, ()))
        running -= 1
        return TOKENS

    with raw_server(waits(0.01)) as server:
        exchange = AsyncExchange()
        await asyncio.gather(*(exchange.run(alone("key", watched(server.url))) for _ in range(4)))
        await exchange.close()
    assert (most, len(server.requests)) == (1, 4)


def test_a_refusal_of_what_ran_alone_reaches_the_flow(run):
    from client_ref.policy import alone

    def hopeful(url):
        def inner():
            yield from send(Post(url, ()))
            raise AssertionError("nobody answers")

        try:
            yield from alone("key", inner())
        except Refusal as refusal:
            return refusal.code

    with raw_server(says(b"")) as server:
        assert run(hopeful(server.url)) == "unreachable"


async def test_a_cancelled_exchange_closes_its_flow():
    closed = asyncio.Event()

    def flow(url):
        try:
            yield from send(Post(url, ()))
        finally:
            closed.set()

    with raw_server(stalls(b"")) as server:
        exchange = AsyncExchange()
        task = asyncio.create_task(exchange.run(flow(server.url)))
        async with asyncio.timeout(5):
            await asyncio.to_thread(server.asked.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await exchange.close()
    assert closed.is_set()

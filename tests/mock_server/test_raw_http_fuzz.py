"""Any bytes on any endpoint: no 5xx, no hang, no traceback, no line on the log, and the server still logs in.

`FUZZ_REQUESTS` says how many requests (2,000 in every run, 10,000 where there is time), `FUZZ_SEED` where they begin. A
failure names the number of its request, and `hostile(number, ...)` makes it again.
"""

import os
import socket
import time

import pytest

from mock_server.serving import RunningServer, authorization_server
from tests.guards.kinds import required_by_environment
from tests.mock_server.hostile import Hostile, hostile
from tests.mock_server.in_memory import authorization_parameters, form
from tests.mock_server.over_sockets import Client, connected

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "10000" if "time" in required_by_environment() else "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
# So many polite requests go out in one piece before the first answer is read.
IN_A_ROW = 25
# Seconds in which a request that never ends is given up by the server; a hang is ten times that.
REQUEST_TIMEOUT = 0.5
STATUSES = {100, 200, 301, 302, 303, 307, 400, 401, 403, 404, 405, 408, 410, 413, 415, 421, 429, 431}


class Fuzzer:
    """Sends hostile requests on as few connections as it can, and reads every answer."""

    def __init__(self, port: int, genuine: tuple[bytes, ...]) -> None:
        self.port = port
        self.genuine = genuine
        self.seen: dict[int, int] = {}
        self.connection: socket.socket | None = None

    def run(self, first: int, count: int) -> None:
        row: list[tuple[int, Hostile]] = []
        for number in range(first, first + count):
            request = hostile(number, self.genuine)
            if request.polite:
                row.append((number, request))
            if row and (not request.polite or len(row) == IN_A_ROW):
                self.in_a_row(row)
                row = []
            if not request.polite:
                self.alone(number, request)
        if row:
            self.in_a_row(row)

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def in_a_row(self, row: list[tuple[int, Hostile]]) -> None:
        """Every request is answered, in order, on one connection; the last of its own kind says where the row ends."""
        numbers = f"requests {row[0][0]} to {row[-1][0]}"
        if self.connection is None:
            self.connection = connected(self.port)
        sentinel = b"sentinel-%d" % row[-1][0]
        last = self.genuine[0].replace(b"state-of-the-session", sentinel)
        got = self.exchange(b"".join(request.raw for _, request in row) + last, sentinel, numbers)
        assert self.note(got, numbers) > len(row), f"{numbers}: not all were answered\n{got[-500:]!r}"

    def exchange(self, raw: bytes, sentinel: bytes, numbers: str) -> bytes:
        assert self.connection is not None
        got = b""
        try:
            self.connection.sendall(raw)
            while not (sentinel in got[-2000:] and got.endswith(b"\r\n\r\n")):
                part = self.connection.recv(1 << 16)
                assert part, f"{numbers}: the connection was closed\n{got[-500:]!r}"
                got += part
        except TimeoutError:
            raise AssertionError(f"{numbers}: hangs\n{got[-500:]!r}") from None
        except OSError as error:
            raise AssertionError(f"{numbers}: {error}\n{got[-500:]!r}") from None
        return got

    def alone(self, number: int, request: Hostile) -> None:
        """One request, and no more: whatever it is, the server comes to an end with it."""
        got = b""
        with connected(self.port) as connection:
            try:
                connection.sendall(request.raw)
                connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(1 << 16):
                    got += part
            except TimeoutError:
                raise AssertionError(f"request {number}: hangs\n{request.raw[:300]!r}\n{got[-300:]!r}") from None
            except OSError:
                pass  # cut by the server, which is its right
        self.note(got, f"request {number}")

    def note(self, got: bytes, numbers: str) -> int:
        """Look at every answer; returns how many there are."""
        answers = 0
        for piece in got.split(b"HTTP/1.1 ")[1:]:
            if not piece[:3].isdigit():
                continue  # an answer that shows a request
            status = int(piece[:3])
            answers += status != 100
            self.seen[status] = self.seen.get(status, 0) + 1
            assert status < 500 or status == 505, f"{numbers}: {status}\n{piece[:500]!r}"
            assert status in STATUSES, f"{numbers}: {status}"
            head, _, body = piece.partition(b"\r\n\r\n")
            assert b"\nset-cookie:x" not in head, f"{numbers}: a header of the client's own"
            assert b"text/html" not in head or b"<script>alert" not in body, f"{numbers}: shown unescaped\n{piece!r}"
        assert b"Traceback" not in got, numbers
        return answers


@pytest.fixture(scope="module")
def fuzzed():
    core = authorization_server(auto_allow=True, grants=2000, journal=2000)
    with RunningServer(core, request_timeout=REQUEST_TIMEOUT) as running:
        yield running


def genuine_requests(client: Client) -> tuple[bytes, ...]:
    query = form.serialize(authorization_parameters(client.app)).encode()
    token = client.login()["access_token"].encode()
    return (
        b"GET /oauth2/auth?" + query + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        client.raw_token_request(client.code()),
        b"GET /v2/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + token + b"\r\n\r\n",
    )


@pytest.mark.slow
def test_fuzz(fuzzed, silent):
    client = Client(fuzzed)
    fuzzer = Fuzzer(fuzzed.port, genuine_requests(client))
    began = time.perf_counter()
    try:
        fuzzer.run(SEED, REQUESTS)
    finally:
        fuzzer.hang_up()
    print(f"\n{REQUESTS} requests in {time.perf_counter() - began:.1f} s: {dict(sorted(fuzzer.seen.items()))}")
    assert {200, 302, 400, 401, 404, 405, 413, 431} <= set(fuzzer.seen) or REQUESTS < 2000
    assert client.me(client.login()["access_token"]) == 200
    assert len(fuzzed.core.flows) <= 2000
    assert len(fuzzed.transcript) <= 2000


def test_the_same_number_is_the_same_request():
    genuine = (b"GET / HTTP/1.1\r\n\r\n",)
    assert [hostile(n, genuine) for n in range(100)] == [hostile(n, genuine) for n in range(100)]
    assert len({hostile(n, genuine).raw for n in range(100)}) > 80

"""The client under the player reads every framing, and takes no broken answer for one."""

import pytest

from tests.recordings.raw_http import AnswerError, exchange
from tests.recordings.scripted_server import ScriptedServer


def test_reads_chunks_and_what_ends_with_the_connection(server: ScriptedServer) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: 1\r\n\r\n"
    server.answers += [chunked, b"HTTP/1.1 200 OK\r\n\r\nabcd"]
    address = server.address
    assert [exchange(address, "GET", "/").body for _ in range(2)] == ["abcd", "abcd"]


def test_an_answer_to_head_has_no_body(server: ScriptedServer) -> None:
    server.answers.append(b"HTTP/1.1 405 No\r\nContent-Length: 19\r\n\r\n")
    assert exchange(server.address, "HEAD", "/").body == ""


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 2 OK\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
        b"HTTP/1.1 200 OK\nName: x\n\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ],
)
def test_a_broken_answer_is_none(server: ScriptedServer, said: bytes) -> None:
    server.answers.append(said)
    with pytest.raises(AnswerError):
        exchange(server.address, "GET", "/")

"""Loopback and local sockets work; everything else is an error that says what to do."""

import asyncio
import socket

import httpx
import pytest

from tests.guards.network import NetworkBlocked, is_local

ELSEWHERE = "192.0.2.1"  # RFC 5737: documentation, routed nowhere


HERE = ["localhost", "LOCALHOST", b"localhost", "127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", None]
NOT_HERE = ["example.com", b"example.com", ELSEWHERE, "::ffff:192.0.2.1", "2001:db8::1", "localhost.evil"]


@pytest.mark.parametrize("host", HERE)
def test_local(host):
    assert is_local(host)


@pytest.mark.parametrize("host", NOT_HERE)
def test_not_local(host):
    assert not is_local(host)


@pytest.mark.parametrize("call", ["connect", "connect_ex"])
def test_connections_are_blocked(call):
    with socket.socket() as connection, pytest.raises(NetworkBlocked, match=f"socket.{call} wants '192.0.2.1'"):
        getattr(connection, call)((ELSEWHERE, 80))


def test_datagrams_are_blocked():
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        with pytest.raises(NetworkBlocked):
            sender.sendto(b"x", (ELSEWHERE, 53))
        with pytest.raises(NetworkBlocked):
            sender.sendmsg([b"x"], [], 0, (ELSEWHERE, 53))


def test_look_ups_are_blocked():
    with pytest.raises(NetworkBlocked, match=r"socket.getaddrinfo wants 'example.com'"):
        socket.create_connection(("example.com", 443))


def test_clients_do_not_take_it_for_weather():
    """httpx turns an OSError into its own ConnectError; ours comes through."""
    with pytest.raises(NetworkBlocked):
        httpx.get(f"http://{ELSEWHERE}/")


async def test_asyncio_is_blocked():
    with pytest.raises(NetworkBlocked):
        await asyncio.open_connection(ELSEWHERE, 80)


def test_loopback_and_unix_sockets_work(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))

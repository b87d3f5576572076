"""Listening sockets, on the loopback interface unless told otherwise."""

import socket

LOOPBACK = "127.0.0.1"
LOOPBACK_HOSTS = (LOOPBACK, "::1", "localhost")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; `OSError` where the port is taken.

    The protocol is named because asyncio sets TCP_NODELAY only then: without it a request takes 44 ms, not 0.5.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError):
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def listening(host: str, *ports: int) -> list[socket.socket]:
    """A socket for each port, or none at all: `OSError` where one is taken."""
    opened: list[socket.socket] = []
    try:
        opened.extend(listen(host, port) for port in ports)
    except OSError:
        for each in opened:
            each.close()
        raise
    return opened

"""No test leaves this machine: connections, datagrams and name look-ups beyond loopback are errors.

The guard sits on Python's sockets. Child processes are not guarded: what they may reach is their test's business.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

_LOCAL_NAMES = {"localhost", ""}


class NetworkBlocked(RuntimeError):
    """Not an OSError, so that no code under test takes it for weather and carries on."""


def is_local(host: object) -> bool:
    """Tell whether a host, as a socket call takes it, stays on this machine."""
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name.lower() in _LOCAL_NAMES
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified  # connecting to 0.0.0.0 reaches loopback


def _refuse(host: object, call: str) -> None:
    if not is_local(host):
        raise NetworkBlocked(
            f"{call} wants {host!r}: tests talk to loopback only. Serve what is needed on 127.0.0.1, or use a value."
        )


def _guarded(name: str) -> Callable[..., Any]:
    original = getattr(socket.socket, name)

    def guard(self: socket.socket, *args: Any) -> Any:
        # The address is the last argument of each of these calls; AF_UNIX ones are paths and stay here.
        if self.family in (socket.AF_INET, socket.AF_INET6) and args and isinstance(args[-1], tuple):
            _refuse(args[-1][0], f"socket.{name}")
        return original(self, *args)

    return guard


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse(host, "socket.getaddrinfo")
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto", "sendmsg"):
            patch.setattr(socket.socket, name, _guarded(name), raising=False)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield

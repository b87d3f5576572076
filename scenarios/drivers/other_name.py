"""Another machine's name that leads here: for clients in this process, for as long as one of them runs."""

import socket
import threading
from collections.abc import Callable
from typing import Any

from scenarios.model.capability import OTHER_NAME, Capability

NO_OTHER_NAME = (
    f"It needs a client to which the name {OTHER_NAME} leads here ({Capability.OTHER_NAMES.value}).",
    "Judge it in this process and over http, and declare that it resolves names as Python does.",
)
"""Why a client cannot be told such a name, and what to do about it."""

_lock = threading.Lock()
# How names were resolved before; as many as there are users.
_before: list[Callable[..., Any]] = []


def _resolving(host: Any, *arguments: Any, **named: Any) -> Any:
    here = host in (OTHER_NAME, OTHER_NAME.encode())
    return _before[0]("127.0.0.1" if here else host, *arguments, **named)


def lead_here() -> None:
    """Have the name lead to this machine until `lead_away` has been called as often."""
    with _lock:
        _before.append(_before[0] if _before else socket.getaddrinfo)
        socket.getaddrinfo = _resolving


def lead_away() -> None:
    """Have everything resolve as it did before the first `lead_here`."""
    with _lock:
        before = _before[0]
        if len(_before) == 1:
            socket.getaddrinfo = before
        _before.pop()

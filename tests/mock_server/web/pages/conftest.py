"""A running mock, and visitors to its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from mock_server.serving import RunningServer, serve
from tests.mock_server.web.pages.remote import Remote
from tests.mock_server.web.pages.visitor import Visitor


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with serve() as server:
        yield server


@pytest.fixture
def arrive(server: RunningServer) -> Iterator[Callable[[], Visitor]]:
    """A function that makes another visitor, with cookies of their own."""
    # Shared, because each transport costs a TLS context; it holds no cookies.
    with httpx.HTTPTransport(verify=False) as transport:
        yield lambda: Visitor(server, transport)


@pytest.fixture
def visitor(arrive: Callable[[], Visitor]) -> Visitor:
    return arrive()


@pytest.fixture
def remote(visitor: Visitor) -> Remote:
    return Remote(visitor)

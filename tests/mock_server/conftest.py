"""What tests on sockets share: a server, and a log on which no error may appear."""

import logging

import pytest

from mock_server.serving import serve
from tests.mock_server.over_sockets import Client


@pytest.fixture
def silent(caplog):
    """Fails the test where anything is logged as an error, by whomever."""
    with caplog.at_level(logging.DEBUG):
        yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


@pytest.fixture(scope="module")
def shared_server():
    with serve(auto_allow=True) as running:
        yield running


@pytest.fixture
def server(shared_server, silent):
    shared_server.reset()
    return shared_server


@pytest.fixture
def client(server):
    return Client(server)

"""The servers of these tests: one mock server for each engine, and one that says what it is told to."""

import threading
from collections.abc import Iterator

import pytest

from tests.recordings.scripted_server import ScriptedServer
from tests.recordings.stage import MockServerStage, stage_for


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[MockServerStage]:
    """The stage on which the cases of the engine given as parameter are played, one after another."""
    with stage_for(request.param) as running:
        yield running


@pytest.fixture(scope="module")
def scripted_server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def server(scripted_server: ScriptedServer) -> ScriptedServer:
    scripted_server.answers.clear()
    scripted_server.sent.clear()
    return scripted_server

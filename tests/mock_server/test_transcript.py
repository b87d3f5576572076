"""The transcript: bounded, numbered, heard by listeners."""

from mock_server.transcript import Answer, ReceivedRequest, Transcript
from tests.mock_server.in_memory import Clock, InMemory


def test_entries_are_numbered_timed_and_bounded():
    clock = Clock()
    transcript = Transcript(clock, capacity=2)
    for number in range(3):
        clock.now += 1
        transcript.record("flow", "kind", n=number)
    assert [(event.number, event.at, event.detail) for event in transcript] == [(2, 2, {"n": 1}), (3, 3, {"n": 2})]
    transcript.clear()
    assert len(transcript) == 0
    assert transcript.record("", "again").number == 4


def test_listeners_hear_each_entry_until_they_stop():
    transcript = Transcript(Clock())
    heard = []
    stop = transcript.listen(heard.append)
    event = transcript.record("flow", "one")
    stop()
    transcript.record("flow", "two")
    assert heard == [event]


def test_a_listener_may_stop_itself_while_it_listens():
    transcript = Transcript(Clock())
    heard = []
    stops = []

    def once(entry):
        heard.append(entry.kind)
        stops.pop()()

    stops.append(transcript.listen(once))
    transcript.listen(lambda entry: heard.append(entry.kind))
    transcript.record("", "a")
    transcript.record("", "b")
    assert heard == ["a", "a", "b"]


def test_views():
    server = InMemory()
    server.login(flow=server.flow(identifier="mine"))
    server.core.transcript.record("mine", "step")
    server.me("unknown")
    assert len(server.core.transcript.exchanges) == 3
    assert len(server.core.transcript.of_flow("mine")) == 3
    endpoints = [exchange.endpoint for exchange in server.core.transcript.exchanges]
    assert endpoints == ["authorization", "token", "resource"]


def test_a_request_as_it_was_received():
    request = ReceivedRequest("GET", "/a?b?c", (("X", "1"), ("x", "2")))
    assert (request.path, request.query) == ("/a", "b?c")
    assert (request.header("x"), request.all_headers("x"), request.header("y")) == ("1", ("1", "2"), "")
    assert (Answer(200, (("X", "1"),)).header("x"), Answer(200).header("x")) == ("1", "")

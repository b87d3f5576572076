"""Reading whatever an adapter writes; the schemas; what may be shown. No process takes part."""

from __future__ import annotations

import asyncio
import json
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scenarios.drivers import adapter_connection, messages
from scenarios.drivers.adapter_connection import AdapterConnection
from scenarios.drivers.driver import DriverError
from scenarios.drivers.messages import NEXT_STEPS, Fault, Lines, read_reply, shown
from scenarios.model.capability import Capability

CLIENT = {"name": "c", "version": "1", "language": "C"}
STARTED = {"message": "started", "seq": 1, "version": 1, "capabilities": ["refresh"], "client": CLIENT}
OUTCOME = {"message": "outcome", "seq": 2, "kind": "signed_in"}


def line(*, absent: str = "", **members) -> bytes:
    return json.dumps({name: value for name, value in members.items() if name != absent}).encode()


# Reading.

RIGHT = [
    STARTED,
    {**STARTED, "left_to_caller": ["state"], "client": {**CLIENT, "homepage": None, "options": {"pkce": True}}},
    {"message": "begun", "seq": 2, "url": "http://as.example/auth"},
    OUTCOME,
    {**OUTCOME, "reason": None, "expires_at": 1, "access_token_fingerprint": "0123456789abcdef"},
    {"message": "unsupported", "seq": 3},
    {"message": "failed", "seq": 3, "detail": "why"},
]


@pytest.mark.parametrize("content", RIGHT, ids=lambda content: content["message"])
@pytest.mark.parametrize("end", [b"", b"\r", b" \t"])
def test_right_answers_are_read(content, end):
    reply = read_reply(line(**content) + end)
    assert not isinstance(reply, Fault), reply
    assert reply.seq == content["seq"]


WRONG = {
    b"": "NOT_JSON",
    b"{": "NOT_JSON",
    b"{'message': 'begun'}": "NOT_JSON",
    b"\xef\xbb\xbf{}": "NOT_JSON",
    b"\x00": "NOT_JSON",
    b"\xff\xfe{\x00}\x00": "NOT_JSON",
    b'{"a": "\xff"}': "NOT_JSON",
    b'{"a":' * 100_000: "NOT_JSON",
    b'{"seq": 1e999}': "NOT_JSON",
    b"starting up": "STDOUT_NOISE",
    b"[INFO] starting up": "STDOUT_NOISE",
    "für Elise".encode(): "STDOUT_NOISE",
    b"[]": "NOT_AN_OBJECT",
    b"null": "NOT_AN_OBJECT",
    b'"text"': "NOT_AN_OBJECT",
    b"{}": "SCHEMA",
    line(**OUTCOME, absent="message"): "SCHEMA",
    line(**OUTCOME | {"message": 7}): "SCHEMA",
    line(**OUTCOME | {"message": "landed"}): "UNKNOWN_MESSAGE",
    line(**OUTCOME | {"message": "land"}): "UNKNOWN_MESSAGE",
    line(**OUTCOME, absent="seq"): "SCHEMA",
    line(**OUTCOME | {"seq": True}): "SCHEMA",
    line(**OUTCOME | {"seq": "2"}): "SCHEMA",
    line(**OUTCOME | {"seq": 0}): "SCHEMA",
    line(**OUTCOME | {"expires_at": "soon"}): "SCHEMA",
    line(**OUTCOME | {"access_token_fingerprint": "0123"}): "SCHEMA",
    line(**STARTED | {"version": 2, "something": "new"}): "WRONG_VERSION",
    line(**STARTED | {"version": 10**40}): "WRONG_VERSION",
    line(**STARTED | {"version": "1"}): "SCHEMA",
    line(**STARTED, absent="client"): "SCHEMA",
    line(**STARTED | {"capabilities": ["fly"]}): "SCHEMA",
    line(message="begun", seq=1, url=""): "SCHEMA",
}


@pytest.mark.parametrize(("octets", "code"), WRONG.items(), ids=lambda value: str(value[:20]))
def test_wrong_lines_are_named(octets, code):
    fault = read_reply(octets)
    assert isinstance(fault, Fault)
    assert fault.code == code


def test_a_fault_knows_whose_it_is():
    assert read_reply(line(**OUTCOME | {"kind": "fine"})).seq == 2
    assert read_reply(line(**OUTCOME | {"seq": "2"})).seq is None


MEMBERS = ["message", "seq", "version", "url", "kind", "client", "capabilities", "x"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
NEARLY = st.builds(
    lambda content, changes: json.dumps({**content, **changes}).encode(),
    st.sampled_from(RIGHT),
    st.dictionaries(st.sampled_from(MEMBERS), VALUES),
)
OCTETS = st.binary() | NEARLY | st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))


@given(OCTETS)
@example(b'{"message": "\\ud800", "seq": 1}')
def test_any_octets_are_an_answer_or_a_named_fault(octets):
    reply = read_reply(octets)
    if isinstance(reply, Fault):
        assert reply.code in NEXT_STEPS
        assert reply.cause.isprintable()
        assert reply.cause.isascii()
        assert len(reply.cause) < 700


@given(st.lists(st.binary(max_size=30)), st.integers(1, 40))
@example([b"a" * 30, b"b" * 30], 40)
def test_lines_are_the_same_however_they_arrive(pieces, longest):
    octets = b"".join(pieces)
    found: list[bytes | Fault] = []
    reader = Lines(longest)
    for piece in pieces:
        found += reader.feed(piece)
        if any(isinstance(each, Fault) for each in found):
            break
    whole = Lines(longest).feed(octets)
    assert [each for each in found if isinstance(each, bytes)] == [each for each in whole if isinstance(each, bytes)]
    too_long = any(len(each) > longest for each in octets.split(b"\n"))
    assert too_long == any(isinstance(each, Fault) for each in found) == any(isinstance(each, Fault) for each in whole)


def test_a_line_that_is_not_ended_is_no_line():
    reader = Lines()
    assert reader.feed(b"one\n\n \r\ntw") == [b"one"]
    assert reader.begun == b"tw"
    assert reader.feed(b"o\r\n") == [b"two\r"]
    assert reader.begun == b""


class Unheard:
    """An adapter's process that does nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def send(self, octets: bytes) -> None:
        pass

    def kill(self) -> None:
        pass

    def how_it_ended(self) -> str:
        return "ended with exit code 0"

    def last_lines(self) -> list[str]:
        return ["the last"]

    async def stop(self, *_: object) -> None:
        pass


CHUNKS = st.lists(st.binary() | st.tuples(NEARLY, st.just(b"\n")).map(b"".join) | st.just(b""), max_size=8)


@given(CHUNKS, st.integers(1, 4))
def test_any_stream_ends_each_request_in_an_answer_or_a_named_error(chunks, requests):
    async def run() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(adapter_connection, "AdapterProcess", Unheard)
            connection = AdapterConnection([], None, (), 0)
        connection.one_at_a_time = False
        asked = [asyncio.create_task(connection.ask(messages.Land, 5, session="1", url="x")) for _ in range(requests)]
        await asyncio.sleep(0)
        for chunk in chunks:
            connection._heard(chunk)
            if not chunk:
                break
        await asyncio.sleep(0)
        await connection.close()
        for result in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(result, messages.Reported | DriverError), result
            assert isinstance(result, messages.Reported) or result.code in NEXT_STEPS

    asyncio.run(run())


# Showing.


@given(st.text(), st.text("XYZ-_~ !", min_size=8))
def test_what_is_to_be_hidden_is_not_shown(text, secret):
    assert secret not in shown(f"{text}{secret}{text}", [secret])


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abc.def", "abc.def"),
        ("Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ('{"access_token": "short"}', "short"),
        ("http://x/cb?code=xyz&state=short", "xyz"),
        ("http://x/cb?code=abc&state=short", "short"),
        ("got 8fJx0aB3kQ0PzcRtB2mY.wV8fJx0aB3kQ0PzcRtB2m", "8fJx0aB3kQ0P"),
        ("x" * 8192 + " code=abc", "code"),
    ],
)
def test_what_looks_secret_is_not_shown(text, secret):
    assert secret not in shown(text)


@pytest.mark.parametrize("text", ["ModuleNotFoundError: No module named 'x'", "state: it is another's", "refused"])
def test_what_helps_is_shown(text):
    assert shown(text) == text


def test_what_is_shown_is_bounded_and_harmless():
    assert shown("a " * 5000) == "a " * 100 + "..."
    assert shown(b"\x1b[31m\xff\n\xe2\x80\xae") == r"\x1b[31m\xff\n\u202e"


# The schemas.


def test_the_schemas_are_those_of_the_types():
    files = {file.name: file.read_text() for file in messages.SCHEMAS.iterdir()}
    assert files == messages.schemas(), "run python -m scenarios.drivers.messages"


def undescribed(schema: dict[str, Any]) -> list[str]:
    """Return each message, type and member of a schema that no sentence describes."""
    types = [schema, *schema.get("$defs", {}).values()]
    parts = [(part["title"], part) for part in types]
    parts += [pair for part in types for pair in part.get("properties", {}).items() if "$ref" not in pair[1]]
    texts = {name: [inner.get("description", "") for inner in (part, *part.get("anyOf", []))] for name, part in parts}
    return [name for name, found in texts.items() if not any(text.endswith(".") for text in found)]


@pytest.mark.parametrize("name", sorted(messages.schemas()))
def test_everything_is_described_in_sentences(name):
    assert not undescribed(json.loads(messages.schemas()[name]))


def test_what_is_not_described_is_seen():
    assert undescribed({"title": "x", "properties": {"y": {"type": "integer"}}}) == ["x", "y"]


def test_every_message_has_a_schema_and_no_place_for_a_scenario():
    schemas = {name: json.loads(text) for name, text in messages.schemas().items()}
    assert {name.removesuffix(".json") for name in schemas} == {
        *("start", "begin", "land", "refresh", "call_api", "move_clock", "stop"),
        *("started", "begun", "outcome", "moved", "unsupported", "failed"),
    }
    told = {name: set(schemas[f"{name}.json"]["properties"]) for name in messages.ANSWERS}
    assert told.pop("start") == {"message", "seq", "version", "assignment"}
    assert told.pop("stop") == {"message", "seq"}
    assert told.pop("move_clock") == {"message", "seq", "seconds"}
    assert told.pop("land") == {"message", "seq", "session", "url"}
    assert all(members == {"message", "seq", "session"} for members in told.values())
    # What is special about an assignment is the harness's business.
    assert "kind" not in schemas["start.json"]["$defs"]["Assigned"]["properties"]
    assert set(schemas["started.json"]["$defs"]["Capability"]["enum"]) == {each.value for each in Capability}


def test_requests_are_lines_that_fit_their_schema():
    for kind in get_args(messages.Request):
        schema = json.loads(messages.schemas()[f"{kind.__struct_config__.tag}.json"])
        assigned = messages.Assigned("pkce", "a", "t", None, "p", "i", None, "r", "s", None)
        known = {"session": "x", "url": "x", "version": 1, "assignment": assigned, "seconds": 1.0}
        members: dict[str, Any] = {name: known[name] for name in schema["required"] if name in known}
        octets = messages.encode(kind(seq=1, **members))
        assert octets.endswith(b"\n")
        assert octets.count(b"\n") == 1
        assert set(json.loads(octets)) == set(schema["required"])

"""A record is evidence: complete in any case, judged again with the same verdicts, without foreign secrets."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.protocol.provider import FRAMEIO
from mock_server.protocol.records import App
from mock_server.transcript import Answer, Event, Exchange, ReceivedRequest
from scenarios.collection import performances
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.model.case import Case
from scenarios.model.verdict import Verdict
from scenarios.reports import record_lines
from scenarios.reports.digests import Digests
from scenarios.reports.record import Record
from scenarios.reports.record_lines import case_line, case_of, entry_of, stored_entry
from scenarios.reports.record_reading import RecordError, judge_again, read
from scenarios.running import Plan, run
from scenarios.summary import Summary

from .runs import CATALOGUE, header, reported

SCHEMA = Path(record_lines.__file__).with_name("record.schema.json")
CLIENTS = (
    "reference",
    "flawed:state-ignored",
    "flawed:secret-in-body-only",
    "flawed:access-token-unchecked",
    "flawed:code-sent-twice",
    "flawed:pkce-absent",
)
SMALL = ("callback/state-changed", "refresh/plain-refresh")

pytestmark = pytest.mark.slow


@pytest.fixture
def stored(tmp_path):
    """Write bytes to a file and return it."""

    def stored(content: bytes) -> Path:
        path = tmp_path / "record"
        path.write_bytes(content)
        return path

    return stored


def small() -> bytes:
    return reported("flawed:state-ignored", SMALL).record


@pytest.mark.parametrize("client", CLIENTS)
def test_judged_again_from_the_evidence_alone(client, stored):
    run = reported(client)
    again = judge_again(read(stored(run.record)), CATALOGUE)
    assert again.changed == []
    assert again.changed_rules == []
    assert [verdict for _, _, verdict in again.judged] == [verdict for _, _, verdict in run.judgements]
    assert again.summary.rules == run.summary.rules
    assert again.summary.exit_code == run.summary.exit_code
    assert {verdict.status for _, _, verdict in again.judged} - {"not_applicable"}


def test_the_schema_is_that_of_the_classes():
    told = "write it anew: python -c 'from scenarios.reports.record_lines import *; print(schema_text(), end=\"\")'"
    assert SCHEMA.read_text() == record_lines.schema_text(), told


@pytest.mark.parametrize("client", ["flawed:state-ignored", "flawed:secret-in-body-only"])
def test_every_line_meets_the_schema(client):
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    lines = [json.loads(line) for line in reported(client, SMALL).record.splitlines()]
    assert {line["line"] for line in lines} == {"header", "prepared", "case", "verdict", "rest", "rule", "footer"}
    for line in lines:
        validator.validate(line)


@pytest.mark.parametrize("change", [{"status": "fine"}, {"line": "other"}, {"exchanges": "none"}])
def test_the_schema_refuses_what_is_no_line(change):
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    line = next(line for line in map(json.loads, small().splitlines()) if line["line"] == "verdict")
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(line | change)


def test_bodies_are_readable_and_values_of_the_run_are_in_clear():
    text = small().decode()
    assert "grant_type=authorization_code&code=" in text
    assert re.search(r"code_verifier=[\w-]{43}", text)


octets = st.binary(max_size=60)
headers = st.lists(st.tuples(st.text(max_size=8), st.binary(max_size=8).map(lambda b: b.decode("latin-1"))), max_size=3)
answers = st.builds(Answer, st.integers(100, 599), headers.map(tuple), octets)


@given(
    st.builds(
        Exchange,
        number=st.integers(0, 99),
        at=st.floats(0, 9),
        flow=st.just("flow-1"),
        attributed_by=st.just("value"),
        endpoint=st.just("token"),
        request=st.builds(ReceivedRequest, st.just("POST"), st.just("/oauth2/token"), headers.map(tuple), octets),
        right=answers,
        sent=answers,
        strict=st.none() | answers,
    )
)
def test_what_is_stored_comes_back(exchange):
    line = msgspec.json.decode(msgspec.json.encode(stored_entry(exchange)), type=record_lines.StoredExchange)
    assert entry_of(line) == exchange


def test_what_json_has_no_word_for_is_written_in_other_words():
    event = Event(1, 0.0, "flow-1", "outcome", {"detail": "half \udc80", "expires_at": float("nan"), "what": {1: b"x"}})
    case = Case("a/b", "", "basic", entries=(event,))
    line = msgspec.json.decode(msgspec.json.encode(case_line(case)), type=record_lines.CaseLine)
    (back,) = case_of(line).entries
    assert back.detail == {"detail": "half \\udc80", "expires_at": None, "what": {"1": "b'x'"}}


# Foreign secrets

APP = App("the-client", ("http://localhost:5050/callback",), (), client_secret="issued-secret-of-the-app")
TOKEN = "issued-token-0123456789"


def kept(**request) -> ReceivedRequest:
    digests = Digests(b"key")
    answer = Answer(200, (), json.dumps({"access_token": TOKEN}).encode())
    issued = Exchange(1, 0.0, "flow-1", "value", "token", ReceivedRequest("POST", "/"), answer, answer)
    digests.learn([APP], [issued])
    return digests.request(ReceivedRequest(**{"method": "POST", "target": "/oauth2/token"} | request))


def basic(user: str, password: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"),)


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": (("cookie", "session=foreign-value; other=foreign-value"),)},
        {"headers": (("authorization", "Bearer foreign-value"),)},
        {"headers": (("authorization", "foreign-value"),)},
        {"headers": (("proxy-authorization", "Digest foreign-value"),)},
        {"headers": (("x-api-key", "foreign-value"),)},
        {"headers": basic("the-client", "foreign-value")},
        {"body": b"grant_type=x&client_secret=foreign-value"},
        {"body": b"refresh_token=foreign%2Dvalue"},
        {"body": b'{"client_secret": "foreign-value"}'},
        {"target": "/oauth2/token?access_token=foreign-value"},
        {"target": "/oauth2/token?api_key=foreign-value&x=1"},
    ],
    ids=str,
)
def test_foreign_secrets_are_digests(request_):
    request = kept(**request_)
    text = f"{request.target}{request.headers}{request.body}"
    decoded = re.sub(r"Basic (\S+)'", lambda m: base64.b64decode(m[1]).decode(), text)
    assert "foreign" not in decoded
    assert re.search(r"digest-13-base64url-[0-9a-f]{16}", decoded)


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": (("authorization", f"Bearer {TOKEN}"),)},
        {"headers": (("authorization", f"Bearer {TOKEN[:-4]}"),)},
        {"headers": basic("the-client", "issued-secret-of-the-app")},
        {"headers": basic("the-client", "issued%2Dsecret%2Dof%2Dthe%2Dapp")},
        {"headers": basic("the-client", "")},
        {"headers": (("accept", "text/html"),)},
        {"body": b"code=drawn-for-one-login&code_verifier=by-the-client&state=x"},
        {"body": b"client_secret=&refresh_token=" + TOKEN.encode()},
        {"body": b"\xff\xfe no form at all"},
        {"body": b'{"refresh_token": "' + TOKEN.encode() + b'"}'},
        {"target": f"/v2/me?access_token={TOKEN}"},
    ],
    ids=str,
)
def test_what_means_something_only_in_this_run_stays(request_):
    expected = ReceivedRequest(**{"method": "POST", "target": "/oauth2/token"} | request_)
    assert kept(**request_) == expected


def test_equal_values_have_equal_digests_under_one_key_only():
    one, other = Digests(), Digests()
    assert one.digest("value") == one.digest("value") != one.digest("other")
    assert one.digest("value") != other.digest("value")
    assert one.digest("") == ""
    assert [one.digest(v).split("-")[2] for v in ("12", "ab", "a_z", "a+/=", "a b", "é")] == [
        "digits",
        "hex",
        "base64url",
        "base64",
        "printable",
        "other",
    ]


def test_a_cookie_of_the_server_is_a_digest_too():
    digests = Digests()
    answer = Answer(200, (("set-cookie", "a=foreign-value; Path=/"),))
    exchange = Exchange(1, 0.0, "", "stray", "other", ReceivedRequest("GET", "/"), answer, answer)
    ((_, cookie),) = digests.entry(exchange).sent.headers
    assert re.fullmatch(r"a=digest-13-base64url-[0-9a-f]{16}; Path=/", cookie)


# Whole in any case


@pytest.fixture
def plan():
    return SimpleNamespace(provider=FRAMEIO, performances=())


def test_a_bug_leaves_a_whole_file(tmp_path, plan):
    path = tmp_path / "record"
    path.write_bytes(b"what was there before")

    def broken():
        with Record(path, header("reference", 2)) as record:
            record.begun(plan)
            record.judged(None, Case("a/b", "", "basic"), Verdict("a/b", "basic", "passed"))
            assert path.read_bytes() == b"what was there before"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    recorded = read(path)
    assert recorded.footer.interrupted
    assert recorded.footer.cases == 1
    assert [file.name for file in tmp_path.iterdir()] == ["record"]


async def test_an_interrupted_run_leaves_a_whole_file(tmp_path):
    selected = performances(CATALOGUE, ("basic",), SMALL)
    path = tmp_path / "record"
    told = asyncio.Event()

    class Interrupts:
        def begun(self, plan):
            pass

        def prepared(self, *arguments):
            pass

        def judged(self, *arguments):
            told.set()

        def ended(self, summary):
            pass

    with Record(path, header("reference", len(selected))) as record:
        plan = Plan(InProcessDriver(load_factory("reference")), selected)
        task = asyncio.create_task(run(plan, [record, Interrupts()]))
        await told.wait()
        task.cancel()
        summary = await task
    assert summary.interrupted
    again = judge_again(read(path), CATALOGUE)
    assert again.summary.interrupted
    assert again.changed == again.changed_rules == []
    assert again.judged
    assert again.summary.exit_code == summary.exit_code == 3


def test_a_full_disk_stops_the_record_and_not_the_run(tmp_path, plan):
    path = tmp_path / "record"
    record = Record(path, header("reference", 1))

    class Full:
        def write(self, _):
            raise OSError(28, "No space left on device")

        def close(self):
            raise OSError(28, "No space left on device")

    record._file.close()
    record._file = Full()
    record.begun(plan)
    record.judged(None, Case("a/b", "", "basic"), Verdict("a/b", "basic", "passed"))
    record.ended(Summary())
    assert "No space left" in record.trouble
    assert list(tmp_path.iterdir()) == []


# Damaged and foreign files


def trouble(path: Path) -> str:
    with pytest.raises(RecordError) as caught:
        judge_again(read(path), CATALOGUE)
    assert caught.value.cause
    assert caught.value.next_step
    return caught.value.code


def without_line(number: int) -> bytes:
    lines = small().splitlines(keepends=True)
    return b"".join(lines[:number] + lines[number + 1 :])


def replaced(old: bytes, new: bytes) -> bytes:
    assert old in small()
    return small().replace(old, new)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: b"", "RECORD_EMPTY"),
        (lambda: b"\n", "NOT_A_RECORD"),
        (lambda: b"{}", "NOT_A_RECORD"),
        (lambda: b"[" * 100_000, "NOT_A_RECORD"),
        (lambda: b"\xff\xfe", "NOT_A_RECORD"),
        (lambda: b'{"format": "oauthspec record", "version": 1}', "RECORD_DAMAGED"),
        (lambda: b'{"format": "oauthspec record", "version": 1, "line": "footer"}', "RECORD_DAMAGED"),
        (lambda: replaced(b'"version":1', b'"version":2'), "RECORD_VERSION"),
        (lambda: small()[:-2], "RECORD_DAMAGED"),
        (lambda: b"".join(small().splitlines(keepends=True)[:-1]), "RECORD_INCOMPLETE"),
        (lambda: without_line(2), "RECORD_DAMAGED"),
        (lambda: without_line(3), "RECORD_DAMAGED"),
        (lambda: without_line(-2 % len(small().splitlines())), "RECORD_DAMAGED"),
        (lambda: replaced(b"callback/state-changed", b"callback/never-heard-of"), "UNKNOWN_SCENARIO"),
        (lambda: replaced(b'"status":200', b'"status":"fine"'), "RECORD_DAMAGED"),
        (lambda: replaced(b'"kind":"signed_in"', b'"kind":"delighted"'), "RECORD_DAMAGED"),
        (lambda: small() + small(), "RECORD_DAMAGED"),
    ],
)
def test_what_is_wrong_with_a_file_has_a_name(content, code, stored):
    assert trouble(stored(content())) == code


def test_a_file_that_is_not_there_has_a_name(tmp_path):
    assert trouble(tmp_path / "nothing") == "RECORD_NOT_READABLE"
    assert trouble(tmp_path) == "RECORD_NOT_READABLE"


@settings(max_examples=150)
@given(st.data())
def test_a_mutated_file_gives_a_named_error_or_a_report(tmp_path_factory, data):
    content = small()
    kind = data.draw(st.sampled_from(["cut", "byte", "line", "swap", "value"]))
    at = data.draw(st.integers(0, len(content) - 1))
    if kind == "cut":
        content = content[:at]
    elif kind == "byte":
        content = content[:at] + data.draw(st.binary(min_size=1, max_size=3)) + content[at + 1 :]
    elif kind == "value":
        words = [b'"flow-1"', b'"basic"', b"null", b"200", b'"land"', b'"", "', b"[]", b"true"]
        content = content.replace(data.draw(st.sampled_from(words)), data.draw(st.sampled_from(words)), 3)
    else:
        lines = content.splitlines(keepends=True)
        one, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        lines[one] = lines[other]
        content = b"".join(lines)
    path = tmp_path_factory.getbasetemp() / "mutated-record"
    path.write_bytes(content)
    with suppress(RecordError):
        judge_again(read(path), CATALOGUE)

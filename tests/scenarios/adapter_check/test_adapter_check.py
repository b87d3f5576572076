"""What is wrong with an adapter is said member by member; one that is right conforms."""

from __future__ import annotations

import asyncio
import time

import pytest

from mock_server.serving import serve
from scenarios.adapter_check import asking
from scenarios.adapter_check.asking import AdapterCheck
from scenarios.adapter_check.looking import NEXT_STEPS
from scenarios.drivers import adapter_connection, messages
from scenarios.drivers.user_agent import UserAgent
from tests.scenarios.adapter_check.spoilt import Idle, Process, Unread, at, counted, with_, without_capabilities


@pytest.fixture
def checked(monkeypatch):
    """What is said of an adapter that is spoilt, as a Basic app."""

    def checked(spoil, patience=2.0):
        monkeypatch.setattr(adapter_connection, "AdapterProcess", lambda command, heard, output: Process(spoil, heard))

        async def check():
            with serve(apps=(), auto_allow=True) as server:
                async with UserAgent(server.url) as user_agent:
                    check = AdapterCheck(["adapter"], server, user_agent, "basic", patience)
                    await check.run()
                    if check.started is not None:
                        await check.run_once_more()
                    return check.remarks

        return asyncio.run(check())

    return checked


def wrong(remarks):
    return [(each.what, each.code, each.at) for each in remarks if each.status != "ok"]


def test_the_reference_adapter_conforms(checked):
    remarks = checked(lambda request, answer: answer or None)
    assert not wrong(remarks)
    assert len(remarks) == 20
    assert not {each.what for each in remarks if "declared" in each.what}


def test_what_was_not_declared_is_asked_for_all_the_same(checked):
    def unable(request, answer):
        if request["message"] in ("refresh", "call_api"):
            return {"message": "unsupported", "seq": request["seq"]}
        return without_capabilities("refresh", "call_api")(request, answer)

    remarks = checked(unable)
    assert not wrong(remarks)
    assert {"refresh, which was not declared", "call_api, which was not declared"} <= {each.what for each in remarks}


GENUINE = "land, a genuine redirect"
FAULTS = {
    "no seq": (at("begin", with_(seq=None)), ("begin", "SCHEMA", "begun.seq")),
    "a seq that is text": (at("begin", with_(seq="42")), ("begin", "SCHEMA", "begun.seq")),
    "a seq of its own": (counted(), ("start", "WRONG_SEQ", "")),
    "a member of another type": (at("land", with_(granted_scope=5)), (GENUINE, "SCHEMA", "outcome.granted_scope")),
    "a misspelt member": (at("land", with_(expires=5)), (GENUINE, "SCHEMA", "outcome.expires")),
    "a token where a fingerprint belongs": (
        at("land", with_(access_token_fingerprint="a-token-in-the-clear")),
        (GENUINE, "SCHEMA", "outcome.access_token_fingerprint"),
    ),
    "a capability that there is not": (
        at("start", with_(capabilities=["sessions", "telepathy"])),
        ("start", "SCHEMA", "started.capabilities[1]"),
    ),
    "a capability of another seat": (
        at("start", with_(capabilities=["html"])),
        ("start", "CAPABILITY_OF_ANOTHER_SEAT", ""),
    ),
    "another version": (at("start", with_(version=2)), ("start", "WRONG_VERSION", "started.version")),
    "an answer that there is not": (at("begin", with_(message="began")), ("begin", "UNKNOWN_MESSAGE", "message")),
    "an answer to something else": (
        at("land", lambda answer: {"message": "begun", "seq": answer["seq"], "url": "x"}),
        (GENUINE, "WRONG_REPLY", ""),
    ),
    "noise on stdout": (at("begin", lambda answer: b"logging in\n"), ("begin", "STDOUT_NOISE", "")),
    "half an object": (at("begin", lambda answer: b'{"message": "begun"\n'), ("begin", "NOT_JSON", "")),
    "a list": (at("begin", lambda answer: b"[1]\n"), ("begin", "NOT_AN_OBJECT", "")),
    "a line without an end": (at("begin", lambda answer: b'{"message"'), ("begin", "ADAPTER_SILENT", "")),
    "a line that is too long": (
        at("begin", lambda answer: b"x" * (messages.LONGEST_LINE + 2)),
        ("begin", "LINE_TOO_LONG", ""),
    ),
    "no answer": (at("begin", lambda answer: None), ("begin", "ADAPTER_SILENT", "")),
    "two answers": (at("begin", lambda answer: [answer, answer]), (GENUINE, "ANSWERED_TWICE", "")),
    "a crash": (at("land", lambda answer: "ended with exit code 1"), (GENUINE, "ADAPTER_EXITED", "")),
    "failed at odd input": (
        lambda request, answer: {"message": "failed", "seq": request["seq"], "detail": "what is this?"}
        if request["message"] == "land" and "?" not in request["url"]
        else answer or None,
        ("land, without a query", "ADAPTER_FAILED", ""),
    ),
    "another authorization endpoint": (
        at("begin", with_(url="https://login.example/auth?client_id=x")),
        ("begin", "NOT_THE_ENDPOINT", "begun.url"),
    ),
    "another client_id": (
        at("begin", lambda answer: answer | {"url": answer["url"].replace("client_id=", "client_id=x")}),
        ("begin", "NOT_THE_CLIENT_ID", "begun.url"),
    ),
    "pkce that is not done": (
        at("begin", lambda answer: answer | {"url": answer["url"].replace("code_challenge", "unchallenged")}),
        ("begin", "NOT_HONOURED", "begun.url"),
    ),
    "a login that is refused": (
        at("begin", lambda answer: {"message": "outcome", "seq": answer["seq"], "kind": "refused"}),
        ("begin", "BEGIN_REFUSED", "begun"),
    ),
    "a scope that is not told": (
        at("land", with_(granted_scope=None)),
        (GENUINE, "NOT_HONOURED", "outcome.granted_scope"),
    ),
    "an expiry that is not told": (at("land", with_(expires_at=None)), (GENUINE, "NOT_HONOURED", "outcome.expires_at")),
    "milliseconds": (at("land", with_(expires_at=time.time() * 1000)), (GENUINE, "NOT_A_TIME", "outcome.expires_at")),
    "a duration": (at("land", with_(expires_at=3600)), (GENUINE, "NOT_A_TIME", "outcome.expires_at")),
    "a reason that is not told": (
        at("land", with_(reason=None)),
        ("land, consent declined", "NOT_HONOURED", "outcome.reason"),
    ),
    "the fingerprint of something else": (
        at("land", with_(access_token_fingerprint="0" * 16)),
        (GENUINE, "NOT_THE_FINGERPRINT", "outcome.access_token_fingerprint"),
    ),
    "a code that is not redeemed": (Idle("land"), (GENUINE, "NOT_ON_THE_WIRE", "outcome.kind")),
    "a call of the API that is not made": (Idle("call_api"), ("call_api", "NOT_ON_THE_WIRE", "outcome.kind")),
    "a refresh that is not made": (Idle("refresh"), ("refresh", "NOT_ON_THE_WIRE", "outcome.kind")),
    "a clock that is not moved": (
        at("refresh", with_(expires_at=time.time() + 3600)),
        ("clock: a day forward, and back", "NOT_HONOURED", "outcome.expires_at"),
    ),
    "metadata that are not read": (
        Unread("metadata_url"),
        ("discovery: a login by the server's metadata", "NOT_HONOURED", "begun"),
    ),
    "refresh, undeclared and done": (
        without_capabilities("refresh"),
        ("refresh, which was not declared", "UNDECLARED", "message"),
    ),
    "sessions that are mixed": (
        lambda request, answer: answer | {"kind": "refused"}
        if request["message"] == "land" and request["session"] == "second"
        else answer or None,
        ("sessions: two logins, landed the other way round", "SESSIONS_MIXED", "outcome.kind"),
    ),
    "logins at once that are mixed": (
        lambda request, answer: answer | {"kind": "refused"}
        if request["message"] == "land" and request["session"] == "at once, 3"
        else answer or None,
        ("concurrent: 4 logins at once", "SESSIONS_MIXED", "outcome.kind"),
    ),
    "deaf to stop": (
        lambda request, answer: "was killed by SIGTERM" if request["message"] == "stop" else answer or None,
        ("stop", "DOES_NOT_END", ""),
    ),
    "deaf to the end of stdin": (
        lambda request, answer: "was killed by SIGTERM" if request["message"] == "end of stdin" else answer or None,
        ("the end of stdin", "DOES_NOT_END", ""),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_what_came_and_what_to_do(checked, fault):
    spoil, expected = FAULTS[fault]
    remarks = checked(spoil, patience=0.3 if "no answer" in fault or "without an end" in fault else 2.0)
    found = next(each for each in remarks if each.status == "wrong")
    assert (found.what, found.code, found.at) == expected
    assert found.came
    assert found.next_step in {*messages.NEXT_STEPS.values(), *NEXT_STEPS.values()}
    assert bool(found.expected) or not found.at


def test_every_member_that_is_wrong_is_named(checked):
    remarks = checked(at("start", with_(seq=None, client={"name": "", "langage": "Go"}, capabilities="all")))
    assert [each.at for each in remarks] == [
        "started.seq",
        "started.client.name",
        "started.client.version",
        "started.client.language",
        "started.client.langage",
        "started.capabilities",
    ]


def test_a_secret_in_an_answer_is_named_and_not_shown(checked):
    def telling(request, answer):
        if request["message"] == "start":
            known["secret"] = request["assignment"]["client_secret"]
        return at("land", with_(detail=f"I sent {known['secret']} and it worked"))(request, answer)

    known = {}
    (found,) = [each for each in checked(telling) if each.status == "wrong"]
    assert (found.what, found.code) == ("no secret in an answer", "SECRET_TOLD")
    assert found.came == "a line with the client_secret"


def test_what_cannot_be_asked_is_untold_and_no_mistake(checked):
    def refusing(request, answer):
        return at("land", with_(kind="refused", reason="not_today"))(request, answer)

    remarks = checked(refusing)
    assert wrong(remarks) == [(GENUINE, "CANNOT_LOG_IN", "")]
    assert not [each for each in remarks if each.what in ("refresh", "call_api")]
    failing = checked(at("start", lambda answer: {"message": "failed", "seq": answer["seq"], "detail": "no library"}))
    assert [(each.status, each.code) for each in failing] == [("untold", "ADAPTER_FAILED")]


def test_a_dead_adapter_is_asked_nothing_more(checked):
    remarks = checked(FAULTS["a crash"][0])
    assert [each.what for each in remarks if each.status != "ok"][:2] == [GENUINE, "the rest"]


def test_an_odd_request_is_no_other_request():
    line = messages.encode(asking.BeginLater(7, "1"))
    assert line.startswith(b'{"message":"begin","seq":7,"session":"1","added_later"')

"""Nothing that is shown holds a secret, or anything that a terminal would obey."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.protocol import form
from mock_server.redaction import SECRET_PARAMETERS, mark
from mock_server.transcript import Answer, Exchange, ReceivedRequest
from scenarios.reports.differences import differences
from scenarios.reports.header import env_flag
from scenarios.reports.shown import Hidden, legible, members_of, shortened

from .runs import reported

CODE = "a-code-of-this-run-0123456789"


def exchange(**changed) -> Exchange:
    sent = Answer(302, (("location", f"http://localhost:5050/callback?code={CODE}"),))
    settings = {
        "number": 1,
        "at": 0.0,
        "flow": "flow-1",
        "attributed_by": "value",
        "endpoint": "authorization",
        "request": ReceivedRequest("GET", "/oauth2/auth"),
        "right": sent,
        "sent": sent,
    }
    return Exchange(**settings | changed)


def test_what_a_run_knows_is_marked_wherever_it_is_said():
    hidden = Hidden([exchange()], ["the-secret-of-the-app"])
    said = hidden.text(f"ValueError: {CODE} and {form.quote(CODE)} with the-secret-of-the-app")
    assert CODE not in said
    assert "the-secret-of-the-app" not in said
    assert mark(CODE) in said


@pytest.mark.parametrize(
    "text",
    [
        f"{'a' * 43}.{'b' * 43}",
        "http://localhost/callback?code=0123456789abcdef&x=1",
        'said {"access_token": "0123456789abcdef"}',
        "{'refresh_token': '0123456789abcdef'}",
    ],
)
def test_what_looks_like_a_secret_is_marked_too(text):
    assert "0123456789abcdef" not in Hidden().text(text)
    assert "[" in Hidden().text(text)
    assert "b" * 43 not in Hidden().text(text)


def test_what_a_scenario_made_up_is_shown():
    forged = Answer(302, (("location", "http://localhost/callback?state=forged-by-nobody"),))
    changed = exchange(sent=forged, changes=("authorization_response.replaces('state', 'forged-by-nobody')",))
    hidden = Hidden([changed])
    assert hidden.value("state", "forged-by-nobody") == "'forged-by-nobody'"
    assert hidden.value("state", "drawn-by-the-client") == mark("drawn-by-the-client")


@given(st.text())
def test_legible_text_is_one_line_that_a_terminal_only_prints(text):
    shown = legible(text)
    assert shown.isprintable() or not shown
    assert "\n" not in shown


def test_a_terminal_is_not_told_what_to_do():
    assert legible("\x1b[31mred\x07 \u202eleft") == "\\x1b[31mred\\x07 \\u202eleft"


def test_long_lines_are_cut_and_say_so():
    assert shortened("x" * 1000).endswith("... (1000 characters)")
    assert shortened("short") == "short"


@pytest.mark.parametrize("body", [b"", b"[1]", b"no json", b"[" * 100_000, b"\xff"])
def test_what_is_no_object_has_no_members(body):
    assert members_of(body) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "client", ["flawed:state-ignored", "flawed:secret-in-body-too", "flawed:access-token-unchecked"]
)
def test_no_value_of_a_run_is_shown(client):
    run = reported(client)
    shown = run.console + "".join(run.traces.values())
    assert len(run.traces) == len(run.failures())
    secrets = {
        value
        for entry in run.summary.entries
        if isinstance(entry, Exchange)
        for text in (entry.request.query, entry.request.body.decode(), entry.sent.header("location").partition("?")[2])
        for name, value in form.parse(text).pairs
        if name in SECRET_PARAMETERS and len(value) > 22
    }
    secrets |= {app.client_secret for known in run.summary.apps.values() for app in known if app.client_secret}
    assert len(secrets) > 100
    assert not [secret for secret in secrets if secret in shown or form.quote(secret) in shown]


LOCATION = "http://localhost:5050/callback?code=c-0123456789&state=s-0123456789"


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status, (("location", location),))


def json_answer(body: bytes, *headers) -> Answer:
    return Answer(200, headers, body)


@pytest.mark.parametrize(
    ("right", "sent", "words"),
    [
        (redirect(LOCATION), redirect(LOCATION.replace("&state=s-0123456789", "")), "state is missing"),
        (redirect(LOCATION), redirect(f"{LOCATION}&iss=x"), "iss is added: 'x'"),
        (redirect(LOCATION), redirect(f"{LOCATION}&state=s-0123456789"), "state comes 2 times"),
        (redirect(LOCATION), redirect(LOCATION[:-4]), "state is cut to its first 8 characters"),
        (redirect(LOCATION), redirect(f"{LOCATION}x"), "state is followed by 'x'"),
        (redirect(LOCATION), redirect(LOCATION.replace("s-", "S-")), "state is in another case"),
        (redirect(LOCATION), redirect(LOCATION.replace("s-0", "t-0")), "instead of"),
        (redirect(LOCATION), redirect(LOCATION, 303), "the status is 303 instead of 302"),
        (redirect(LOCATION), redirect(LOCATION.replace("callback", "other")), "it leads to http://localhost:5050/other"),
        (redirect(LOCATION), redirect(LOCATION.replace("c-", "%63-")), "the parameters are spelled otherwise"),
        (redirect(LOCATION), Answer(302), "it leads nowhere"),
        (redirect(LOCATION), redirect("http://localhost:5050/callback?"), "code and state are missing"),
        (redirect(LOCATION), redirect(f"{LOCATION}&a=1&b=1&c=1"), "a, b and c are added: '1'"),
        (redirect(LOCATION), redirect(LOCATION.replace("?", "#")), "the parameters are in the fragment"),
        (
            redirect(LOCATION),
            redirect("http://localhost:5050/callback?state=s-0123456789&code=c-0123456789"),
            "they come in another order",
        ),
        (json_answer(b'{"token_type":"bearer"}'), json_answer(b'{"token_type":null}'), "token_type is null instead of"),
        (json_answer(b'{"a":1}'), json_answer(b'{ "a":1}'), "the body is written otherwise"),
        (json_answer(b'{"a":{"b":1}}'), json_answer(b'{"a":{"b":1},"a":2}'), 'a comes 2 times: {"b": 1} and 2'),
        (json_answer(b'{"a":1}'), json_answer(b"<html>"), "the body is another one"),
        (json_answer(b'{"a":1}'), json_answer(b""), "the body is empty"),
        (json_answer(b"{}", ("a", "1")), json_answer(b"{}", ("a", "2")), "the header a is '2'"),
        (json_answer(b"{}", ("a", "1")), json_answer(b"{}"), "the header a is missing"),
    ],
)
def test_differences_in_words(right, sent, words):
    (said,) = differences(right, sent, Hidden())
    assert words in said


def test_equal_answers_do_not_differ():
    assert differences(redirect(LOCATION), redirect(LOCATION), Hidden()) == ()


def test_a_users_own_secret_is_not_repeated():
    assert env_flag("API_KEY", "mine") == ("--env", "API_KEY=[hidden]")
    assert env_flag("OAUTH_SECRET", "{client_secret}") == ("--env", "OAUTH_SECRET={client_secret}")
    assert env_flag("MODE", "test") == ("--env", "MODE=test")


def test_marks_are_what_a_reader_can_compare():
    assert re.fullmatch(r"\[5 characters, [0-9a-f]{6}\]", mark("abcde"))
    assert mark("abcde") == mark("abcde") != mark("abcdf")

"""The player finds each kind of difference, and tolerates what the recordings tolerate and nothing else.

Played against a server that says what it is told to, byte for byte.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.recordings.player import EXTRA_HEADERS, Finding, fill, play
from tests.recordings.recording import Consent, PkceRequirement, Recording, load
from tests.recordings.scripted_server import ScriptedServer

CODE = "c" * 43 + "." + "d" * 43
ACCESS_TOKEN = "a" * 43 + "." + "b" * 43
OTHER_TOKEN = "e" * 43 + "." + "f" * 43

AUTHORIZATION = {
    "request": {
        "method": "GET",
        "path": "/oauth2/auth",
        "query": "client_id=app&state=%20x",
        "headers": [["B", "2"], ["A", "1"], ["b", "3"]],
        "body": None,
    },
    "response": {
        "status": 302,
        "headers": [
            ["Cache-Control", "no-store"],
            ["Location", "http://127.0.0.1/callback?code={{code_1}}&state=+x"],
            ["Content-Length", "0"],
        ],
        "body": "",
        "location": {
            "base": "http://127.0.0.1/callback",
            "query": "code={{code_1}}&state=+x",
            "fragment": None,
        },
    },
    "captures": [{"placeholder": "code_1", "in": "location.query", "parameter": "code"}],
}
TOKEN = {
    "request": {
        "method": "POST",
        "path": "/oauth2/token",
        "query": None,
        "headers": [["Content-Type", "application/x-www-form-urlencoded"]],
        "body": "code={{code_1}}&half={{code_1.key}}&other={{code_1.signature}}&code_verifier={{verifier_1}}",
    },
    "response": {
        "status": 200,
        "headers": [["Content-Type", "application/json;charset=UTF-8"]],
        "body": '{"access_token":"{{access_token_1}}","expires_in":3599}',
    },
    "captures": [{"placeholder": "access_token_1", "in": "body.json", "parameter": "access_token"}],
}
PROBE = {"probe": {"access_token": "{{access_token_1}}", "active": True}}

REDIRECTED = f"http://127.0.0.1/callback?code={CODE}&state=+x"
ISSUED = f'{{"access_token":"{ACCESS_TOKEN}","expires_in":3600}}'


def answer(status: int, *headers: tuple[str, str], body: str = "") -> bytes:
    content = body.encode()
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content


def redirect(location: str = REDIRECTED, status: int = 302, cache: str = "no-store") -> bytes:
    return answer(status, ("location", location), ("cache-control", cache), ("Date", "today"))


def issued(body: str = ISSUED) -> bytes:
    return answer(200, ("Content-Type", "application/json;charset=UTF-8"), body=body)


RIGHT = (redirect(), issued(), answer(200))


class FakeStage:
    """Stands for the mock server: keeps what it was asked to do."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.done: list[tuple[str, Any]] = []

    def start(self, pkce_required: PkceRequirement) -> None:
        self.done.append(("start", pkce_required))

    def decide(self, consent: Consent) -> None:
        self.done.append(("decide", consent))

    def advance(self, seconds: int) -> None:
        self.done.append(("advance", seconds))

    def reregister(self, client_id: str, scopes: tuple[str, ...]) -> None:
        self.done.append(("reregister", (client_id, scopes)))


def recorded(folder: Path, *steps: object, **members: object) -> Recording:
    """A recording of one case, read from a file in the original format."""
    case = {"name": "flow/x", "topic": "flow", "description": "A case.", "steps": steps, **members}
    document = {
        "format": "oauth-wire-recording/1",
        "recorded_from": {"library": "ory/fosite v0.40.2"},
        "settings": {"error_page": "http://127.0.0.1:4444/oauth2/fallbacks/error"},
        "clients": [],
        "dynamic_values": {
            "code": "^[A-Za-z0-9_-]{43}\\.[A-Za-z0-9_-]{43}$",
            "access_token": "^[A-Za-z0-9_-]{43}\\.[A-Za-z0-9_-]{43}$",
        },
        "cases": [case],
    }
    path = folder / "recording.json"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return load(path)


Play = Callable[..., Finding | None]


@pytest.fixture
def played(server: ScriptedServer, tmp_path: Path) -> Play:
    def play_steps(steps: Sequence[object], answers: Sequence[bytes]) -> Finding | None:
        server.answers.extend(answers)
        recording = recorded(tmp_path, *steps, values={"verifier_1": {"text": "v%20"}})
        return play(recording.cases[0], recording, FakeStage(server.address))

    return play_steps


def test_finds_nothing_when_all_is_as_recorded(played: Play, server: ScriptedServer) -> None:
    assert played([AUTHORIZATION, TOKEN, PROBE], RIGHT) is None
    assert not server.answers


def test_sends_what_was_recorded_in_order_and_with_repeats(played: Play, server: ScriptedServer) -> None:
    played([AUTHORIZATION, TOKEN, PROBE], RIGHT)
    host = f"127.0.0.1:{server.address[1]}"
    body = f"code={CODE}&half={'c' * 43}&other={'d' * 43}&code_verifier=v%20"
    assert [request.decode() for request in server.sent] == [
        f"GET /oauth2/auth?client_id=app&state=%20x HTTP/1.1\r\nHost: {host}\r\nB: 2\r\nA: 1\r\nb: 3\r\n\r\n",
        (
            f"POST /oauth2/token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ),
        f"GET /v2/me HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {ACCESS_TOKEN}\r\n\r\n",
    ]


DIFFERENT_AUTHORIZATIONS = {
    "status": (redirect(status=303), "status"),
    "header value": (redirect(cache="no-cache"), "header cache-control"),
    "missing header": (answer(302, ("Location", REDIRECTED)), "header cache-control"),
    "repeated header": (
        answer(302, ("Location", REDIRECTED), *[("Cache-Control", "no-store")] * 2),
        "header cache-control",
    ),
    "one header more": (
        answer(302, ("Location", REDIRECTED), ("Cache-Control", "no-store"), ("Vary", "*")),
        "header vary",
    ),
    "location byte": (redirect(REDIRECTED.replace("+x", "%20x")), "header location"),
    "location order": (redirect(f"http://127.0.0.1/callback?state=+x&code={CODE}"), "header location"),
    "fragment": (redirect(REDIRECTED + "#"), "header location"),
    "body where there was none": (
        answer(302, ("Location", REDIRECTED), ("Cache-Control", "no-store"), body=" "),
        "body",
    ),
    "value of another shape": (redirect(REDIRECTED.replace(CODE, CODE + "=")), "code_1 in location.query"),
    "value that is missing": (redirect("http://127.0.0.1/callback?state=+x"), "code_1 in location.query"),
    "no answer": (b"", "answer"),
    "half an answer": (answer(302, ("Location", REDIRECTED))[:-2], "answer"),
}


@pytest.mark.parametrize("kind", DIFFERENT_AUTHORIZATIONS)
def test_finds_a_different_authorization_response(played: Play, server: ScriptedServer, kind: str) -> None:
    said, part = DIFFERENT_AUTHORIZATIONS[kind]
    finding = played([AUTHORIZATION, TOKEN], [said])
    assert finding is not None
    assert finding.step == 1
    assert part in [difference.part for difference in finding.differences]


DIFFERENT_TOKENS = {
    "body byte": (ISSUED.replace(",", ", "), "body"),
    "newline at the end": (ISSUED + "\n", "body"),
    "other lifetime": (ISSUED.replace("3600", "3598"), "body"),
    "lifetime with more digits": (ISSUED.replace("3600", "36000"), "body"),
    "no lifetime": (f'{{"access_token":"{ACCESS_TOKEN}"}}', "body"),
    "value with a line break": (ISSUED.replace(ACCESS_TOKEN, ACCESS_TOKEN + "\\n"), "access_token_1 in body.json"),
    "value that was seen before": (ISSUED.replace(ACCESS_TOKEN, CODE), "access_token_1 in body.json"),
    "no JSON": ("no", "access_token_1 in body.json"),
    "no object": ("[]", "access_token_1 in body.json"),
    "value that is no text": ('{"access_token":7,"expires_in":3600}', "access_token_1 in body.json"),
}


@pytest.mark.parametrize("kind", DIFFERENT_TOKENS)
def test_finds_a_different_token_response(played: Play, kind: str) -> None:
    said, part = DIFFERENT_TOKENS[kind]
    finding = played([AUTHORIZATION, TOKEN], [redirect(), issued(said)])
    assert finding is not None
    assert finding.step == 2
    assert part in [difference.part for difference in finding.differences]


def test_bytes_that_are_no_utf_8_differ_and_can_be_shown(played: Play) -> None:
    step = {**TOKEN, "response": {"status": 200, "headers": [], "body": "\ufffd"}, "captures": []}
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xff"
    finding = played([AUTHORIZATION, step], [redirect(), said])
    assert finding is not None
    assert "'\\udcff'" in str(finding)


@pytest.mark.parametrize(
    ("status", "active", "is_found"),
    [
        (200, True, False),
        (401, False, False),
        (401, True, True),
        (200, False, True),
        (403, False, True),
        (500, False, True),
    ],
)
def test_probe_asks_the_api(played: Play, status: int, active: bool, is_found: bool) -> None:
    probe = {"probe": {"access_token": "{{access_token_1}}", "active": active}}
    finding = played([AUTHORIZATION, TOKEN, probe], [redirect(), issued(), answer(status)])
    assert (finding is not None) is is_found


def test_probe_without_an_answer_is_found(played: Play) -> None:
    assert played([AUTHORIZATION, TOKEN, PROBE], [redirect(), issued(), b""]) is not None


@pytest.mark.parametrize("lifetime", ["3599", "3600"])
def test_tolerates_either_lifetime(played: Play, lifetime: str) -> None:
    assert played([AUTHORIZATION, TOKEN], [redirect(), issued(ISSUED.replace("3600", lifetime))]) is None


def test_tolerates_the_named_extra_headers_only_where_none_was_recorded(played: Play) -> None:
    extra = [(name, "x") for name in EXTRA_HEADERS]
    said = answer(302, ("Location", REDIRECTED), ("Cache-Control", "no-store"), *extra)
    assert played([AUTHORIZATION], [said]) is None
    assert len(EXTRA_HEADERS) <= 6


def fragment_step(*, unordered: bool) -> dict[str, object]:
    response = {
        "status": 302,
        "headers": [["Location", "http://127.0.0.1/#code={{code_1}}&scope=a%20b"]],
        "body": "",
        **({"unordered": ["location.fragment"]} if unordered else {}),
    }
    captures = [{"placeholder": "code_1", "in": "location.fragment", "parameter": "code"}]
    return {**AUTHORIZATION, "response": response, "captures": captures}


@pytest.mark.parametrize(
    ("fragment", "unordered", "is_found"),
    [
        (f"scope=a%20b&code={CODE}", True, False),
        (f"scope=a%20b&code={CODE}", False, True),
        (f"code={CODE}&scope=a%20b", False, False),
        (f"code={CODE}&scope=a+b", True, True),
        (f"code={CODE}&scope=a%20b&scope=a%20b", True, True),
    ],
)
def test_fragment_order_counts_unless_it_is_random(
    played: Play, fragment: str, unordered: bool, is_found: bool
) -> None:
    said = answer(302, ("Location", f"http://127.0.0.1/#{fragment}"))
    finding = played([fragment_step(unordered=unordered)], [said])
    assert (finding is not None) is is_found


def test_reads_a_value_from_a_form(played: Play) -> None:
    field = '<input type="hidden" name="code" value="{}"/>'
    response = {"status": 200, "headers": [], "body": field.format("{{code_1}}")}
    captures = [{"placeholder": "code_1", "in": "body.html_form", "parameter": "code"}]
    step = {**AUTHORIZATION, "response": response, "captures": captures}
    assert played([step], [answer(200, body=field.format(CODE))]) is None
    assert played([step], [answer(200, body="<input>")]) is not None


def test_compares_with_the_redirect_that_hydra_makes_of_an_error(played: Play) -> None:
    step = {
        "request": AUTHORIZATION["request"],
        "fosite_only": True,
        "response": {"status": 400, "headers": [], "body": "{}"},
        "hydra_response": {"status": 302, "headers": [["Location", "http://127.0.0.1/error"]], "body": ""},
    }
    assert played([step], [answer(302, ("Location", "http://127.0.0.1/error"))]) is None
    assert played([step], [answer(400, body="{}")]) is not None


def test_a_step_whose_hydra_answer_is_unknown_makes_the_case_unplayable(tmp_path: Path) -> None:
    step = {**AUTHORIZATION, "fosite_only": True}
    noted = recorded(tmp_path, step, hydra_note="Hydra does otherwise.")
    unnoted = recorded(tmp_path, AUTHORIZATION, step)
    playable = recorded(tmp_path, AUTHORIZATION)
    assert noted.cases[0].unplayable == "Hydra does otherwise."
    assert unnoted.cases[0].unplayable == "Hydra's router never lets this method through to the library."
    assert playable.cases[0].unplayable is None


def test_what_is_not_http_is_asked_of_the_stage(server: ScriptedServer, tmp_path: Path) -> None:
    declined = {"decision": "deny", "error": "e", "error_description": "d"}
    steps = [
        {**AUTHORIZATION, "consent": declined},
        {"advance_seconds": 630},
        {"reregister": {"client_id": "app", "scopes": ["a", "b"]}},
    ]
    recording = recorded(tmp_path, *steps, settings={"pkce": "required_for_public_clients"})
    stage = FakeStage(server.address)
    server.answers.append(redirect())
    assert play(recording.cases[0], recording, stage) is None
    assert stage.done == [
        ("start", "public_clients"),
        ("decide", Consent("deny", None, "e", "d")),
        ("advance", 630),
        ("reregister", ("app", ("a", "b"))),
    ]


def test_text_that_only_looks_like_a_placeholder_stays(tmp_path: Path) -> None:
    assert fill("{{x}} {code_1} {{code_1}}", {"code_1": CODE}) == f"{{{{x}}}} {{code_1}} {CODE}"
    with pytest.raises(KeyError, match="code_2"):
        fill("{{code_2}}", {"code_1": CODE})


def test_a_finding_says_what_was_sent_expected_and_got(played: Play) -> None:
    finding = played([AUTHORIZATION, TOKEN], [redirect(), issued(ISSUED + "\n")])
    assert str(finding) == (
        "step 2: POST /oauth2/token\n"
        "  headers  Content-Type: application/x-www-form-urlencoded\n"
        f"  body     'code={CODE}&half={'c' * 43}&other={'d' * 43}&code_verifier=v%20'\n"
        "body\n"
        f"  expected '{ISSUED.replace('3600', '3599')}'\n"
        f"  got      '{ISSUED}\\n'"
    )


def test_refuses_a_file_that_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match=r"other\.json is not a recording"):
        load(path)

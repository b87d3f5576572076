"""Each mistake in the wiring is named: by its code, with a cause that says what was seen, and a next step."""

import sys
import threading
from types import SimpleNamespace

import pytest

from scenarios.drivers.in_process import InProcessDriver
from scenarios.drivers.json_lines import JsonLinesDriver
from scenarios.drivers.web_app import WebAppDriver
from scenarios.examining import examine
from tests.scenarios.drivers.apps.assigned import CLIENT, HABITS

pytestmark = pytest.mark.slow


def web(*habits, program=CLIENT, kind="basic", **settings):
    command = [sys.executable, "-S", "-E", str(program), *habits]
    given = {"login": "/login", "refresh": "/refresh", "signed_in": "GET /me is 200", "pkce": kind == "pkce"}
    return WebAppDriver(command, **given | settings)


async def examined(driver):
    (examination,) = [each async for each in examine(driver, driver.app_kinds[:1])]
    for each in examination.wrong:
        assert each.cause
        assert each.next_step.endswith((".", "`"))
        assert not examination.secret or examination.secret not in str(each)
    return examination


@pytest.mark.parametrize("kind", ["basic", "pkce"])
async def test_of_one_that_is_right_it_is_told_what_it_does(kind):
    examination = await examined(web(kind=kind))
    assert (examination.wrong, examination.hampered) == ((), False)
    facts = dict(examination.facts)
    assert facts["listens at"].startswith("127.0.0.1:")
    assert facts["state"] == "sent, 22 characters"
    assert facts["PKCE"] == "sent, S256"
    assert facts["scope"] == "offline account.read asset.read"
    how = {"basic": "client_secret_basic: ", "pkce": "none: client_id in the body"}
    assert facts["authenticates"].startswith(how[kind])
    assert facts["signed in"] == "told by the probe GET /me is 200"
    assert facts["declared"] == "refresh signed_in"
    assert facts["given by the seat"] == "concurrent html post_callback redirect_uri restart scope sessions"
    assert "granted_scope" in facts["absent"]


async def test_scopes_of_its_own_are_no_mistake():
    examination = await examined(web("own-scope"))
    facts = dict(examination.facts)
    assert (examination.wrong, examination.hampered) == ((), False)
    assert facts["scope"] == "offline comment.create, whatever SCOPE says"
    assert " scope " in f" {facts['absent']} "


async def test_what_is_learned_is_told_apart_from_what_is_declared():
    facts = dict((await examined(web(signed_in=None))).facts)
    assert facts["signed in"] == "told by landings differ in status, place, page"
    assert (facts["learned"], facts["declared"]) == ("signed_in", "refresh")


MISTAKES = [
    ("other-client-id", "WRONG_CLIENT_ID", ("'of-production'", "CLIENT_ID", "--env NAME={client_id}")),
    ("other-redirect-uri", "REDIRECT_URI_NOT_REGISTERED", ("/callback/other'", "--callback /callback/other")),
    ("other-host", "REDIRECT_URI_NOT_REGISTERED", ("http://127.0.0.1:", "--host 127.0.0.1")),
    ("other-scope", "SCOPE_NOT_REGISTERED", ("'openid profile'", "SCOPE")),
    ("scope-with-commas", "SCOPE_NOT_REGISTERED", ("'offline,account.read,asset.read'", "SCOPE")),
    ("other-secret", "WRONG_SECRET", ("CLIENT_SECRET",)),
    ("never-basic", "NO_SECRET", ("--app-kind pkce",)),
    ("frameio", "LOGIN_ELSEWHERE", ("https://applications.frame.io/", "Frame.io itself", "{authorize_url}")),
    ("other-login-path", "LOGIN_ELSEWHERE", ("/authorize?", "the mock, at another path")),
    ("other-token-path", "TOKEN_URL_WRONG", ("'/token'", "/oauth2/token is meant", "TOKEN_URL")),
    ("token-elsewhere", "TOKEN_REQUEST_ELSEWHERE", ("refused", "TOKEN_URL")),
    ("no-token-request", "NO_TOKEN_REQUEST", ("status 400", "It wrote")),
    ("strict-cookie", "SESSION_COOKIE_WITHHELD", ("'sid'", "SameSite=Strict")),
    ("none-cookie", "SESSION_COOKIE_REFUSED", ("'sid'",)),
    ("cookie-of-another-host", "SESSION_COOKIE_REFUSED", ("'sid'",)),
    ("no-cookie", "SESSION_NOT_KEPT", ("400", "over http")),
    ("no-callback", "CALLBACK_NOT_FOUND", ("/callback", "404", "--callback")),
    ("needs-variables", "SETTING_MISSING", ("FRAMEIO_CLIENT_ID", "--env FRAMEIO_CLIENT_ID={client_id}")),
    ("needs-https", "HTTPS_INSISTED", ("InsecureTransportError",)),
    ("implicit", "AUTHORIZATION_REFUSED", ("unsupported_response_type",)),
]


@pytest.mark.parametrize(("habit", "code", "words"), MISTAKES, ids=[habit for habit, *_ in MISTAKES])
async def test_why_nobody_gets_in(habit, code, words):
    examination = await examined(web(habit))
    assert examination.mistake.code == code
    assert [word for word in words if word not in str(examination.mistake)] == []


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"signed_in": "GET /nowhere is 200"}, "PROBE_NEVER_HOLDS", "GET /nowhere answers 404"),
        ({"login": "/"}, "LOGIN_DOES_NOT_REDIRECT", "200"),
        ({"login": "/log-in"}, "LOGIN_NOT_FOUND", "404"),
        ({"callback": "/elsewhere", "env": {"REDIRECT_URI": "http://localhost:{port}/callback"}},
         "REDIRECT_URI_NOT_REGISTERED", "--callback /callback"),
        ({"env": {"CLIENT_ID": "undefined"}}, "WRONG_CLIENT_ID", "'undefined'"),
        ({"habit": "breaks", "signed_in": None}, "CALLBACK_FAILED", "ended at /callback with status 400"),
        ({"habit": "breaks"}, "CALLBACK_FAILED", "ended at /callback with status 400"),
        ({"habit": "hangs", "step_timeout": 0.5}, "CALLBACK_HUNG", "did not answer the callback"),
        ({"env": {"AUTHORIZE_URL": "https://localhost:{port}/login"}}, "HTTPS_INSISTED", "https://localhost"),
    ],
)  # fmt: skip
async def test_why_nobody_gets_in_with_other_settings(settings, code, words):
    habit = settings.pop("habit", "")
    examination = await examined(web(*filter(None, [habit]), **settings))
    assert examination.mistake.code == code
    assert words in str(examination.mistake)


@pytest.mark.parametrize(
    ("start", "code"),
    [("fails", "EXITED_AT_ONCE"), ("ends", "EXITED_AT_ONCE"), ("listens-elsewhere", "NEVER_LISTENED")],
)
async def test_why_nothing_starts(start, code):
    examination = await examined(web(start, program=HABITS, ready_timeout=1.0))
    assert examination.mistake.code == code
    assert examination.facts == ()


@pytest.mark.parametrize(
    ("habit", "kind", "code"),
    [
        ("secret-in-body", "basic", "SECRET_IN_BODY"),
        ("other-verifier", "basic", "TOKEN_REQUEST_REFUSED"),
        ("always-basic", "pkce", "PKCE_APP_AUTHENTICATES"),
    ],
)
async def test_what_the_mock_forgives_is_the_clients_fault(habit, kind, code):
    examination = await examined(web(habit, kind=kind))
    assert examination.mistake is None
    assert examination.fault.code == code


@pytest.mark.parametrize(
    ("settings", "code", "hampered"),
    [
        ({"signed_in": "GET / is 200"}, "PROBE_ALWAYS_HOLDS", True),
        ({"habit": "mute", "signed_in": None}, "NO_SIGNAL", True),
        ({"habit": "one-token"}, "ONE_SESSION_FOR_ALL", False),
        ({"habit": "one-token", "signed_in": None}, "ONE_SESSION_FOR_ALL", False),
        ({"habit": "one-state"}, "ONE_LOGIN_AT_A_TIME", False),
        ({"habit": "one-request-at-a-time"}, "ONE_REQUEST_AT_A_TIME", False),
    ],
)
async def test_what_hampers_the_judging(settings, code, hampered):
    habit = settings.pop("habit", "")
    examination = await examined(web(*filter(None, [habit]), **settings))
    assert [each.code for each in examination.wrong] == [code]
    assert examination.hampered is hampered


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("print('hello')", "STDOUT_NOISE"),
        ("""print('{"seq": 1, "message": "started", "version": 1}', flush=True); input()""", "SCHEMA"),
        ("import time; time.sleep(60)", "ADAPTER_SILENT"),
        ("raise SystemExit('no library')", "ADAPTER_EXITED"),
    ],
)
async def test_an_adapter_that_says_it_wrong(program, code):
    examination = await examined(JsonLinesDriver([sys.executable, "-S", "-E", "-c", program], start_timeout=0.5))
    assert examination.mistake.code == code


class Refuses:
    """A client in this process whose `land` refuses what is good."""

    def __init__(self, assignment):
        from client_ref.client import factory

        self.client = factory(assignment)

    def begin(self, session):
        return self.client.begin(session)

    def land(self, session, url):
        self.client.land(session, url)
        raise ValueError("no such member: id_token")


def returning(begun):
    """A client in this process that begins so."""
    return lambda assignment: SimpleNamespace(begin=begun, land=print)


def asks_for_trouble(session):
    raise LookupError("no endpoint")


@pytest.mark.parametrize(
    ("begun", "code", "words"),
    [
        (asks_for_trouble, "BEGIN_RAISED", "LookupError: no endpoint"),
        (lambda session: threading.Event().wait(), "BEGIN_HUNG", "did not return in time"),
        (lambda session: None, "BEGIN_RETURNED_NO_URL", "NoneType"),
        (lambda session: "http://example.com/auth", "LOGIN_ELSEWHERE", "example.com"),
    ],
)
async def test_a_client_that_cannot_even_begin(begun, code, words):
    examination = await examined(InProcessDriver(returning(begun), step_timeout=0.2))
    assert examination.mistake.code == code
    assert words in examination.mistake.cause


class Ends(Refuses):
    """A client in this process whose `land` ends the program."""

    def land(self, session, url):
        raise SystemExit("no such setting")


async def test_a_client_that_ends_the_program():
    examination = await examined(InProcessDriver(Ends))
    assert examination.mistake.code == "CALLBACK_CRASHED"
    assert "no such setting" in examination.mistake.cause


async def test_a_client_that_refuses_good_tokens():
    examination = await examined(InProcessDriver(Refuses))
    assert examination.mistake.code == "TOKENS_REFUSED"
    assert "id_token" in examination.mistake.cause

"""Adapters that misbehave: each ends in a named result, in bounded time, and nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from scenarios.drivers.driver import ApplicationDied, CannotStart, DriverError, SessionFailed
from scenarios.drivers.json_lines import JsonLinesDriver
from scenarios.drivers.messages import NEXT_STEPS
from scenarios.model.assignment import PLAIN, Assignment
from scenarios.model.capability import TOLD, Capability

MINIATURES = Path(__file__).parent / "adapters" / "miniatures.py"
BRIEF = {"step_timeout": 0.3, "stop_timeout": 0.1}
"""Patience for what never comes, in seconds; nothing else waits so long."""

ASSIGNMENT = Assignment(
    app_kind="basic",
    authorization_endpoint="http://127.0.0.1:1/oauth2/auth",
    token_endpoint="http://127.0.0.1:1/oauth2/token",
    revocation_endpoint=None,
    api_url="http://127.0.0.1:1/v2",
    client_id="id",
    client_secret="mock-secret-of-the-basic-app",
    redirect_uri="http://localhost:5050/callback",
    scope="account.read offline",
)
GOOD = "http://localhost:5050/callback?code=c&state=s"

pytestmark = pytest.mark.slow


def driver(name: str, **settings) -> JsonLinesDriver:
    # Without the packages of the site, a Python starts in a tenth of the time.
    return JsonLinesDriver([sys.executable, "-IS", str(MINIATURES), name], **settings)


@asynccontextmanager
async def started(name: str, **settings):
    application = await driver(name, **settings).start(ASSIGNMENT)
    try:
        yield application
    finally:
        await application.stop()


async def error_of(step) -> DriverError:
    with pytest.raises(DriverError) as caught:
        await step
    error = caught.value
    assert error.next_step == NEXT_STEPS[error.code]
    assert "Traceback (" not in error.cause
    assert len(error.cause) < 1500
    assert "mock-secret" not in str(error)
    return error


async def test_a_good_adapter_says_who_it_is_and_answers():
    async with started("good") as application:
        assert (application.client.name, application.client.version) == ("miniature", "1")
        declared = {Capability.SESSIONS, Capability.CONCURRENT, Capability.REFRESH, Capability.CALL_API}
        assert application.capabilities == declared | TOLD | {Capability.SIGNED_IN}
        assert application.left_to_caller == frozenset()
        one, other = application.session(), application.session()
        assert await one.begin() != await other.begin()
        outcomes = [await one.land(GOOD), await one.refresh(), await one.call_api(), await other.land("http://x/?e=1")]
        assert [outcome.kind for outcome in outcomes] == ["signed_in", "signed_in", "signed_in", "refused"]
        assert {outcome.evidence for outcome in outcomes} == {"adapter"}
        application.learn(one, other)
        await one.close()
        assert application.unclaimed is None


AT_START = {
    "silent": "ADAPTER_SILENT",
    "banner": "STDOUT_NOISE",
    "chatty": "STDOUT_NOISE",
    "exits_at_once": "ADAPTER_EXITED",
    "wrong_version": "WRONG_VERSION",
    "unknown_capability": "SCHEMA",
    "foreign_capability": "CAPABILITY_OF_ANOTHER_SEAT",
    "fails_to_start": "ADAPTER_FAILED",
}


@pytest.mark.parametrize(("name", "code"), AT_START.items())
async def test_trouble_at_the_start_means_that_there_is_no_application(name, code):
    patience = {"start_timeout": 0.3} if name == "silent" else {}
    error = await error_of(driver(name, stop_timeout=0.1, **patience).start(ASSIGNMENT))
    assert (type(error), error.code) == (CannotStart, code)


async def test_one_that_exits_is_quoted():
    error = await error_of(driver("exits_at_once").start(ASSIGNMENT))
    assert "exit code 3" in error.cause
    assert "No module named 'client'" in error.cause


AT_LANDING = {
    "chatty_at_land": "STDOUT_NOISE",
    "garbage": "NOT_JSON",
    "half": "NOT_JSON",
    "nested": "NOT_JSON",
    "number": "NOT_AN_OBJECT",
    "wrong_seq": "WRONG_SEQ",
    "no_seq": "SCHEMA",
    "wrong_type": "SCHEMA",
    "misspelt": "SCHEMA",
    "token_for_fingerprint": "SCHEMA",
    "unknown_message": "UNKNOWN_MESSAGE",
    "wrong_reply": "WRONG_REPLY",
    "fails": "ADAPTER_FAILED",
}


@pytest.mark.parametrize(("name", "code"), AT_LANDING.items())
async def test_a_bad_answer_fails_its_step_and_the_run_goes_on(name, code):
    async with started(name) as application:
        session = application.session()
        assert await session.begin()
        for _ in range(2):
            error = await error_of(session.land(GOOD))
            assert (type(error), error.code) == (SessionFailed, code)
        assert await application.session().begin()


@pytest.mark.parametrize(
    ("name", "field"),
    [("wrong_type", "`kind`"), ("misspelt", "`granted_scop`"), ("no_seq", "`seq`"), ("missing_field", "`url`"),
     ("token_for_fingerprint", "`access_token_fingerprint`")],
)  # fmt: skip
async def test_a_schema_error_names_the_first_wrong_field(name, field):
    async with started(name) as application:
        session = application.session()
        error = await error_of(session.begin() if name == "missing_field" else session.land(GOOD))
        assert error.code == "SCHEMA"
        assert field in error.cause
        assert "ory_at_1234567890" not in error.cause


async def test_noise_is_shown_without_its_secrets():
    async with started("chatty_at_land") as application:
        error = await error_of(application.session().land(GOOD))
        assert "the access_token=[" in error.cause
        assert not [secret for secret in ("8fJx0aB3", "1/4kQ0Pz", "kQ0PzcRtB2mYw7uVx9nL5dS") if secret in error.cause]


DEATHS = {
    "huge": "LINE_TOO_LONG",
    "flood": "STDOUT_NOISE",
    "exits_at_land": "ADAPTER_EXITED",
    "killed_at_land": "ADAPTER_EXITED",
    "closes_stdout": "STDOUT_CLOSED",
    "silent_and_serial": "ADAPTER_SILENT",
}


@pytest.mark.parametrize(("name", "code"), DEATHS.items())
async def test_one_that_can_no_longer_be_believed_counts_as_dead(name, code):
    async with started(name, **(BRIEF if "silent" in name else {})) as application:
        error = await error_of(application.session().land(GOOD))
        if name == "flood":
            # The first line fails the step; the rest, which nobody asked for, ends the adapter.
            assert (type(error), error.code) == (SessionFailed, code)
            while isinstance(error, SessionFailed):
                error = await error_of(application.session().begin())
        assert (type(error), error.code) == (ApplicationDied, code)
        again = await error_of(application.session().begin())
        assert (type(again), again.code) == (ApplicationDied, code)


async def test_how_it_ended_is_told():
    async with started("killed_at_land") as application:
        assert "SIGSEGV" in (await error_of(application.session().land(GOOD))).cause
    async with started("exits_at_land") as application:
        error = await error_of(application.session().land(GOOD))
        assert "exit code 1" in error.cause
        assert "KeyError: 'state'" in error.cause


async def test_an_end_that_is_not_announced_is_found_out():
    async with started("exits_with_an_heir", **BRIEF) as application:
        error = await error_of(application.session().land(GOOD))
        assert (type(error), error.code) == (ApplicationDied, "ADAPTER_EXITED")
        assert "exit code 7" in error.cause


async def test_a_url_longer_than_any_pipe_arrives():
    async with started("good") as application:
        landings = [application.session().land(f"{GOOD}&filler={'x' * 500_000}") for _ in range(4)]
        assert {outcome.kind for outcome in await asyncio.gather(*landings)} == {"signed_in"}


async def test_a_second_answer_fails_the_next_step():
    async with started("twice") as application:
        session = application.session()
        assert await session.begin()
        assert application.unclaimed.code == "ANSWERED_TWICE"
        error = await error_of(session.land(GOOD))
        assert (type(error), error.code) == (SessionFailed, "ANSWERED_TWICE")


async def test_an_answer_to_nothing_fails_the_next_step():
    async with started("unasked") as application:
        session = application.session()
        assert await session.begin()
        assert application.unclaimed.code == "UNASKED"
        assert (await error_of(session.land(GOOD))).code == "UNASKED"
        assert (await session.land(GOOD)).kind == "signed_in"


async def test_a_hanging_landing_hangs_nobody_else_and_may_be_answered_late():
    async with started("silent_to_the_first", **BRIEF) as application:
        first, other = application.session(), application.session()
        error = await error_of(first.land(f"{GOOD}&first"))
        assert (type(error), error.code) == (SessionFailed, "ADAPTER_SILENT")
        assert (await other.land(GOOD)).kind == "signed_in"  # and the late answer comes behind it
        assert (await first.land(GOOD)).kind == "signed_in"
        assert application.unclaimed is None


async def test_a_line_that_is_never_ended_is_told():
    async with started("no_line_feed", **BRIEF) as application:
        error = await error_of(application.session().land(GOOD))
        assert error.code == "ADAPTER_SILENT"
        assert "without a line feed" in error.cause


async def test_answers_come_in_any_order():
    async with started("out_of_order") as application:
        sessions = [application.session() for _ in range(9)]
        urls = await asyncio.gather(*(session.begin() for session in sessions))
        assert [url.partition("=")[2] for url in urls] == [str(i) for i in range(1, 10)]


async def test_one_that_does_not_say_concurrent_is_asked_one_thing_at_a_time():
    async with started("out_of_order_and_serial", **BRIEF) as application:
        results = await asyncio.gather(*(application.session().begin() for _ in range(3)), return_exceptions=True)
        assert all(isinstance(error, ApplicationDied) and error.code == "ADAPTER_SILENT" for error in results), results


async def test_a_bad_line_that_several_wait_for_is_the_end_for_all_of_them():
    async with started("noisy_amid_others") as application:
        landings = (application.session().land(GOOD) for _ in range(2))
        results = await asyncio.gather(*landings, return_exceptions=True)
        assert all(isinstance(error, ApplicationDied) and error.code == "STDOUT_NOISE" for error in results), results


@pytest.mark.parametrize(
    ("name", "kind", "reason", "detail"),
    [("accepts_everything", "signed_in", "", ""), ("rejects_everything", "refused", "no", "never"),
     ("errs", "refused", "KeyError", "error: ")],
)  # fmt: skip
async def test_a_wrong_answer_is_an_outcome(name, kind, reason, detail):
    async with started(name) as application:
        session = application.session()
        for outcome in (await session.land(GOOD), await session.refresh(), await session.call_api()):
            assert (outcome.kind, outcome.reason, outcome.detail) == (kind, reason, detail)


async def test_what_cannot_be_asked_is_not_asked():
    async with started("unable") as application:
        for step in (application.session().refresh(), application.session().call_api()):
            error = await error_of(step)
            assert (type(error), error.code) == (SessionFailed, "UNSUPPORTED")
    async with started("takes_it_back") as application:
        assert (await error_of(application.session().refresh())).code == "UNSUPPORTED"


async def test_a_login_that_is_not_begun_is_told_with_its_reason():
    async with started("refuses_to_begin") as application:
        error = await error_of(application.session().begin())
        assert error.code == "BEGIN_REFUSED"
        assert "not_configured" in error.cause


async def test_complaints_without_end_stop_nobody():
    async with started("flood_of_complaints") as application:
        assert (await application.session().land(GOOD)).kind == "signed_in"


async def test_stop_leaves_nothing_of_one_that_will_not_go():
    application = await driver("stubborn", stop_timeout=0.1).start(ASSIGNMENT)
    processes = (await application.session().begin()).split()
    await application.stop()
    await application.stop()
    assert not [pid for pid in processes if alive(pid)]
    error = await error_of(application.session().begin())
    assert (type(error), error.code) == (ApplicationDied, "ADAPTER_STOPPED")


def alive(pid: str) -> bool:
    """Whether a process is there; one that ended and that nobody looked at is not."""
    try:
        os.kill(int(pid), 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (ProcessLookupError, FileNotFoundError):
        return False


async def test_stop_ends_what_is_under_way():
    application = await driver("silent_at_land", stop_timeout=0.1).start(ASSIGNMENT)
    landing = asyncio.create_task(application.session().land(GOOD))
    await application.session().begin()
    await application.stop()
    assert (await error_of(landing)).code == "ADAPTER_STOPPED"


async def test_a_start_that_is_given_up_leaves_nothing():
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(driver("silent", stop_timeout=0.1).start(ASSIGNMENT), 0.1)


async def test_what_it_writes_is_kept(tmp_path):
    async with started("exits_at_land", output=tmp_path / "new") as application:
        await error_of(application.session().land(GOOD))
    assert b"KeyError" in (tmp_path / "new" / "adapter-1.stderr").read_bytes()
    assert b'"started"' in (tmp_path / "new" / "adapter-1.stdout").read_bytes()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["/no/such/adapter"], "ADAPTER_NOT_FOUND"),
        (["no-such-adapter --with words"], "ADAPTER_NOT_FOUND"),
        (["a\0b"], "ADAPTER_NOT_FOUND"),
        ([""], "ADAPTER_NOT_FOUND"),
        ([], "ADAPTER_NOT_FOUND"),
        ([__file__], "ADAPTER_CANNOT_RUN"),
    ],
)
async def test_a_command_that_cannot_be_run_is_named(command, code):
    error = await error_of(JsonLinesDriver(command).start(ASSIGNMENT))
    assert (type(error), error.code) == (CannotStart, code)


def test_a_command_is_a_list():
    with pytest.raises(TypeError, match="never split"):
        JsonLinesDriver("python adapter.py")


def test_the_seat_says_what_it_can_be_assigned():
    kinds = [JsonLinesDriver(["x"], pkce=pkce).app_kinds for pkce in (None, True, False)]
    assert kinds == [("basic", "pkce"), ("pkce",), ("basic",)]
    assert JsonLinesDriver(["x"]).seat == "JSON lines"
    assert JsonLinesDriver(["x"], redirect_uri="app:/cb").redirect_uri(PLAIN) == "app:/cb"

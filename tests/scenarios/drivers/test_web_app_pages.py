"""Whatever a login page or a landing does: a named result in bounded time."""

from dataclasses import replace

import pytest
import pytest_asyncio

from scenarios.drivers.browser import MOST_OF_A_PAGE
from scenarios.drivers.driver import SessionFailed
from scenarios.drivers.probe import Address, parse_probe
from scenarios.model.capability import Capability
from tests.scenarios.drivers.apps.assigned import habitual, of

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running():
    driver = habitual("serves")
    application = await driver.start(of(driver))
    yield application
    await application.stop()


@pytest.fixture
def application(running):
    """The running one, with nothing learned and nothing configured."""
    running.steps = replace(running.steps, login=Address("GET", "/login"), probe=None, refresh=None, api_call=None)
    running.signals = {}
    running.step_timeout = 20.0
    return running


def configured(application, login="/login", probe=None, **addresses):
    named = {step: Address(*text.split()) for step, text in addresses.items()}
    probe = parse_probe(probe) if probe else None
    application.steps = replace(application.steps, login=Address("GET", login), probe=probe, **named)
    return application


async def landed(application, code, session=None):
    session = session or application.session()
    return await session.land(f"{application.assignment.redirect_uri}?code={code}&state=s")


async def taught(application, good="good", denied="denied"):
    """The application, after it was shown a good landing and a denied one."""
    sessions = application.session(), application.session()
    for session, code in zip(sessions, (good, denied), strict=True):
        await landed(application, code, session)
    application.learn(*sessions)
    return application


@pytest.mark.parametrize("login", ["", "/in-steps", "/link", "/json"])
async def test_where_logins_lead(application, login):
    configured(application, f"/login{login}")
    url = await application.session().begin()
    assert url == f"{application.assignment.authorization_endpoint}?client_id=a&state=b"


@pytest.mark.parametrize(
    ("login", "code", "words"),
    [
        ("/nowhere", "LOGIN_NOT_FOUND", "404"),
        ("/refresh", "LOGIN_NOT_FOUND", "405"),
        ("/login/fails", "LOGIN_FAILED", "500"),
        ("/login/page", "LOGIN_DOES_NOT_REDIRECT", "200"),
        ("/login/two-links", "LOGIN_DOES_NOT_REDIRECT", "2 links"),
        ("/login/elsewhere", "LOGIN_ELSEWHERE", "https://login.example/authorize"),
        ("/login/nowhere", "LOGIN_ELSEWHERE", "invalid:"),
        ("/login/https", "HTTPS_INSISTED", "https://localhost"),
        ("/login/circle", "TOO_MANY_REDIRECTS", "20"),
        ("/login/closes", "CONNECTION_LOST", "closed without an answer"),
        ("/login/no-http", "BAD_ANSWER", "not HTTP"),
        ("/login/long-head", "BAD_ANSWER", "longer than"),
    ],
)
async def test_logins_that_lead_nowhere(application, login, code, words):
    with pytest.raises(SessionFailed) as caught:
        await configured(application, login).session().begin()
    assert (caught.value.code, words in caught.value.cause) == (code, True)
    assert caught.value.next_step


async def test_a_login_that_hangs(application):
    application.step_timeout = 0.2
    with pytest.raises(SessionFailed, match="LOGIN_HUNG"):
        await configured(application, "/login/hangs").session().begin()


@pytest.mark.parametrize("code", ["hangs", "drips"])
async def test_a_landing_that_hangs(application, code):
    application.step_timeout = 0.3
    assert (await landed(application, code)).kind == "hung"


@pytest.mark.parametrize(
    ("code", "kind", "evidence", "words"),
    [
        ("good", "unknown", "none", "ended at / with status 200"),
        ("denied", "unknown", "none", "status 200"),
        ("fails", "refused", "landing", "status 500"),
        ("closes", "crashed", "none", "process lives on"),
        ("restarts", "unknown", "none", "began another login"),
        ("circle", "unknown", "none", "TOO_MANY_REDIRECTS"),
        ("elsewhere", "unknown", "none", "https://evil.example/"),
        ("nowhere", "unknown", "none", "invalid:"),
        ("floods", "unknown", "none", "too long"),
        ("half", "unknown", "none", "broken"),
        ("interim", "unknown", "none", "status 200."),
        ("dripping-redirect", "unknown", "none", "ended at / with status 200"),
        ("hostile-cookies", "unknown", "none", "status 200"),
    ],
)
async def test_landings_that_nobody_can_explain(application, code, kind, evidence, words):
    outcome = await landed(application, code)
    assert (outcome.kind, outcome.evidence, words in outcome.detail) == (kind, evidence, True)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("good", "signed_in"),
        ("denied", "refused"),
        ("same", "refused"),
        ("fails", "refused"),
        ("restarts", "refused"),
        ("circle", "refused"),
        ("elsewhere", "refused"),
    ],
)
async def test_landings_once_good_and_denied_were_seen(application, code, kind):
    outcome = await landed(await taught(application), code)
    assert (outcome.kind, outcome.evidence) == (kind, "landing")
    assert Capability.SIGNED_IN in application.capabilities


async def test_nothing_is_learned_from_sessions_of_another_seat(application):
    with pytest.raises(TypeError):
        application.learn(application.session(), object())
    assert application.left_to_caller == frozenset()


async def test_an_application_that_always_answers_the_same_teaches_nothing(application):
    await taught(application, "same", "same")
    assert (await landed(application, "same")).kind == "unknown"
    assert Capability.SIGNED_IN not in application.capabilities


@pytest.mark.parametrize(("code", "kind"), [("good", "signed_in"), ("denied", "refused"), ("fails", "refused")])
async def test_a_probe_is_stronger_than_what_was_learned(application, code, kind):
    await taught(application, "denied", "good")  # the wrong way round
    outcome = await landed(configured(application, probe="GET /me is 200"), code)
    assert (outcome.kind, outcome.evidence) == (kind, "probe")


async def test_a_probe_that_always_holds_says_so(application):
    configured(application, probe="GET /always-200 is 200")
    assert (await landed(application, "denied")).kind == "signed_in"


async def test_a_probe_without_an_answer_says_nothing(application):
    configured(application, probe="GET /login/closes is 200")
    assert (await landed(application, "denied")).kind == "unknown"


async def test_strict_cookies_are_withheld_from_the_landing_and_sent_to_the_probe(application):
    session = application.session()
    configured(application, probe="GET /me is 200")
    assert (await landed(application, "good", session)).kind == "signed_in"
    assert "stranger" not in (await session._visit(application.url_of("/"))).last.text
    other = await session._visit(application.url_of("/"), initiator="other", same_site=False)
    assert "stranger" in other.last.text


async def test_two_sessions_know_nothing_of_each_other(application):
    configured(application, probe="GET /me is 200")
    first, second = application.session(), application.session()
    assert (await landed(application, "good", first)).kind == "signed_in"
    assert (await landed(application, "same", second)).kind == "refused"
    await first.close()
    assert (await landed(application, "same", first)).kind == "refused"


async def test_hostile_cookies_are_bounded_and_do_no_harm(application):
    session = application.session()
    await landed(application, "hostile-cookies", session)
    assert len(session._browser.jar.values()) <= 50
    assert (await session._visit(application.url_of("/me"))).last.status == 401


async def test_a_landing_looks_like_a_browser_that_another_site_sent(application):
    session = application.session()
    url = application.url_of("/headers")
    seen = (await session._visit(url, initiator="other", same_site=False)).last.text
    assert f"Host: localhost:{application.port}" in seen
    assert "Sec-Fetch-Site: cross-site" in seen
    assert "Sec-Fetch-Mode: navigate" in seen
    assert "Accept: text/html" in seen
    assert "Sec-Fetch-Site: none" in (await session._visit(url)).last.text


async def test_a_page_is_read_up_to_a_megabyte(application):
    visit = await application.session()._visit(f"{application.assignment.redirect_uri}?code=floods")
    assert len(visit.last.text) == MOST_OF_A_PAGE


@pytest.mark.parametrize(
    ("refresh", "kind", "evidence"),
    [
        ("POST /refresh", "unknown", "none"),
        ("GET /refresh", "refused", "probe"),
        ("GET /refresh/restarts", "refused", "probe"),
        ("GET /login/fails", "refused", "probe"),
        ("GET /login/closes", "crashed", "none"),
    ],
)
async def test_what_is_asked_for_beside_logins(application, refresh, kind, evidence):
    configured(application, refresh=refresh, api_call=refresh)
    session = application.session()
    for step in (session.refresh, session.call_api):
        outcome = await step()
        assert (outcome.kind, outcome.evidence) == (kind, evidence)
    assert {Capability.REFRESH, Capability.CALL_API, Capability.PARALLEL_CALLS} <= application.capabilities


async def test_what_nobody_said_how_to_do(application):
    session = application.session()
    for step in (session.refresh, session.call_api):
        with pytest.raises(SessionFailed, match="NO_SUCH_STEP"):
            await step()
    assert not {Capability.REFRESH, Capability.CALL_API} & application.capabilities


async def test_a_redirect_to_somebody_else_is_not_opened(application):
    with pytest.raises(SessionFailed, match="REDIRECT_ELSEWHERE"):
        await application.session().land("https://evil.example/callback?code=a")

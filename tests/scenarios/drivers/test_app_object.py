"""Applications as objects: found or not, started or not, asked without a socket; each mistake has a name."""

import asyncio
import itertools
import os
import sys
import textwrap
import threading

import msgspec
import pytest

from scenarios.drivers.app_object import AppObjectDriver
from scenarios.drivers.driver import CannotStart, SessionFailed
from scenarios.drivers.fetching import Lost, Target
from scenarios.drivers.in_memory import MOST_OF_AN_ANSWER
from scenarios.model.assignment import PLAIN
from scenarios.model.capability import Capability
from tests.scenarios.drivers.apps.assigned import of

NUMBERS = itertools.count()
TO_LOGIN = "('Location', os.environ['AUTHORIZE_URL'] + '?client_id=' + CLIENT_ID)"
WSGI = f"""
    import os
    CLIENT_ID = os.environ["CLIENT_ID"]
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/login":
            start_response("302 Found", [{TO_LOGIN}, ("Set-Cookie", "seen=yes")])
            return []
        start_response("200 OK", [("Content-Type", "text/plain")])
        told = [environ[name] for name in ("PATH_INFO", "QUERY_STRING", "REQUEST_METHOD")]
        return ["|".join([*told, environ.get("HTTP_COOKIE", ""), CLIENT_ID]).encode()]
"""
ASGI = f"""
    import os
    CLIENT_ID = os.environ["CLIENT_ID"]
    async def app(scope, receive, send):
        assert scope["type"] == "http"
        login = scope["path"] == "/login"
        name, value = {TO_LOGIN}
        headers = [(name.encode(), value.encode()), (b"set-cookie", b"seen=yes")] if login else []
        await send({{"type": "http.response.start", "status": 302 if login else 200, "headers": headers}})
        cookies = dict(scope["headers"]).get(b"cookie", b"")
        told = (scope["path"].encode(), scope["query_string"], scope["method"].encode(), cookies, CLIENT_ID.encode())
        await send({{"type": "http.response.body", "body": b"|".join(told)}})
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module; its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text: str) -> str:
        # A name of its own: who hangs while it is imported has the lock of its name for ever.
        name = f"an_app_of_a_test_{next(NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        return name

    yield write
    for name in [name for name in sys.modules if name.startswith("an_app_of_a_test")]:
        del sys.modules[name]


def driver(interface, name, **settings):
    return AppObjectDriver(interface, name, **{"login": "/login", "step_timeout": 10.0, **settings})


async def started(driver, **changed):
    return await driver.start(msgspec.structs.replace(of(driver), **changed))


async def refused(driver) -> CannotStart:
    with pytest.raises(CannotStart) as told:
        await started(driver)
    assert told.value.next_step.endswith(".")
    return told.value


@pytest.mark.parametrize(("interface", "text"), [("wsgi", WSGI), ("asgi", ASGI)])
async def test_it_is_seen_as_from_a_browser(module, interface, text):
    application = await started(driver(interface, f"{module(text)}:app"))
    session = application.session()
    assert await session.begin() == "http://127.0.0.1:4444/oauth2/auth?client_id=an-app"
    outcome = await session.land("http://localhost:5050/callback?code=a%2Fb&state=%C3%A9")
    assert outcome.pages[-1].text == "/callback|code=a%2Fb&state=%C3%A9|GET|seen=yes|an-app"
    assert outcome.pages[-1].status == 200
    posted = await session.land("http://localhost:5050/callback?code=c", method="POST")
    assert "|POST|" in posted.pages[-1].text
    await application.stop()


@pytest.mark.parametrize(("interface", "text"), [("wsgi", WSGI), ("asgi", ASGI)])
async def test_each_session_has_its_cookies_and_each_assignment_its_settings(module, interface, text):
    before = dict(os.environ)
    seat = driver(interface, f"{module(text)}:app")
    for client_id in ("one", "two"):
        application = await started(seat, client_id=client_id)
        session, stranger = application.session(), application.session()
        assert (await session.begin()).endswith(f"client_id={client_id}")
        assert "seen=yes" in (await session.land("http://localhost:5050/callback")).pages[-1].text
        assert "seen=yes" not in (await stranger.land("http://localhost:5050/callback")).pages[-1].text
        await application.stop()
    assert dict(os.environ) == before


async def test_what_it_can_do(module):
    seat = driver("wsgi", f"{module(WSGI)}:app", refresh="/refresh", signed_in="GET /me is 200")
    application = await started(seat)
    assert {Capability.HTML, Capability.REFRESH, Capability.SIGNED_IN} <= application.capabilities
    assert Capability.RESTART not in application.capabilities
    assert (seat.seat, seat.redirect_uri(PLAIN)) == ("WSGI application", "http://localhost:5050/callback")
    await application.stop()


@pytest.mark.parametrize(
    "makes",
    [
        "def make(assignment):\n        return lambda environ, start: told(assignment.client_id, start)",
        "def make():\n        return lambda environ, start_response: told(os.environ['CLIENT_ID'], start_response)",
        "def make(config=None, assignment=None):\n        who = assignment.client_id\n"
        "        return lambda environ, start_response: told(who, start_response)",
        "class make:\n        def __init__(self, of):\n            self.of = of\n"
        "        def __call__(self, environ, start):\n            return told(self.of.client_id, start)",
    ],
    ids=["the assignment", "nothing", "by its name", "a class"],
)
async def test_what_makes_an_application_is_called(module, makes):
    text = f"""
    import os
    def told(who, start_response):
        start_response("200 OK", [])
        return [who.encode()]
    {makes}
    """
    application = await started(driver("wsgi", f"{module(text)}:make"))
    assert (await application.session().land("http://localhost:5050/callback")).pages[-1].text == "an-app"
    await application.stop()


BROKEN = {
    "a module that is not there": ("APP_NOT_IMPORTABLE", None, "app"),
    "a module that raises": ("APP_NOT_IMPORTABLE", "raise ValueError('SECRET_KEY is missing')", "app"),
    "a module that exits": ("APP_NOT_IMPORTABLE", "raise SystemExit(2)", "app"),
    "an attribute that is not there": ("APP_ATTRIBUTE_MISSING", "application = 1", "app"),
    "no application": ("NOT_AN_ASGI_APP", "app = 'app'", "app"),
    "what makes none": ("NOT_AN_ASGI_APP", "def app(): return None", "app"),
    "what raises": ("APP_FACTORY_RAISED", "def app(assignment): raise KeyError('OAUTH_ID')", "app"),
    "what hangs when it is imported": ("APP_HUNG_AT_STARTUP", "import threading; threading.Event().wait()", "app"),
    "what hangs when it is made": ("APP_HUNG_AT_STARTUP", "import time\ndef app(): time.sleep(3600)", "app"),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_cannot_be_started_has_a_name(module, what):
    code, text, attribute = BROKEN[what]
    before = dict(os.environ)
    name = module(text) if text else "an_app_of_a_test_that_is_not_there"
    error = await refused(driver("asgi", f"{name}:{attribute}", ready_timeout=0.2 if "HUNG" in code else 20.0))
    assert error.code == code
    assert name in error.cause
    assert dict(os.environ) == before


async def test_one_that_cannot_have_other_settings(module):
    """As with a framework that is configured once: what it keeps is in no module of the user's."""
    text = """
    import sys
    if hasattr(sys, "settings_of_a_test"):
        raise RuntimeError("Settings already configured.")
    sys.settings_of_a_test = True
    def app(environ, start_response):
        return []
    """
    seat = driver("wsgi", f"{module(text)}:app")
    try:
        await (await started(seat)).stop()
        error = await refused(seat)
    finally:
        del sys.settings_of_a_test
    assert error.code == "APP_KEEPS_SETTINGS"
    assert error.cause.endswith("Settings already configured.")


@pytest.mark.parametrize(("interface", "text", "other"), [("asgi", WSGI, "--wsgi"), ("wsgi", ASGI, "--asgi")])
async def test_the_other_kind_of_application_is_recognised(module, interface, text, other):
    error = await refused(driver(interface, f"{module(text)}:app"))
    assert error.code == ("NOT_AN_ASGI_APP" if interface == "asgi" else "NOT_A_WSGI_APP")
    assert other in error.next_step


@pytest.mark.parametrize("name", ["app", "app:", ":app", ""])
def test_a_name_that_names_nothing(name):
    with pytest.raises(CannotStart, match="BAD_APP_NAME"):
        driver("asgi", name)


LIFESPAN = """
    import asyncio
    happened = []
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            {at_the_beginning}
            await send({{"type": "lifespan.startup.complete"}})
            await receive()
            happened.append("ended")
            await send({{"type": "lifespan.shutdown.complete"}})
            return
        await send({{"type": "http.response.start", "status": 200, "headers": []}})
        await send({{"type": "http.response.body", "body": ",".join(happened).encode()}})
"""


async def test_its_lifespan_begins_and_ends(module):
    name = module(LIFESPAN.format(at_the_beginning="happened.append('begun')"))
    application = await started(driver("asgi", f"{name}:app"))
    assert (await application.session().land("http://localhost:5050/callback")).pages[-1].text == "begun"
    happened = sys.modules[name].happened
    await application.stop()
    assert happened == ["begun", "ended"]


async def test_a_lifespan_that_fails(module):
    failing = "await send({'type': 'lifespan.startup.failed', 'message': 'no database'}); return"
    error = await refused(driver("asgi", f"{module(LIFESPAN.format(at_the_beginning=failing))}:app"))
    assert error.code == "APP_FAILED_AT_STARTUP"


async def test_a_lifespan_that_hangs(module):
    name = module(LIFESPAN.format(at_the_beginning="await asyncio.Event().wait()"))
    assert (await refused(driver("asgi", f"{name}:app", ready_timeout=0.2))).code == "APP_HUNG_AT_STARTUP"


HABITS = {
    "raises": ("raise ValueError('broken')", "raise ValueError('broken')"),
    "hangs": ("import threading; threading.Event().wait()", "import asyncio; await asyncio.Event().wait()"),
    "blocks": ("import time; time.sleep(3600)", "import time; time.sleep(3600)"),
    "talks for ever": (
        "start_response('200 OK', []); return iter(lambda: b'x' * 65536, b'')",
        "await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "        more = {'type': 'http.response.body', 'body': b'x' * 65536, 'more_body': True}\n"
        "        while True:\n            await send(more)",
    ),
}


def habitual(module, habit, interface):
    wsgi, asgi = HABITS[habit]
    if interface == "wsgi":
        return module(f"def app(environ, start_response):\n        {wsgi}\n")
    return module(f"async def app(scope, receive, send):\n        assert scope['type'] == 'http'\n        {asgi}\n")


@pytest.mark.parametrize("interface", ["asgi", "wsgi"])
async def test_one_that_raises_fails_as_under_a_server(module, interface):
    application = await started(driver(interface, f"{habitual(module, 'raises', interface)}:app"))
    with pytest.raises(SessionFailed, match=r"LOGIN_FAILED.*ValueError: broken"):
        await application.session().begin()
    await application.stop()


@pytest.mark.parametrize("interface", ["asgi", "wsgi"])
@pytest.mark.parametrize("habit", ["hangs", "blocks"])
async def test_one_that_hangs_is_waited_for_no_longer(module, interface, habit):
    application = await started(driver(interface, f"{habitual(module, habit, interface)}:app", step_timeout=0.1))
    with pytest.raises(SessionFailed, match="LOGIN_HUNG"):
        await application.session().begin()
    assert (await application.session().land("http://localhost:5050/callback")).kind == "hung"
    application._caller.timeout = 0.1
    await application.stop()


@pytest.mark.parametrize("interface", ["asgi", "wsgi"])
async def test_one_that_talks_for_ever_is_heard_to_a_bound(module, interface):
    application = await started(driver(interface, f"{habitual(module, 'talks for ever', interface)}:app"))
    page = (await application.session().land("http://localhost:5050/callback")).pages[-1]
    assert page.status == 200
    assert 0 < len(page.text) < MOST_OF_AN_ANSWER
    await application.stop()


async def test_several_at_once(module):
    """Each session waits for the other, so that both are served or neither."""
    text = """
    import threading
    both = threading.Barrier(2)
    def app(environ, start_response):
        both.wait(10)
        start_response("200 OK", [])
        return [b"together"]
    """
    application = await started(driver("wsgi", f"{module(text)}:app"))
    landings = [application.session().land("http://localhost:5050/callback") for _ in range(2)]
    assert [each.pages[-1].text for each in await asyncio.gather(*landings)] == ["together", "together"]
    await application.stop()
    assert threading.active_count() < 50


async def test_at_another_port_nobody_listens(module):
    application = await started(driver("wsgi", f"{module(WSGI)}:app"))
    with pytest.raises(Lost, match="on no port"):
        await application.fetch(Target("127.0.0.1", 5051), b"GET / HTTP/1.1\r\n\r\n", lambda *_: (100, None))
    await application.stop()

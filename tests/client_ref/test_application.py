"""The application, through the eyes of browsers: two users at once, and what their pages and headers give away."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from client_ref.application import COOKIE, MOST_SESSIONS, SESSION_LIFETIME, Application, Sessions
from client_ref.client import AsyncClient
from tests.client_ref.authorization_server import BASIC, PKCE, json_response
from tests.client_ref.browser import ORIGIN, application, browser, logged
from tests.client_ref.seat import Seat


@pytest.fixture(params=[BASIC, PKCE], ids=["basic", "pkce"])
def seat(request):
    return Seat(request.param)


@pytest.fixture
def app(seat):
    return application(seat)


async def log_in(jar, seat, **changed):
    """Click through a login; the answer of the callback."""
    url = (await jar.get("/login")).headers["location"]
    return await jar.get(seat.server.authorize(url, **changed))


async def test_a_newcomer_can_click_through(app, seat):
    async with browser(app) as jar:
        assert '<a href="/login">' in (await jar.get("/")).text
        assert (await jar.get("/me")).status_code == 401
        landed = await log_in(jar, seat)
        assert (landed.status_code, landed.headers["location"]) == (303, "/")
        home = (await jar.get("/")).text
        assert "account.read offline" in home
        assert (await jar.get("/me")).status_code == 200
        for method in ("POST", "GET"):
            refreshed = await jar.request(method, "/refresh")
            assert (refreshed.status_code, refreshed.headers["location"]) == (303, "/")
        assert len(seat.server.posts) == 3
        assert (await jar.post("/logout")).status_code == 303
        assert (await jar.get("/me")).status_code == 401
        assert "revoke" in seat.server.posts[-1].url


async def test_two_users_never_see_each_others_login(app, seat):
    async with browser(app) as ann, browser(app) as bob:
        url_of_ann = (await ann.get("/login")).headers["location"]
        url_of_bob = (await bob.get("/login")).headers["location"]
        landing_of_ann = seat.server.authorize(url_of_ann, scope="account.read")
        stolen = await bob.get(landing_of_ann)
        assert stolen.status_code == 400
        assert "state_mismatch" in stolen.text
        assert not seat.server.posts
        assert (await bob.get("/me")).status_code == 401
        assert (await ann.get(landing_of_ann)).status_code == 303
        assert (await ann.get("/me")).status_code == 200
        assert (await bob.get("/me")).status_code == 401
        assert (await bob.get(seat.server.authorize(url_of_bob))).status_code == 303
        tokens_used = []
        for jar in (ann, bob, ann):
            await jar.get("/me")
            tokens_used.append(dict(seat.server.gets[-1].headers)["Authorization"])
        assert tokens_used[0] == tokens_used[2] != tokens_used[1]
        await ann.post("/logout")
        assert [(await jar.get("/me")).status_code for jar in (ann, bob)] == [401, 200]


async def test_a_refusal_has_a_page_with_its_code(app, seat):
    async with browser(app) as jar:
        url = (await jar.get("/login")).headers["location"]
        denied = await jar.get(seat.server.deny(url, error_description="<script>alert(1)</script>"))
        assert denied.status_code == 400
        assert "<code>authorization_error</code>" in denied.text
        assert "<script" not in denied.text
        assert (await log_in(jar, seat)).status_code == 303


async def test_no_page_header_or_log_gives_a_secret_away(app, seat):
    with logged() as lines:
        async with browser(app) as jar:
            answers = [await jar.get("/login")]
            genuine = seat.server.authorize(answers[0].headers["location"])
            visits = (genuine.replace("state=", "state=x"), genuine, "/", "/me", "/refresh")
            answers += [await jar.get(url) for url in visits]
            cookies = list(jar.cookies.jar)
    form = dict(seat.server.posts[0].form)
    tokens = [*seat.server.access_tokens, *seat.server.refresh_tokens]
    secrets = [form["code"], form["code_verifier"], "the-secret", *tokens]
    ours = [line for line in lines if not line.startswith(f"HTTP Request: GET {ORIGIN}")]  # the browser's own log
    told = [answer.text + str(answer.headers) for answer in answers] + ours + [cookie.value for cookie in cookies]
    assert any("refused" in line for line in ours)
    assert not [secret for secret in secrets for text in told if secret in text]
    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"(src|href)=.?(https?:)?//", answer.text)


async def test_the_cookie(app, seat):
    async with browser(app) as jar:
        set_cookie = (await jar.get("/login")).headers["set-cookie"]
    assert re.fullmatch(rf"{COOKIE}=[A-Za-z0-9_-]{{43}}; HttpOnly; Path=/; SameSite=lax; Secure", set_cookie)
    plain = application(Seat(replace(seat.registration, redirect_uri="http://localhost:8000/callback")))
    async with browser(plain) as jar:
        assert "Secure" not in (await jar.get("/login")).headers["set-cookie"]


async def test_a_login_changes_the_name_of_the_session(app, seat):
    async with browser(app) as jar:
        url = (await jar.get("/login")).headers["location"]
        planted = jar.cookies[COOKIE]
        await jar.get(seat.server.authorize(url))
        assert jar.cookies[COOKIE] != planted
        async with browser(app) as attacker:
            attacker.cookies.set(COOKIE, planted)
            assert (await attacker.get("/me")).status_code == 401


async def test_a_second_tab_survives_the_login_of_the_first(app, seat):
    async with browser(app) as jar:
        tabs = [(await jar.get("/login")).headers["location"] for _ in range(2)]
        assert [(await jar.get(seat.server.authorize(tab))).status_code for tab in tabs] == [303, 303]


async def test_a_cookie_that_nobody_gave_is_no_session(app):
    async with browser(app) as jar:
        jar.cookies.set(COOKIE, "made-up")
        assert (await jar.get("/me")).status_code == 401
        await jar.get("/login")
        assert jar.cookies.get(COOKIE, domain="client.example") != "made-up"


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT"])
async def test_only_get_lands(app, seat, method):
    async with browser(app) as jar:
        url = seat.server.authorize((await jar.get("/login")).headers["location"])
        assert (await jar.request(method, url)).status_code == 405
        assert not seat.server.posts
        assert (await jar.get(url)).status_code == 303


async def test_another_host_header_is_another_place(app, seat):
    async with browser(app) as jar:
        url = seat.server.authorize((await jar.get("/login")).headers["location"])
        refused = await jar.get(url, headers={"host": "evil.example"})
        assert "landing_elsewhere" in refused.text
        assert not seat.server.posts


async def test_a_logout_is_no_link(app, seat):
    async with browser(app) as jar:
        await log_in(jar, seat)
        assert (await jar.get("/logout")).status_code == 405
        assert (await jar.get("/me")).status_code == 200


async def test_the_callback_is_where_the_redirect_uri_says(seat):
    ours = Seat(replace(seat.registration, redirect_uri="https://client.example/call%20back/here?app=7"))
    async with browser(application(ours)) as jar:
        assert (await log_in(jar, ours)).status_code == 303


async def test_lifetimes_that_are_unknown(app, seat):
    seat.server.token_script = [json_response({"access_token": "AT", "token_type": "bearer", "scope": ""})]
    async with browser(app) as jar:
        await log_in(jar, seat)
        home = (await jar.get("/")).text
    assert "no scope" in home
    assert "an unknown time" in home


async def test_the_client_is_closed_with_the_application():
    client = AsyncClient(BASIC)
    app = Application(client, BASIC.redirect_uri).starlette()
    async with app.router.lifespan_context(app):
        assert not client._exchange._client.is_closed
    assert client._exchange._client.is_closed


class Hand:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_sessions_are_bounded_and_grow_old():
    clock = Hand()
    sessions = Sessions(most=2, clock=clock)
    names = [sessions.add({"n": n}) for n in range(2)]
    assert sessions.find(names[0]) == {"n": 0}  # used, so the other one makes room
    names.append(sessions.add({"n": 2}))
    assert [sessions.find(name) for name in names] == [{"n": 0}, None, {"n": 2}]
    clock.now += SESSION_LIFETIME
    assert sessions.find(names[0]) == {"n": 0}
    clock.now += 1
    assert sessions.find(names[2]) is None
    assert MOST_SESSIONS > 1000

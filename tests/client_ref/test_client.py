"""The client as one object, over HTTP: both kinds of app, both kinds of driver, and many callers at once."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest

from client_ref.client import AsyncClient, Client, async_factory, factory, granted_in
from client_ref.errors import LoginRequired, Refusal
from client_ref.messages import Get, Post
from client_ref.session import TOKENS, held_tokens
from tests.client_ref.authorization_server import BASIC, PKCE, AuthorizationServer
from tests.client_ref.raw_server import answer, raw_server


@contextmanager
def http_server(registration):
    """The authorization server in memory, behind a socket."""
    lock = threading.Lock()
    server = AuthorizationServer(registration)

    def respond(connection, request):
        head, _, body = request.decode().partition("\r\n\r\n")
        method, target, *_ = head.split()
        pairs = [line.split(": ", 1) for line in head.split("\r\n")[1:]]
        headers = tuple(("Authorization", value) for name, value in pairs if name.lower() == "authorization")
        url = f"{raw.url.removesuffix('/token')}{target}"
        with lock:
            asked = Post(url, tuple(parse_qsl(body)), headers) if method == "POST" else Get(url, headers)
            said = server.answer(asked)
        connection.sendall(answer(said.body, said.status, **{n.title(): v for n, v in said.headers.items()}))

    with raw_server(respond) as raw:
        base = raw.url.removesuffix("/token")
        here = replace(
            registration,
            authorization_endpoint=f"{base}/auth",
            token_endpoint=f"{base}/token",
            revocation_endpoint=f"{base}/revoke",
            api_url=f"{base}/v2",
        )
        server.registration = here
        yield server, here


def assignment(registration):
    return SimpleNamespace(
        **{name: getattr(registration, name) for name in registration.__slots__ if name != "scope"},
        scope=" ".join(registration.scope),
    )


class Blocking:
    """The async client with the face of the sync one, so that one story tells of both."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self.client, self.runner = client, runner

    def __getattr__(self, name):
        return lambda *arguments: self.runner.run(getattr(self.client, name)(*arguments))


@pytest.fixture(params=["sync", "async"])
def build(request):
    with asyncio.Runner() as runner:
        if request.param == "sync":
            yield lambda registration: factory(assignment(registration))
        else:
            yield lambda registration: Blocking(async_factory(assignment(registration)), runner)


@pytest.mark.parametrize("registration", [BASIC, PKCE], ids=["basic", "pkce"])
def test_login_api_refresh_denial_recovery_and_logout(build, registration):
    with http_server(registration) as (server, here):
        client, session = build(here), {}
        held = client.land(session, server.authorize(client.begin(session)))
        assert held["scope"] == "account.read offline"
        assert held["token_type"] == "bearer"
        assert held["expires_at"] is not None
        assert re.fullmatch(r"[0-9a-f]{16}", held["access_token_fingerprint"])
        assert client.call_api(session) == held == granted_in(session)
        assert client.refresh(session)["access_token_fingerprint"] != held["access_token_fingerprint"]
        with pytest.raises(Refusal) as denied:
            client.land(session, server.deny(client.begin(session)))
        assert denied.value.code == "authorization_error"
        client.land(session, server.authorize(client.begin(session)))
        client.log_out(session)
        with pytest.raises(LoginRequired):
            client.call_api(session)
        client.close()
    assert granted_in(session) is None


def test_what_is_told_has_no_secret_in_it(build):
    with http_server(BASIC) as (server, here):
        client, session = build(here), {}
        told = [client.land(session, server.authorize(client.begin(session))), client.call_api(session)]
        client.close()
    tokens = held_tokens(session)
    assert tokens.access_token not in json.dumps(told)
    assert tokens.refresh_token not in json.dumps(told)


def test_a_session_can_be_stored_as_json(build):
    with http_server(PKCE) as (server, here):
        client, session = build(here), {}
        url = client.begin(session)
        session = json.loads(json.dumps(session))
        client.land(session, server.authorize(url))
        session = json.loads(json.dumps(session))
        client.call_api(session)
        client.close()


def expired(session):
    session[TOKENS] = {**session[TOKENS], "expires_at": 0.0}


EIGHT = 8


def test_eight_threads_refresh_once():
    with http_server(BASIC) as (server, here):
        client, session = Client(here), {}
        client.land(session, server.authorize(client.begin(session)))
        expired(session)
        together = threading.Barrier(EIGHT)

        def call(_):
            together.wait()
            return client.call_api(session)

        with ThreadPoolExecutor(EIGHT) as threads:
            told = list(threads.map(call, range(EIGHT)))
        client.close()
    assert told == EIGHT * told[:1]
    assert [dict(post.form)["grant_type"] for post in server.posts] == ["authorization_code", "refresh_token"]


@pytest.mark.parametrize("cause", ["expired", "refused"])
async def test_eight_tasks_refresh_once(cause):
    with http_server(PKCE) as (server, here):
        client, session = AsyncClient(here), {}
        await client.land(session, server.authorize(await client.begin(session)))
        if cause == "expired":
            expired(session)
        else:
            server.access_tokens.clear()
        told = await asyncio.gather(*(client.call_api(session) for _ in range(EIGHT)))
        await client.close()
    assert told == EIGHT * told[:1]
    assert len(server.posts) == 2


async def test_one_refused_refresh_is_enough_for_all():
    with http_server(BASIC) as (server, here):
        client, session = AsyncClient(here), {}
        await client.land(session, server.authorize(await client.begin(session)))
        server.refresh_tokens.clear()
        refusals = await asyncio.gather(*(client.refresh(session) for _ in range(EIGHT)), return_exceptions=True)
        await client.close()
    assert sorted(refusal.code for refusal in refusals) == ["login_required", *7 * ["not_logged_in"]]
    assert len(server.posts) == 2


def test_one_landing_in_eight_threads_is_one_token_request():
    with http_server(BASIC) as (server, here):
        client, session = Client(here), {}
        url = server.authorize(client.begin(session))
        together = threading.Barrier(EIGHT)

        def land(_):
            together.wait()
            try:
                client.land(session, url)
            except Refusal as refusal:
                return refusal.code
            return "granted"

        with ThreadPoolExecutor(EIGHT) as threads:
            told = sorted(threads.map(land, range(EIGHT)))
        client.close()
    assert told == ["granted", *7 * ["state_mismatch"]]
    assert len(server.posts) == 1


def test_empty_settings_count_as_none():
    client = factory(assignment(replace(PKCE, client_secret="", issuer="", revocation_endpoint="", api_url="")))
    url = client.begin({})
    client.close()
    assert "code_challenge=" in url

"""The page about the callback: its code is run, its lines are counted, its names exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from client_ref import flawed
from client_ref.messages import Response
from tests.client_ref.authorization_server import BASIC, PKCE, TOKENS, json_response, redirects
from tests.client_ref.test_client import http_server

PAGE = (Path(__file__).parents[2] / "docs" / "a-correct-callback.md").read_text("utf-8")
CODE = "\n\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


class Page:
    """The code of the page, facing a server over HTTP."""

    def __init__(self, server, here) -> None:
        self.server, self.session = server, {}
        self.app = {
            "AUTHORIZE_URL": here.authorization_endpoint,
            "TOKEN_URL": here.token_endpoint,
            "CLIENT_ID": here.client_id,
            "CLIENT_SECRET": here.client_secret,
            "REDIRECT_URI": here.redirect_uri,
            "SCOPE": " ".join(here.scope),
        }
        self.names: dict[str, object] = {}
        exec(compile(CODE, "a-correct-callback.md", "exec"), self.names)

    def login(self, session=None):
        return self.names["login"](self.app, self.session if session is None else session)

    def callback(self, url):
        self.names["callback"](self.app, self.session, url)

    def refuses(self, url, posts=0):
        with pytest.raises(ValueError):  # noqa: PT011 - the page promises no more
            self.callback(url)
        return "tokens" not in self.session and len(self.server.posts) == posts


@pytest.fixture(params=[BASIC, PKCE], ids=["basic", "pkce"])
def page(request):
    with http_server(request.param) as (server, here):
        yield Page(server, here)


def test_it_has_thirty_lines():
    (callback,) = (node for node in ast.parse(CODE).body if getattr(node, "name", "") == "callback")
    assert callback.end_lineno - callback.lineno + 1 <= 30


def test_a_genuine_landing_logs_in_once(page):
    landing = page.server.authorize(page.login())
    page.callback(landing)
    assert page.session["tokens"]["access_token"] in page.server.access_tokens
    del page.session["tokens"]
    assert page.refuses(landing, posts=1)


def test_what_a_stranger_brings_is_refused_and_the_login_survives(page):
    url = page.login()
    genuine = page.server.authorize(url)
    assert page.refuses(page.server.authorize(page.login({})))
    for forged in (None, "", "forged"):
        assert page.refuses(page.server.authorize(url, state=forged))
        assert page.refuses(page.server.deny(url, state=forged))
    for repeated in (("state", "x"), ("code", "x")):
        assert page.refuses(page.server.authorize(url, extra=[repeated]))
    page.callback(genuine)


@pytest.mark.parametrize("changed", [{"error": "access_denied"}, {"code": None}, {"code": ""}])
def test_a_landing_that_is_no_success(page, changed):
    assert page.refuses(page.server.authorize(page.login(), **changed))


@pytest.mark.parametrize(
    "answer",
    [
        redirects("http://127.0.0.1:9/token"),
        json_response(TOKENS, 201),
        json_response(TOKENS, 400),
        json_response({"error": "invalid_grant"}, 400),
        json_response({**TOKENS, "error": "bad"}),
        json_response({"token_type": "bearer"}),
        json_response({**TOKENS, "access_token": ""}),
        json_response({**TOKENS, "token_type": "mac"}),
        json_response([TOKENS]),
        Response(200, {}, b"<html>"),
    ],
)
def test_an_answer_that_is_no_success(page, answer):
    page.server.token_script = [answer]
    assert page.refuses(page.server.authorize(page.login()), posts=1)


def test_secrets_with_reserved_characters():
    from dataclasses import replace

    with http_server(replace(BASIC, client_id="a:b", client_secret="c+d %e&")) as (server, here):
        page = Page(server, here)
        page.callback(server.authorize(page.login()))
        assert page.session["tokens"]


def test_the_flawed_clients_it_names_exist():
    (table,) = re.findall(r"^\| Line .*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    named = re.findall(r"`([a-z-]+)`", table)
    assert len(named) >= 12
    assert set(named) <= flawed.FLAWS.keys()

"""The apps page and the error page, and the whole way: an app is created, and the reference client logs in with it."""

from __future__ import annotations

import socket
import sys

import pytest

from tests.architecture.tree import ROOT
from tests.processes import environment, served

pytestmark = [pytest.mark.slow, pytest.mark.requires("browser")]


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def create(browser, server, name: str, redirect_uri: str, kind: str) -> dict[str, str]:
    """Create an app by hand, and return the lines for its `.env` as the page shows them."""
    browser.get(f"{server.url}/apps")
    browser.types("Name", name)
    browser.types("Redirect URIs", redirect_uri)
    browser.ticks(kind)
    browser.click("Create app")
    browser.sees("Created.")
    lines = browser.one(".created pre").text.splitlines()
    return {line.partition("=")[0]: line.partition("=")[2].strip('"') for line in lines}


@pytest.mark.parametrize("kind", ["Basic", "PKCE"])
def test_an_app_is_created_and_the_reference_client_logs_in(browser, server, tmp_path, kind):
    port = free_port()
    env = create(browser, server, "Made by hand", f"http://127.0.0.1:{port}/callback", kind)
    assert ("CLIENT_SECRET" in env) == (kind == "Basic")
    command = [sys.executable, "-m", "client_ref"]
    settings = environment(tmp_path) | env | {"PYTHONPATH": str(ROOT)}
    with served(command, cwd=tmp_path, env=settings) as app:
        browser.get(f"http://127.0.0.1:{port}/")
        browser.click("Log in")
        browser.sees("Sign in")
        browser.types("E-mail", "ada@example.org")
        browser.click("Go on")
        browser.sees("Made by hand asks for access")
        browser.click("Allow")
        browser.sees("Logged in")
        browser.click("Who am I?")
        browser.sees("The API knows you")
        assert app.interrupt() in {0, 130, -2}
    endpoints = [e.endpoint for e in server.transcript.exchanges]
    assert endpoints == ["authorization", "authorization", "token", "resource"]
    assert not [e for e in server.transcript.exchanges if e.error]


def test_unregistered_redirect_uri_is_explained_and_registered(browser, server, login_of):
    browser.expect("status of 400", "ERR_CONNECTION_REFUSED", "net::ERR", "favicon")
    browser.get(login_of(redirect_uri="http://localhost:5050/Callback"))
    browser.sees("They differ in upper and lower case alone.")
    assert [e.text for e in browser.all("ins, del")] == ["C", "c"]
    browser.click("Register it for Basic app now")
    browser.wait(lambda: "/apps#app-" in browser.url)
    assert "http://localhost:5050/Callback" in browser.text
    browser.get(login_of(redirect_uri="http://localhost:5050/Callback"))
    browser.sees("Sign in")


def test_mistake_in_the_form_is_told(browser, server):
    browser.expect("status of 400")
    browser.get(f"{server.url}/apps")
    browser.types("Name", "x")
    browser.types("Redirect URIs", "nowhere")
    browser.click("Create app")
    browser.sees("is not an absolute URI")
    assert browser.field("Redirect URIs").get_attribute("value") == "nowhere"

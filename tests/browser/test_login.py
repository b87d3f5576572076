"""Login and consent, clicked through."""

from __future__ import annotations

import http.server
import threading
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver.common.keys import Keys

pytestmark = [pytest.mark.slow, pytest.mark.requires("browser")]


@pytest.fixture
def at_consent(browser, login_of):
    """A browser that has signed in and is asked; the app behind the redirect is not there."""
    browser.expect("favicon", "ERR_CONNECTION_REFUSED", "net::ERR")
    browser.get(login_of())
    browser.types("E-mail", "ada.lovelace@example.org")
    browser.click("Go on")
    browser.sees("Basic app asks for access")
    return browser


def answer(browser, button: str) -> dict[str, str]:
    """Decide, and return what the browser takes to the app."""
    browser.click(button)
    browser.wait(lambda: browser.url.startswith("http://127.0.0.1:5050/callback"), browser.url)
    query = urlsplit(browser.url).query or urlsplit(browser.url).fragment
    return {name: values[0] for name, values in parse_qs(query).items()}


def test_allow(at_consent):
    told = answer(at_consent, "Allow")
    assert (told["state"], told["scope"]) == ("state-of-the-session", "offline account.read asset.read")
    assert told["code"]


def test_deny(at_consent):
    told = answer(at_consent, "Deny")
    assert (told["error"], "code" in told) == ("access_denied", False)


def test_fewer_scopes(at_consent):
    at_consent.ticks("Stay signed in")
    assert answer(at_consent, "Allow")["scope"] == "account.read asset.read"


def test_who_signed_in_is_remembered_and_can_be_changed(at_consent, login_of):
    at_consent.get(login_of())
    at_consent.sees("signed in as ada.lovelace@example.org")
    at_consent.click("Not you?")
    at_consent.types("E-mail", "other@example.org")
    at_consent.click("Go on")
    at_consent.sees("signed in as other@example.org")


def test_misbehave(at_consent):
    at_consent.one(".misbehave > summary").click()
    at_consent.click("The redirect to your app")
    at_consent.ticks("replaces")
    at_consent.wait(lambda: at_consent.one(
        "input[name='deviation:authorization_response.replaces:value']").is_displayed())  # fmt: skip
    value = at_consent.one("input[name='deviation:authorization_response.replaces:value']")
    value.clear()
    value.send_keys("forged")
    assert answer(at_consent, "Allow")["state"] == "forged"


def test_misbehave_with_the_next_token_answer(at_consent, server):
    at_consent.one(".misbehave > summary").click()
    at_consent.click("The token answer")
    at_consent.ticks("form encodes")
    answer(at_consent, "Allow")
    (flow,) = server.core.flows.values()
    assert str(flow.changes.deviation) == "token_response.form_encodes() on 1"


def test_deliver_badly(at_consent, server):
    at_consent.one(".misbehave > summary").click()
    at_consent.click("Slow, broken, or sent elsewhere")
    at_consent.ticks("turn away")
    answer(at_consent, "Allow")
    (flow,) = server.core.flows.values()
    assert str(flow.changes.delivery) == "delivery.turn_away(status=503, retry_after='1'), the first time"


def test_mistake_under_misbehave_is_told_and_mended(at_consent):
    at_consent.expect("status of 400")
    at_consent.one(".misbehave > summary").click()
    at_consent.click("Write it down")
    at_consent.types("Changes as JSON", "{")
    at_consent.click("Allow")
    at_consent.sees("not JSON")
    omits = '{"deviation": {"name": "authorization_response.omits", "arguments": ["state"]}}'
    at_consent.types("Changes as JSON", omits)
    assert "state" not in answer(at_consent, "Allow")


def test_by_keyboard_alone(browser, login_of):
    """From the e-mail to the decision with Tab, Space and Enter."""
    browser.expect("favicon", "ERR_CONNECTION_REFUSED", "net::ERR")
    browser.get(login_of())
    assert browser.driver.switch_to.active_element.get_attribute("name") == "email"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.sees("asks for access")
    names = []
    for _ in range(12):
        active = browser.driver.switch_to.active_element
        names.append(active.get_attribute("value") or active.text)
        if active.get_attribute("value") == "offline":
            active.send_keys(Keys.SPACE)
        if active.get_attribute("value") == "allow":
            break
        active.send_keys(Keys.TAB)
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.wait(lambda: "code=" in browser.url, str(names))
    assert parse_qs(urlsplit(browser.url).query)["scope"] == ["account.read asset.read"]


def test_without_scripts(browser, login_of):
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.expect("favicon", "ERR_CONNECTION_REFUSED", "net::ERR")
    browser.get(login_of())
    browser.click("Go on")
    browser.sees("asks for access")
    assert "code" in answer(browser, "Allow")


def test_a_callback_that_goes_on_elsewhere_is_let_through(browser, server, login_of, elsewhere):
    """Chromium holds redirects after a form against form-action; a front end often has an origin of its own."""
    server.register(replace(server.basic_app, redirect_uris=(elsewhere.callback,)))
    browser.get(login_of(redirect_uri=elsewhere.callback))
    browser.click("Go on")
    browser.click("Allow")
    browser.wait(lambda: browser.url == elsewhere.front_end)


@pytest.fixture
def elsewhere():
    """An app whose callback redirects to a front end under another name."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_callback = self.path.startswith("/callback")
            self.send_response(302 if is_callback else 200)
            if is_callback:
                self.send_header("location", f"http://localhost:{self.server.server_port}/home")  # type: ignore[attr-defined]
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as app:
        thread = threading.Thread(target=app.serve_forever)
        thread.start()
        port = app.server_port
        yield SimpleNamespace(
            callback=f"http://127.0.0.1:{port}/callback", front_end=f"http://localhost:{port}/home")  # fmt: skip
        app.shutdown()
        thread.join()

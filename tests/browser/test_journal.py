"""The journal as somebody who keeps it open sees it: exchanges as they happen."""

from __future__ import annotations

import contextlib

import httpx
import pytest

from mock_server.findings import Finding
from mock_server.protocol.resource_owner import Allow
from mock_server.serving import serve
from mock_server.transcript import Exchange
from scenarios.cli.serve import watch

pytestmark = [pytest.mark.slow, pytest.mark.requires("browser")]


@pytest.fixture
def client():
    with httpx.Client(verify=False) as client:
        yield client


@pytest.fixture
def watching(browser, server):
    browser.get(server.url)
    browser.sees("Live")
    return browser


def test_an_exchange_appears_as_it_happens(watching, server, client):
    assert "Nothing has happened yet" in watching.text
    client.post(server.token_endpoint, data={"grant_type": "authorization_code", "code": "made-up"})
    watching.sees("Strays")
    assert "Nothing has happened yet" not in watching.text
    watching.wait(lambda: "refused" in watching.one(".flow[data-flow=stray]").text)
    line = watching.one(".flow[data-flow=stray]")
    line.find_element("tag name", "summary").click()
    watching.sees("Refused: ")


def test_a_violation_of_a_rule_appears_as_it_happens(watching, server, client, login_of):
    """Whoever has rules listens, and notes what it finds; the page names it without a reload."""

    def rule(entry):
        if isinstance(entry, Exchange) and "code_challenge" not in entry.request.target:
            server.core.findings.add(entry.number, Finding("pkce-is-sent", "failed", "No code_challenge came."))

    stop = server.transcript.listen(rule)
    client.get(login_of())
    watching.wait(lambda: "rule broken" in watching.one(".flow > summary").text)
    watching.one(".flow > summary").click()
    watching.sees("Rule failed: pkce-is-sent No code_challenge came.")
    stop()


def test_the_rules_of_serve_name_a_violation_as_it_happens(watching, server, client, login_of):
    """What `oauthspec serve` hands to the server: an app that sends a code twice hears of it in the open line."""
    watch(server.core)
    server.resource_owner = Allow()
    code = client.get(login_of(state="a-state-of-twenty-two-characters")).headers["location"].split("code=")[1]
    watching.one(".flow[data-flow=flow-1] > summary").click()
    app = server.basic_app
    form = {"grant_type": "authorization_code", "code": code.split("&")[0], "redirect_uri": app.redirect_uris[0]}
    for _ in range(2):
        client.post(server.token_endpoint, data=form, auth=(app.client_id, app.client_secret))
    watching.wait(lambda: "rule/code-is-sent-once" in watching.one(".flow").text)
    watching.wait(lambda: "rule broken" in watching.one(".flow > summary").text)
    assert "RFC 6749 section 4.1.2" in watching.one(".why.finding-failed").text


def test_what_is_said_later_is_put_in_where_it_belongs(watching, server, client, login_of):
    client.get(login_of())
    watching.one(".flow > summary").click()
    watching.sees("begins a flow")
    server.core.findings.add(1, Finding("late", "warned", "Told later."))
    server.transcript.record("flow-1", "undelivered", exchange=1, reason="reset")
    watching.sees("Rule warned: late Told later.")
    watching.sees("Not delivered: reset")
    assert len(watching.all(".exchange")) == 1


def test_what_is_open_grows_where_it_stands(watching, server, client, login_of):
    client.get(login_of())
    watching.one(".flow[data-flow=flow-1] > summary").click()
    watching.sees("#1")
    for _ in range(2):
        client.post(server.token_endpoint, data={"code": "made-up"})
    watching.one(".flow[data-flow=stray]")
    first = watching.one(".flow")
    assert first.get_attribute("data-flow") == "stray"
    watching.one(".flow[data-flow=stray] > summary").click()
    watching.wait(lambda: len(watching.all(".flow[data-flow=stray] .exchange")) == 2)
    client.post(server.token_endpoint, data={"code": "made-up"})
    watching.wait(lambda: len(watching.all(".flow[data-flow=stray] .exchange")) == 3)
    assert watching.one(".flow[data-flow=flow-1]").get_attribute("open")


def test_a_lost_connection_recovers(browser, client):
    browser.expect("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "net::ERR", "favicon")
    with serve() as first:
        port = first.port
        browser.get(first.url)
        browser.sees("Live")
        client.post(first.token_endpoint, data={"code": "before"})
        browser.sees("Strays")
    browser.sees("Connection lost, trying again")
    with contextlib.ExitStack() as stack:
        second = stack.enter_context(serve(port=port))
        browser.sees("Live")
        # A new process has a journal of its own: what the first one held is gone from the page too.
        browser.wait(lambda: not browser.all(".flow"))
        client.get(second.authorization_endpoint)
        browser.sees("flow-1")
        browser.get("about:blank")


def test_a_page_that_nobody_sees_keeps_no_connection_and_hears_later_what_it_missed(watching, server, client):
    """Six of them would keep a browser from loading anything else from here."""
    hide = """
        Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});
        document.dispatchEvent(new Event('visibilitychange'));
    """
    watching.run(hide, True)
    watching.wait(lambda: not server.transcript._listeners)
    client.post(server.token_endpoint, data={"code": "meanwhile"})
    assert not watching.all(".flow")
    watching.run(hide, False)
    watching.sees("Strays")


def test_filter_by_app_and_outcome(browser, server, client, login_of):
    client.get(login_of())
    client.get(login_of(client_id=server.pkce_app.client_id))
    client.post(server.token_endpoint, data={"code": "made-up"})
    browser.get(server.url)
    browser.field("App").send_keys("PKCE app")
    browser.leaves_by("Show")
    assert [line.get_attribute("data-flow") for line in browser.all(".flow")] == ["flow-2"]
    browser.get(f"{server.url}/?outcome=refused")
    browser.sees("Live")
    client.get(login_of(redirect_uri="http://other/"))
    client.get(login_of())
    browser.wait(lambda: len(browser.all(".flow")) == 2)
    assert [line.get_attribute("data-flow") for line in browser.all(".flow")] == ["flow-3", "stray"]


def test_reveal_and_hide(browser, server, client):
    client.post(server.token_endpoint, data={"grant_type": "authorization_code", "code": "a-secret-code"})
    browser.get(server.url)
    browser.one(".flow > summary").click()
    assert "a-secret-code" not in browser.text
    browser.click("Reveal secrets of exchange 1")
    browser.sees("code=a-secret-code")
    assert browser.url == f"{server.url}/"
    browser.leaves_by("Hide them")
    assert "a-secret-code" not in browser.text


def test_copy_as_curl(browser, server, client):
    client.post(server.token_endpoint, data={"grant_type": "authorization_code", "code": "made-up"})
    # Writing is allowed after a click, as everywhere; reading, which this test does, is not. To grant one names both.
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    browser.driver.execute_cdp_cmd("Browser.grantPermissions", {"origin": server.url, "permissions": permissions})
    browser.get(server.url)
    browser.one(".flow > summary").click()
    browser.click("As curl")
    browser.one(".curl [data-copy]").click()
    browser.sees("Copied")
    copied = browser.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied.startswith("curl --include")
    assert copied == browser.one(".curl code").get_attribute("textContent")


def test_clear(browser, server, client):
    client.post(server.token_endpoint, data={"code": "made-up"})
    browser.get(server.url)
    browser.sees("Strays")
    browser.click("Clear the journal")
    browser.sees("Nothing has happened yet")


def test_a_burst_leaves_a_page_that_is_right(watching, server):
    """More flows at once than lines: the page shows the newest, and no more than it has room for."""
    for number in range(120):
        server.core.open_flow(identifier=f"burst-{number}")
        server.transcript.record(f"burst-{number}", "step")
    watching.wait(lambda: watching.all(".flow[data-flow=burst-119]"))
    watching.wait(lambda: len(watching.all(".flow")) == 50)


def test_without_scripts_flows_open_and_lead_on(browser, server, client, login_of):
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    client.get(login_of())
    browser.get(server.url)
    browser.one(".flow > summary").click()
    browser.sees("begins a flow")
    browser.click("#1")
    browser.sees("Reveal secrets")
    browser.click("Reveal secrets of exchange 1")
    browser.sees("state-of-the-session")

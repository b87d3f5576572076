"""Every page, as it is first and as it is when opened up, before axe-core: nothing serious, wide or narrow."""

from __future__ import annotations

import httpx
import pytest

from mock_server.findings import Finding
from mock_server.serving import RunningServer, authorization_server

pytestmark = [pytest.mark.slow, pytest.mark.requires("browser"), pytest.mark.requires("node")]

TIME = pytest.mark.requires("time")
OPEN_ALL = "for (const d of document.querySelectorAll('details')) d.open = true"


def findings(browser, axe: str) -> list[str]:
    """What axe-core holds against a page, in words; the moderate and the minor count too."""
    browser.run(axe)
    result = browser.driver.execute_async_script("axe.run(document).then(arguments[0])")
    assert result["passes"], "axe looked at nothing"
    return [
        f"{each['impact']}: {each['id']}: {each['help']}: {node['target']} {node['html'][:150]}"
        for each in result["violations"]
        for node in each["nodes"]
    ]


@pytest.fixture
def busy(server, login_of):
    """A mock with something of every kind in its journal."""
    with httpx.Client(verify=False) as client:
        for parameters in ({}, {"redirect_uri": "http://other/"}, {"client_id": "7b1f4a52"}):
            client.get(login_of(**parameters))
        client.post(server.token_endpoint, data={"code": "x"})
    server.core.findings.add(1, Finding("a-rule", "warned", "Something.", "RFC 9700 section 2", "Mend it."))
    return server


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), pytest.param(390, "dark", marks=TIME)])
def test_pages_have_nothing_that_keeps_people_out(browser, busy, login_of, axe, width, scheme):
    browser.expect("status of 4")
    browser.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})  # fmt: skip
    browser.driver.set_window_size(width, 900)
    paths = ["/", "/apps", "/flows/stray", "/exchanges/1", "/login?ticket=x", "/apps/none", "/?outcome=denied"]
    addresses = [busy.url + path for path in paths] + [login_of(), login_of(redirect_uri="http://other/")]
    found: dict[str, list[str]] = {}
    for address in addresses:
        browser.get(address)
        found[address] = findings(browser, axe)
        browser.run(OPEN_ALL)
        found[address] += findings(browser, axe)
    browser.get(login_of())
    browser.click("Go on")
    browser.sees("asks for access")
    found["consent"] = findings(browser, axe)
    browser.run(OPEN_ALL)
    found["consent, open"] = findings(browser, axe)
    overflow = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0
    assert not {address: each for address, each in found.items() if each}


def test_sign_in_page_has_nothing_that_keeps_people_out(browser, axe):
    browser.expect("status of 401")
    with RunningServer(authorization_server(), control_token="a-token-of-this-test") as server:
        browser.get(f"{server.url}/apps")
        assert not findings(browser, axe)
        browser.types("Control token", "wrong")
        browser.click("Go on")
        browser.sees("not the control token")
        assert not findings(browser, axe)
        browser.types("Control token", "a-token-of-this-test")
        browser.click("Go on")
        browser.sees("Create an app")
        browser.get(f"{server.url}/")
        browser.sees("Live")
        browser.get("about:blank")


def test_axe_finds_what_is_wrong(browser, server, axe):
    """A check that nothing can fail is decoration."""
    browser.get(f"{server.url}/apps")
    browser.run("document.querySelector('label[for=name]').remove()")
    assert any("label" in line for line in findings(browser, axe))

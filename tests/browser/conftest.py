"""One Chromium for all of these tests, fresh for each test; a mock that listens; and nothing left when it is over."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver

from mock_server.serving import RunningServer, serve
from tests.architecture.tree import ROOT
from tests.browser.reader import PATIENCE, Reader

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)


@pytest.fixture(scope="package")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    """The browser; it takes a second to start, so it is started once for this folder, and gone for the next."""
    profile = tmp_path_factory.mktemp("chromium")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service(shutil.which("chromedriver") or "chromedriver", env={**os.environ, "PROFILE": str(profile)})
    driver = webdriver.Chrome(options, service)
    try:
        yield driver
    finally:
        driver.quit()
        _wait_until_ended(profile)


def _wait_until_ended(profile: Path) -> None:
    """Chromium's helpers end a moment after it: whoever looks for leftovers would see them.

    Those that it forks name the profile in their command; those that report crashes only have the environment.
    """
    pause, until = threading.Event(), time.monotonic() + PATIENCE
    while _runs(str(profile).encode()) and time.monotonic() < until:
        pause.wait(0.05)


def _runs(mark: bytes) -> bool:
    for entry in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        try:
            if entry.name.isdigit() and any(mark in (entry / each).read_bytes() for each in ("cmdline", "environ")):
                return True
        except OSError:
            continue
    return False


@pytest.fixture
def browser(chromium: WebDriver, server: RunningServer) -> Iterator[Reader]:
    """Somebody at the browser, without cookies of an earlier test; scripts that fail, fail the test.

    It asks for the server so that it leaves its page before the server stops.
    """
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    chromium.get("about:blank")
    chromium.get_log("browser")
    chromium.set_window_size(1200, 900)
    reader = Reader(chromium)
    yield reader
    chromium.get("about:blank")
    said = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert not [line for line in said if not reader.expects(line)]


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with serve() as server:
        yield server


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The accessibility checker's script, installed as its lock file says."""
    directory = tmp_path_factory.mktemp("axe")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "tests" / "foreign" / "axe" / name, directory)
    npm = [shutil.which("npm") or "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(npm, cwd=directory, check=True, capture_output=True, stdin=subprocess.DEVNULL, env=os.environ)
    return (directory / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture
def login_of(server: RunningServer) -> Callable[..., str]:
    """A function that makes the address an app sends a browser to."""

    def address(**parameters: str) -> str:
        app = server.basic_app
        query = {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": app.redirect_uris[0],
            "scope": "offline account.read asset.read",
            "state": "state-of-the-session",
        }
        return str(httpx.URL(server.authorization_endpoint, params=query | parameters))

    return address

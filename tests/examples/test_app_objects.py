"""An application object has the verdicts that the same application has in a process of its own."""

from __future__ import annotations

import sys

import pytest

from scenarios.drivers.app_object import AppObjectDriver
from scenarios.drivers.web_app import WebAppDriver
from tests.examples.expected import APPS
from tests.examples.runs import every
from tests.examples.seats import performed

pytestmark = pytest.mark.slow

SELECTED = ("callback/*state*", "token-request/*", "resource/plain-api-call", "refresh/plain-refresh")
SETTINGS = {"login": "/login", "signed_in": "GET /me is 200", "refresh": "/refresh", "api_call": "/me"}


@pytest.fixture(params=every(["authlib", "requests-oauthlib"]))
def folder(request, monkeypatch):
    """An example on a real library: Starlette and Authlib, Flask and requests-oauthlib."""
    found = APPS / request.param
    monkeypatch.syspath_prepend(found)
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT", raising=False)
    yield found
    sys.modules.pop("app", None)


def verdicts(driver):
    summary = performed(driver, "basic", SELECTED)
    scenarios = {verdict.identifier: (verdict.status, verdict.code) for _, verdict in summary.verdicts}
    return scenarios | {rule.identifier: rule.status for _, rule in summary.rules}


def test_the_same_verdicts_in_both_seats(folder):
    interface = "asgi" if folder.name == "authlib" else "wsgi"
    objects = verdicts(AppObjectDriver(interface, "app:app", **SETTINGS))
    commands = verdicts(WebAppDriver([sys.executable, "app.py"], folder=folder, **SETTINGS))
    assert objects == commands
    assert {"passed", "failed"} <= {status[0] for status in objects.values() if isinstance(status, tuple)}

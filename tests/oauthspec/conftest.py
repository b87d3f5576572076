"""pytest inside pytest, with the plugin and nothing else that happens to be installed."""

from __future__ import annotations

import pytest

# Loaded once, and not again by each run inside this one.
from client_ref import flawed as flawed
from scenarios.drivers import app_object as app_object
from scenarios.drivers import json_lines as json_lines
from scenarios.drivers import web_app as web_app
from scenarios.in_pytest import items as items

FEW = ("callback/genuine-callback", "callback/state-changed[missing]")
_HEAD = """
import pytest
from client_ref.client import factory as reference
from client_ref.flawed import factory as flawed
"""


@pytest.fixture
def project(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return Project(pytester)


class Project:
    """A project of a user's, with one file of tests."""

    def __init__(self, pytester):
        self.path = pytester.path
        self._pytester = pytester

    def write(self, marker: str, *, head: str = "", test: str = "oauthspec_case.check()", word: str = "def"):
        """A test of a client, with these arguments of the marker."""
        lines = f"@pytest.mark.oauthspec({marker})\n{word} test_client(oauthspec_case):\n    {test}\n"
        (self.path / "test_client.py").write_text(f"{_HEAD}{head}\n{lines}")

    def write_file(self, text: str):
        (self.path / "test_client.py").write_text(_HEAD + text)

    def run(self, *words: str, config: str = "", subprocess: bool = False):
        """Run its tests, with strict markers."""
        options = "--strict-markers -p oauthspec.pytest_plugin"
        (self.path / "pytest.ini").write_text(f"[pytest]\naddopts = {options}\n{config}")
        run = self._pytester.runpytest_subprocess if subprocess else self._pytester.runpytest_inprocess
        return run(*words)


def marked(client: str, select=FEW, **others) -> str:
    """The arguments of a marker; `client` is an expression."""
    settings = {"select": list(select), "app_kind": "basic"} | others
    return f"client={client}, " + ", ".join(f"{name}={value!r}" for name, value in settings.items())

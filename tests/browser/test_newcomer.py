"""The README's "From nothing to a logged-in app in two minutes", followed word for word by somebody who only reads."""

from __future__ import annotations

import re

import pytest

from tests.architecture.tree import ROOT
from tests.browser.test_apps import free_port
from tests.docs.snippets import snippets
from tests.processes import environment, served

pytestmark = [pytest.mark.slow, pytest.mark.requires("browser")]

README = ROOT / "README.md"
HEADING = "## From nothing to a logged-in app in two minutes\n"
# What makes ready; tests/packaging installs the wheel, and the commands of this installation come first on the path.
PREPARATION = ("python3 -m venv ", ". .venv/bin/activate", "pip install ")


def section() -> str:
    return README.read_text("utf-8").split(HEADING)[1].split("\n## ")[0]


def commands() -> list[str]:
    """The commands of the section in order, without what makes ready."""
    inside = section()
    lines = [line for block in snippets(README) if block.text in inside for line in block.commands]
    assert any(line.startswith("pip install") for line in lines)
    return [line for line in lines if not line.startswith(PREPARATION)]


def steps() -> list[str]:
    return re.findall(r"^\d\. (.*(?:\n   .*)*)", section(), re.MULTILINE)


def test_the_section_has_two_commands_and_some_steps():
    assert [line.split()[0] for line in commands()] == ["oauthspec", "python"]
    assert len(steps()) >= 4


def test_a_newcomer_gets_there(browser, tmp_path):
    """The ports alone are others, because somebody may be using those of the README."""
    serve, start_app = (line.split() for line in commands())
    own, port = environment(tmp_path), free_port()
    with served([*serve, "--port", "0"], cwd=tmp_path, env=own, until="Wrote the lines") as mock:
        assert (tmp_path / ".env").exists()
        moved = {"REDIRECT_URI": f"http://127.0.0.1:{port}/callback"}
        with served(start_app, cwd=tmp_path, env=own | moved) as app:
            addresses = {"http://127.0.0.1:5050/": f"{app.url}/", "http://127.0.0.1:4444/": f"{mock.url}/"}
            for step in steps():
                follow(browser, step, addresses)
            browser.get("about:blank")
            app.interrupt()
        mock.interrupt()


def follow(browser, step: str, addresses: dict[str, str]) -> None:
    """Do what one line says: open what stands in <>, choose what is bold, or see it where it "says" so."""
    for address, verb, name in re.findall(r"<(http[^>]+)>|(says )?\*\*([^*]+)\*\*", step):
        if address:
            browser.get(addresses[address])
        elif verb:
            browser.sees(name)
        else:
            browser.click(name)

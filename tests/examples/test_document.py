"""docs/example-apps.md leads to every app, and its command finds what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.snippets import snippets
from tests.examples import expected
from tests.processes import environment, finished

DOCUMENT = Path(__file__).parents[2] / "docs" / "example-apps.md"
_ROW = re.compile(r"^\| \[(?P<name>[\w-]+)\]\(\.\./(?P<path>\S+)\) \| .* \| (?P<fails>.*) \|$", re.MULTILINE)
ROWS = {found["name"]: found for found in _ROW.finditer(DOCUMENT.read_text("utf-8"))}


def test_every_app_is_in_the_table():
    assert set(ROWS) == {path.parent.name for path in expected.APPS.glob("*/expected.toml")}
    assert all((DOCUMENT.parents[1] / row["path"]).is_dir() for row in ROWS.values())


@pytest.mark.parametrize("name", ROWS)
def test_it_says_nothing_of_those_that_fail_nothing(name):
    verdicts = [status for kind in ("basic", "pkce") for status in expected.read(name).verdicts(kind).values()]
    assert (ROWS[name]["fails"] == "nothing") == (not {"failed", "warned"} & {*verdicts})


def test_the_versions_in_the_table_are_those_of_the_verdicts():
    text = DOCUMENT.read_text("utf-8").lower()
    assert all(version in text for name in ROWS for version in expected.read(name).versions[:1])


@pytest.mark.slow
def test_the_command_finds_what_the_page_says(tmp_path):
    (snippet,) = snippets(DOCUMENT)
    assert snippet.mark == "fails"
    ended = finished(["sh", "-ec", snippet.text], cwd=DOCUMENT.parents[1], env=environment(tmp_path))
    assert ended.returncode == 1, ended.stdout
    assert "callback/callback-in-a-fresh-browser" in ended.stdout

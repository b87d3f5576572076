"""docs/example-apps.md counts what is expected, and leads to every app."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.docs.snippets import snippets
from tests.examples import expected
from tests.processes import environment, finished

DOCUMENT = Path(__file__).parents[2] / "docs" / "example-apps.md"
_ROW = re.compile(
    r"^\| \[(?P<name>[\w-]+)\]\(\.\./(?P<path>\S+)\) \| .* \| (\d+), (\d+) \| (\d+), (\d+) \|$", re.MULTILINE
)
ROWS = {found["name"]: found for found in _ROW.finditer(DOCUMENT.read_text("utf-8"))}


def test_every_app_is_in_the_table():
    assert set(ROWS) == {path.parent.name for path in expected.APPS.glob("*/expected.toml")}
    assert all((DOCUMENT.parents[1] / row["path"]).is_dir() for row in ROWS.values())


@pytest.mark.parametrize("name", ROWS)
def test_the_numbers_are_the_expected_ones(name):
    told = [int(number) for number in ROWS[name].groups()[2:]]
    counts = [Counter(expected.read(name).verdicts(kind).values()) for kind in ("basic", "pkce")]
    assert told == [count[status] for count in counts for status in ("failed", "warned")]


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

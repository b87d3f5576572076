"""What the documents say of reports is what reports say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from scenarios.reports import record_lines, record_reading

from .test_failure import PARTS

DOCS = Path(__file__).parents[3] / "docs"
RECORD = (DOCS / "record.md").read_text()
FAILURE = (DOCS / "reading-a-failure.md").read_text()


def error_codes() -> set[str]:
    """The first argument of each `RecordError(...)` in the module that reads records."""
    calls = (n for n in ast.walk(ast.parse(Path(record_reading.__file__).read_text())) if isinstance(n, ast.Call))
    named = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "RecordError")
    return {call.args[0].value for call in named}


def test_every_code_of_a_damaged_record_is_explained_and_no_other():
    assert error_codes() == set(re.findall(r"^\| `([A-Z_]+)` \|", RECORD, re.MULTILINE))


def test_every_line_of_a_record_is_explained_and_no_other():
    kinds = {line.__struct_config__.tag for line in record_lines.Line.__args__}
    assert kinds == set(re.findall(r"^\| `([a-z]+)` \|", RECORD, re.MULTILINE))


@pytest.mark.parametrize("part", sorted({*PARTS, "right", "sent", "so that", "seen in"} - {"story", "clause"}))
def test_every_part_of_a_failure_is_explained(part):
    assert f"`{part}`" in FAILURE
    assert re.search(rf"^  {part}  ", FAILURE, re.MULTILINE)


@pytest.mark.parametrize("word", ["WARNED", "not applicable", "INCONCLUSIVE", "ERRORED"])
def test_every_other_verdict_is_explained(word):
    assert f"| `{word}` |" in FAILURE


def test_every_exit_code_is_explained():
    assert re.findall(r"^\| (\d) \|", FAILURE, re.MULTILINE) == ["0", "1", "2", "3"]

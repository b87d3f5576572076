"""The page about fuzzing: its example runs, and it names every target."""

from __future__ import annotations

import sys

import pytest

from scenarios.fuzzing.examples import TARGETS
from tests.architecture.tree import ROOT
from tests.docs.snippets import snippets
from tests.processes import environment, finished

PAGE = ROOT / "docs" / "fuzzing.md"


@pytest.mark.slow
def test_the_example_runs(tmp_path):
    (example,) = [snippet for snippet in snippets(PAGE) if snippet.kind == "python"]
    env = environment(tmp_path) | {"PYTHONPATH": str(ROOT)}
    result = finished([sys.executable, "-c", example.text], cwd=tmp_path, env=env)
    assert result.returncode == 0, result.stdout
    test = example.text.split("\n\n\n")[1]
    assert len(test.splitlines()) <= 10


def test_every_target_is_named():
    text = PAGE.read_text("utf-8")
    assert all(f"| `{target}` |" in text for target in TARGETS)

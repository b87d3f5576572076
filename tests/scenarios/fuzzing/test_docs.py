"""The page about fuzzing: its example runs, and it names every target."""

from __future__ import annotations

import sys

import pytest

from benchmarks.revealed import NO_CLIENTS, NOT_REVEALED, REVEALED, UNSEEN
from client_ref.flawed import FLAWS
from scenarios.fuzzing.examples import TARGETS
from tests.architecture.tree import ROOT
from tests.docs.snippets import snippets
from tests.processes import environment, finished

PAGE = ROOT / "docs" / "fuzzing.md"
# A flaw of how a Basic app authenticates is none of a PKCE app, and the reverse.
NOTHING = ("-, -, -", "cannot log in")


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


def test_each_flawed_client_is_found_or_it_is_said_why_not():
    assert {*REVEALED, *NOT_REVEALED, *NO_CLIENTS} <= set(FLAWS)
    assert not set(REVEALED) & set(NOT_REVEALED)
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    table = {row[0]: row for row in rows if row[0] in FLAWS}
    assert set(table) <= set(REVEALED)
    assert len(table) > 100
    for flaw, (_, target, first, mutations, *kinds) in table.items():
        assert target == REVEALED[flaw]
        assert int(mutations) <= 2, flaw
        found = [[int(after) for after in each.split(", ")] for each in kinds if each not in NOTHING]
        assert first != "not revealed", flaw
        assert found, flaw
        assert all(len(each) == 3 and max(each) <= 2_000 for each in found), flaw
    assert all([each.why, ", ".join(each.flaws)] in rows for each in UNSEEN)

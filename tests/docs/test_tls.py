"""docs/tls.md: its commands run, its variables are those that are set, and what it names is there."""

from __future__ import annotations

import re
import shlex

import pytest

from mock_server.environment import trusting
from scenarios.collection import collect
from tests.architecture.tree import ROOT
from tests.docs.snippets import missing_lines, snippets
from tests.processes import environment, finished, served

PAGE = ROOT / "docs" / "tls.md"
BLOCKS = {block.kind: block for block in snippets(PAGE)}


@pytest.mark.slow
def test_the_run_passes(tmp_path):
    command = ["bash", "-euo", "pipefail", "-c", BLOCKS["run"].text]
    result = finished(command, cwd=tmp_path, env=environment(tmp_path))
    assert result.returncode == 0, result.stdout
    assert "not applicable" in result.stdout


@pytest.mark.slow
def test_the_server_prints_what_is_shown(tmp_path):
    (line,) = BLOCKS["serve"].commands
    with served([*shlex.split(line), "--port", "0"], cwd=tmp_path, env=environment(tmp_path), until="Ctrl-C") as server:
        assert server.interrupt() in {0, 130}
    assert not missing_lines(BLOCKS["output"].text, server.lines), "\n".join(server.lines)


def test_the_variables_are_those_that_are_set():
    named = re.findall(r"^\| `([A-Z_]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert named == list(trusting("/a/file"))


def test_the_scenarios_are_those_of_the_topic():
    named = set(re.findall(r"`(tls/[a-z-]+)`", PAGE.read_text()))
    assert named == {each.identifier for each in collect() if each.tls}

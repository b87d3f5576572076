"""The page about pytest: its examples run, and it names every argument of the marker."""

from __future__ import annotations

import sys

import pytest

from scenarios.in_pytest.asked import KNOWN
from tests.architecture.tree import ROOT
from tests.docs.snippets import snippets
from tests.processes import environment, finished

PAGE = ROOT / "docs" / "pytest.md"


@pytest.mark.slow
@pytest.mark.parametrize("block", snippets(PAGE), ids=str)
def test_the_examples_pass(block, tmp_path):
    assert block.kind == "pytest"
    (tmp_path / "my_client.py").write_text("from client_ref.client import factory as factory\n")
    (tmp_path / "test_client.py").write_text(block.text)
    words = [sys.executable, "-m", "pytest", "--strict-markers"]
    result = finished(words, cwd=tmp_path, env=environment(tmp_path))
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("argument", KNOWN)
def test_every_argument_is_explained(argument):
    assert f"`{argument}`" in PAGE.read_text("utf-8")

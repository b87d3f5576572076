"""docs/app-objects.md: its command runs, and each code that it names is one of the driver's, and the reverse."""

from __future__ import annotations

import re

import pytest

from tests.architecture.tree import ROOT
from tests.docs.snippets import snippets
from tests.processes import environment, finished

PAGE = ROOT / "docs" / "app-objects.md"
DRIVER = ROOT / "scenarios" / "drivers" / "app_object.py"


@pytest.mark.slow
def test_the_run_passes(tmp_path):
    (block,) = snippets(PAGE)
    result = finished(["bash", "-euo", "pipefail", "-c", block.text], cwd=tmp_path, env=environment(tmp_path))
    assert result.returncode == 0, result.stdout


def test_the_codes_are_those_of_the_driver():
    table = re.findall(r"^\| (`[A-Z_`, ]+`) \|", PAGE.read_text(), re.MULTILINE)
    named = {code for cell in table for code in re.findall(r"[A-Z_]{6,}", cell)}
    assert named == set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', DRIVER.read_text()))

"""docs/five-minutes.md, followed word for word in a copy of the apps; only what makes ready is there already."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.architecture.tree import ROOT
from tests.docs.snippets import missing_lines, snippets
from tests.examples.expected import APPS
from tests.examples.runs import every, installed
from tests.processes import environment, finished

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "five-minutes.md"
BLOCKS = snippets(PAGE)
# These are for the machine, not for the app, and would go to a registry each time.
PREPARATION = ("npm ci", "pip install ")
CODES = {"run": 0, "fails": 1}


def app_of(block) -> str:
    (name,) = re.findall(r"^cd examples/apps/(\S+)$", block.text, re.MULTILINE)
    return name


NAMES = list(dict.fromkeys(app_of(block) for block in BLOCKS if block.kind in CODES))


def test_there_is_one_of_each_language_and_each_is_mended():
    assert [name for name in NAMES if (APPS / name / "package.json").is_file()]
    assert [name for name in NAMES if (APPS / name / "app.go").is_file()]
    assert [name for name in NAMES if (APPS / name / "requirements.txt").is_file()]
    for name in NAMES:
        doctor, run, mended = (block for block in BLOCKS if block.kind in CODES and app_of(block) == name)
        assert "oauthspec doctor" in doctor.text
        assert (run.kind, mended.kind) == ("fails", "run")
        assert "git apply mended.patch" in mended.text
        assert run.commands[-1] == mended.commands[-1], "the same again"


@pytest.mark.parametrize("name", every(NAMES))
def test_it_goes_as_the_page_says(name, tmp_path):
    folder = tmp_path / "examples" / "apps" / name
    shutil.copytree(APPS / name, folder, ignore=shutil.ignore_patterns("node_modules", "app", "__pycache__"))
    env = environment(tmp_path) | {"COLUMNS": "400"}
    if (folder / "package.json").is_file():
        (folder / "node_modules").symlink_to(installed(APPS / name))
    if (folder / "app.go").is_file():
        told = subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=True, env=os.environ)
        env["GOCACHE"] = told.stdout.strip()
    printed: list[str] = []
    for number, block in enumerate(BLOCKS):
        if block.kind in CODES and app_of(block) == name:
            lines = [line for line in block.text.splitlines() if not line.startswith(PREPARATION)]
            ended = finished(["bash", "-euo", "pipefail", "-c", "\n".join(lines)], cwd=tmp_path, env=env)
            assert ended.returncode == CODES[block.kind], f"{block}: {ended.stdout}"
            printed = ended.stdout.splitlines()
        elif block.kind == "output" and app_of(BLOCKS[number - 1]) == name:
            assert not missing_lines(block.text, printed), f"{block}: {printed}"

"""docs/ci.md: its commands are run, its workflows are those that are written, its codes are those that there are."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.architecture.tree import ROOT
from tests.docs.snippets import missing_lines, snippets
from tests.processes import environment, finished

PAGE = ROOT / "docs" / "ci.md"
BLOCKS = list(snippets(PAGE))
CLI = ROOT / "scenarios" / "cli"


def block(kind):
    (found,) = (each for each in BLOCKS if each.kind == kind)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "code"), [("run", 0), ("baseline", 0), ("misuse", 2)])
def test_its_commands_do_what_it_says(kind, code, tmp_path):
    surroundings = environment(tmp_path) | {"PYTHONPATH": str(ROOT)}
    result = finished(["bash", "-euo", "pipefail", "-c", block(kind).text], cwd=tmp_path, env=surroundings)
    assert result.returncode == code, result.stdout
    if kind == "misuse":
        assert not missing_lines(block("output").text, result.stdout.splitlines())
    if kind == "baseline":
        assert "baseline: 2 of 2 entries came as expected (2 failed)" in result.stdout
        (entry,) = (each.text for each in BLOCKS if "[[expected]]" in each.text)
        written = (tmp_path / "baseline.toml").read_text()
        assert not [line for line in entry.splitlines()[:-2] if line not in written]


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_workflows_are_those_that_init_writes(ci):
    assert (CLI / "templates" / f"{ci}.yml.jinja").read_text() in [each.text for each in BLOCKS]


def test_the_settings_are_such_as_a_run_takes(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from oauthspec.__main__ import main

    (settings,) = (each.text for each in BLOCKS if "[client]\ncommand" in each.text)
    assert tomllib.loads(settings)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "oauthspec.toml").write_text(settings)
    result = CliRunner().invoke(main, ["run"], prog_name="oauthspec")
    assert result.stderr.startswith("oauthspec: NO_BASELINE: baseline.toml"), "all of it was read, up to that file"


def test_each_code_is_one_that_there_is():
    source = "".join(path.read_text() for path in [*CLI.glob("*.py"), ROOT / "scenarios" / "baseline.py"])
    codes = re.findall(r"`([A-Z]+_[A-Z_]+)`", PAGE.read_text())
    assert len(codes) > 10
    # What no file can be opened for is called after its flag.
    assert not [code for code in codes if f'"{code}"' not in source and code != "JUNIT_NOT_WRITABLE"]

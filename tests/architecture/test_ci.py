"""`.ci/run` and `.ci/set-up`, driven with stand-ins for everything that they would start."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tests.guards.kinds import KINDS

TOOLS = ("bash", "sh", "dirname", "mktemp", "tee", "sed", "tail", "rm", "tr", "cat")
CLOSING = "============ 3 passed, 1 skipped in 0.51s (0:00:01) ============"
TABLE = "TOTAL 10 0 100%"


class Machine:
    """A folder of commands that is all a script finds; each stand-in notes how it was called."""

    def __init__(self, directory: Path) -> None:
        self.bin = directory / "bin"
        self.bin.mkdir()
        self.log = directory / "log"
        self.log.touch()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)

    def has(self, command: str, *, prints: str = "", code: int = 0, then: str = "") -> None:
        """Put a stand-in on the path that prints, does `then` and ends with `code`."""
        file = self.bin / command
        note = f'echo "{command} $*${{REQUIRE:+ REQUIRE=$REQUIRE}}" >>{self.log}'
        file.write_text(f"#!/bin/sh\n{note}\ncat <<'END'\n{prints}\nEND\n{then}\nexit {code}\n")
        file.chmod(0o755)

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.bin), "TMPDIR": str(self.log.parent), "CI": "true"}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    for command in ("node", "npm", "go", "ruby", "chromium", "chromedriver", "redis-server"):
        machine.has(command)
    machine.has("id", prints="0")
    machine.has("apt-get")
    machine.has("make", prints=f"{CLOSING}\n{TABLE}")
    return machine


def run_ci(machine: Machine) -> subprocess.CompletedProcess[str]:
    return machine.run("bash", ROOT / ".ci" / "run")


def test_scripts_can_be_executed_and_know_every_kind():
    for script in (ROOT / ".ci").iterdir():
        assert os.access(script, os.X_OK), script
    arms = re.findall(r"^    (\w+)\) ", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    installed = KINDS.keys() - {"time"}
    assert sorted(arms) == sorted([*installed, *installed])  # how to see it, and how to get it


def test_what_is_there_is_left_alone(machine):
    result = run_ci(machine)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "make test REQUIRE=node go ruby browser redis time" in machine.calls
    assert not [call for call in machine.calls if call.startswith("apt-get")]


def test_last_line_is_the_plain_closing_line_of_pytest(machine):
    assert run_ci(machine).stdout.splitlines()[-2:] == [TABLE, "3 passed, 1 skipped in 0.51s (0:00:01)"]


def test_what_is_missing_is_installed_by_root(machine):
    (machine.bin / "go").unlink()
    assert run_ci(machine).returncode == 0
    (install,) = [call for call in machine.calls if "install" in call]
    assert install.endswith(" golang-go golang-golang-x-oauth2-dev")
    assert machine.calls.index("apt-get update -qq") < machine.calls.index(install)


def test_a_failing_installation_fails_the_run(machine):
    (machine.bin / "npm").unlink()
    machine.has("apt-get", code=100)
    assert run_ci(machine).returncode == 100
    assert not [call for call in machine.calls if call.startswith("make")]


def test_others_than_root_go_on_and_leave_the_failing_to_the_tests(machine):
    (machine.bin / "node").unlink()
    machine.has("id", prints="1000")
    result = run_ci(machine)
    assert "Missing: node" in result.stdout
    assert "make test REQUIRE=node go ruby browser redis time" in machine.calls
    assert not [call for call in machine.calls if call.startswith("apt-get")]


def test_failing_tests_fail_the_run(machine):
    machine.has("make", prints=CLOSING.replace("3 passed", "1 failed, 2 passed"), code=2)
    result = run_ci(machine)
    assert result.returncode == 2
    assert result.stdout.splitlines()[-1] == "1 failed, 2 passed, 1 skipped in 0.51s (0:00:01)"


def test_set_up_says_clearly_when_python_is_too_old(machine, tmp_path):
    machine.has("python3", prints="Python 3.9.18", code=1)
    result = machine.run("sh", ROOT / ".ci" / "set-up", tmp_path / "venv")
    assert result.returncode != 0
    assert "needs Python 3.11 or later" in result.stderr
    assert "Python 3.9.18" in result.stderr


def test_set_up_passes_by_a_python_that_only_complains(machine, tmp_path):
    """Version managers leave such stubs for versions that are not chosen; the next name may be the right one."""
    machine.has("python3.11", code=127)
    done = tmp_path / "done"
    make_venv = f"mkdir -p {tmp_path}/venv/bin; cp $0 {tmp_path}/venv/bin/python"
    venv = f'case "$*" in "-m venv"*) {make_venv};; *pip*) >{done};; esac'
    for tool in ("mkdir", "cp"):
        (machine.bin / tool).symlink_to(shutil.which(tool) or tool)
    machine.has("python3", prints="Python 3.12.1", then=venv)
    result = machine.run("sh", ROOT / ".ci" / "set-up", tmp_path / "venv")
    assert result.returncode == 0, result.stderr
    assert done.exists()
    assert machine.calls[-1].endswith(".[test]")

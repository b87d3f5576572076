"""`oauthspec adapter check`, as its user calls it."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.docs.snippets import snippets
from tests.processes import environment, finished

pytestmark = pytest.mark.slow

MINIATURES = Path(__file__).parents[1] / "drivers" / "adapters" / "miniatures.py"


@pytest.fixture
def check(tmp_path):
    def check(*words):
        command = [sys.executable, "-m", "oauthspec", "adapter", "check", *words]
        return finished(command, cwd=tmp_path, env=environment(tmp_path))

    return check


def test_an_adapter_that_conforms(check):
    result = check("--", sys.executable, "-m", "client_ref.adapter")
    assert result.returncode == 0, result.stdout
    assert result.stdout.endswith("Exit code 0: the adapter conforms.\n")
    assert result.stdout.startswith("as a Basic app\n")
    assert "\nas a PKCE app\n" in result.stdout


def test_the_adapter_of_the_page_conforms(check, tmp_path):
    page = Path(__file__).parents[3] / "docs" / "adapter-protocol.md"
    (tmp_path / "adapter.py").write_text(next(each.text for each in snippets(page) if each.kind == "adapter"))
    result = check("--app-kind", "basic", "--", sys.executable, "adapter.py")
    assert result.returncode == 0, result.stdout


def test_an_adapter_that_does_not(check):
    result = check("--app-kind", "basic", "--", sys.executable, "-IS", MINIATURES, "unknown_capability")
    assert result.returncode == 1, result.stdout
    assert "  WRONG    start  SCHEMA\n           at         started.capabilities[" in result.stdout
    assert "Traceback" not in result.stdout


def test_one_that_leaves_a_child_and_is_deaf_is_ended(check):
    """The guard over every test sees a process that is left."""
    result = check("--app-kind", "basic", "--timeout", "1", "--", sys.executable, "-IS", MINIATURES, "stubborn")
    assert result.returncode == 1, result.stdout
    assert "DOES_NOT_END" in result.stdout


def test_an_interrupted_check_leaves_nothing(tmp_path):
    adapter = tmp_path / "adapter.py"
    adapter.write_text("import pathlib, sys\nsys.stdin.readline()\npathlib.Path('there').touch()\nsys.stdin.read()\n")
    command = [sys.executable, "-m", "oauthspec", "adapter", "check", "--", sys.executable, "-IS", str(adapter)]
    env = environment(tmp_path)
    with subprocess.Popen(command, cwd=tmp_path, env=env, text=True, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not (tmp_path / "there").exists():
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        process.send_signal(signal.SIGTERM)
        told = process.stderr.read()
    assert (process.returncode, told) == (3, "oauthspec: Interrupted.\n")


def test_one_that_is_not_there(check):
    result = check("--", "absent-adapter")
    assert result.returncode == 3, result.stdout
    assert result.stdout.startswith("oauthspec: ADAPTER_NOT_FOUND: The command 'absent-adapter' cannot be run")


def test_without_a_command(check):
    result = check()
    assert result.returncode == 2, result.stdout
    assert result.stdout.startswith("oauthspec: COMMAND_MISSING:")

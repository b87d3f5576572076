"""Ctrl-C: what is known is printed, files are whole, and nothing is left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from scenarios.collection import collect
from scenarios.reports.record_reading import judge_again, read

from .commands import surroundings

# An application that never answers, with a child of its own: it says when it is there, and to whom it belongs.
SILENT = """
import pathlib, subprocess, sys, threading
child = subprocess.Popen([sys.executable, "-IS", "-c", "import threading; threading.Event().wait()"])
pathlib.Path("there").symlink_to(str(child.pid))
threading.Event().wait()
"""

pytestmark = pytest.mark.slow


@contextmanager
def running(words: list[str], folder: Path):
    command = [sys.executable, "-m", "oauthspec", "run", "--record", "run.jsonl", *words]
    env = surroundings(folder) | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=folder, env=env, text=True, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process, words: str) -> str:
    seen = ""
    for line in process.stderr:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"it ended before it said {words!r}:\n{seen}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_failure_that_is_known_is_told(tmp_path, number):
    with running(["--client", "flawed:state-ignored", "--lanes", "1"], tmp_path) as process:
        read_until(process, "FAILED")
        process.send_signal(number)
        told = process.stderr.read()
        assert process.wait() == 1, told
    assert "Interrupted. Exit code 1" in told
    assert "scenarios were not performed." in told
    assert "again        oauthspec run --select" in told
    recorded = read(tmp_path / "run.jsonl")
    assert recorded.footer.interrupted
    again = judge_again(recorded, collect())
    assert again.changed == []
    assert again.summary.exit_code == 1


def test_nothing_is_left_of_an_application_that_does_not_answer(tmp_path):
    words = ["--adapter", "--", sys.executable, "-IS", "-c", SILENT]
    with running(words, tmp_path) as process:
        read_until(process, "lanes")
        wait_for(tmp_path / "there", process)
        child = Path("/proc") / str((tmp_path / "there").readlink())
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
        assert process.wait() == 3, told
    assert "Interrupted. Exit code 3: incomplete: nothing was judged." in told
    assert read(tmp_path / "run.jsonl").footer.interrupted
    assert not child.exists() or "\nState:\tZ" in (child / "status").read_text()


def test_a_reader_that_goes_away_stops_nothing(tmp_path):
    words = ["--client", "reference", "--app-kind", "basic", "--select", "callback/state-changed", "-v"]
    with running(words, tmp_path) as process:
        read_until(process, "client")
        process.stderr.close()
        assert process.wait() == 0
    footer = read(tmp_path / "run.jsonl").footer
    assert (footer.cases, footer.interrupted, footer.exit_code) == (8, False, 0)


def wait_for(path: Path, process) -> None:
    """Wait until the application is there; it cannot say so on a pipe that is the harness's."""
    while not path.is_symlink():
        assert process.poll() is None, "it ended before its application was there"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.02)

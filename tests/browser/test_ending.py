"""Chromium is gone when the last of its processes is, by whatever it can be told as one of its."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.browser.conftest import _runs, _wait_until_ended

# Waits for its input to be closed.
_WAITS = (sys.executable, "-c", "import sys; sys.stdin.read()")


@pytest.mark.parametrize("way", ["command", "environment"])
def test_a_process_of_a_profile_is_waited_for(tmp_path, way):
    mark = str(tmp_path)
    command = [*_WAITS, *([mark] if way == "command" else [])]
    environment = {**os.environ, "PROFILE": mark} if way == "environment" else None
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:
        assert _runs(mark.encode())
        process.terminate()
        _wait_until_ended(tmp_path)
        assert not _runs(mark.encode())

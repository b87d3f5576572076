"""`oauthspec` as its users call it: in a process of its own, with its two outputs apart."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.processes import environment

ROOT = Path(__file__).parents[3]


def oauthspec(words: Sequence[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "oauthspec", *map(str, words)],
        cwd=cwd,
        env=surroundings(cwd),
        check=False,
        text=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )


def surroundings(home: Path) -> dict[str, str]:
    """The tree is on the path also where the command is called from another folder."""
    return environment(home) | {"PYTHONPATH": str(ROOT), "NO_COLOR": ""}

"""The tracked files, as the tests of this folder look at them."""

from __future__ import annotations

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("mock_server", "client_ref", "scenarios", "oauthspec")


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Return every tracked file that is still there, relative to the root."""
    run = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    names = (Path(name) for name in run.stdout.split("\0") if name)
    return tuple(name for name in names if (ROOT / name).is_file())


def python_files(*, product_only: bool = False) -> tuple[Path, ...]:
    """Return the tracked Python files, of the four packages alone if asked."""
    return tuple(p for p in tracked() if p.suffix == ".py" and (not product_only or p.parts[0] in PACKAGES))


def text_of(path: Path) -> str | None:
    """Return a tracked file's text, or None where it is not text."""
    content = (ROOT / path).read_bytes()
    return None if b"\0" in content else content.decode("utf-8", "replace")


@functools.cache
def syntax_of(path: Path) -> ast.Module:
    """Return the syntax tree of a tracked Python file."""
    return ast.parse((ROOT / path).read_text("utf-8"), str(path))

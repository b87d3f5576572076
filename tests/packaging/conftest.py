"""A wheel built from this tree, installed into a fresh environment that borrows only our dependencies."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tests.processes import finished


@dataclass(frozen=True)
class Installation:
    """A virtual environment that holds our wheel and can see neither this tree nor its editable installation."""

    directory: Path

    @property
    def bin(self) -> Path:
        return self.directory / "bin"

    @property
    def environment(self) -> Mapping[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST_ADDOPTS", "COV"))}
        return inherited | {"PATH": f"{self.bin}{os.pathsep}{inherited['PATH']}"}

    def run(self, *command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        return finished([self.bin / command[0], *command[1:]], cwd=cwd, env=self.environment)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    built = finished(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", directory, ROOT],
        cwd=directory,
    )
    assert built.returncode == 0, built.stdout
    (wheel,) = directory.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    directory = tmp_path_factory.mktemp("installation") / "venv"
    venv.create(directory, symlinks=True, with_pip=False)
    python = directory / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    installed = finished(install, cwd=directory)
    assert installed.returncode == 0, installed.stdout
    # Our dependencies, from the environment that runs this test. Its own .pth files, and so the editable
    # installation, are not read from there.
    borrowed = Path(sysconfig.get_path("purelib"))
    (directory / borrowed.relative_to(sys.prefix) / "dependencies.pth").write_text(f"{borrowed}\n")
    return Installation(directory)

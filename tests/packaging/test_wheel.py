"""What is in the wheel, and that what it installs is what runs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, tracked

pytestmark = pytest.mark.slow


def test_wheel_holds_the_four_packages_whole_and_nothing_else(wheel):
    """Templates, tables and `py.typed` too; no test, no example, no other folder of the tree."""
    names = {Path(name) for name in zipfile.ZipFile(wheel).namelist()}
    ours = {name for name in names if not name.parts[0].endswith(".dist-info")}
    missing = {path for path in tracked() if path.parts[0] in PACKAGES} - ours
    assert not missing
    assert {name.parts[0] for name in ours} == set(PACKAGES)


def test_the_installation_is_what_is_imported(installation, tmp_path):
    result = installation.run("python", "-c", "import mock_server; print(mock_server.__path__[0])", cwd=tmp_path)
    assert result.stdout.strip().startswith(str(installation.directory))


def test_command_explains_itself(installation, tmp_path):
    result = installation.run("oauthspec", "--help", cwd=tmp_path)
    assert result.returncode == 0, result.stdout
    assert "serve" in result.stdout

"""A project's own folder of one of our names: the plugin says so where it is used, and else keeps out of the way."""

from __future__ import annotations

import importlib.machinery
import sys
import types
from pathlib import Path

import pytest

from oauthspec import pytest_plugin

ROOT = Path(pytest_plugin.__file__).parents[1]


def spec(*places: Path) -> importlib.machinery.ModuleSpec:
    found = importlib.machinery.ModuleSpec("scenarios", None, is_package=True)
    found.submodule_search_locations = [str(place) for place in places]
    return found


def test_ours_is_found(monkeypatch):
    """Also where the path leads to it twice, as in an editable installation that is called from its own folder."""
    pytest_plugin._ours("scenarios.running")
    monkeypatch.setattr(pytest_plugin.util, "find_spec", lambda name: spec(ROOT / name, ROOT / "tests" / ".." / name))
    pytest_plugin._ours("scenarios.running")


@pytest.mark.parametrize("ours_too", [False, True])
def test_another_package_of_that_name_is_told_of(monkeypatch, tmp_path, ours_too):
    places = [tmp_path, *([ROOT / "scenarios"] if ours_too else [])]
    monkeypatch.setattr(pytest_plugin.util, "find_spec", lambda name: spec(*places))
    with pytest.raises(pytest.fail.Exception) as stopped:
        pytest_plugin._ours("scenarios.running")
    said = str(stopped.value)
    assert said.startswith("SHADOWED: `mock_server` is ")
    assert all(str(place) in said for place in (tmp_path, ROOT / "mock_server"))
    assert "Run `oauthspec` as a command" in said


def test_a_module_that_is_made_up_is_told_of(monkeypatch):
    """pytest makes up modules for folders of tests (`--import-mode=importlib`); these have no spec."""
    monkeypatch.setitem(sys.modules, "scenarios", types.ModuleType("scenarios"))
    with pytest.raises(pytest.fail.Exception, match="SHADOWED: `scenarios` is a module without a place,"):
        pytest_plugin._ours("scenarios.running")

"""A project with a folder `scenarios` of its own is not harmed by our mere installation.

Ours is a package of that name too, so this is about who wins: the project does, with or without `__init__.py`, in each
of pytest's ways to import. That is why ours has no `__init__.py` (PEP 420): a package with one would hide a
folder without one, wherever that stands on the path.
"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

SELECTED = "['callback/genuine-callback', 'callback/state-changed[missing]']"
USES_OURS = f"""
import pytest

@pytest.mark.oauthspec(client="reference", select={SELECTED}, app_kind="basic")
def test_client(oauthspec_case):
    oauthspec_case.check()
"""
USES_THE_MOCK = """
def test_mock(oauthspec_server):
    assert oauthspec_server.url
"""

TEST = """
import sys
from scenarios.login import STEPS
from scenarios.model import OURS_TOO

def test_project():
    assert (STEPS, OURS_TOO) == (3, "the project's")

def test_nothing_of_oauthspec_is_loaded():
    # Our pytest plugin is loaded everywhere, and it alone.
    assert not {"oauthspec.__main__", "mock_server", "client_ref", "hypothesis", "httpx"} & sys.modules.keys()
"""


@pytest.fixture(params=["with __init__", "without __init__"])
def project(request, tmp_path):
    """A project whose `scenarios` has one module that ours lacks and one that ours has as well."""
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    (scenarios / "login.py").write_text("STEPS = 3\n")
    (scenarios / "model.py").write_text("OURS_TOO = \"the project's\"\n")
    if request.param == "with __init__":
        (scenarios / "__init__.py").touch()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_project.py").write_text(TEST)
    (scenarios / "test_beside.py").write_text("def test_beside(): pass\n")
    (tmp_path / "conftest.py").touch()
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    return tmp_path


PLAIN, MODULE = "python -P -m pytest", "python -m pytest"
WAYS = [(PLAIN, "prepend"), (MODULE, "prepend"), (MODULE, "append"), (MODULE, "importlib")]


@pytest.mark.parametrize(("command", "mode"), WAYS)
def test_project_passes_its_own_tests(installation, project, command, mode):
    """`-P` leaves the folder off the path, as the plain command `pytest` does.

    That with mode `append` is not among the ways: it puts the project last on the path, behind all that is installed.
    """
    result = installation.run(*command.split(), f"--import-mode={mode}", cwd=project)
    assert result.returncode == 0, result.stdout
    assert "3 passed" in result.stdout


def test_a_script_of_the_project_finds_its_own(installation, project):
    (project / "script.py").write_text("from scenarios import login, model; print(login.STEPS, model.OURS_TOO)")
    result = installation.run("python", "script.py", cwd=project)
    assert result.stdout == "3 the project's\n"


def test_no_pytest_plugin_of_ours_loads_the_harness(installation, tmp_path):
    """Every pytest run in an environment with oauthspec loads its plugins; loading must be free of consequences."""
    script = """
import importlib.metadata, sys
ours = importlib.metadata.distribution("oauthspec").entry_points
for entry in ours.select(group="pytest11"):
    entry.load()
print(sorted({"scenarios", "mock_server", "client_ref", "hypothesis", "httpx"} & sys.modules.keys()))
"""
    result = installation.run("python", "-c", script, cwd=tmp_path)
    assert result.stdout == "[]\n"


def test_our_pytest_plugin_judges_a_client(installation, tmp_path):
    (tmp_path / "test_client.py").write_text(USES_OURS)
    result = installation.run("python", "-P", "-m", "pytest", "--strict-markers", cwd=tmp_path)
    assert result.returncode == 0, result.stdout
    assert " passed" in result.stdout


def test_our_pytest_plugin_says_where_the_project_shadows_ours(installation, project):
    """Its own tests pass beside that, and the mock, which lives elsewhere, serves."""
    (project / "tests" / "test_client.py").write_text(USES_OURS)
    (project / "tests" / "test_mock.py").write_text(USES_THE_MOCK)
    others = ("--deselect", "tests/test_project.py::test_nothing_of_oauthspec_is_loaded")
    result = installation.run("python", "-m", "pytest", "--continue-on-collection-errors", *others, cwd=project)
    assert f"SHADOWED: `scenarios` is {project / 'scenarios'}" in result.stdout
    assert f"oauthspec's own is {installation.directory}" in result.stdout
    assert "Traceback" not in result.stdout
    assert "3 passed, 1 deselected, 1 error" in result.stdout, result.stdout


def test_our_command_works_inside_the_project(installation, project):
    """As a command it starts from its own folder, so it finds its own `scenarios` and not the project's."""
    result = installation.run("oauthspec", "explain", "provider", cwd=project)
    assert result.returncode == 0, result.stdout
    assert "pkce_required" in result.stdout

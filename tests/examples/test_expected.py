"""What is expected of the example apps is written down so that it can be checked: nothing vague, nothing stale."""

from __future__ import annotations

from importlib import metadata

import pytest

from scenarios.model.verdict import Status
from tests.examples import expected

NAMES = expected.NAMES
ENTRIES = [(name, entry) for name in NAMES for entry in expected.read(name).entries]


def test_every_app_has_its_expectations_and_its_readme():
    folders = {path.name for path in expected.APPS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(NAMES)
    assert all((expected.APPS / name / "README.md").is_file() for name in NAMES)


@pytest.mark.parametrize(("name", "entry"), ENTRIES, ids=[f"{n}-{e['checks'][0]}" for n, e in ENTRIES])
def test_an_expectation_has_a_reason_and_matches_something(name, entry):
    app = expected.read(name)
    assert entry["status"] in Status.__args__
    assert entry["status"] != "passed"
    assert entry["why"].endswith(("`.", ".", "…"))
    assert entry["clause"]
    assert "stays" not in entry or (entry["stays"].endswith(".") and app.patch.is_file())
    assert entry["line"] in (app.folder / entry["file"]).read_text("utf-8")
    for check in entry["checks"]:
        for kind in entry.get("app_kinds", app.app_kinds):
            assert expected.matching(check, dict.fromkeys(expected.identifiers(kind, ()), "")), (check, kind)


@pytest.mark.parametrize("name", NAMES)
def test_no_identifier_is_expected_twice(name):
    app = expected.read(name)
    for kind in app.app_kinds:
        among = dict.fromkeys(expected.identifiers(kind), "")
        named = [
            identifier
            for entry in app.entries
            if kind in entry.get("app_kinds", app.app_kinds)
            for check in entry["checks"]
            for identifier in expected.matching(check, among)
        ]
        assert len(named) == len(set(named))


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_has_the_command_that_is_tested(name):
    app = expected.read(name)
    words = " ".join(["oauthspec", "run", *(f"'{o}'" if " " in o else o for o in app.options), "--", *app.command])
    assert words in (app.folder / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", [name for name in NAMES if expected.read(name).command[0] == "python"])
def test_the_named_versions_are_those_that_are_installed(name):
    """Verdicts of a library are those of one version; another one is judged anew before its name is written here."""
    for version in expected.read(name).versions:
        package, _, number = version.partition(" ")
        assert metadata.version(package) == number, f"examples/apps/{name}/expected.toml is of {version}"


@pytest.mark.parametrize("name", [path.parent.name for path in sorted(expected.APPS.glob("*/requirements.txt"))])
def test_what_is_judged_is_pinned(name):
    pinned = (expected.APPS / name / "requirements.txt").read_text("utf-8").splitlines()
    assert {version.replace(" ", "==") for version in expected.read(name).versions} == {p for p in pinned if "==" in p}

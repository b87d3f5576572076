"""What the tree may not hold: traces of the machine it was written on, files grown too long, names that say nothing.

Each check is a function over text, so that a test beside it can show that it bites. Patterns are written so that
this file does not match them.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, python_files, syntax_of, text_of, tracked

LONGEST = 400
"""Lines of a Python file. Beyond that it is split by idea."""

TRACES = (
    re.compile(r"(?<![A-Za-z0-9_.])/(?:work|farm)/"),  # a build machine's folders
    re.compile(r"/(?:home|Users)/[a-z][a-z0-9_-]*/"),  # somebody's home
    re.compile(r"registry[.]npmjs|pypi[.]org/simple|files[.]pythonhosted|deb[.]debian[.]org"),  # a registry's host
    re.compile(r"\bfarm-(?:studio|bench)\b"),  # build tools
)

NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}


def traces(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() for pattern in TRACES if pattern.search(line)]


def download_addresses(lock: object) -> Iterator[str]:
    """Yield every `resolved` address in a package-lock.json, at any depth."""
    if isinstance(lock, dict):
        for key, value in lock.items():
            if key == "resolved" and isinstance(value, str) and not value.startswith("file:"):
                yield value
            yield from download_addresses(value)


def imports_or_code(module: ast.Module) -> list[str]:
    """Return what an `__init__.py` holds beside its docstring."""
    rest = module.body[1:] if ast.get_docstring(module) else module.body
    return [ast.unparse(statement) for statement in rest]


def classes_that_pytest_would_collect(module: ast.Module) -> list[str]:
    classes = (node.name for node in ast.walk(module) if isinstance(node, ast.ClassDef))
    return [name for name in classes if name.startswith("Test")]


def test_there_is_something_to_look_at():
    assert {Path("pyproject.toml"), Path("mock_server/__init__.py")} <= set(tracked())


def test_no_file_names_the_machine_it_was_written_on():
    texts = {str(path): text_of(path) or "" for path in tracked() if path.suffix != ".lock"}
    assert not {path: found for path, text in texts.items() if (found := traces(text))}


# Written with a gap, so that this file does not match.
BROKEN_TRACES = [
    "see /wo~rk/main",
    "/fa~rm/x",
    "/home/some~one/x",
    "https://registry~.npmjs.org",
    "https://pypi.org/~simple",
    "farm~-studio",
]


@pytest.mark.parametrize("line", [line.replace("~", "") for line in BROKEN_TRACES])
def test_traces_are_seen(line):
    assert traces(f"first\n{line}\nlast") == [line]


@pytest.mark.parametrize("line", ["docs/work/x", "framework/", "http://host.example/workers/", "/home/"])
def test_innocent_lines_are_not(line):
    assert not traces(line)


def test_lock_files_hold_no_download_addresses():
    locks = [path for path in tracked() if path.name == "package-lock.json"]
    found = {str(path): list(download_addresses(json.loads((ROOT / path).read_text()))) for path in locks}
    assert not {path: addresses for path, addresses in found.items() if addresses}


def test_download_addresses_are_seen():
    lock = {"packages": {"": {}, "a": {"resolved": "https://host.example/a.tgz"}, "b": {"resolved": "file:b"}}}
    assert list(download_addresses(lock)) == ["https://host.example/a.tgz"]


def test_python_files_are_short():
    lengths = {str(path): (text_of(path) or "").count("\n") for path in python_files()}
    assert not {path: length for path, length in lengths.items() if length > LONGEST}


@pytest.mark.parametrize("path", [p for p in python_files() if p.name == "__init__.py"], ids=str)
def test_packages_hold_a_docstring_and_import_nothing(path):
    """So that `python -m mock_server` loads what it needs and nothing else; those of tests may be empty."""
    assert ast.get_docstring(syntax_of(path)) or path.parts[0] not in PACKAGES
    assert not imports_or_code(syntax_of(path))


def test_scenarios_is_a_namespace_package():
    """With an `__init__.py`, ours would hide a folder `scenarios` of a user's that has none: PEP 420.

    tests/packaging/test_neighbours.py shows what then breaks in such a project.
    """
    assert Path("scenarios/__init__.py") not in tracked()


def test_code_in_a_package_is_seen():
    assert imports_or_code(ast.parse('"""Doc."""\nimport x\ny = 1')) == ["import x", "y = 1"]
    assert imports_or_code(ast.parse("import x")) == ["import x"]


def test_modules_have_names_that_say_something():
    words = {str(path): set(path.with_suffix("").parts) | set(path.stem.split("_")) for path in python_files()}
    assert not {path for path, parts in words.items() if parts & NAMES_THAT_SAY_NOTHING}


def test_no_class_of_ours_looks_like_a_test():
    """A user who imports it into a test module would have pytest collect it."""
    found = {path: classes_that_pytest_would_collect(syntax_of(path)) for path in python_files(product_only=True)}
    assert not {str(path): names for path, names in found.items() if names}


def test_classes_that_look_like_tests_are_seen():
    assert classes_that_pytest_would_collect(ast.parse("def f():\n class TestServer: pass")) == ["TestServer"]


def test_packages_are_listed_and_typed():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert tuple(settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == PACKAGES
    assert set(PACKAGES) <= set(settings["tool"]["mypy"]["packages"])
    assert settings["tool"]["mypy"]["strict"] is True
    assert {Path(package, "py.typed") for package in PACKAGES} <= set(tracked())
    top = {path.parts[0] for path in python_files() if len(path.parts) > 1}
    assert top <= {*PACKAGES, "tests", "benchmarks", "examples", "docs"}, "a package that no list names"

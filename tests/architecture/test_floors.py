"""The floors that are pure import nothing impure, not even by way of others.

The floors themselves are import-linter's contracts in pyproject.toml, run by `make check`; here a copy of the tree
is spoilt in one line at a time, to show that they bite. What a pure floor may import from outside is listed here.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from tests.architecture.tree import PACKAGES, ROOT, python_files, syntax_of

LANGUAGE = frozenset(
    {
        *("__future__", "abc", "collections", "copy", "dataclasses", "enum", "functools", "itertools", "operator"),
        *("types", "typing"),
        *("base64", "binascii", "hashlib", "hmac", "html", "ipaddress", "json", "math", "re", "string", "unicodedata"),
        *("urllib.parse", "uuid", "zlib"),
    }
)
"""The part of the standard library that has no clock, no randomness, no files, no network and no threads."""

IMPURE_NAMES = {"uuid1", "uuid4", "getnode"}
"""What a listed module holds that is not pure after all."""

MESSAGES = LANGUAGE | {"msgspec"}
STORIES = MESSAGES | {"inspect"}  # docstrings are the published text

PURE = {
    "mock_server.protocol": LANGUAGE,
    "mock_server.deviations": MESSAGES,
    "mock_server.transcript": MESSAGES,
    "scenarios.model": STORIES,
    "scenarios.judging": STORIES,
    "scenarios.rules": STORIES,
    "scenarios.catalogue": STORIES,
}


def graph_of(*packages: str) -> grimp.ImportGraph:
    return grimp.build_graph(*packages, include_external_packages=True, cache_dir=None)


def impure_imports(graph: grimp.ImportGraph, floor: str, allowed: frozenset[str]) -> list[str]:
    """Return a line for each import from outside that reaches `floor`, directly or through others, and may not."""
    own = {floor} | graph.find_descendants(floor)
    reached = own | graph.find_upstream_modules(floor, as_package=True)
    inside = {module for module in reached if not graph.is_module_squashed(module)}
    return [
        f"{importer} imports {imported}: {detail['line_contents'].strip()} (line {detail['line_number']})"
        for importer in sorted(inside)
        for imported in sorted(graph.find_modules_directly_imported_by(importer) - inside)
        for detail in graph.get_import_details(importer=importer, imported=imported)
        if not _allowed(imported, detail["line_contents"], allowed)
    ]


def _allowed(imported: str, line: str, allowed: frozenset[str]) -> bool:
    # The graph knows packages from outside by their first name; where the list says more, the line must too.
    longer = [name for name in allowed if name.startswith(f"{imported}.")]
    return imported in allowed or any(line.split()[1] == name for name in longer)


def names_in(module: ast.Module) -> set[str]:
    """Return the names that a module's code mentions, as attributes, variables or imports."""
    nodes = list(ast.walk(module))
    return (
        {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        | {node.id for node in nodes if isinstance(node, ast.Name)}
        | {node.name for node in nodes if isinstance(node, ast.alias)}
    )


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return graph_of(*PACKAGES)


@pytest.mark.parametrize("floor", sorted(PURE))
def test_pure_floors_import_nothing_impure(graph, floor):
    assert floor in graph.modules, "it was renamed or removed, so nothing is checked any more"
    assert not impure_imports(graph, floor, PURE[floor])


@pytest.mark.parametrize("path", python_files(product_only=True), ids=str)
def test_pure_floors_use_no_impure_name(path):
    if any(".".join(path.with_suffix("").parts).startswith(floor) for floor in PURE):
        assert not names_in(syntax_of(path)) & IMPURE_NAMES


def test_impure_names_are_seen():
    assert names_in(ast.parse("uuid.uuid4()")) & IMPURE_NAMES
    assert names_in(ast.parse("from uuid import uuid1 as stamp")) & IMPURE_NAMES


@pytest.fixture
def example(tmp_path, monkeypatch):
    """Build the graph of a package with a pure floor of one module and a neighbour of that floor."""

    def build(pure: str, neighbour: str = ""):
        for path, text in {"__init__": "", "floor/__init__": "", "floor/module": pure, "neighbour": neighbour}.items():
            file = tmp_path / "example_package" / f"{path}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        return impure_imports(graph_of("example_package"), "example_package.floor", LANGUAGE | {"msgspec"})

    return build


@pytest.mark.parametrize(
    "line",
    [
        "import socket",
        "import time",
        "import urllib.request",
        "from urllib import request",
        "import secrets, re",
        "def later():\n    import threading",
        "from starlette.requests import Request",
    ],
)
def test_impure_imports_are_seen(example, line):
    (found,) = example(line)
    assert found.startswith("example_package.floor.module imports ")


@pytest.mark.parametrize(
    "line",
    ["import re", "from urllib.parse import (\n    quote,\n)", "import collections.abc", "import msgspec.json"],
)
def test_pure_imports_are_not(example, line):
    assert not example(line)


def test_impurity_by_way_of_a_neighbour_is_seen(example):
    (found,) = example("import example_package.neighbour", "import random")
    assert found.startswith("example_package.neighbour imports random")


SPOILT = {
    "the server knows the client": ("mock_server.web.spoilt", "client_ref.errors"),
    "the client knows the server": ("client_ref.errors", "mock_server.protocol.errors"),
    "the server knows the harness": ("mock_server.protocol.spoilt", "scenarios.judging"),
    "the client knows the harness": ("client_ref.errors", "scenarios.judging"),
    "the client knows the command": ("client_ref.errors", "oauthspec.__main__"),
    "the core knows the web": ("mock_server.protocol.spoilt", "mock_server.web"),
    "the web knows the sockets": ("mock_server.web.spoilt", "mock_server.serving"),
    "the client's errors know its checks": ("client_ref.errors", "client_ref.checks"),
    "judging knows running": ("scenarios.judging", "scenarios.running"),
}
ON_NO_FLOOR = ["mock_server.spoilt", "client_ref.spoilt", "scenarios.spoilt"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    # Without the tree itself on the path: `scenarios` is a namespace package, so it would be found in both places.
    only_the_copy = f"import sys; sys.path[:] = ['.', *(p for p in sys.path if p != {str(ROOT)!r})]"
    command = f"{only_the_copy}; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    return subprocess.run([sys.executable, "-Pc", command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path):
    """The packages and their contracts, in a place where they can be spoilt."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.slow
def test_contracts_hold(copy):
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.fixture
def module(copy: Path):
    """Return the file of a module in the copy, made empty where it is not written yet."""

    def module(name: str) -> Path:
        file = copy.joinpath(*name.split(".")).with_suffix(".py")
        if not file.with_suffix("").is_dir():
            file.touch()
        return file

    return module


@pytest.mark.slow
@pytest.mark.parametrize(("importer", "imported"), SPOILT.values(), ids=SPOILT.keys())
def test_contracts_bite(copy, module, importer, imported):
    module(imported)
    with module(importer).open("a") as file:
        file.write(f"\nimport {imported}\n")
    result = lint(copy)
    assert result.returncode == 1
    assert f"{importer} -> {imported}" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_NO_FLOOR)
def test_every_module_has_its_floor(copy, module, name):
    module(name)
    result = lint(copy)
    assert result.returncode == 1
    assert f"- {name}" in result.stdout

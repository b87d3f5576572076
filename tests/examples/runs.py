"""`oauthspec run` in a process of its own, and what its record says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from scenarios.model.assignment import AssignmentKind
from tests.examples.expected import APPS, SEEDS, Expected
from tests.processes import environment, finished

# The others where there is time: these show that apps, their mends and adapters are judged as their files say.
IN_EVERY_RUN = {"guide-sample", "python"}
# The source of Go libraries is where Debian's packages put it.
DEBIAN_GO = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}


@dataclass(frozen=True)
class Run:
    """A finished run: its exit code, what it printed, and its record."""

    exit_code: int
    printed: str
    record: Path
    lines: tuple[dict[str, Any], ...]

    def of(self, *kinds: str) -> Iterator[dict[str, Any]]:
        return (line for line in self.lines if line["line"] in kinds)

    def verdicts(self, app_kind: str) -> dict[str, str]:
        """The status of every row and every rule."""
        told = self.of("verdict", "rule")
        return {line["identifier"]: line["status"] for line in told if line["app_kind"] == app_kind}

    @property
    def exchanges(self) -> set[int]:
        """The numbers of all exchanges that are stored."""
        entries = (entry for line in self.of("case", "rest") for entry in line.get("entries", ()))
        return {entry["number"] for entry in entries if entry["entry"] == "exchange"}

    @property
    def findings(self) -> Iterator[tuple[str, list[int]]]:
        """What failed or warned, by identifier, with the exchanges that it names."""
        for line in self.of("verdict", "rule"):
            if line["status"] in ("failed", "warned"):
                first = line.get("first")
                yield line["identifier"], [first["exchange"]] if first else list(line.get("exchanges", ()))

    @property
    def leniencies(self) -> dict[str, list[str]]:
        """What the server had to forgive, by kind of app and of assignment."""
        found = {}
        for line in self.of("prepared"):
            kind = str(msgspec.convert(line["kind"], AssignmentKind))
            name = line["app_kind"] if kind == "plain" else f"{line['app_kind']}, {kind}"
            if line.get("leniencies"):
                found[name] = line["leniencies"]
        return found


def oauthspec(verb: str, *words: str | Path, home: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command, as its user calls it."""
    return finished([sys.executable, "-m", "oauthspec", verb, *words], cwd=folder, env=environment(home))


def run(words: Sequence[str | Path], home: Path, folder: Path) -> Run:
    """`oauthspec run` with these flags, and its record."""
    record = home / "record.jsonl"
    ended = oauthspec("run", "--record", record, *words, home=home, folder=folder)
    assert record.is_file(), ended.stdout
    lines = tuple(map(json.loads, record.read_text("utf-8").splitlines()))
    return Run(ended.returncode, ended.stdout, record, lines)


def run_app(app: Expected, home: Path) -> Run:
    """An example app, as its README says, on the families that something is expected of."""
    return run([*selecting(SEEDS), *app.options, "--", *app.command], home, prepared(app, home))


def run_mended(app: Expected, home: Path) -> Run:
    """A copy of an example app that its patch was applied to, on what was found of it."""
    found = {name for kind in app.app_kinds for name in app.mended(kind) if not name.startswith("rule/")}
    return run([*selecting(sorted(found)), *app.options, "--", *app.command], home, prepared(app, home, mended=True))


def every(names: Iterable[str], among: Path = APPS) -> list[Any]:
    """Examples as parameters of a test, each with what it needs: what its files tell, and time."""
    needed = {name: _needed(name, among) for name in names}
    return [pytest.param(name, marks=[pytest.mark.requires(kind) for kind in kinds]) for name, kinds in needed.items()]


def _needed(name: str, among: Path) -> list[str]:
    kinds = {"package.json": "node", "*.go": "go", "*.rb": "ruby"}
    needed = [kind for file, kind in kinds.items() if any((among / name).glob(file))]
    return needed if name in IN_EVERY_RUN else [*needed, "time"]


def selecting(names: Iterable[str]) -> list[str]:
    return [word for name in names for word in ("--select", name)]


def prepared(app: Expected, home: Path, *, mended: bool = False) -> Path:
    """A copy of an app's folder that is ready to run: patched where it is to be, and built where it is not Python."""
    folder = home / app.name
    shutil.copytree(app.folder, folder, ignore=shutil.ignore_patterns("node_modules", "app", "adapter", "__pycache__"))
    if mended:
        carried_out(["git", "apply", app.patch], folder)
    if (app.folder / "package.json").is_file():
        (folder / "node_modules").symlink_to(installed(app.folder))
    for source in folder.glob("*.go"):
        carried_out(["go", "build", "-o", source.stem, source.name], folder, DEBIAN_GO)
    return folder


def installed(folder: Path) -> Path:
    """The modules that a lock file names, installed beside it where they are not there yet."""
    modules = folder / "node_modules"
    if not (modules / ".package-lock.json").is_file():
        carried_out(["npm", "ci", "--no-audit", "--no-fund"], folder)
    return modules


def carried_out(command: Sequence[str | Path], folder: Path, env: Mapping[str, str] = MappingProxyType({})) -> None:
    """A command that makes ready; it must succeed."""
    ended = finished(command, cwd=folder, env=os.environ | env)
    assert ended.returncode == 0, ended.stdout

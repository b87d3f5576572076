"""`oauthspec run` in a process of its own, and what its record says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from scenarios.model.assignment import AssignmentKind
from tests.examples.expected import SEEDS, Expected
from tests.processes import environment, finished


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
    families = [word for seed in SEEDS for word in ("--select", seed)]
    return run([*families, *app.options, "--", *app.command], home, app.folder)

"""The verdicts that an example app's `expected.toml` names, and what a run said, in one form."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scenarios.collection import collect, performances
from scenarios.model.assignment import AppKind
from scenarios.rules.always import RULES

APPS = Path(__file__).parents[2] / "examples" / "apps"
ADAPTERS = APPS.parent / "adapters"
NAMES = sorted(path.parent.name for path in APPS.glob("*/expected.toml"))

# The families whose verdicts are written down for these apps. A family is added together with its expectations, and
# these are written before the apps are run against it.
SEEDS = (
    *("S-CB-01", "S-CB-02", "S-CB-04", "S-CB-05", "S-CB-17"),
    *("S-TOK-01", "S-TOK-02", "S-TOK-03"),
    *("S-RSP-02", "S-RSP-04"),
    *("S-REF-01", "S-REF-02"),
    "S-PKCE-01",
)

Verdicts = Mapping[str, str]


@dataclass(frozen=True)
class Expected:
    """What the file `expected.toml` of an example says; what it does not name is expected to pass."""

    folder: Path
    app_kinds: tuple[AppKind, ...]
    command: tuple[str, ...]
    options: tuple[str, ...]
    versions: tuple[str, ...]
    leniencies: Mapping[str, list[str]]
    entries: tuple[Mapping, ...]

    @property
    def name(self) -> str:
        return self.folder.name

    def verdicts(self, app_kind: AppKind) -> Verdicts:
        """The status of everything that is performed or asked of an app of a kind, by identifier."""
        expected = dict.fromkeys(identifiers(app_kind), "passed")
        for entry in self.entries:
            if app_kind in entry.get("app_kinds", self.app_kinds):
                for check in entry["checks"]:
                    expected |= dict.fromkeys(matching(check, expected), entry["status"])
        return expected

    @property
    def patch(self) -> Path:
        """What mends the app, where there is such a thing."""
        return self.folder / "mended.patch"

    def mended(self, app_kind: AppKind) -> Verdicts:
        """What becomes of all findings where the patch is applied: passed, or as before where an entry says why."""
        expected, left = self.verdicts(app_kind), dict.fromkeys(self._identifiers(app_kind, "stays"), True)
        found = {name: status for name, status in expected.items() if status not in ("passed", "not_applicable")}
        return {name: status if name in left else "passed" for name, status in found.items()}

    def _identifiers(self, app_kind: AppKind, key: str) -> list[str]:
        """Every identifier of the entries that have such a key."""
        among = dict.fromkeys(identifiers(app_kind), "")
        entries = (e for e in self.entries if key in e and app_kind in e.get("app_kinds", self.app_kinds))
        return [identifier for e in entries for check in e["checks"] for identifier in matching(check, among)]


def read(name: str, among: Path = APPS) -> Expected:
    told = tomllib.loads((among / name / "expected.toml").read_text("utf-8"))
    return Expected(
        folder=among / name,
        app_kinds=tuple(told["app_kinds"]),
        command=tuple(told["command"]),
        options=tuple(told["options"]),
        versions=tuple(told["versions"]),
        leniencies=told["leniencies"],
        entries=tuple(told["expected"]),
    )


def identifiers(app_kind: AppKind, seeds: tuple[str, ...] = SEEDS) -> list[str]:
    """Every row of every scenario of these families (of all, if none is named), and every rule, for a kind of app."""
    selected = performances(collect(), ("basic", "pkce"), seeds)
    told = [each.identifier for each in selected if each.app_kind == app_kind]
    return told + [rule.identifier for rule in RULES if app_kind in rule.app_kinds]


def matching(check: str, among: Mapping[str, str]) -> list[str]:
    """The identifiers that a line of an `expected.toml` means: one row, all rows of a scenario, or a glob."""
    pattern = check.replace("[", "[[]")
    return [each for each in among if each == check or fnmatch.fnmatchcase(each.partition("[")[0], pattern)]

"""What did not pass when a client was last run in this folder, for `--last-failed`.

It is kept for each client by itself, as its flags name it, in a cache folder that no version control takes in.
"""

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import get_args

import msgspec

from scenarios.collection import Selected
from scenarios.ground import Learned
from scenarios.model.assignment import AppKind, AssignmentKind
from scenarios.model.case import Case
from scenarios.model.verdict import Status, Verdict
from scenarios.performing import Ground
from scenarios.running import Plan
from scenarios.summary import Summary

FOLDER = Path(".oauthspec")
_FILE = "last-failed.json"
_IGNORED = "# Written by oauthspec.\n*\n"
# The clients that are remembered: a folder seldom has more.
_MOST = 50
_REMEMBERED: frozenset[Status] = frozenset({"failed", "warned", "inconclusive", "errored"})

Key = tuple[str, AppKind]
_Clients = dict[str, list[tuple[str, str]]]


def remembered(client: str, folder: Path = FOLDER) -> frozenset[Key]:
    """What this client did not pass; nothing where it was never run here, or passed everything."""
    kinds: dict[str, AppKind] = {kind: kind for kind in get_args(AppKind)}
    return frozenset((name, kinds[kind]) for name, kind in _read(folder).get(client, ()) if kind in kinds)


def again(selected: Sequence[Selected], client: str, folder: Path = FOLDER) -> tuple[Selected, ...]:
    """The part that did not pass last time; nothing where there is no such part."""
    failed = remembered(client, folder)
    return tuple(each for each in selected if (each.identifier, each.app_kind) in failed)


class LastFailed:
    """A listener that remembers at the end of a run; what it did not perform stays as it was."""

    def __init__(self, client: str, folder: Path = FOLDER) -> None:
        self._client = client
        self._folder = folder
        self._cases: list[Case] = []

    def begun(self, plan: Plan) -> None:
        """Nothing to do."""

    def prepared(self, ground: Ground, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        """Nothing to do."""

    def judged(self, selected: Selected, case: Case, verdict: Verdict) -> None:  # noqa: ARG002 - a listener's words
        """Keep where a broken rule was seen."""
        self._cases.append(case)

    def ended(self, summary: Summary) -> None:
        """Store what did not pass; a folder that cannot be written to is no reason to fail."""
        failed = self._failed(summary)
        with contextlib.suppress(OSError):
            clients = _read(self._folder)
            performed = {(verdict.identifier, verdict.app_kind) for _, verdict in summary.verdicts}
            kept = set(remembered(self._client, self._folder)) - performed
            clients.pop(self._client, None)
            clients[self._client] = sorted(kept | failed)
            _write(self._folder, dict(list(clients.items())[-_MOST:]))

    def _failed(self, summary: Summary) -> set[Key]:
        expected = summary.compared.expected
        failed = {key for key, status in summary.statuses.items() if status in _REMEMBERED and key not in expected}
        names = {key for key in failed if not key[0].startswith("rule/")}
        # A rule is broken in the course of a scenario, which can be run again.
        for kind, verdict in summary.rules:
            if (verdict.identifier, kind) in failed and verdict.first is not None:
                names |= set(_with_exchange(self._cases, kind, verdict.first.exchange))
        return names


def _with_exchange(cases: Iterable[Case], kind: AppKind, number: int) -> Iterable[Key]:
    found = (case for case in cases if case.app_kind == kind and any(entry.number == number for entry in case.entries))
    return [(case.identifier, kind) for case in found][:1]


def _read(folder: Path) -> _Clients:
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=_Clients)
    except (OSError, msgspec.DecodeError):
        return {}


def _write(folder: Path, clients: _Clients) -> None:
    folder.mkdir(exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text(_IGNORED, "utf-8")
    part = folder / f"{_FILE}.{os.getpid()}.part"
    part.write_bytes(msgspec.json.format(msgspec.json.encode(clients)) + b"\n")
    part.replace(folder / _FILE)

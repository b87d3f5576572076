"""What kills what: for each flawed client that is shipped, every scenario and every rule that catches it.

A check that nothing can fail is decoration, and a flaw that nothing catches is a hole. The data are in
`kill_matrix.toml`, written by `python -m tests.kill_matrix --write` out of runs; tests hold them against new runs.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from scenarios.model.assignment import AppKind

STORED = Path(__file__).with_name("kill_matrix.toml")

Seat = Literal["in process", "web app"]


class Kills(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What catches a flaw, as identifiers with the row in brackets; and how the flawed client logs in at all.

    `forgiven` are the leniencies that its good logins need; one that is `locked_out` has none even so.
    """

    failed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    forgiven: tuple[str, ...] = ()
    locked_out: bool = False

    @property
    def identifiers(self) -> tuple[str, ...]:
        """All that catches it."""
        return (*self.failed, *self.warned)


NOTHING = Kills()


class Flaw(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A flawed client and what catches it: as either kind of app, and as one of them alone."""

    name: str
    breaks: str
    # Rows of the requirements whose scenarios have to catch it.
    families: tuple[str, ...] = ()
    seat: Seat = "in process"
    both: Kills = NOTHING
    basic: Kills = NOTHING
    pkce: Kills = NOTHING

    def as_app(self, kind: AppKind) -> Kills:
        """What catches it as one kind of app."""
        own = self.basic if kind == "basic" else self.pkce
        return Kills(
            tuple(sorted((*self.both.failed, *own.failed))),
            tuple(sorted((*self.both.warned, *own.warned))),
            (*self.both.forgiven, *own.forgiven),
            self.both.locked_out or own.locked_out,
        )

    @property
    def identifiers(self) -> tuple[str, ...]:
        """All that catches it, as whatever app."""
        found = (*self.both.identifiers, *self.basic.identifiers, *self.pkce.identifiers)
        return tuple(dict.fromkeys(found))


class Alike(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Flaws that the same checks catch, and why no check tells them apart; written by hand."""

    flaws: tuple[str, ...]
    reason: str


class Unseen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A flaw that nothing here catches, and what it waits for; written by hand."""

    flaw: str
    reason: str


class KillMatrix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of it."""

    flaws: tuple[Flaw, ...] = ()
    alike: tuple[Alike, ...] = ()
    unseen: tuple[Unseen, ...] = ()


class Caught(msgspec.Struct, frozen=True):
    """A flawed client that a scenario or a rule catches, with the rows that do; a scenario without rows has none."""

    flaw: str
    breaks: str
    rows: tuple[str, ...]


def read(text: str) -> KillMatrix:
    """A kill matrix from its TOML; `msgspec.ValidationError` says what is wrong with it."""
    return msgspec.toml.decode(text, type=KillMatrix)


@cache
def kill_matrix() -> KillMatrix:
    """The stored one."""
    return read(STORED.read_text("utf-8"))


def caught_by(identifier: str) -> tuple[Caught, ...]:
    """The flawed clients that a scenario (`topic/name`, with or without a row) or a rule catches."""
    return tuple(_caught_by(identifier))


def _caught_by(identifier: str) -> Iterator[Caught]:
    scenario, _, row = identifier.removesuffix("]").partition("[")
    for flaw in kill_matrix().flaws:
        found = [each.removesuffix("]").partition("[") for each in flaw.identifiers]
        rows = [own for name, _, own in found if name == scenario and row in ("", own)]
        if rows:
            yield Caught(flaw.name, flaw.breaks, tuple(each for each in rows if each))

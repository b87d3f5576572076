"""The ledger: every statement that binds a client, and what has become of it here.

The data are in `scenarios/ledger`, one file for each source. They are written by hand; a test holds them against the
catalogue, the rules and the specifications.
"""

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from scenarios.model.requirement import Level
from scenarios.specifications import Clause, clause

State = Literal["covered", "later", "excluded", "open"]
STATES: tuple[State, ...] = ("covered", "later", "excluded", "open")

# The weakest harness that can decide: the traffic, the traffic for a failure alone, what an application says of
# itself, a certificate, or none.
Observed = Literal["WIRE", "WIRE-FAIL", "ADAPTER", "TLS", "NO"]

_LEDGER = Path(__file__).with_name("ledger")


class Obligation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One statement in our words, and exactly one of four: what covers it, or why nothing does."""

    id: str
    clauses: tuple[str, ...]
    level: Level
    observed: Observed
    statement: str
    # Identifiers of scenarios and rules.
    covered_by: tuple[str, ...] = ()
    # Which part of the harness it waits for.
    later: str = ""
    # Not observable, or a decision between two sources.
    excluded: str = ""
    # What is missing.
    open: str = ""
    # What the checks do not reach, or how they are meant.
    note: str = ""

    def __post_init__(self) -> None:
        given = [bool(self.covered_by), bool(self.later), bool(self.excluded), bool(self.open)]
        if sum(given) != 1:
            raise ValueError(f"{self.id} needs exactly one of covered_by, later, excluded and open")

    @property
    def state(self) -> State:
        """Which of the four it is."""
        if self.covered_by:
            return "covered"
        if self.later:
            return "later"
        return "excluded" if self.excluded else "open"

    @property
    def reason(self) -> str:
        """Why nothing covers it; empty where something does."""
        return self.later or self.excluded or self.open

    @property
    def read_clauses(self) -> tuple[Clause, ...]:
        """The clauses, looked up; `KeyError` where one does not exist."""
        return tuple(clause(text) for text in self.clauses)


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the ledger: a text, or a part of one."""

    source: str
    obligations: tuple[Obligation, ...]


def read(text: str) -> Source:
    """One file; `msgspec.ValidationError` says what is wrong with it."""
    return msgspec.toml.decode(text, type=Source)


@cache
def ledger() -> tuple[Source, ...]:
    """Every source, in the order of the files' names."""
    return tuple(read(path.read_text("utf-8")) for path in sorted(_LEDGER.glob("*.toml")))

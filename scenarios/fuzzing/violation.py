"""What every invariant is: an exception class of its own, for Hypothesis tells failures apart by class."""

from typing import ClassVar

from scenarios.model.requirement import Level, Requirement, Severity
from scenarios.specifications import Clause


def advice(statement: str, *clauses: Clause) -> Requirement:
    """What no clause demands: it is told apart from findings, and fails nobody."""
    return Requirement(Level.MAY, statement, clauses)


class Violation(Exception):
    """An invariant that a client has broken; `seen` says how, `exchanges` are the numbers that show it."""

    identifier: ClassVar[str]
    requirement: ClassVar[Requirement]
    risk: ClassVar[str]
    fix: ClassVar[str]

    def __init__(self, seen: str, exchanges: tuple[int, ...] = ()) -> None:
        super().__init__(f"{self.identifier}: {seen}")
        self.seen = seen
        self.exchanges = exchanges

    @property
    def severity(self) -> Severity:
        """`failed`, `warned`, or `none` for advice."""
        return self.requirement.severity

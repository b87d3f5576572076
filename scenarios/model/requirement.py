"""What binds a client: a statement in our words, its level and its clauses."""

from enum import Enum
from typing import Literal

import msgspec

from scenarios.specifications import Clause

Severity = Literal["failed", "warned", "none"]


class Level(Enum):
    """How a clause binds; the words are the clause's own, and four of ours."""

    MUST = "MUST"
    MUST_NOT = "MUST NOT"
    REQUIRED = "REQUIRED"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    RECOMMENDED = "RECOMMENDED"
    NOT_RECOMMENDED = "NOT RECOMMENDED"
    MAY = "MAY"
    # A fact of the protocol or of its grammar, stated without a keyword: binds as a MUST.
    PROSE = "PROSE"
    # Follows from a duty of the server, or from what a message means.
    DERIVED = "DERIVED"
    # Stated by Frame.io's guide alone.
    DOC = "DOC"


_FAILING = {Level.MUST, Level.MUST_NOT, Level.REQUIRED, Level.PROSE}
_WARNING = {Level.SHOULD, Level.SHOULD_NOT, Level.RECOMMENDED, Level.NOT_RECOMMENDED}


class Requirement(msgspec.Struct, frozen=True):
    """One duty of a client; `binding` lifts a DERIVED or DOC duty to a failure.

    A DERIVED duty fails a client where security hangs on it, a DOC duty where the recorded engine refuses the request.
    """

    level: Level
    statement: str
    clauses: tuple[Clause, ...]
    binding: bool = False

    @property
    def severity(self) -> Severity:
        """What a client gets that does not meet it."""
        if self.level in _FAILING:
            return "failed"
        if self.level in _WARNING:
            return "warned"
        if self.level is Level.DERIVED:
            return "failed" if self.binding else "warned"
        return "failed" if self.level is Level.DOC and self.binding else "none"

    def __str__(self) -> str:
        return f"{self.level.value} {self.statement} ({'; '.join(map(str, self.clauses))})"


def MUST(statement: str, *clauses: Clause) -> Requirement:
    """A duty that a clause states with MUST."""
    return Requirement(Level.MUST, statement, clauses)


def MUST_NOT(statement: str, *clauses: Clause) -> Requirement:
    """A duty that a clause states with MUST NOT."""
    return Requirement(Level.MUST_NOT, statement, clauses)


def REQUIRED(statement: str, *clauses: Clause) -> Requirement:
    """A parameter or member that a clause calls REQUIRED."""
    return Requirement(Level.REQUIRED, statement, clauses)


def SHOULD(statement: str, *clauses: Clause) -> Requirement:
    """A duty that a clause states with SHOULD."""
    return Requirement(Level.SHOULD, statement, clauses)


def SHOULD_NOT(statement: str, *clauses: Clause) -> Requirement:
    """A duty that a clause states with SHOULD NOT."""
    return Requirement(Level.SHOULD_NOT, statement, clauses)


def RECOMMENDED(statement: str, *clauses: Clause) -> Requirement:
    """What a clause calls RECOMMENDED."""
    return Requirement(Level.RECOMMENDED, statement, clauses)


def PROSE(statement: str, *clauses: Clause) -> Requirement:
    """A fact of the protocol that a clause states without a keyword."""
    return Requirement(Level.PROSE, statement, clauses)


def DERIVED(statement: str, *clauses: Clause, security: bool = False) -> Requirement:
    """A duty that follows from what a clause asks of the server; a failure where security hangs on it."""
    return Requirement(Level.DERIVED, statement, clauses, binding=security)


def DOC(statement: str, *clauses: Clause, refused: bool = False) -> Requirement:
    """A duty of Frame.io's guide; a failure where the recorded engine refuses a client that does not meet it."""
    return Requirement(Level.DOC, statement, clauses, binding=refused)

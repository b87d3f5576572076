"""What is said of a scenario, and of a rule."""

from typing import Literal

import msgspec

from scenarios.model.assignment import AppKind

Status = Literal["passed", "failed", "warned", "inconclusive", "not_applicable", "errored"]


class Verdict(msgspec.Struct, frozen=True):
    """What is said of one scenario (or row) with one kind of app, and why."""

    identifier: str
    app_kind: AppKind
    status: Status
    # What was expected and what came, for a failure or a warning; the numbers of the exchanges that show it.
    expected: str = ""
    actual: str = ""
    exchanges: tuple[int, ...] = ()
    # Why nothing could be said: a stable code, the cause, the next step.
    code: str = ""
    cause: str = ""
    next_step: str = ""


class Finding(msgspec.Struct, frozen=True):
    """What a check has against what a client sent, and the exchange that shows it."""

    expected: str
    actual: str
    exchange: int


class RuleVerdict(msgspec.Struct, frozen=True):
    """What is said of a rule over a whole run: how often it was broken, and the first evidence."""

    identifier: str
    status: Status
    count: int = 0
    first: Finding | None = None
    # How many flows there were in which it could have been broken.
    judged: int = 0

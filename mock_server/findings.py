"""What listeners found in exchanges: verdicts of rules, shown in the journal beside the exchange that they speak of.

The server imports no rule. Whoever has some listens to the transcript and says what it found:

    core.transcript.listen(lambda entry: core.findings.add(entry.number, Finding("one-code-once", "failed", "...")))
"""

from typing import Literal

import msgspec

Level = Literal["failed", "warned", "passed", "inconclusive"]


class Finding(msgspec.Struct, frozen=True):
    """What one rule says of one exchange; `clause` names where it is written, `fix` what to change in the client."""

    rule: str
    level: Level
    text: str
    clause: str = ""
    fix: str = ""


class Findings:
    """Findings by the number of their exchange; beyond `capacity` exchanges the oldest are forgotten."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._of: dict[int, tuple[Finding, ...]] = {}

    def add(self, number: int, finding: Finding) -> None:
        """Note a finding about an exchange."""
        self._of[number] = (*self._of.get(number, ()), finding)
        if len(self._of) > self._capacity:
            self._of.pop(next(iter(self._of)), None)

    def of(self, number: int) -> tuple[Finding, ...]:
        """What was found in an exchange, in the order in which it was said."""
        return self._of.get(number, ())

    def clear(self) -> None:
        """Forget every finding."""
        self._of.clear()

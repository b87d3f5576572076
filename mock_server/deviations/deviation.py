"""A deviation: a name, its arguments, and what it does to one kind of answer.

It is told the occasion, the how-manieth answer of its kind this is in the flow, and does nothing on other occasions.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from mock_server.encoding import Message
from mock_server.transcript import Answer

Target = Literal["authorization_response", "token_response", "error_response", "resource"]


@dataclass(frozen=True, slots=True)
class Deviation:
    """One way to spoil an answer; `occasions` counts from 1 and is empty for every time."""

    name: str
    arguments: tuple[Any, ...]
    target: Target
    message: Callable[[Any], Message] | None = None
    encoded: Callable[[Answer], Answer] | None = None
    occasions: tuple[int, ...] = ()

    def on(self, *occasions: int) -> "Deviation":
        """The same deviation on the named occasions only."""
        return replace(self, occasions=occasions)

    def applies(self, target: Target, occasion: int) -> bool:
        """True for an answer of the right kind on one of its occasions."""
        return self.target == target and (not self.occasions or occasion in self.occasions)

    def __str__(self) -> str:
        called = f"{self.name}({', '.join(repr(argument) for argument in self.arguments)})"
        return called + (f" on {', '.join(map(str, self.occasions))}" if self.occasions else "")


def target_of(message: Message) -> Target | None:
    """The kind of answer that a right message is; nothing for kinds that cannot be spoiled."""
    # By name, for a message class has one kind only and this is asked for every answer.
    return _TARGETS.get(type(message).__name__)


_TARGETS: dict[str, Target] = {
    "AuthorizationResponse": "authorization_response",
    "TokenResponse": "token_response",
    "TokenErrorResponse": "error_response",
    "ResourceResponse": "resource",
}

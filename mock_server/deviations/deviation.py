"""A deviation: a name, its arguments, and what it does to one kind of answer.

It is told the occasion, the how-manieth answer of its kind this is in the flow, and does nothing on other occasions.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mock_server.encoding import Message
from mock_server.transcript import Answer

Target = Literal["authorization_response", "token_response", "error_response", "resource", "metadata"]


@dataclass(frozen=True, slots=True)
class Deviation:
    """One way to spoil an answer; `occasions` counts from 1 and is empty for every time."""

    name: str
    arguments: tuple[Any, ...]
    target: Target
    # Not compared: name and arguments say what they do.
    message: Callable[[Any], Message] | None = field(default=None, compare=False)
    encoded: Callable[[Answer], Answer] | None = field(default=None, compare=False)
    occasions: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for argument in self.arguments:
            check_text(argument, self.name)

    def on(self, *occasions: int) -> "Deviation":
        """The same deviation on the named occasions only."""
        if any(occasion < 1 for occasion in occasions):
            raise ValueError(f"{self.name}: occasions are counted from 1, not {min(occasions)}")
        return replace(self, occasions=occasions)

    def applies(self, target: Target, occasion: int) -> bool:
        """True for an answer of the right kind on one of its occasions."""
        return self.target == target and (not self.occasions or occasion in self.occasions)

    def __str__(self) -> str:
        called = f"{self.name}({', '.join(repr(argument) for argument in self.arguments)})"
        return called + (f" on {', '.join(map(str, self.occasions))}" if self.occasions else "")


def check_text(text: Any, where: str) -> None:
    """Refuse text that no bytes can be made of (half a surrogate pair), with a `ValueError`."""
    try:
        str(text).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ValueError(f"{where}: {text!r} cannot be sent as UTF-8") from None


def check_status(status: int, where: str) -> None:
    """Refuse what is no status of a final answer (RFC 9110 15), with a `ValueError`."""
    if not 200 <= status <= 599:
        raise ValueError(f"{where}: a status is from 200 to 599, not {status}")


def check_length(length: int, where: str) -> None:
    """Refuse a negative length, with a `ValueError`."""
    if length < 0:
        raise ValueError(f"{where}: a length is not negative, as {length} is")


def check_header(name: str, value: str, where: str) -> None:
    """Refuse a header that would break the framing of its answer (RFC 9110 5), with a `ValueError`."""
    if not _HEADER_NAME.fullmatch(name) or name.lower() in ("content-length", "transfer-encoding"):
        raise ValueError(f"{where}: {name!r} cannot be set as a header")
    if not _HEADER_VALUE.fullmatch(value):
        raise ValueError(f"{where}: a header cannot hold {value!r}")


_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


def target_of(message: Message) -> Target | None:
    """The kind of answer that a right message is; nothing for kinds that cannot be spoiled."""
    # By name, for a message class has one kind only and this is asked for every answer.
    return _TARGETS.get(type(message).__name__)


_TARGETS: dict[str, Target] = {
    "AuthorizationResponse": "authorization_response",
    "TokenResponse": "token_response",
    "TokenErrorResponse": "error_response",
    "ResourceResponse": "resource",
    "MetadataResponse": "metadata",
}

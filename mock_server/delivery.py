"""How an answer travels: values, and their names for those who cannot write Python.

A delivery never changes what is right. Some do not even let the request take effect (`takes_effect`): then the code or
the refresh token is still good afterwards, as after a real overload.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from mock_server.protocol.vocabulary import Endpoint

# A wait that is meant to end, in seconds.
LONGEST = 3600
_LARGEST = 1 << 31


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait before the first byte; seconds."""

    seconds: float

    def __post_init__(self) -> None:
        _check_seconds(self.seconds)


@dataclass(frozen=True, slots=True)
class Drip:
    """Send the body in small pieces with a pause after each; bytes and seconds."""

    size: int = 1
    seconds: float = 0.05

    def __post_init__(self) -> None:
        _check_seconds(self.seconds)
        _check_whole("size", self.size, 1)


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the connection (RST), with or without the headers sent first."""

    after: Literal["request", "headers", "half_body"] = "request"

    def __post_init__(self) -> None:
        _check_one_of("after", self.after, ("request", "headers", "half_body"))


@dataclass(frozen=True, slots=True)
class HalfBody:
    """Announce the whole body, send half of it, close in peace (FIN)."""


@dataclass(frozen=True, slots=True)
class WrongLength:
    """Announce a Content-Length that is off by so many bytes; or, with `digits`, one of so many nines."""

    difference: int = 10
    digits: int = 0

    def __post_init__(self) -> None:
        _check_whole("difference", self.difference, -_LARGEST)
        _check_whole("digits", self.digits, 0, 100)

    def announced(self, length: int) -> int:
        """What is announced for a body of that length."""
        return int("9" * self.digits) if self.digits else length + self.difference


@dataclass(frozen=True, slots=True)
class Pad:
    """Send so many spaces behind the body, which JSON allows; octets. It ends when the client has had enough."""

    size: int = 16 << 20

    def __post_init__(self) -> None:
        _check_whole("size", self.size, 0, 1 << 30)


@dataclass(frozen=True, slots=True)
class Interim:
    """Send an interim answer, of status 1xx, before the real one (RFC 9110 15.2)."""

    number: Literal[100, 102, 103] = 103

    def __post_init__(self) -> None:
        _check_one_of("number", self.number, (100, 102, 103))


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Answer 429 or 503 in the place of everything, before the request takes effect."""

    status: int = 503
    retry_after: str = "1"

    def __post_init__(self) -> None:
        _check_whole("status", self.status, 400, 599)
        text: Any = self.retry_after
        if not (isinstance(text, str) and text.isascii() and text.isprintable()):
            raise ValueError(f"retry_after cannot be {text!r}; expected the text of a header")


@dataclass(frozen=True, slots=True)
class Redirect:
    """Redirect the request; the second hop serves the answer that would have been right, tokens and all.

    To `itself`, the second hop is the endpoint again, for which the request has to be good still; `cleartext` is an
    origin that speaks http, also where the server speaks https.
    """

    status: Literal[301, 302, 303, 307, 308] = 307
    to: Literal["same_origin", "other_port", "other_host", "cleartext", "itself"] = "other_port"

    def __post_init__(self) -> None:
        _check_one_of("status", self.status, (301, 302, 303, 307, 308))
        _check_one_of("to", self.to, ("same_origin", "other_port", "other_host", "cleartext", "itself"))


How = Delay | Drip | Reset | HalfBody | WrongLength | Pad | Interim | TurnAway | Redirect

_KINDS: dict[str, type[How]] = {
    "delay": Delay,
    "drip": Drip,
    "reset": Reset,
    "half_body": HalfBody,
    "wrong_length": WrongLength,
    "pad": Pad,
    "interim": Interim,
    "turn_away": TurnAway,
    "redirect": Redirect,
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How answers of one endpoint travel; `times` limits it to the first so many ("fail twice, then work")."""

    how: How
    endpoint: Endpoint = "token"
    times: int = 0

    def __post_init__(self) -> None:
        _check_one_of("endpoint", self.endpoint, get_args(Endpoint))
        _check_whole("times", self.times, 0)

    def applies(self, endpoint: Endpoint, occasion: int) -> bool:
        """True for an answer of the endpoint on one of its occasions, counted from 1."""
        return self.endpoint == endpoint and (not self.times or occasion <= self.times)

    @property
    def takes_effect(self) -> bool:
        """False where the request is turned away, or is to come again, before it changes anything."""
        comes_again = isinstance(self.how, Redirect) and self.how.to == "itself"
        return not (comes_again or isinstance(self.how, TurnAway))

    def __str__(self) -> str:
        name = next(name for name, kind in _KINDS.items() if isinstance(self.how, kind))
        arguments = ", ".join(f"{key}={value!r}" for key, value in asdict(self.how).items())
        first = "the first time" if self.times == 1 else f"the first {self.times} times"
        return f"delivery.{name}({arguments})" + (f", {first}" if self.times else "")


def _check_seconds(seconds: Any) -> None:
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not 0 <= seconds <= LONGEST:
        raise ValueError(f"seconds cannot be {seconds!r}; expected a number from 0 to {LONGEST}")


def _check_whole(name: str, value: Any, least: int, most: int = _LARGEST) -> None:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} cannot be {value!r}; expected a whole number from {least} to {most}")


def _check_one_of(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        raise ValueError(f"{name} cannot be {value!r}; expected one of {', '.join(map(str, choices))}")


def named(name: str, arguments: dict[str, Any]) -> How:
    """The delivery of that name; `ValueError` says what is wrong with name or arguments."""
    if name not in _KINDS:
        raise ValueError(f"unknown delivery: {name!r}; known: {', '.join(_KINDS)}")
    known = {f.name for f in fields(_KINDS[name])}
    if unknown := set(arguments) - known:
        raise ValueError(f"delivery {name} has no argument {', '.join(sorted(unknown))}; known: {sorted(known)}")
    try:
        return _KINDS[name](**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"delivery {name}: {error}") from None


def name_of(how: How) -> str:
    """The name of a delivery."""
    return next(name for name, kind in _KINDS.items() if isinstance(how, kind))

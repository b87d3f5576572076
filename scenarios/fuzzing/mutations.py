"""What is done to a genuine redirect, as values: frozen, comparable, and written down as JSON.

A mutation works on the parameters as they stand in the URL, before anybody decodes them, so that a change of spelling
is one mutation and not another value.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from mock_server.protocol import form

Raw = tuple[tuple[str, str], ...]

MARKED = "oauthspec-echo"
EVIL = "oauthspec-evil.example"
CANARY = "oauthspec-canary"
"""What is looked for afterwards: on pages, in redirects, and in requests that nobody should have sent."""

MOCK = "http://oauthspec-mock.invalid"
"""Stands for the API of the mock, whose port differs from run to run."""


class Arrived(msgspec.Struct, frozen=True):
    """A URL in its parts; `parameters` are still encoded."""

    place: str
    parameters: Raw
    fragment: str = ""

    @property
    def url(self) -> str:
        """The whole URL."""
        query = "&".join(f"{name}={value}" for name, value in self.parameters)
        return self.place + (f"?{query}" if query else "") + (f"#{self.fragment}" if self.fragment else "")


class _Mutation(msgspec.Struct, frozen=True, tag_field="do", omit_defaults=True):
    """One change of a genuine redirect."""


class Drops(_Mutation, frozen=True, tag="drops"):
    """Leave a parameter out."""

    parameter: str


class Sets(_Mutation, frozen=True, tag="sets"):
    """Give a parameter another value; where there is none, add it."""

    parameter: str
    value: str


class Extends(_Mutation, frozen=True, tag="extends"):
    """Put something behind a parameter's value."""

    parameter: str
    suffix: str


class Cuts(_Mutation, frozen=True, tag="cuts"):
    """Keep the first characters of a parameter's value."""

    parameter: str
    length: int


class SwapsCase(_Mutation, frozen=True, tag="swaps_case"):
    """Turn capitals into small letters, and the reverse."""

    parameter: str


class Repeats(_Mutation, frozen=True, tag="repeats"):
    """Send a parameter twice; without a value, the same one again."""

    parameter: str
    value: str | None = None
    first: bool = False


class Adds(_Mutation, frozen=True, tag="adds"):
    """Add a parameter; its value is written `times` times in a row."""

    parameter: str
    value: str
    times: int = 1
    first: bool = False


class Borrows(_Mutation, frozen=True, tag="borrows"):
    """Take a parameter's value from the last genuine redirect of another session, where there is one."""

    parameter: str
    session: str


class Renames(_Mutation, frozen=True, tag="renames"):
    """Write a parameter's name otherwise, as in `state[]`."""

    parameter: str
    name: str


class Reorders(_Mutation, frozen=True, tag="reorders"):
    """Turn the parameters round."""


class Reencodes(_Mutation, frozen=True, tag="reencodes"):
    """Spell a value otherwise: every octet percent-encoded, in small letters, or encoded and encoded once more.

    The first two are other spellings of the same value; `twice` is another value, unless somebody decodes it twice.
    """

    parameter: str
    how: Literal["every-octet", "lower-hex", "twice"] = "every-octet"


class MovesToFragment(_Mutation, frozen=True, tag="moves_to_fragment"):
    """Put all parameters behind a hash, as an implicit grant would."""


class Moves(_Mutation, frozen=True, tag="moves"):
    """Bring the redirect to a place beside the redirection endpoint."""

    suffix: str


Mutation = (
    Drops
    | Sets
    | Extends
    | Cuts
    | SwapsCase
    | Repeats
    | Adds
    | Borrows
    | Renames
    | Reorders
    | Reencodes
    | MovesToFragment
    | Moves
)


def here(url: str, api_url: str) -> str:
    """The URL with the mock's own address in the place of `MOCK`."""
    return url.replace(_quoted(MOCK), _quoted(api_url))


def arrived(url: str) -> Arrived:
    """A URL in its parts."""
    before, _, fragment = url.partition("#")
    place, _, query = before.partition("?")
    pairs = (part.partition("=") for part in query.split("&") if part)
    return Arrived(place, tuple((name, value) for name, _, value in pairs), fragment)


def decoded(landing: Arrived) -> tuple[tuple[str, str], ...]:
    """The parameters of the query as an application reads them."""
    return form.parse("&".join(f"{name}={value}" for name, value in landing.parameters)).pairs


def mutated(url: str, mutations: tuple[Mutation, ...], genuine: Mapping[str, Mapping[str, str]]) -> str:
    """The URL after all mutations; `genuine` holds the parameters of each session's last genuine redirect."""
    landing = arrived(url)
    for mutation in mutations:
        landing = _applied(landing, mutation, genuine)
    return landing.url


def _applied(landing: Arrived, mutation: Mutation, genuine: Mapping[str, Mapping[str, str]]) -> Arrived:
    pairs = landing.parameters
    match mutation:
        case Drops(parameter):
            return _with(landing, tuple(pair for pair in pairs if pair[0] != parameter))
        case Sets(parameter, value):
            return _set(landing, parameter, value)
        case Borrows(parameter, session):
            return _set(landing, parameter, genuine[session].get(parameter, "")) if session in genuine else landing
        case Extends(parameter, suffix):
            return _changed(landing, parameter, lambda value: value + _quoted(suffix))
        case Cuts(parameter, length):
            return _changed(landing, parameter, lambda value: _quoted(_unquoted(value)[:length]))
        case SwapsCase(parameter):
            return _changed(landing, parameter, lambda value: _quoted(_unquoted(value).swapcase()))
        case Repeats(parameter, value, first):
            same = next((old for name, old in pairs if name == parameter), "")
            return _added(landing, parameter, same if value is None else _quoted(value), first=first)
        case Adds(parameter, value, times, first):
            return _added(landing, _quoted(parameter), _quoted(value) * times, first=first)
        case Renames(parameter, name):
            return _with(landing, tuple((name if old == parameter else old, value) for old, value in pairs))
        case Reorders():
            return _with(landing, pairs[::-1])
        case Reencodes(parameter, how):
            return _changed(landing, parameter, _SPELLINGS[how])
        case MovesToFragment():
            return Arrived(landing.place, (), arrived(f"?{_query(pairs)}").url[1:])
        case Moves(suffix):
            return Arrived(landing.place + suffix, pairs, landing.fragment)


def _query(pairs: Raw) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


def _with(landing: Arrived, pairs: Raw) -> Arrived:
    return Arrived(landing.place, pairs, landing.fragment)


def _changed(landing: Arrived, parameter: str, change: Callable[[str], str]) -> Arrived:
    return _with(
        landing, tuple((name, change(value) if name == parameter else value) for name, value in landing.parameters)
    )


def _set(landing: Arrived, parameter: str, value: str) -> Arrived:
    if any(name == parameter for name, _ in landing.parameters):
        return _changed(landing, parameter, lambda _old: _quoted(value))
    return _added(landing, _quoted(parameter), _quoted(value), first=False)


def _added(landing: Arrived, name: str, value: str, *, first: bool) -> Arrived:
    extra = (name, value)
    return _with(landing, (extra, *landing.parameters) if first else (*landing.parameters, extra))


def _quoted(value: str) -> str:
    return "".join(
        chr(octet) if chr(octet) in _PLAIN else f"%{octet:02X}" for octet in value.encode("utf-8", "surrogatepass")
    )


def _unquoted(value: str) -> str:
    pairs = form.parse(f"x={value}").pairs
    return pairs[0][1] if pairs else ""


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


def _every_octet(value: str) -> str:
    return "".join(f"%{octet:02X}" for octet in _unquoted(value).encode("utf-8", "surrogateescape"))


_SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "every-octet": _every_octet,
    "lower-hex": lambda value: _every_octet(value).lower(),
    "twice": lambda value: _every_octet(value).replace("%", "%25"),
}

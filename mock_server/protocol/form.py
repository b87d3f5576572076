"""The form encoding of RFC 6749 appendix B, read as the recorded engine reads it.

Text is kept as `str` with undecodable bytes as surrogates, so that a `state` of any bytes comes back as the
same bytes. A pair that cannot be decoded, or that holds a raw semicolon, is dropped as a whole and does no other
harm (recorded: `state/undecodable-escape`, `auth-parameters/semicolon-separator`).
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import quote_plus, unquote_to_bytes

Pairs = tuple[tuple[str, str], ...]

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


class _First(dict[str, str]):
    """The first value of each parameter, and of all others nothing at all."""

    __slots__ = ()

    def __missing__(self, name: str) -> str:
        return ""


class Parameters:
    """Decoded parameters in the order in which they came, repeats included; a value, never changed.

    `get` is the first value of a parameter, or nothing at all: RFC 6749 3.1 lets both mean "not sent".
    """

    __slots__ = ("_first", "get", "pairs")

    def __init__(self, pairs: Pairs = ()) -> None:
        self.pairs = pairs
        self._first = _First(reversed(pairs))
        # No method of ours: it is asked twenty times in a login.
        self.get: Callable[[str], str] = self._first.__getitem__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parameters) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"Parameters({self.pairs!r})"

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter, in order."""
        if name not in self._first:
            return ()
        return tuple(value for key, value in self.pairs if key == name)

    def repeated(self) -> str:
        """The name of the first parameter that came more than once, or nothing."""
        seen: set[str] = set()
        for name, _ in self.pairs:
            if name in seen:
                return name
            seen.add(name)
        return ""

    def __bool__(self) -> bool:
        return bool(self.pairs)


def unquote(text: str) -> str | None:
    """Decode one form-encoded value; nothing where a percent sign starts no escape."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        return None
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def quote(text: str) -> str:
    """Encode one value; everything but letters, digits and `-._~` is escaped, a space is a plus."""
    return text if is_unreserved(text) else _escaped(text)


def is_unreserved(text: str) -> bool:
    """True where there is nothing but letters, digits and `-._~` (RFC 3986 2.3)."""
    return text.isascii() and not text.encode().translate(None, _UNRESERVED)


# What has to be escaped is mostly a list of scopes or a URI, and comes again.
@lru_cache(maxsize=256)
def _escaped(text: str) -> str:
    return quote_plus(text, safe="", encoding="utf-8", errors="surrogateescape")


def parse(text: str) -> Parameters:
    """Read a query or a form body."""
    pairs: list[tuple[str, str]] = []
    for pair in text.split("&"):
        if "%" in pair or "+" in pair:
            decoded = _decoded(pair)
            if decoded is not None:
                pairs.append(decoded)
        elif pair and ";" not in pair:
            name, _, value = pair.partition("=")
            pairs.append((name, value))
    return Parameters(tuple(pairs))


# Clients send the same redirect URI and the same scopes again and again; what is kept of them is then kept once.
@lru_cache(maxsize=256)
def _decoded(pair: str) -> tuple[str, str] | None:
    raw_name, _, raw_value = pair.partition("=")
    name, value = unquote(raw_name), unquote(raw_value)
    return None if name is None or value is None or ";" in pair else (name, value)


def serialize(pairs: Iterable[tuple[str, str]], *, space: str = "+") -> str:
    """Write parameters in the order given; `space` is `+` or `%20`."""
    text = "&".join([f"{_quoted_name(name)}={quote(value)}" for name, value in pairs])
    return text if space == "+" else text.replace("+", space)


# Unlike their values, the names are the same few each time.
@lru_cache(maxsize=256)
def _quoted_name(name: str) -> str:
    return quote(name)


def byte_length(text: str) -> int:
    """The length of a decoded value in bytes, as the recorded engine counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))

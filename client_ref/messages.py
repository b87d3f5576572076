"""The values that flows and drivers exchange: what is asked for, and what came of it.

No value here shows a secret in its `repr`: what travels is for the wire, not for logs.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode

from client_ref.session import Tokens

Form: TypeAlias = tuple[tuple[str, str], ...]
"""Form parameters in order; a name can occur twice here, so that such a message can be spoken of."""


def serialize_form(form: Form) -> str:
    """Write `application/x-www-form-urlencoded` in UTF-8 (RFC 6749 appendix B)."""
    return urlencode(form, encoding="utf-8")


def parse_form(text: str) -> Form:
    """Read what `serialize_form` writes, and whatever else arrives; bytes that are no UTF-8 become U+FFFD."""
    return tuple(parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace"))


@dataclass(frozen=True, slots=True)
class Visit:
    """Send the resource owner's browser there; what comes back is a `Landing`."""

    url: str

    def __repr__(self) -> str:
        return f"Visit({self.url.partition('?')[0]!r})"


@dataclass(frozen=True, slots=True)
class Post:
    """Post this form; what comes back is a `Response`."""

    url: str
    form: Form = field(repr=False)
    headers: Form = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Get:
    """Fetch this; what comes back is a `Response`."""

    url: str
    headers: Form = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Alone:
    """Run this flow while nobody else runs one under the same key; what comes back is its `Tokens`."""

    key: str = field(repr=False)
    flow: Flow[Tokens] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Landing:
    """The URL at which the browser arrived."""

    url: str

    def __repr__(self) -> str:
        return f"Landing({self.url.partition('?')[0]!r})"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer over HTTP; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


Request: TypeAlias = Visit | Post | Get | Alone
Result = TypeVar("Result")

# Recursive on purpose: a flow may ask its driver to run another flow alone.
Flow: TypeAlias = Generator[Request, Landing | Response | Tokens, Result]

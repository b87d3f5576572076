"""How two texts differ, character by character, in parts that a page can mark."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

# SequenceMatcher takes quadratic time: what is longer is compared by its two ends only.
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text that both have, or that only one of them has."""

    kind: Literal["same", "sent", "registered"]
    text: str


def difference(sent: str, registered: str) -> tuple[Part, ...]:
    """The parts of both texts in order; `same` and `sent` make up what was sent, `same` and `registered` the other."""
    if max(len(sent), len(registered)) > _LONGEST:
        return _ends(sent, registered)
    parts: list[Part] = []
    matcher = SequenceMatcher(None, sent, registered, autojunk=False)
    for kind, from_, to, other_from, other_to in matcher.get_opcodes():
        if kind == "equal":
            parts.append(Part("same", sent[from_:to]))
            continue
        if to > from_:
            parts.append(Part("sent", sent[from_:to]))
        if other_to > other_from:
            parts.append(Part("registered", registered[other_from:other_to]))
    return tuple(parts)


def _ends(sent: str, registered: str) -> tuple[Part, ...]:
    shorter = min(len(sent), len(registered))
    start = next((i for i in range(shorter) if sent[i] != registered[i]), shorter)
    rest = shorter - start
    end = next((i for i in range(rest) if sent[-1 - i] != registered[-1 - i]), rest)
    parts = (
        Part("same", sent[:start]),
        Part("sent", sent[start : len(sent) - end]),
        Part("registered", registered[start : len(registered) - end]),
        Part("same", sent[len(sent) - end :]),
    )
    return tuple(part for part in parts if part.text)


def nearest(sent: str, registered: Iterable[str]) -> str:
    """The registered text that is most like what was sent; nothing where none is registered."""
    return max(registered, key=lambda one: _likeness(sent, one), default="")


def _likeness(sent: str, one: str) -> float:
    return SequenceMatcher(None, sent[:_LONGEST], one[:_LONGEST], autojunk=False).ratio()


def in_words(sent: str, registered: str) -> str:
    """What the difference amounts to, where it is one of those that people make."""
    if sent.lower() == registered.lower():
        return "They differ in upper and lower case alone."
    if sent.rstrip("/") == registered.rstrip("/"):
        return "They differ in the slash at the end alone."
    if sent.strip() == registered.strip():
        return "They differ in white space at the ends alone."
    if sent.replace("localhost", "127.0.0.1") == registered.replace("localhost", "127.0.0.1"):
        return "localhost and 127.0.0.1 are the same machine, but not the same redirect URI."
    if "://" in sent and sent.partition("://")[2] == registered.partition("://")[2]:
        return "They differ in the scheme alone."
    return ""

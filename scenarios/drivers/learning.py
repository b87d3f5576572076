"""Telling good landings from others, where nobody can be asked: by what a good and a denied login looked like.

An application may answer 200 to everything, so no status says anything by itself. Two landings are compared: where the
browser ended up, with what status, on what page, and with which cookies set. A later landing is *good* if it is like
the good one in all that tells the two apart. Parts that change by themselves (tokens, numbers, dates) are left out.
"""

import html
import re
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

Likeness = Literal["good", "unlike", "unclear"]

# Shares of the words that only one of the two pages holds. A page of a good login with fewer scopes, or without a
# refresh token, still holds most of its words; an error page holds hardly any.
_MOST = 0.6
_FEW = 0.2
# Words that a page may add to the good one and still be like it, where the good one has no word of its own.
_ADDED = 2

# A page can be hostile: so much of it is looked at, and nothing here takes more than one pass over it.
_LOOKED_AT = 128 * 1024
_HIDDEN = re.compile(r"<(?:(?P<comment>!--)|(?P<element>script|style|svg)\b)", re.IGNORECASE)
# Attributes that hold a form's hidden values, nonces and the like; those of links and names of classes stay.
_VALUES = re.compile(
    r"\b(?:value|content|nonce|integrity|data-[\w-]{1,64})\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE
)
_RUN = re.compile(r"[\w.~+/%=-]+")
_WORD = re.compile(r"[^\W\d_]+(?:_[^\W\d_]+)*")
# What a good answer carries by definition, where an application passes it on to a page of its own.
_PASSED_ON = frozenset({"code", "state", "scope", "iss", "session_state"})


class Landing(msgspec.Struct, frozen=True):
    """What was seen of a landing: the last answer of a chain of redirects.

    `place` is where it ended; `cookies` are the names of those that it set, with `-` before one that it took away.
    """

    status: int
    place: str
    cookies: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


class Signal(msgspec.Struct, frozen=True):
    """Two landings that differ, and so tell others apart."""

    good: Landing
    denied: Landing

    @property
    def differs_in(self) -> tuple[str, ...]:
        """In what the two differ: `status`, `place`, `page`, `cookies`."""
        good, denied = self.good, self.denied
        seen = {
            "status": good.status != denied.status,
            "place": good.place != denied.place,
            "page": good.words != denied.words,
            "cookies": good.cookies != denied.cookies,
        }
        return tuple(name for name, differs in seen.items() if differs)

    def likeness(self, landing: Landing) -> Likeness:
        """Whether a landing is like the good one in all that tells good from denied."""
        if (landing.status, landing.place) != (self.good.status, self.good.place):
            return "unlike"
        by_page = self._by_page(landing.words) if self.good.words != self.denied.words else "good"
        routed = (self.denied.status, self.denied.place) != (self.good.status, self.good.place)
        if by_page != "good":
            # The right page with other contents: what is listed on it may have changed.
            return "good" if routed and by_page == "unclear" else by_page
        told = routed or self.good.words != self.denied.words
        return "good" if told or self._by_cookies(landing.cookies) else "unlike"

    def _by_page(self, words: frozenset[str]) -> Likeness:
        only_good = self.good.words - self.denied.words
        only_denied = self.denied.words - self.good.words
        denied = _share(words, only_denied)
        if not only_good:
            # The denied page is the good one and something more, as where a notice stands above the home page.
            added = len(words - self.good.words)
            return "unlike" if denied > _FEW or added > _ADDED else "good"
        good = _share(words, only_good)
        if good >= _MOST and denied < _MOST:
            return "good"
        return "unlike" if good <= _FEW or denied >= _MOST else "unclear"

    def _by_cookies(self, cookies: frozenset[str]) -> bool:
        only_good = self.good.cookies - self.denied.cookies
        only_denied = self.denied.cookies - self.good.cookies
        return only_good <= cookies and not only_denied & cookies


def learn(good: Landing, denied: Landing) -> Signal | None:
    """What tells a good landing from a denied one; nothing where the two look the same."""
    signal = Signal(good, denied)
    return signal if signal.differs_in else None


def observed(status: int, place: str, set_cookies: frozenset[str], body: str) -> Landing:
    """A landing as it is remembered, without what changes by itself."""
    cookies = frozenset(_steady(name) for name in set_cookies)
    return Landing(status=status, place=place, cookies=cookies, words=words_of(body))


def place_of(url: str, *, redirected: bool) -> str:
    """Where a landing ended, as a path and what its query says.

    Without a redirect the query is the authorization response itself, and says nothing of what was made of it.
    """
    parts = urlsplit(url)
    path = "/".join(_steady(unquote(segment)) for segment in parts.path.split("/")) or "/"
    pairs = parse_qsl(parts.query, keep_blank_values=True) if redirected else []
    query = sorted(f"{name}={_steady(value)}" for name, value in pairs if name not in _PASSED_ON)
    return f"{path}?{'&'.join(query)}" if query else path


def words_of(body: str) -> frozenset[str]:
    """The words of a page, in lower case; of HTML, JSON or plain text alike."""
    text = _VALUES.sub(" ", _visible(body[:_LOOKED_AT]))
    runs = (run[0] for run in _RUN.finditer(html.unescape(text)))
    return frozenset(word[0].lower() for run in runs if not _is_volatile(run) for word in _WORD.finditer(run))


def _visible(page: str) -> str:
    """A page without comments, scripts and styles; one that is never closed hides the rest."""
    shown, at = [], 0
    while opening := _HIDDEN.search(page, at):
        shown.append(page[at : opening.start()])
        closing = "-->" if opening["comment"] else f"</{opening['element']}"
        closed = re.compile(closing, re.IGNORECASE).search(page, opening.end())
        if closed is None:
            return " ".join(shown)
        at = closed.end()
    return " ".join((*shown, page[at:]))


def _share(words: frozenset[str], of: frozenset[str]) -> float:
    return len(words & of) / len(of) if of else 0.0


def _steady(text: str) -> str:
    """A piece of a path or a query, or a name; `*` in the place of what changes by itself."""
    return "".join("*" if _is_volatile(run) else run for run in re.split(r"([_.:-])", text))


def _is_volatile(run: str) -> bool:
    """True for what looks made by a machine: anything with a digit in it, and long runs of mixed case."""
    if any(character.isdigit() for character in run):
        return True
    pieces = re.split(r"[/._=-]", run)
    return any(len(piece) >= 16 and not (piece.islower() or piece.isupper()) for piece in pieces)

"""What the client keeps in the browser's session: logins that wait for their landing, and tokens.

The session is a plain mutable mapping that lives on the server and belongs to one browser. Only JSON values are
put into it, so that any session store can hold them. It must never travel to the browser: it holds verifiers and
tokens.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

Session: TypeAlias = MutableMapping[str, Any]

LOGINS = "oauth.logins"
TOKENS = "oauth.tokens"

MOST_LOGINS = 8
"""Two tabs are common, eight are not; a bound keeps a page that reloads /login from filling the session."""

LOGIN_LIFETIME = 3600.0
"""Seconds a person may take at the authorization server: long enough for a password reset and a coffee."""


@dataclass(frozen=True, slots=True)
class Login:
    """A login that was begun in this session: only this browser can finish it, once."""

    state: str = field(repr=False)
    code_verifier: str = field(repr=False)
    begun: float


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login or a refresh brought.

    `scope` is what this access token may do; `granted` is what the resource owner agreed to at the login, beyond
    which a refresh must not ask (RFC 6749 section 6). `expires_at` is in seconds since the epoch, None if unknown.
    """

    access_token: str = field(repr=False)
    scope: tuple[str, ...]
    granted: tuple[str, ...]
    token_type: str
    expires_at: float | None = None
    refresh_token: str | None = field(default=None, repr=False)


def remember_login(session: Session, login: Login) -> None:
    """Keep a login until its landing; the oldest makes room."""
    logins: dict[str, dict[str, Any]] = session.setdefault(LOGINS, {})
    while len(logins) >= MOST_LOGINS:
        logins.pop(next(iter(logins)), None)
    logins[login.state] = {"code_verifier": login.code_verifier, "begun": login.begun}
    session[LOGINS] = logins


def take_login(session: Session, state: str) -> Login | None:
    """Take out the login that waits for this state; it is gone afterwards, whatever follows.

    The comparison takes the same time wherever two states differ. The removal is one step, so of two threads
    that bring the same landing only one gets the login.
    """
    logins: dict[str, dict[str, Any]] = session.get(LOGINS, {})
    for waiting in list(logins):
        if hmac.compare_digest(_octets(waiting), _octets(state)):
            kept = logins.pop(waiting, None)
            session[LOGINS] = logins
            return Login(state=waiting, **kept) if kept else None
    return None


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def keep_tokens(session: Session, tokens: Tokens) -> None:
    """Replace whatever tokens the session held: an old refresh token is discarded (RFC 6749 section 6)."""
    session[TOKENS] = asdict(tokens)


def held_tokens(session: Session) -> Tokens | None:
    """The tokens of this session, if it has any."""
    kept: Mapping[str, Any] | None = session.get(TOKENS)
    if kept is None:
        return None
    return Tokens(**{**kept, "scope": tuple(kept["scope"]), "granted": tuple(kept["granted"])})


def drop_tokens(session: Session) -> None:
    """Forget the tokens: what remains is a session that is not logged in."""
    session.pop(TOKENS, None)

"""What a story is told with: sessions of one application, on a server that is changed for one flow at a time."""

from collections.abc import Awaitable
from typing import Protocol

from mock_server.changes import NONE, Changes
from mock_server.protocol.vocabulary import Certificate
from scenarios.model.expectation import (
    Accepts,
    BreaksOff,
    Copes,
    Counted,
    Declares,
    Follows,
    Forbidden,
    Rejects,
    SendsAtMost,
    Sent,
    Shows,
    Step,
)
from scenarios.model.outcome import Outcome
from scenarios.model.redirect import Redirect as Redirect


class Session(Protocol):
    """One user agent of the application under test."""

    @property
    def name(self) -> str:
        """What the story calls it."""

    async def begin(self, changes: Changes = NONE) -> None:
        """Begin a login and go no further: the application has sent the user agent away, and waits."""

    async def ask(self, changes: Changes = NONE, *, host: str = "") -> None:
        """Begin a login so far that its authorization request arrives, however it is answered."""

    async def authorize(self, changes: Changes = NONE, *, query: str = "", host: str = "") -> Redirect:
        """Begin a login and get through consent: the redirect back, not followed.

        In a browser `query` is added to the address where the application begins logins, which is asked as `host`.
        """

    async def authorize_again(self, outcome: Outcome, changes: Changes = NONE) -> Redirect | None:
        """Go on where a step has sent the browser, if that is into another login: the redirect back."""

    async def land(self, redirect: Redirect, *, method: str = "GET", host: str = "") -> Outcome:
        """Open a redirect, this session's own or somebody else's.

        `host` stands in the request in the place of its own; or in the URL, where a seat has no browser.
        """

    def forget_cookies(self, *words: str) -> None:
        """Take from the browser the cookies with one of these words in their names, or all of them."""

    async def log_in(self, changes: Changes = NONE) -> Outcome:
        """Begin, consent and land."""

    async def refresh(self) -> Outcome:
        """Have the access token refreshed."""

    async def call_api(self) -> Outcome:
        """Have the API called."""


class Stage(Protocol):
    """Where a story takes place."""

    def session(self, name: str = "") -> Session:
        """A fresh user agent."""

    async def together(self, *steps: Awaitable[Outcome]) -> tuple[Outcome, ...]:
        """Take several steps at once."""

    def expire_access_token(self, session: Session) -> None:
        """Let an hour pass for what a session was granted."""

    def expire_refresh_token(self, session: Session) -> None:
        """Let thirty days pass for what a session was granted."""

    async def restart(self) -> None:
        """Stop the application and start it again: what it keeps in memory is gone, what it stores is not."""

    async def move_clock(self, seconds: float) -> None:
        """Have the application believe that so much more time has passed; a scenario moves it back again."""

    def elsewhere(self, redirect: Redirect) -> str:
        """An address at another origin; who asks there is recorded with the flow of the redirect."""

    def change(self, session: Session, changes: Changes) -> None:
        """Answer a session otherwise from now on; what was changed for it before counts no longer."""

    async def present(self, certificate: Certificate) -> None:
        """Show another certificate to everybody from now on, on new connections: a story is alone with the server."""


def rejects(
    session: Session,
    *,
    before: Forbidden = "session",
    step: Step = "land",
    reasons: tuple[str, ...] = (),
    explained: bool = False,
) -> Rejects:
    """Expect the session's last step to be refused; with `explained`, for a reason that the client names."""
    return Rejects(session.name, before, step, reasons, explained)


def accepts(session: Session, *, step: Step = "land", times: int = 1) -> Accepts:
    """Expect the session's last step to succeed, or its last `times` steps."""
    return Accepts(session.name, step, times)


def follows(session: Session | None, check: str, *, of: Sent = "code", if_any: bool = False) -> Follows:
    """Expect what the session sends (or every one) to meet a named check; `of` says what it has to send for that."""
    return Follows(session.name if session else "", check, of, if_any)


def shows(session: Session, check: str, *, step: Step = "land") -> Shows:
    """Expect what a browser saw of the session's last step to meet a named check."""
    return Shows(session.name, check, step)


def breaks_off(session: Session, *, step: Step = "land") -> BreaksOff:
    """Expect the session to send nothing to a server with a bad certificate."""
    return BreaksOff(session.name, step)


def sends_at_most(
    session: Session, times: int, what: Counted, *, step: Step = "land", at_least: int = 0
) -> SendsAtMost:
    """Expect no more than so many requests since the session's first step of that kind."""
    return SendsAtMost(session.name, times, what, step, at_least)


def copes(
    session: Session, *, step: Step = "land", longest: float | None = None, explained: bool = False
) -> Copes:
    """Expect the session's last step to end somehow, and no belief in a lifetime beyond `longest` seconds."""
    return Copes(session.name, step, longest, explained)


def declares(
    session: Session,
    *,
    step: Step = "land",
    scope: str | None = None,
    lifetime: float | None = None,
    may_refuse: bool = False,
) -> Declares:
    """Expect the client to believe a granted scope, or a lifetime in seconds."""
    return Declares(session.name, step, scope, lifetime, may_refuse)

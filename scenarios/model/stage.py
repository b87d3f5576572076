"""What a story is told with: sessions of one application, on a server that is changed for one flow at a time."""

from typing import Protocol

import msgspec

from mock_server.changes import NONE, Changes
from scenarios.model.expectation import Accepts, Follows, Forbidden, Rejects, Step
from scenarios.model.outcome import Outcome


class Redirect(msgspec.Struct, frozen=True):
    """An authorization response on its way: the URL that a user agent is about to open, and the flow it is of."""

    url: str
    flow: str


class Session(Protocol):
    """One user agent of the application under test."""

    @property
    def name(self) -> str:
        """What the story calls it."""

    async def begin(self, changes: Changes = NONE) -> None:
        """Begin a login and go no further: the application has sent the user agent away, and waits."""

    async def authorize(self, changes: Changes = NONE) -> Redirect:
        """Begin a login and get through consent: the redirect back, not followed."""

    async def land(self, redirect: Redirect) -> Outcome:
        """Open a redirect, this session's own or somebody else's."""

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

    def expire_access_token(self, session: Session) -> None:
        """Let an hour pass for what a session was granted."""


def rejects(
    session: Session, *, before: Forbidden = "session", step: Step = "land", reasons: tuple[str, ...] = ()
) -> Rejects:
    """Expect the session's last step to be refused."""
    return Rejects(session.name, before, step, reasons)


def accepts(session: Session, *, step: Step = "land") -> Accepts:
    """Expect the session's last step to succeed."""
    return Accepts(session.name, step)


def follows(session: Session, check: str) -> Follows:
    """Expect what the session sends to meet a named check."""
    return Follows(session.name, check)

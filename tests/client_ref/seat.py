"""A client in memory, facing a server in memory: what it did is told by the server, what it says by its outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from client_ref.client import Granted, granted
from client_ref.discovery import discover
from client_ref.errors import Refusal
from client_ref.flaws.flaw import Flaw
from client_ref.flows import Flows
from client_ref.registration import Registration
from client_ref.session import Session
from tests.client_ref.authorization_server import AuthorizationServer, drive

STRICT_CLIENT = Flaw("strict", "Nothing is wrong.", ())


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Seat:
    """One application under test. Each method gives back `granted`, a refusal's code, or the name of a crash."""

    def __init__(self, registration: Registration, flaw: Flaw = STRICT_CLIENT, **server: Any) -> None:
        self.clock = Clock()
        self.registration = registration
        self.policy = replace(flaw.policy, clock=self.clock)
        self.flows: Flows = flaw.flows
        self.flaw = flaw
        self.server = AuthorizationServer(registration, **server)
        self.granted: Granted | None = None

    def discover(self) -> str:
        """Ask for the metadata, and go by them from now on: `read`, or the code of a refusal."""
        try:
            self.registration = drive(discover(self.registration, self.policy), self.server.answer)
        except Refusal as refusal:
            return refusal.code
        return "read"

    def begin(self, session: Session) -> str:
        return self.flows.begin(self.registration, session, self.policy).url

    def land(self, session: Session, url: str) -> str:
        return self._outcome(self.flows.land(self.registration, session, url, self.policy))

    def refresh(self, session: Session) -> str:
        return self._outcome(self.flows.refresh(self.registration, session, self.policy))

    def call_api(self, session: Session) -> str:
        return self._outcome(self.flows.call_api(self.registration, session, "/me", self.policy))

    def log_in(self, session: Session | None = None, **changed: str | None) -> str:
        session = {} if session is None else session
        return self.land(session, self.server.authorize(self.begin(session), **changed))

    def _outcome(self, flow: Any) -> str:
        try:
            result = drive(flow, self.server.answer)
        except Refusal as refusal:
            return refusal.code
        except (Exception, SystemExit) as crash:  # noqa: BLE001 - a crash is an outcome
            return f"crash: {crash!r}"
        self.granted = granted(result[0] if isinstance(result, tuple) else result)
        return "granted"

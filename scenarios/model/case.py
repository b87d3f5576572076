"""One performance of a scenario: everything that its verdict is made from, and nothing else."""

from typing import Literal

import msgspec

from mock_server.protocol.records import App
from mock_server.transcript import Entry, Event, Exchange
from scenarios.model.assignment import AppKind
from scenarios.model.expectation import Expectation

TroubleKind = Literal["errored", "inconclusive", "not_applicable"]


class Trouble(msgspec.Struct, frozen=True):
    """Why there is nothing to judge: a stable code, the cause, the next step."""

    kind: TroubleKind
    code: str
    cause: str
    next_step: str = ""


class Case(msgspec.Struct, frozen=True):
    """The evidence of one scenario (or one row of it) with one kind of app."""

    scenario: str
    row: str
    app_kind: AppKind
    app: App | None = None
    expectation: Expectation | None = None
    # The flows of each session of the story, in the order in which they began.
    sessions: dict[str, tuple[str, ...]] = {}
    # The flows of the good logins before and after.
    before: str = ""
    after: str = ""
    # The flow in which the application asked for the server's metadata, where it was told of them.
    metadata: str = ""
    entries: tuple[Entry, ...] = ()
    trouble: Trouble | None = None
    # What the application said when it did not start with settings that it may refuse; `before` is of another one.
    refused_settings: str = ""
    # Performed with no other scenario beside it.
    alone: bool = False
    # Changes that the whole run was given, so that the client gets in at all.
    leniencies: tuple[str, ...] = ()

    @property
    def identifier(self) -> str:
        """The scenario's identifier, with the row in brackets."""
        return f"{self.scenario}[{self.row}]" if self.row else self.scenario

    @property
    def flows(self) -> frozenset[str]:
        """Every flow of the story."""
        return frozenset(flow for flows in self.sessions.values() for flow in flows)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges of the story's flows, strays left out."""
        return tuple(e for e in self.entries if isinstance(e, Exchange) and e.flow in self.flows)

    @property
    def strays(self) -> tuple[Exchange, ...]:
        """Requests that came meanwhile and that no flow can be named for."""
        return tuple(e for e in self.entries if isinstance(e, Exchange) and not e.flow)

    def events(self, kind: str) -> tuple[Event, ...]:
        """The events of a kind in the story's flows."""
        return tuple(e for e in self.entries if isinstance(e, Event) and e.kind == kind and e.flow in self.flows)

    def of_flow(self, flow: str) -> tuple[Entry, ...]:
        """The entries of one flow."""
        return tuple(entry for entry in self.entries if entry.flow == flow)

"""Clients that are wrong on purpose: each is the strict client with one thing changed.

They are the proof that a harness can fail: a scenario that no client here fails is decoration, and one that the strict
client fails is wrong. Three are not clients at all: they show that refusing everything, crashing and keeping silent do
not pass for correctness.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NoReturn

from client_ref.client import Assignment, AsyncClient, Client, Granted, ca_file, registration
from client_ref.errors import ConfigurationError, StateMismatch
from client_ref.flaws import (
    authorization_request,
    certificates,
    ending,
    landing,
    lifetime,
    metadata,
    pages,
    refresh,
    state,
    token_answer,
    token_request,
)
from client_ref.flaws.flaw import Flaw
from client_ref.policy import STRICT, Parameters
from client_ref.redaction import legible
from client_ref.registration import Registration
from client_ref.session import Login, Session


def _refuse(_session: Session, _parameters: Parameters, _now: float) -> Login:
    raise StateMismatch


def _crash(_session: Session, _parameters: Parameters, _now: float) -> Login:
    raise RuntimeError("this client crashes on purpose")


class _NeverAnswers(Client):
    def land(self, session: Session, url: str) -> Granted:
        del session, url
        return _wait_for_ever()


class _AsyncNeverAnswers(AsyncClient):
    async def land(self, session: Session, url: str) -> Granted:
        del session, url
        await asyncio.Event().wait()
        raise AssertionError("nobody sets this event")


def _wait_for_ever() -> NoReturn:
    threading.Event().wait()
    raise AssertionError("nobody sets this event")


NOT_CLIENTS = (
    Flaw(
        "refuses-everything",
        "Every landing is refused.",
        (),
        policy=replace(STRICT, state=_refuse),
    ),
    Flaw(
        "crashes",
        "Every landing ends in an exception.",
        (),
        policy=replace(STRICT, state=_crash),
    ),
    Flaw(
        "never-answers",
        "No landing is ever answered.",
        (),
        client=_NeverAnswers,
        async_client=_AsyncNeverAnswers,
    ),
)

FLAWS: Mapping[str, Flaw] = MappingProxyType(
    {
        flaw.name: flaw
        for flaw in (
            *authorization_request.FLAWS,
            *metadata.FLAWS,
            *state.FLAWS,
            *landing.FLAWS,
            *token_request.FLAWS,
            *token_answer.FLAWS,
            *certificates.FLAWS,
            *lifetime.FLAWS,
            *refresh.FLAWS,
            *pages.FLAWS,
            *ending.FLAWS,
            *NOT_CLIENTS,
        )
    }
)


def flaw(name: str) -> Flaw:
    """The flaw of that name."""
    if name not in FLAWS:
        raise ConfigurationError(
            "flaw_unknown",
            f"There is no flawed client {legible(name)}",
            f"Choose one of: {', '.join(FLAWS)}.",
        )
    return FLAWS[name]


def client(name: str, registration: Registration, ca_file: str | None = None) -> Client:
    """The flawed client of that name, for code that blocks."""
    chosen = flaw(name)
    wire = replace(chosen.wire, ca_file=ca_file)
    return chosen.client(registration, policy=chosen.policy, flows=chosen.flows, wire=wire)


def async_client(name: str, registration: Registration, ca_file: str | None = None) -> AsyncClient:
    """The flawed client of that name, for asyncio."""
    chosen = flaw(name)
    wire = replace(chosen.wire, ca_file=ca_file)
    return chosen.async_client(registration, policy=chosen.policy, flows=chosen.flows, wire=wire)


def factory(name: str) -> Callable[[Assignment], Client]:
    """The factory of the flawed client of that name; it is what `client_ref.client.factory` is for the strict one."""
    flaw(name)
    return lambda assignment: client(name, registration(assignment), ca_file(assignment))


def async_factory(name: str) -> Callable[[Assignment], AsyncClient]:
    """The same for asyncio."""
    flaw(name)
    return lambda assignment: async_client(name, registration(assignment), ca_file(assignment))

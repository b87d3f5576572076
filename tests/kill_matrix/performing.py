"""Performs the catalogue with a flawed client: in memory, and on sockets where the way of the bytes matters."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from client_ref import flawed
from client_ref.flaws.flaw import STRICT_PAGES
from scenarios.collection import Selected
from scenarios.drivers.driver import Driver
from scenarios.drivers.in_process import InProcessDriver
from scenarios.drivers.web_app import WebAppDriver
from scenarios.model.assignment import PLAIN, AppKind
from scenarios.model.case import Case
from scenarios.model.verdict import RuleVerdict, Verdict
from scenarios.running import Plan, Venue, on_sockets, run
from tests.kill_matrix.in_memory import InMemory, NeedsASocket

# One that never answers is waited for in vain at each of its logins; any other only where the machine is busy.
_VAIN, _PATIENT = 0.05, 10.0


@dataclass
class Performed:
    """What came of a flawed client as one kind of app; `forgiven` and `refusal` are those of its plain logins."""

    told: list[tuple[Selected, Case, Verdict]] = field(default_factory=list)
    rules: list[RuleVerdict] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()
    refusal: str = ""

    def against(self) -> list[tuple[Selected, Case, Verdict]]:
        """What failed or was warned."""
        return [each for each in self.told if each[2].status in ("failed", "warned")]

    # It is a listener of its runs.

    def begun(self, plan):
        """Nothing to do."""

    def prepared(self, ground, app_kind, kind, learned):
        """Remember how a plain login went."""
        if kind == PLAIN:
            self.forgiven, self.refusal = learned.leniencies, learned.refusal

    def judged(self, selected, case, verdict):
        self.told.append((selected, case, verdict))

    def ended(self, summary):
        """Remember what the rules say."""
        self.rules += [verdict for _, verdict in summary.rules]


def perform(name: str, selected: Sequence[Selected]) -> Performed:
    """Perform these with the flawed client of that name, in the seat where its flaw shows."""
    if flawed.FLAWS[name].pages is not STRICT_PAGES:
        return _run(_web_app(name, selected), selected)
    memory = InMemory()
    limit = _VAIN if name == "never-answers" else _PATIENT
    performed = _run(InProcessDriver(memory.factory(name), step_timeout=limit), selected, memory)
    travelling = [each for each, case, _ in performed.told if _needs_a_socket(case)]
    if travelling:
        performed.told = [each for each in performed.told if each[0] not in travelling]
        on_wire = _run(InProcessDriver(flawed.factory(name), step_timeout=_PATIENT), travelling)
        performed.told += on_wire.told
        performed.rules += on_wire.rules
    return performed


def _needs_a_socket(case: Case) -> bool:
    told = (str(event.detail.get("detail", "")) for event in case.events("outcome"))
    return any(said.startswith(NeedsASocket.__name__) for said in told)


def _run(driver: Driver, selected: Sequence[Selected], venue: Venue = on_sockets) -> Performed:
    performed = Performed()
    lanes = 1 if venue is not on_sockets else 8
    asyncio.run(run(Plan(driver, tuple(selected), lanes=lanes), [performed], venue))
    return performed


def _web_app(name: str, selected: Sequence[Selected]) -> Driver:
    kinds: set[AppKind] = {each.app_kind for each in selected}
    return WebAppDriver(
        [sys.executable, "-m", "client_ref"],
        login="/login",
        signed_in="GET /me is 200",
        refresh="/refresh",
        api_call="/me",
        pkce=kinds == {"pkce"},
        env={"CLIENT_REF_FLAW": name},
    )

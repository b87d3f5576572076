"""Performs the catalogue with a flawed client: in memory, and on sockets where the way of the bytes matters."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from client_ref import flawed
from client_ref.exchange import Exchange
from client_ref.flaws.flaw import STRICT_PAGES
from scenarios.collection import Selected
from scenarios.drivers.driver import Driver
from scenarios.drivers.in_process import InProcessDriver
from scenarios.drivers.web_app import WebAppDriver
from scenarios.model.assignment import PLAIN, AppKind
from scenarios.model.case import Case
from scenarios.model.verdict import RuleVerdict, Verdict
from scenarios.running import MOST_LANES, Plan, Venue, run
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

    def add(self, other: Performed) -> None:
        """Take what came of another part; how a plain login goes is known already."""
        self.told += other.told
        self.rules += other.rules

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
    flaw = flawed.FLAWS[name]
    # Over https there is a good deal to be done for each login: for flaws of these families alone.
    secured = [each for each in selected if each.scenario.tls and set(each.scenario.seeds) & set(flaw.rows)]
    plain = [each for each in selected if not each.scenario.tls]
    performed = _web_app(name, plain) if flaw.pages is not STRICT_PAGES else _in_process(name, plain)
    if secured:
        performed.add(_run(_driver(name), secured, tls=True))
    return performed


def _in_process(name: str, selected: Sequence[Selected]) -> Performed:
    """In memory, and once more on sockets what needs them; a client with a driver of its own brings its sockets."""
    if flawed.FLAWS[name].client.driver is not Exchange:
        return _run(_driver(name), selected)
    memory = InMemory()
    limit = _VAIN if name == "never-answers" else _PATIENT
    performed = _run(InProcessDriver(memory.factory(name), step_timeout=limit), selected, memory)
    travelling = [each for each, case, _ in performed.told if _needs_a_socket(case)]
    if travelling:
        performed.told = [each for each in performed.told if each[0] not in travelling]
        performed.add(_run(_driver(name), travelling))
    return performed


def _driver(name: str) -> Driver:
    return InProcessDriver(flawed.factory(name), step_timeout=_PATIENT)


def _needs_a_socket(case: Case) -> bool:
    told = (str(event.detail.get("detail", "")) for event in case.events("outcome"))
    return any(said.startswith(NeedsASocket.__name__) for said in told)


def _run(
    driver: Driver, selected: Sequence[Selected], venue: Venue | None = None, *, tls: bool = False
) -> Performed:
    performed = Performed()
    lanes = MOST_LANES if venue is None else 1
    asyncio.run(run(Plan(driver, tuple(selected), lanes=lanes, tls=tls), [performed], venue))
    return performed


def _web_app(name: str, selected: Sequence[Selected]) -> Performed:
    kinds: set[AppKind] = {each.app_kind for each in selected}
    driver = WebAppDriver(
        [sys.executable, "-m", "client_ref"],
        login="/login",
        signed_in="GET /me is 200",
        refresh="/refresh",
        api_call="/me",
        pkce=kinds == {"pkce"},
        env={"CLIENT_REF_FLAW": name},
    )
    return _run(driver, selected)

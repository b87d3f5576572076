"""Performs the catalogue with a flawed client: in memory, and on sockets where the way of the bytes matters."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from client_ref import flawed
from client_ref.exchange import Exchange
from scenarios.collection import Selected
from scenarios.drivers.driver import Driver
from scenarios.drivers.in_process import InProcessDriver
from scenarios.model.assignment import PLAIN
from scenarios.model.case import Case
from scenarios.model.verdict import RuleVerdict, Verdict
from scenarios.running import MOST_LANES, Plan, run
from tests.kill_matrix.in_memory import BREAKING, InMemory, Loop

# Seconds for a step and for a scenario: on sockets longer than anything takes, also where the machine is busy; in
# memory, where nobody waits for them, so long that a client shows whether it ever gives up.
_PATIENT, _LIMIT = 20.0, 20.0
_MOST_PATIENT, _LONGEST = 100.0, 120.0


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
    performed = _in_memory(name, plain) if flaw.client.driver is Exchange else _on_sockets(name, plain)
    if secured:
        performed.add(_on_sockets(name, secured, tls=True))
    return performed


def _in_memory(name: str, selected: Sequence[Selected]) -> Performed:
    """In memory, and once more on sockets what needs them."""
    memory = InMemory()
    performed = _performed(memory.driver(name, _MOST_PATIENT), selected, memory)
    travelling = [each for each, case, _ in performed.told if _needs_a_socket(case)]
    if travelling:
        performed.told = [each for each in performed.told if each[0] not in travelling]
        performed.add(_on_sockets(name, travelling))
    return performed


def _on_sockets(name: str, selected: Sequence[Selected], *, tls: bool = False) -> Performed:
    return _performed(InProcessDriver(flawed.factory(name), step_timeout=_PATIENT), selected, tls=tls)


def _needs_a_socket(case: Case) -> bool:
    """True where an answer was to travel as only a connection lets it."""
    told = [event.detail.get("delivery") for event in case.events("changes")]
    return any(delivery["name"] in BREAKING for delivery in told if delivery)


def _performed(
    driver: Driver, selected: Sequence[Selected], memory: InMemory | None = None, *, tls: bool = False
) -> Performed:
    performed = Performed()
    limit = _LIMIT if memory is None else _LONGEST
    plan = Plan(driver, tuple(selected), lanes=MOST_LANES, limit=limit, tls=tls)
    with _unheard(), closing(asyncio.new_event_loop() if memory is None else Loop()) as loop:
        loop.run_until_complete(run(plan, [performed], memory))
    return performed


@contextmanager
def _unheard() -> Iterator[None]:
    """What applications log of their refusals is no news here, and one of them logs its secrets."""
    logger = logging.getLogger("client_ref")
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = False

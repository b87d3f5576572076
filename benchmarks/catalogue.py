"""The whole catalogue with the reference client: how long, in which seat and lanes, and whether it grows evenly.

Processor time is that of harness, mock and client together, in however many processes. The cost per scenario at eight
times the catalogue is compared with that at once; what grows with the length of a run shows there.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from statistics import median

from benchmarks.tables import table
from scenarios.collection import Selected, collect, performances
from scenarios.drivers.driver import Driver
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.drivers.json_lines import JsonLinesDriver
from scenarios.drivers.web_app import WebAppDriver
from scenarios.model.assignment import AppKind
from scenarios.running import MOST_LANES, Plan, run
from scenarios.summary import JUDGED, Summary

_TIMES = 8
_KINDS: tuple[AppKind, ...] = ("basic", "pkce")


@dataclass(frozen=True)
class _Run:
    """Seconds on the clock and of the processor, for so many performances; what does not apply costs nothing."""

    clock: float
    busy: float
    performed: int

    @property
    def each(self) -> float:
        """Milliseconds of the processor for each performance."""
        return 1000 * self.busy / self.performed


def measure(rounds: int) -> str:
    """Run the catalogue in turns; the figures as two tables."""
    _performed(performances(collect(), ("basic",), ("callback/*",)), MOST_LANES)  # Once for nothing: it imports.
    rows = []
    for kind in _KINDS:
        for lanes in (1, MOST_LANES):
            runs = [_performed(performances(collect(), (kind,)), lanes) for _ in range(rounds)]
            rows.append([f"as a {kind} app, {lanes} lanes", *_figures(runs)])
    for name, driver in (("web app", _web_app()), ("adapter", _adapter())):
        runs = [_performed(performances(collect(), ("basic",)), MOST_LANES, driver) for _ in range(rounds)]
        rows.append([f"as a basic app, {MOST_LANES} lanes, {name} in another process", *_figures(runs)])
    head = ["", "performed", "median s", "median s of the processor", "ms of it each"]
    whole = f"The whole catalogue, {rounds} rounds\n{table(head, rows)}"
    return f"{whole}\n\n{_growth(rounds)}"


def _growth(rounds: int) -> str:
    once, often = [], []
    selected = performances(collect(), ("basic",))
    for _ in range(rounds):
        once.append(_performed(selected, MOST_LANES).each)
        often.append(_performed(selected * _TIMES, MOST_LANES).each)
    ratio = median(more / one for one, more in zip(once, often, strict=True))
    rows = [["once", f"{median(once):.2f}"], [f"{_TIMES} times", f"{median(often):.2f}"], ["ratio", f"{ratio:.2f}"]]
    return f"The catalogue again and again in one run, {rounds} rounds\n{table(['', 'ms of the processor each'], rows)}"


def _figures(runs: list[_Run]) -> list[str]:
    clock, busy, each = (median(getattr(one, name) for one in runs) for name in ("clock", "busy", "each"))
    return [str(runs[0].performed), f"{clock:.2f}", f"{busy:.2f}", f"{each:.2f}"]


def _web_app() -> Driver:
    """The reference application, as README.md has it judged."""
    command = [sys.executable, "-m", "client_ref"]
    return WebAppDriver(command, login="/login", signed_in="GET /me is 200", refresh="/refresh")


def _adapter() -> Driver:
    return JsonLinesDriver([sys.executable, "-m", "client_ref.adapter"])


def _performed(selected: tuple[Selected, ...], lanes: int, driver: Driver | None = None) -> _Run:
    plan = Plan(driver or InProcessDriver(load_factory("reference")), selected, lanes=lanes)
    clock, busy = time.perf_counter(), _busy()
    summary = asyncio.run(run(plan, []))
    clock, busy = time.perf_counter() - clock, _busy() - busy
    if summary.exit_code != 0:
        raise RuntimeError(f"the reference client ended with {summary.exit_code}: {'; '.join(_against(summary))}")
    return _Run(clock, busy, sum(verdict.status in JUDGED for _, verdict in summary.verdicts))


def _busy() -> float:
    """Seconds of the processor so far, of this process and of those that have ended."""
    return sum(os.times()[:4])


def _against(summary: Summary) -> list[str]:
    """What is not as it should be: then the figures are of something else."""
    verdicts = [verdict for _, verdict in (*summary.verdicts, *summary.rules)]
    bad = [each for each in verdicts if each.status not in ("passed", "not_applicable")]
    return [f"{each.identifier} {each.status}" for each in bad[:5]]

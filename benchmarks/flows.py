"""Code flows per second: the mock beside a bare app and beside a peer, in turns, each server on one core."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from dataclasses import dataclass, field
from statistics import median

import msgspec

from benchmarks.load import Order, Tally
from benchmarks.processes import cpu_seconds, pinned, running, two_cores
from benchmarks.subjects import BARE, MOCK, MOCK_PKCE, Subject, peer
from benchmarks.tables import table

# Enough for the mock's journal and its store of grants to be full: from then on each flow evicts another.
_WARM_UP = 25_000
_LITTLE_WARM_UP = 2_000


@dataclass
class _Measured:
    """A subject that runs, and what each of its turns gave."""

    subject: Subject
    process: int
    port: int
    rates: list[float] = field(default_factory=list)
    # Microseconds of CPU for one flow, and how busy the load was: near 1 it would be the load that is measured.
    costs: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)

    def turn(self, seconds: float, core: int | None) -> None:
        """Load it for a while."""
        before = cpu_seconds(self.process)
        tally = carried_out(self.subject.order(self.port, seconds=seconds), core)
        self.rates.append(tally.flows / tally.seconds)
        self.costs.append((cpu_seconds(self.process) - before) / tally.flows * 1e6)
        self.load.append(tally.cpu / tally.seconds)


def carried_out(order: Order, core: int | None) -> Tally:
    """Carry out an order in a process of its own, on one core where one is named."""
    with pinned(core):
        load = subprocess.run(
            [sys.executable, "-m", "benchmarks.load"],
            input=msgspec.json.encode(order),
            capture_output=True,
            check=False,
        )
    if load.returncode:
        raise RuntimeError(load.stderr.decode(errors="replace"))
    return msgspec.json.decode(load.stdout, type=Tally)


def measure(rounds: int, seconds: float) -> str:
    """Measure all subjects in turns; the figures as a table."""
    server_core, load_core = two_cores()
    other = peer()
    with contextlib.ExitStack() as stack:

        def started(subject: Subject) -> _Measured:
            return _Measured(subject, *stack.enter_context(running(subject.command, core=server_core)))

        measured = [started(subject) for subject in (BARE, MOCK, MOCK_PKCE)]
        if isinstance(other, Subject):
            measured.append(started(other))
        for each in measured:
            flows = _WARM_UP if each.subject.command is MOCK.command else _LITTLE_WARM_UP
            carried_out(each.subject.order(each.port, flows=flows), load_core)
        for _ in range(rounds):
            for each in measured:
                each.turn(seconds, load_core)
    where = "server and load on a core each" if server_core is not None else "server and load not bound to cores"
    heading = f"Code flows per second: 16 connections, {rounds} rounds of {seconds:g} s in turns, medians; {where}"
    missing = "" if isinstance(other, Subject) else f"\nnpm oauth2-mock-server: not measured, {other}"
    return f"{heading}\n{_figures(measured)}{missing}"


def _figures(measured: list[_Measured]) -> str:
    bare = measured[0]
    rows = [
        [
            each.subject.name,
            f"{median(each.rates):,.0f}",
            f"{median(each.costs):,.0f}",
            f"{median(each.load):.0%}",
            f"{_ratio(each.rates, bare.rates):.2f}",
            # By CPU time: the steadier figure where other work shares the cores.
            f"{_ratio(bare.costs, each.costs):.2f}",
            f"{_ratio(measured[1].rates, each.rates):.2f}",
        ]
        for each in measured
    ]
    return table(["", "flows/s", "CPU µs/flow", "load busy", "of bare", "by CPU", "mock is"], rows)


def _ratio(one: list[float], other: list[float]) -> float:
    """The median of the ratios, each of two turns of one round; nought where the system does not say."""
    return median(a / b if b else 0.0 for a, b in zip(one, other, strict=True))

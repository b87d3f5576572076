"""Memory over many flows: it has to stop growing once journal and grants are full."""

from __future__ import annotations

from benchmarks.flows import carried_out
from benchmarks.processes import resident_megabytes, running, two_cores
from benchmarks.subjects import MOCK_PKCE
from benchmarks.tables import table

_STEPS = (0, 1_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)


def measure(flows: int) -> str:
    """Walk so many flows; the memory on the way as a table."""
    server_core, load_core = two_cores()
    rows = []
    with running(MOCK_PKCE.command, core=server_core) as (process, port):
        walked = 0
        for step in sorted({min(step, flows) for step in _STEPS}):
            if step > walked:
                carried_out(MOCK_PKCE.order(port, flows=step - walked), load_core)
                walked = step
            rows.append([f"{step:,}", f"{resident_megabytes(process):.1f}"])
    return f"Memory of the mock, journal on\n{table(['flows', 'MB'], rows)}"

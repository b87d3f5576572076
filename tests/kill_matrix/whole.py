"""The whole matrix takes some minutes: it is performed where the run promises time, as CI does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from client_ref import flawed
from scenarios.collection import performances
from scenarios.kill_matrix import Flaw, kill_matrix
from scenarios.model.assignment import AppKind
from tests.kill_matrix.columns import differences, kills
from tests.kill_matrix.performing import Performed, perform
from tests.kill_matrix.relations import scenarios

WHOLE = pytest.mark.requires("time")
EVERY_FLAW = pytest.mark.parametrize("name", flawed.FLAWS)


def compare(name: str, kind: AppKind) -> None:
    """Perform the catalogue with a flawed client as one kind of app, and compare with what is stored."""
    stored = next(flaw for flaw in kill_matrix().flaws if flaw.name == name)
    performed = perform(name, performances(scenarios().values(), (kind,)))
    before, after = (Flaw(name, stored.breaks, **{kind: each}) for each in (stored.as_app(kind), kills(performed)))
    told = differences(before, after)
    seen = [line for line in _seen(performed) if any(line.partition(" ")[0] == each.split()[-1] for each in told)]
    assert not told, "\n".join([*told, "", *seen, "", f"Is it meant? python -m tests.kill_matrix --write {name}"])


def _seen(performed: Performed) -> Iterator[str]:
    """What was said of everything, in a line each, for whoever wonders why."""
    for _, case, verdict in performed.told:
        why = f"expected {verdict.expected}, came {verdict.actual}" if verdict.expected else verdict.cause
        came = [f"{e.number} {e.request.target} ({e.attributed_by})" for e in case.exchanges]
        yield f"{verdict.identifier} {verdict.status}: {why}; exchanges {verdict.exchanges} of {came}"
    for rule in performed.rules:
        yield f"{rule.identifier} {rule.status}: {rule.first}"

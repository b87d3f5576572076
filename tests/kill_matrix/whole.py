"""The whole matrix takes some minutes: it is performed where the run promises time, as CI does."""

from __future__ import annotations

import pytest

from client_ref import flawed
from scenarios.collection import performances
from scenarios.kill_matrix import Flaw, kill_matrix
from scenarios.model.assignment import AppKind
from tests.kill_matrix.columns import differences, kills
from tests.kill_matrix.performing import perform
from tests.kill_matrix.relations import scenarios

WHOLE = pytest.mark.requires("time")
EVERY_FLAW = pytest.mark.parametrize("name", flawed.FLAWS)


def compare(name: str, kind: AppKind) -> None:
    """Perform the catalogue with a flawed client as one kind of app, and compare with what is stored."""
    stored = next(flaw for flaw in kill_matrix().flaws if flaw.name == name)
    found = kills(perform(name, performances(scenarios().values(), (kind,))))
    before, after = (Flaw(name, stored.breaks, **{kind: each}) for each in (stored.as_app(kind), found))
    told = differences(before, after)
    assert not told, "\n".join([*told, "", f"Is it meant? python -m tests.kill_matrix --write {name}"])

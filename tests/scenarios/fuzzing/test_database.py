"""What a run has found is in its database when the run is over, by the target's name and not by Hypothesis's."""

from __future__ import annotations

import pytest
from hypothesis.database import InMemoryExampleDatabase

from scenarios.fuzzing.campaign import _Named

KEPT, ASIDE = b"of a function", b"of a function.secondary"


@pytest.fixture
def database():
    return _Named(InMemoryExampleDatabase(), b"callback basic")


@pytest.mark.parametrize("aside", [ASIDE, b"of a function.pareto"])
def test_what_is_put_aside_is_deleted_without_what_is_kept(database, aside):
    """Hypothesis does so when nothing can be made smaller any more."""
    database.save(KEPT, b"smallest")
    database.save(aside, b"smallest")
    for each in list(database.fetch(aside)):
        database.delete(aside, each)
    assert list(database.fetch(KEPT)) == [b"smallest"]


def test_another_version_of_the_function_finds_it(database):
    database.save(KEPT, b"smallest")
    assert list(database.fetch(b"of another function")) == [b"smallest"]
    assert list(database.fetch(b"of another function.secondary")) == []

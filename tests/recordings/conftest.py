"""One running mock server for each engine."""

from collections.abc import Iterator

import pytest

from tests.recordings.stage import MockServerStage, stage_for


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[MockServerStage]:
    """The stage on which the cases of the engine given as parameter are played, one after another."""
    with stage_for(request.param) as running:
        yield running

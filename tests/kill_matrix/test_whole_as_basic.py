"""Every flawed client over the whole catalogue, as a Basic app."""

from __future__ import annotations

import pytest

from tests.kill_matrix.whole import EVERY_FLAW, WHOLE, compare


@WHOLE
@pytest.mark.slow
@EVERY_FLAW
def test_nothing_was_gained_or_lost(name):
    compare(name, "basic")

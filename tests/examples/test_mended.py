"""What an application can do about its findings is in its `mended.patch`, and with that they are gone."""

from __future__ import annotations

import pytest

from tests.examples import expected
from tests.examples.runs import every, run_mended

pytestmark = pytest.mark.slow

PATCHED = [name for name in expected.NAMES if expected.read(name).patch.is_file()]


@pytest.mark.parametrize("name", every(PATCHED))
def test_a_mended_copy_passes_what_the_app_failed(name, tmp_path):
    app = expected.read(name)
    run = run_mended(app, tmp_path)
    for kind in app.app_kinds:
        found, told = app.mended(kind), run.verdicts(kind)
        assert {name: told[name] for name in found} == found, run.printed
        # Nor is anything wrong now that was right before.
        assert {status for name, status in told.items() if name not in found} <= {"passed", "not_applicable"}

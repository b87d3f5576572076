"""A real library says nothing else in another seat: the app on Authlib in this process, and as an adapter.

As a web app test_apps.py judges it, and holds it to the same file.
"""

from __future__ import annotations

import os
import sys

import pytest

from scenarios.drivers.in_process import InProcessDriver
from scenarios.drivers.json_lines import JsonLinesDriver
from tests.examples import expected
from tests.examples.in_memory import factory
from tests.examples.seats import ROOT, performed

pytestmark = pytest.mark.slow


def in_process(kind):
    return InProcessDriver(factory, app_kinds=(kind,))


def json_lines(kind):
    return JsonLinesDriver([sys.executable, "-m", "tests.examples.in_memory"], pkce=kind == "pkce")


@pytest.mark.parametrize(("seat", "kind"), [(in_process, "basic"), (json_lines, "pkce")])
def test_authlib_has_the_expected_verdicts_in_each_seat(seat, kind, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))))
    selected = [name for name in expected.identifiers(kind) if not name.startswith("rule/")]
    summary = performed(seat(kind), kind, selected)
    told = {selected.identifier: verdict.status for selected, verdict in summary.verdicts}
    told |= {rule.identifier: rule.status for _, rule in summary.rules}
    # What a seat cannot do is missing there.
    told = {identifier: status for identifier, status in told.items() if status != "not_applicable"}
    in_the_file = expected.read("authlib").verdicts(kind)
    assert len(told) > 80
    assert told == {identifier: in_the_file[identifier] for identifier in told}

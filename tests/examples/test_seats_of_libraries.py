"""A real library says nothing else in another seat: Authlib in this process and as an adapter, openid-client as one.

As web apps test_apps.py judges them, and holds them to the same files.
"""

from __future__ import annotations

import os
import sys

import pytest

from scenarios.drivers.in_process import InProcessDriver
from scenarios.drivers.json_lines import JsonLinesDriver
from tests.examples import expected
from tests.examples.in_memory import factory
from tests.examples.runs import installed
from tests.examples.seats import ROOT, performed

pytestmark = pytest.mark.slow

TIME = pytest.mark.requires("time")

# The app hands on that it expects no state; the adapter looks whether a login was begun.
OF_THE_APP = {"callback/no-state-in-a-fresh-browser[missing]", "rule/verifier-goes-with-a-challenge"}


def in_process(kind):
    return InProcessDriver(factory, app_kinds=(kind,))


def json_lines(kind):
    return JsonLinesDriver([sys.executable, "-m", "tests.examples.in_memory"], pkce=kind == "pkce")


@TIME
@pytest.mark.parametrize(("seat", "kind"), [(in_process, "basic"), (json_lines, "pkce")])
def test_authlib_has_the_expected_verdicts_in_each_seat(seat, kind, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))))
    selected = [name for name in expected.identifiers(kind) if not name.startswith("rule/")]
    assert_as_expected("authlib", performed(seat(kind), kind, selected), kind)


@pytest.mark.requires("node", "time")
def test_openid_client_has_the_expected_verdicts_as_an_adapter():
    """Of logins: how long a session keeps what is its caller's, the adapter decides in its own way."""
    home, families = ROOT / "examples" / "adapters" / "javascript", ("callback/", "token-", "pkce/")
    installed(home)
    selected = [name for name in expected.identifiers("pkce") if name.startswith(families)]
    adapter = JsonLinesDriver(["node", str(home / "adapter.mjs")], pkce=True)
    assert_as_expected("openid-client", performed(adapter, "pkce", selected), "pkce", apart=OF_THE_APP)


def assert_as_expected(app, summary, kind, *, apart=frozenset()):
    told = {selected.identifier: verdict.status for selected, verdict in summary.verdicts}
    told |= {rule.identifier: rule.status for _, rule in summary.rules}
    # What a seat cannot do is missing there.
    told = {name: status for name, status in told.items() if status != "not_applicable" and name not in apart}
    in_the_file = expected.read(app).verdicts(kind)
    assert len(told) > 80
    assert told == {identifier: in_the_file[identifier] for identifier in told}

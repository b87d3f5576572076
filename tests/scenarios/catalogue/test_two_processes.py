"""An application of two processes over one store: a lock in each of them is none, and one in the store is one."""

import asyncio
import sys
from pathlib import Path

import pytest

from scenarios.collection import collect, performances
from scenarios.drivers.web_app import WebAppDriver
from scenarios.running import Plan, run
from tests.scenarios import drivers

WORKERS = Path(drivers.__file__).parent / "apps" / "workers.py"
AT_ONCE = "refresh-answer/eight-calls-with-a-dead-token"

pytestmark = [pytest.mark.slow, pytest.mark.requires("time")]


@pytest.mark.parametrize(
    ("words", "status"),
    [("of-the-process", "warned"), ("of-the-process alone", "passed"), ("of-the-store", "passed")],
)
def test_a_lock_counts_for_all_processes_or_for_none(tmp_path, words, status):
    command = [sys.executable, str(WORKERS), *words.split()]
    known = {"login": "/login", "signed_in": "GET /me is 200", "api_call": "/me", "env": {"STORE": str(tmp_path)}}
    plan = Plan(WebAppDriver(command, **known), performances(collect(), ("basic",), (AT_ONCE,)), lanes=1)
    summary = asyncio.run(run(plan, []))
    assert [(verdict.status, verdict.code) for _, verdict in summary.verdicts] == [(status, "")]

"""Under xdist, each worker has a client of its own, and no rule that is broken in any of them is lost."""

from __future__ import annotations

import pytest

from tests.oauthspec.conftest import marked

pytestmark = pytest.mark.slow

STARTED = """
import os
def counted(assignment):
    with open("started.txt", "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")
    return flawed("state-constant")(assignment)
"""


def test_items_are_shared_among_workers(project):
    project.write(marked("counted", ["callback/state-changed", "callback/genuine-callback"]), head=STARTED)
    result = project.run("-p", "xdist", "-n", "2", subprocess=True)
    told = result.parseoutcomes()
    assert (told["passed"], told["failed"]) == (26, 2)
    result.stdout.fnmatch_lines(["FAILED  rule/state-never-repeats  (Basic app)"])
    assert sorted((project.path / "started.txt").read_text().split()) == ["gw0", "gw1"]


# A worker that is given the scenarios, and of the rules only the last.
ONE_WORKER = """
def pytest_configure(config):
    config.workerinput = {}

def pytest_runtest_protocol(item, nextitem):
    return True if "[rule/" in item.name and nextitem is not None else None
"""


@pytest.mark.parametrize(("client", "expected"), [("flawed('state-constant')", 1), ("reference", 0)])
def test_a_worker_tells_of_rules_that_others_were_asked_for(project, client, expected):
    (project.path / "conftest.py").write_text(ONE_WORKER)
    project.write(marked(client))
    result = project.run()
    told = result.parseoutcomes()
    assert (told["passed"], told.get("errors", 0)) == (3, expected)
    if expected:
        result.stdout.fnmatch_lines(
            [
                "*ERROR at teardown of test_client*",
                "FAILED  rule/state-never-repeats  (Basic app)",
                "  again        pytest 'test_client.py::test_client?rule/state-never-repeats-basic?'",
            ]
        )


def test_what_another_worker_performs_is_not_performed_for_a_rule(project):
    """All scenarios are another's; the rule speaks of the logins with which the application was got ready."""
    only_rules = ONE_WORKER.replace('"[rule/" in item.name and nextitem is not None', '"[rule/" not in item.name')
    (project.path / "conftest.py").write_text(only_rules)
    head = """
def counted(assignment):
    client = reference(assignment)
    land = client.land
    def counting(session, url):
        with open("landed.txt", "a") as file:
            file.write("landed\\n")
        return land(session, url)
    client.land = counting
    return client
"""
    project.write(marked("counted"), head=head)
    assert project.run().ret == 0
    assert (project.path / "landed.txt").read_text().split() == ["landed"] * 3

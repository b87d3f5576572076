"""Scenarios that are asked for one after another say what a whole run says of them."""

import asyncio

import pytest

from client_ref.client import factory as reference
from scenarios.collection import collect, performances
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.one_by_one import one_by_one
from scenarios.running import Plan, run

SELECTED = performances(
    collect(),
    ("basic",),
    ("callback/genuine-callback", "callback/state-changed", "authorization-request/scope*", "token-request/basic-*"),
)


def said_one_by_one(factory, selected=SELECTED):
    async def asked():
        async with one_by_one(Plan(InProcessDriver(factory), selected)) as one:
            verdicts = [(await one.perform(each))[1] for each in selected]
            return verdicts, one.judge_rules("basic")

    return asyncio.run(asked())


def statuses(verdicts):
    return [(verdict.identifier, verdict.app_kind, verdict.status) for verdict in verdicts]


@pytest.mark.slow
@pytest.mark.parametrize("client", ["flawed:state-ignored", "flawed:redirect-uri-not-repeated"])
def test_it_says_what_a_whole_run_says(client):
    factory = load_factory(client)
    verdicts, rules = said_one_by_one(factory)
    summary = asyncio.run(run(Plan(InProcessDriver(factory), SELECTED), []))
    assert sorted(statuses(verdicts)) == sorted(statuses(verdict for _, verdict in summary.verdicts))
    broken = {(rule.identifier, rule.status) for _, rule in summary.rules}
    assert {(rule.identifier, rule.status) for rule in rules} == broken


def test_an_application_serves_all_scenarios_of_its_assignment():
    started = []

    def counted(assignment):
        started.append((assignment.app_kind, str(assignment.kind)))
        return reference(assignment)

    verdicts, _ = said_one_by_one(counted, SELECTED)
    assert len(verdicts) == len(SELECTED)
    assert len(started) == len(set(started)) < len(SELECTED)


def test_a_client_that_cannot_be_made_is_tried_once_and_said_of_each():
    tried = []

    def broken(assignment):
        tried.append(assignment)
        raise RuntimeError("no")

    verdicts, _ = said_one_by_one(broken, SELECTED[1:3])
    assert [(verdict.status, verdict.code) for verdict in verdicts] == [("errored", "FACTORY_RAISED")] * 2
    assert len(tried) == 1


def test_who_refuses_wrong_settings_is_right_here_too():
    wrong = performances(collect(), ("basic",), ("authorization-request/endpoint-with-a-fragment", "metadata/issuer-*"))
    verdicts, _ = said_one_by_one(reference, wrong)
    assert [verdict.status for verdict in verdicts] == ["passed", "passed"]

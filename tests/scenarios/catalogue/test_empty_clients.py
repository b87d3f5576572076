"""Clients that do without something, or nothing at all: what is about it says nothing of them, and never passes."""

from __future__ import annotations

import asyncio

import pytest

from client_ref.client import CAPABILITIES
from scenarios.checks.subjects import SUBJECTS
from scenarios.checks.table import CHECKS
from scenarios.collection import collect, performances
from scenarios.drivers.in_process import InProcessDriver
from scenarios.running import Plan, run
from tests.kill_matrix.in_memory import InMemory


class Idle:
    """Logs in, and says of everything else that it is done, without doing it."""

    capabilities = CAPABILITIES

    def __init__(self, real):
        self.begin, self.land, self.close = real.begin, real.land, real.close

    def refresh(self, session):
        return {}

    call_api = refresh


def performed(flaw, kind, selectors, wrapped=lambda real: real):
    """The summary of a run in memory."""
    memory = InMemory()
    make = memory.factory(flaw)
    driver = InProcessDriver(lambda assignment: wrapped(make(assignment)), step_timeout=10)
    plan = Plan(driver, performances(collect(), (kind,), selectors), lanes=1)
    return asyncio.run(run(plan, [], memory))


def without(summary):
    """Scenarios that had nothing to look at."""
    return {each.scenario.identifier for each, verdict in summary.verdicts if verdict.code == "NOTHING_TO_LOOK_AT"}


def rules_that_do_not_apply(summary):
    return {rule.identifier for _, rule in summary.rules if rule.status == "not_applicable"}


@pytest.mark.parametrize("kind", ["basic", "pkce"])
def test_without_pkce(kind):
    summary = performed("pkce-absent", kind, ("pkce*", "fresh-values/challenge*"))
    assert without(summary) == {
        *("pkce/method-s256", "pkce/verifier-grammar", "pkce/verifier-matches", "pkce/challenge-of-each-login"),
        *("pkce/verifier-goes-with-the-challenge", "fresh-values/challenge-after-an-error"),
        *("pkce-attacks/method-after-a-refusal", "pkce-attacks/verifier-before-its-time"),
    }
    against = {each.scenario.identifier for each, v in summary.verdicts if v.status in ("failed", "warned")}
    assert f"pkce/challenge-of-a-{kind}-app" in against, "one scenario says that PKCE is missing"
    assert rules_that_do_not_apply(summary) >= {
        *("rule/challenge-never-repeats", "rule/challenge-is-well-formed", "rule/verifier-is-well-formed"),
        *("rule/verifier-matches-the-challenge", "rule/verifier-goes-with-a-challenge"),
    }


def test_without_a_state():
    summary = performed("state-absent", "basic", ("fresh-values/*", "authorization-request/state-of-the-request"))
    assert without(summary) == {
        *("fresh-values/state-of-each-login", "fresh-values/state-that-cannot-be-guessed"),
        *("fresh-values/state-of-printable-characters", "fresh-values/state-after-a-restart"),
    }
    assert {"rule/state-never-repeats", "rule/state-is-long-enough"} <= rules_that_do_not_apply(summary)
    assert {v.identifier for _, v in summary.verdicts if v.status == "warned"} >= {
        "authorization-request/state-of-the-request"
    }


def test_without_basic():
    summary = performed("secret-in-body-only", "basic", ("token-request/*",))
    assert "token-request/basic-with-reserved-characters" in without(summary)
    assert {v.identifier for _, v in summary.verdicts if v.status == "failed"} >= {"token-request/basic-authentication"}


# What the login alone decides, and what forbids something: who does nothing does not do it.
HARMLESS = {
    *("refresh-refused/login-after-a-refused-refresh", "refresh-refused/login-without-a-refresh-token"),
    *("refresh-refused/login-without-the-offline-scope", "refresh-refused/nothing-to-refresh-with"),
}


def test_who_only_says_so_has_neither_refreshed_nor_called():
    summary = performed("scope-sent-empty", "basic", ("refresh*", "resource/*"), Idle)
    passed = {each.scenario.identifier for each, verdict in summary.verdicts if verdict.status == "passed"}
    assert passed <= HARMLESS
    codes = {verdict.code for _, verdict in summary.verdicts if verdict.status == "inconclusive"}
    assert {"NO_REFRESH", "NO_API_REQUEST"} <= codes


def test_subjects_are_of_checks():
    assert SUBJECTS.keys() <= CHECKS.keys()

"""What makes a run a success: the exit code, with and without a baseline."""

from __future__ import annotations

from datetime import date

import pytest

from scenarios.baseline import Baseline, Entry
from scenarios.collection import collect, performances
from scenarios.model.verdict import RuleVerdict, Verdict
from scenarios.reports import tally
from scenarios.summary import Summary, Terms

ONE, TWO = performances(collect(), ["basic"], ["callback/state-changed[missing]", "callback/state-changed[empty]"])
RULE = "rule/code-is-sent-once"
TODAY = date(2030, 6, 15)


def summary(first, second="passed", rule="passed", *, expected=(), interrupted=False, **terms):
    verdicts = [
        (each, Verdict(each.identifier, "basic", status))
        for each, status in ((ONE, first), (TWO, second))
        if status
    ]
    known = Baseline(tuple(expected))
    return Summary(
        verdicts,
        [("basic", RuleVerdict(RULE, rule))],
        interrupted=interrupted,
        terms=Terms(known, day=TODAY, **terms),
    )


def entry(verdict="failed", identifier=ONE.identifier, expires=None):
    return Entry(identifier, "basic", verdict, "because", expires=expires)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (summary("passed"), 0),
        (summary("warned"), 0),
        (summary("warned", fail_on="warned"), 1),
        (summary("passed", rule="warned", fail_on="warned"), 1),
        (summary("passed", fail_on="warned"), 0),
        (summary("failed"), 1),
        (summary("passed", rule="failed"), 1),
        (summary("inconclusive"), 3),
        (summary("errored"), 3),
        (summary("failed", "inconclusive"), 1),
        (summary("not_applicable", "not_applicable"), 3),
        (summary("passed", interrupted=True), 3),
        (summary("failed", expected=[entry()]), 0),
        (summary("failed", "failed", expected=[entry()]), 1),
        (summary("failed", "inconclusive", expected=[entry()]), 3),
        (summary("failed", expected=[entry()], interrupted=True), 3),
        (summary("warned", expected=[entry("warned")], fail_on="warned"), 0),
        (summary("inconclusive", expected=[entry("inconclusive")]), 0),
        (summary("inconclusive", "not_applicable", expected=[entry("inconclusive")]), 3),
        (summary("passed", rule="failed", expected=[entry(identifier=RULE)]), 0),
        # What no longer happens fails.
        (summary("passed", expected=[entry()]), 1),
        (summary("warned", expected=[entry()]), 1),
        (summary("not_applicable", expected=[entry()]), 1),
        (summary("passed", expected=[entry("inconclusive")]), 1),
        (summary("passed", expected=[entry(identifier=RULE)]), 1),
        # Where nothing can be said of it, that is what is said.
        (summary("inconclusive", expected=[entry()]), 3),
        (summary("errored", expected=[entry("inconclusive")]), 3),
        (summary("passed", expected=[entry(identifier=RULE)], partial=True), 0),
        (summary("passed", rule="not_applicable", expected=[entry(identifier=RULE)], interrupted=True), 3),
        # What was not performed is not looked at.
        (summary("", "passed", expected=[entry()]), 0),
        # What has expired fails, whatever came.
        (summary("failed", expected=[entry(expires=date(2030, 6, 14))]), 1),
        (summary("warned", expected=[entry("warned", expires=date(2030, 6, 14))]), 1),
        (summary("failed", expected=[entry(expires=TODAY)]), 0),
    ],
)
def test_exit_codes(told, code):
    assert told.exit_code == code, (told.statuses, told.compared)


def test_an_entry_that_no_longer_holds_is_named_with_a_next_step():
    told = summary("passed", expected=[entry()])
    (stale,) = told.compared.stale
    assert list(tally.stale_entry(stale)) == [
        "STALE  callback/state-changed[missing]  (Basic app)",
        "  cause      the verdict is passed, where failed was expected",
        "  reason     because",
        "  next step  Take the entry out of the baseline, or write into it what is so now.",
    ]
    assert tally.result(told).startswith("Exit code 1: 1 entry of the baseline no longer holds.")


def test_one_that_has_expired_says_when():
    (stale,) = summary("failed", expected=[entry(expires=date(2030, 6, 14))]).compared.stale
    assert stale.cause == "it expired on 2030-06-14; the verdict is failed"
    assert "decide anew" in stale.next_step


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (summary("failed"), ""),
        (summary("failed", expected=[entry()]), "baseline: 1 of 1 entry came as expected (1 failed)"),
        (
            summary("failed", "warned", expected=[entry(), entry("warned", TWO.identifier)]),
            "baseline: 2 of 2 entries came as expected (1 failed, 1 warned)",
        ),
        (
            summary("passed", "", expected=[entry(), entry(identifier=TWO.identifier)]),
            "baseline: 0 of 2 entries came as expected, 1 no longer holds, 1 could not be told in this run",
        ),
    ],
)
def test_the_summary_says_how_many_were_expected(told, line):
    assert tally.beside_the_baseline(told) == line


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (summary("failed", expected=[entry()]), "as it should be, or as the baseline expects it. "),
        (summary("failed", "failed", expected=[entry()]), "the client failed: 1 scenario, 0 rules. "),
        (summary("warned", fail_on="warned"), "0 scenarios, 0 rules; 1 warning, which --fail-on makes a failure. "),
        (summary("warned", rule="warned"), "Exit code 0: nothing failed; 2 warnings. "),
        (summary("passed"), "everything that was judged is as it should be. "),
        (summary("not_applicable", "not_applicable"), "incomplete: nothing was judged. "),
    ],
)
def test_the_last_line_says_why(told, said):
    assert said in tally.result(told)

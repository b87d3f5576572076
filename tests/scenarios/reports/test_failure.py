"""A failure in full: every part of it is there, always; ten messages as they look."""

from __future__ import annotations

import dataclasses
import io
import os
import re
import shlex
from pathlib import Path

import msgspec
import pytest

from scenarios.baseline import Baseline, Entry
from scenarios.cli.run import command
from scenarios.reports import failure
from scenarios.reports.console import Console
from scenarios.reports.shown import Hidden
from scenarios.rules.always import RULES
from scenarios.summary import Terms

from .runs import normalised, reported

SNAPSHOTS = Path(__file__).parent / "snapshots"
PARTS = ("story", "requirement", "clause", "changed", "expected", "actual", "risk", "fix", "again")
FLAWED = (
    "flawed:state-ignored",
    "flawed:state-in-shared-cache",
    "flawed:error-ignored",
    "flawed:access-token-unchecked",
    "flawed:token-type-ignored",
    "flawed:refresh-token-dropped",
    "flawed:secret-in-body-too",
    "flawed:code-sent-twice",
    "flawed:challenge-plain",
)

pytestmark = pytest.mark.slow


def told(run, selected, case, verdict):
    return failure.of_scenario(selected.scenario, case, verdict, run.header)


@pytest.mark.parametrize("client", FLAWED)
def test_each_part_of_a_failure_is_there(client):
    run = reported(client)
    assert run.failures(), "this client fails nothing, so nothing was looked at"
    for selected, case, verdict in run.failures():
        message = told(run, selected, case, verdict)
        missing = [part for part in PARTS if not message.part(part).strip()]
        assert not missing, f"{verdict.identifier} lacks {missing}:\n{message.text()}"
        assert verdict.identifier in message.title
        assert selected.scenario.requirement.level.value in message.part("requirement")
        assert all(str(clause) in message.part("clause") for clause in selected.scenario.requirement.clauses)
        if verdict.exchanges:
            assert f"exchange {verdict.exchanges[0]}:" in message.part("exchange")
        if any(exchange.sent != exchange.right for exchange in case.exchanges):
            assert message.part("right")
            assert message.part("sent")
            assert message.part("so that")
        assert message.text() in run.traces[file_of(case)]


def file_of(case):
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', case.identifier).strip('-')}.{case.app_kind}.txt"


@pytest.mark.parametrize("client", FLAWED)
def test_the_console_tells_each_failure_in_full(client):
    run = reported(client)
    for selected, case, verdict in run.failures():
        assert told(run, selected, case, verdict).text() in run.console
    # A token of 16 KiB is among what the server was told to send.
    assert max(map(len, run.console.splitlines())) < 1000


def test_a_broken_rule_is_told_in_full():
    run = reported("flawed:code-sent-twice")
    broken = [(kind, verdict) for kind, verdict in run.summary.rules if verdict.status == "failed"]
    assert broken
    for kind, verdict in broken:
        rule = next(rule for rule in RULES if rule.identifier == verdict.identifier)
        message = failure.of_rule(rule, verdict, kind, run.summary.entries, "the line", Hidden())
        parts = ("requirement", "clause", "expected", "actual", "exchange", "risk", "fix", "again")
        assert not [part for part in parts if not message.part(part)]
        assert f"the first of {verdict.count}, in " in message.part("actual")
        assert verdict.identifier in run.console


@pytest.mark.parametrize(
    ("name", "client", "selector"),
    [
        ("a-plain-login", "flawed:challenge-plain", "pkce/method-s256"),
        ("a-warning", "flawed:scope-sent-empty", "authorization-request/no-scope-configured"),
        ("a-parameter-is-missing", "flawed:state-ignored", "callback/state-changed[missing]"),
        ("somebody-elses-redirect", "flawed:state-in-shared-cache", "callback/state-of-another-session"),
        ("the-user-declined", "flawed:error-ignored", "callback/consent-declined"),
        ("a-member-of-another-type", "flawed:access-token-unchecked", "token-response/access-token-missing[number]"),
        (
            "another-legal-behaviour",
            "flawed:refresh-token-dropped",
            "refresh/refresh-answer-without-a-refresh-token[absent]",
        ),
    ],
)
def test_failures_look_like_this(name, client, selector):
    run = reported(client, (selector,), ("basic",))
    (failed,) = run.failures()
    looks_like(name, told(run, *failed).text())


def looks_like(name, text):
    text = normalised(text) + "\n"
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text)
    assert text == path.read_text(), "if it is meant to look so: UPDATE_SNAPSHOTS=1"


def paragraph(run, beginning):
    """The part of a console's report that begins so, up to the next empty line."""
    (found,) = (each for each in run.console.split("\n\n") if each.startswith(beginning))
    return found.rstrip("\n")


def test_a_broken_rule_looks_like_this():
    run = reported("flawed:code-sent-twice", ("callback/genuine-callback",), ("basic",))
    looks_like("a-rule-was-broken", paragraph(run, "FAILED  rule/code-is-sent-once"))


@pytest.mark.parametrize(
    ("client", "told"),
    [
        # A code that is sent twice breaks many a scenario; in the plainest one nothing but a login takes place.
        ("flawed:code-sent-twice", "Begin with token-request/code-sent-once: every answer was right there"),
        # What an attack alone shows has no plain one.
        ("flawed:state-compared-when-present", "`oauthspec explain callback/no-state-in-a-fresh-browser` tells"),
    ],
)
def test_whoever_reads_many_failures_is_told_where_to_begin(client, told):
    assert sum(line.startswith(told) for line in reported(client).console.splitlines()) == 1
    assert ("Begin with" in reported(client).console) is told.startswith("Begin with")


def test_what_cannot_be_judged_looks_like_this():
    run = reported("tests.scenarios.cli.clients:Raises", ("callback/genuine-callback",), ("basic",))
    looks_like("nobody-can-log-in", paragraph(run, "INCONCLUSIVE, which is not a pass"))


def test_a_capability_that_is_missing_looks_like_this():
    select = ("refresh/plain-refresh", "callback/genuine-callback")
    run = reported("tests.scenarios.cli.clients:Wrapped", select, ("basic",))
    looks_like("a-capability-is-missing", paragraph(run, "not applicable, which is not a pass"))


def test_an_entry_of_a_baseline_that_no_longer_holds_looks_like_this():
    run = reported("reference", ("callback/genuine-callback",), ("basic",))
    known = Entry("callback/genuine-callback", "basic", "failed", "ticket 12 is to mend it", "https://example.com/12")
    terms = Terms(Baseline((known,)))
    screen = io.StringIO()
    console = Console(msgspec.structs.replace(run.header, terms=terms), [], file=screen)
    console.ended(dataclasses.replace(run.summary, terms=terms))
    looks_like("a-baseline-is-stale", re.sub(r"\d+\.\d s", "N s", screen.getvalue().strip()))


@pytest.mark.parametrize("client", ["flawed:state-ignored", "flawed:access-token-unchecked"])
def test_the_line_that_repeats_a_scenario_is_a_command_line(client):
    run = reported(client)
    for selected, case, verdict in run.failures():
        words = shlex.split(told(run, selected, case, verdict).part("again"))
        assert words[:2] == ["oauthspec", "run"]
        context = command.make_context("run", words[2:])
        assert context.params["client"] == client
        assert context.params["selectors"] == (case.identifier,)
        assert context.params["app_kind"] == case.app_kind


@pytest.mark.parametrize("client", ["flawed:state-ignored", "flawed:refresh-token-dropped", "flawed:code-sent-twice"])
def test_a_scenario_by_itself_fails_as_it_did_among_others(client):
    run = reported(client)
    for _, case, verdict in run.failures()[:6]:
        again = reported(client, (case.identifier,), (case.app_kind,))
        ((_, _, alone),) = again.judgements
        assert (alone.status, normalised(alone.actual)) == (verdict.status, normalised(verdict.actual))
        assert normalised(alone.expected) == normalised(verdict.expected)

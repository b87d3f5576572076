"""From a verdict to what pytest is told: the text that the console prints, and whether it is a pass."""

import shlex
from collections.abc import Sequence
from typing import Literal, NamedTuple

from mock_server.transcript import Entry
from scenarios.collection import Selected
from scenarios.model.assignment import AppKind
from scenarios.model.case import Case
from scenarios.model.verdict import RuleVerdict, Status, Verdict
from scenarios.reports import failure
from scenarios.reports.failure import WORDS
from scenarios.reports.header import APP_KINDS
from scenarios.reports.shown import Hidden
from scenarios.rules.rule import Rule
from scenarios.summary import Summary, Terms

Kind = Literal["pass", "fail", "skip", "xfail", "warn"]


class Told(NamedTuple):
    """What was said of a scenario or a rule, in words."""

    status: Status
    text: str
    # A run of this alone, to be held against a baseline.
    alone: Summary


class _Item(NamedTuple):
    nodeid: str

    def again(self, identifier: str, app_kind: AppKind) -> str:  # noqa: ARG002 - the item is that scenario
        """The line that repeats it."""
        return shlex.join(["pytest", self.nodeid])


def told_scenario(selected: Selected, case: Case, verdict: Verdict, nodeid: str) -> Told:
    """What was said of a scenario."""
    if verdict.status in ("failed", "warned"):
        text = failure.of_scenario(selected.scenario, case, verdict, _Item(nodeid)).text()
    else:
        hidden = Hidden(case.entries, () if case.app is None else (case.app.client_secret,))
        text = _cause(verdict, hidden) if verdict.code else ""
    return Told(verdict.status, text, Summary(verdicts=[(selected, verdict)]))


def _cause(verdict: Verdict, hidden: Hidden) -> str:
    said = hidden.text(f"{verdict.code}: {verdict.cause} {verdict.next_step}".rstrip())
    if verdict.status == "not_applicable":
        return said
    return f"{WORDS[verdict.status]}  {verdict.identifier}  ({APP_KINDS[verdict.app_kind]})\n  {said}"


def told_rule(
    rule: Rule, verdict: RuleVerdict, app_kind: AppKind, entries: Sequence[Entry], secrets: Sequence[str], nodeid: str
) -> Told:
    """What was said of a rule; `entries` hold its first evidence."""
    text = "NO_LOGIN: No login was seen that the rule could speak of." if verdict.status == "not_applicable" else ""
    if verdict.first is not None and verdict.status in ("failed", "warned"):
        hidden, again = Hidden(entries, secrets), _Item(nodeid).again(rule.identifier, app_kind)
        text = failure.of_rule(rule, verdict, APP_KINDS[app_kind], entries, again, hidden).text()
    return Told(verdict.status, text, Summary(rules=[(app_kind, verdict)]))


def reaction(told: Told, terms: Terms) -> tuple[Kind, str]:
    """What pytest is told, and why; an entry of the baseline has to come true, as a strict xfail has."""
    told.alone.terms = terms
    compared = told.alone.compared
    for entry in compared.expected.values():
        return "xfail", entry.reason
    for stale in compared.stale:
        said = f"[XPASS(strict)] The baseline has {stale.entry}, for {stale.entry.reason!r}: {stale.cause}."
        return "fail", f"{told.text}\n{said} {stale.next_step}".lstrip()
    if told.status == "warned" and terms.fail_on != "warned":
        return "warn", told.text
    return _REACTIONS[told.status], told.text


_REACTIONS: dict[Status, Kind] = {
    "passed": "pass",
    "failed": "fail",
    "warned": "fail",
    "inconclusive": "fail",
    "errored": "fail",
    "not_applicable": "skip",
}

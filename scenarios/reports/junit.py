"""JUnit's XML, which CI systems read: a case for each scenario (or row), each rule, each stale entry of a baseline.

What failed is a `failure` with its whole message; what could not be judged is an `error`, for it is no pass; what does
not apply, or is expected by the baseline, is `skipped` with the reason. Everything is redacted, and legal in XML.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from xml.etree import ElementTree as ET

from mock_server.protocol.records import App
from scenarios.baseline import Entry
from scenarios.collection import Selected
from scenarios.ground import Learned
from scenarios.model.assignment import AppKind, AssignmentKind
from scenarios.model.case import Case
from scenarios.model.requirement import Requirement
from scenarios.model.verdict import RuleVerdict, Status, Verdict
from scenarios.performing import Ground
from scenarios.reports import failure, tally
from scenarios.reports.header import APP_KINDS, Header
from scenarios.reports.shown import Hidden
from scenarios.reports.whole_file import WholeFile
from scenarios.rules.always import RULES
from scenarios.running import Plan
from scenarios.summary import JUDGED, Summary

_RULES = {rule.identifier: rule for rule in RULES}
# What XML 1.0 has no way to write, not even as a reference.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JUnit:
    """A listener that writes when the run has ended, also when it was interrupted; a context manager."""

    def __init__(self, path: Path, header: Header) -> None:
        self._file = WholeFile(path)
        self.path = path
        self._header = header
        self._cases: list[tuple[Selected, Case, Verdict]] = []

    @property
    def trouble(self) -> str:
        """Why it could not be written; empty where it could."""
        return self._file.trouble

    def begun(self, plan: Plan) -> None:
        """Nothing to do."""

    def prepared(self, ground: Ground, app_kind: AppKind, kind: AssignmentKind, learned: Learned) -> None:
        """Nothing to do."""

    def judged(self, selected: Selected, case: Case, verdict: Verdict) -> None:
        """Keep it for the end."""
        self._cases.append((selected, case, verdict))

    def ended(self, summary: Summary) -> None:
        """Write all."""
        self._file.write(document(self._header, self._cases, summary))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)


def document(header: Header, cases: Iterable[tuple[Selected, Case, Verdict]], summary: Summary) -> bytes:
    """The whole file."""
    told = sorted(cases, key=lambda each: (each[2].identifier, each[2].app_kind))
    suites = {
        "scenarios": [_scenario(header, summary, *each) for each in told],
        "rules": [_rule(header, summary, told, kind, verdict) for kind, verdict in summary.rules],
        "baseline": list(_stale(summary)),
        "run": list(_unfinished(header, summary)),
    }
    root = ET.Element("testsuites", name="oauthspec", time=f"{summary.seconds:.3f}")
    for name, found in suites.items():
        if found:
            suite = ET.SubElement(root, "testsuite", {"name": name} | _counts(found))
            suite.set("time", f"{sum(float(case.get('time', '0')) for case in found):.3f}")
            suite.extend(found)
    for attribute in ("tests", "failures", "errors", "skipped"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _counts(cases: list[ET.Element]) -> dict[str, str]:
    many = {what: sum(case.find(what) is not None for case in cases) for what in ("failure", "error", "skipped")}
    return {
        "tests": str(len(cases)),
        "failures": str(many["failure"]),
        "errors": str(many["error"]),
        "skipped": str(many["skipped"]),
    }


def _scenario(header: Header, summary: Summary, selected: Selected, case: Case, verdict: Verdict) -> ET.Element:
    hidden = Hidden(case.entries, () if case.app is None else (case.app.client_secret,))
    times = [entry.at for entry in case.entries]
    element = _case(verdict.identifier, verdict.app_kind, max(times) - min(times) if times else 0.0)
    _properties(element, selected.scenario.requirement, verdict.app_kind, verdict.status)
    told, message = "", verdict.actual
    if verdict.status in ("failed", "warned"):
        told = failure.of_scenario(selected.scenario, case, verdict, header).text()
    elif verdict.code:
        message = f"{verdict.code}: {verdict.cause}"
        told = f"{message}\n{verdict.next_step}\nagain: {header.again(verdict.identifier, verdict.app_kind)}"
        told = "\n".join(hidden.text(line) for line in told.splitlines())
    entry = summary.terms.expects(verdict.identifier, verdict.app_kind, verdict.status)
    _outcome(element, summary, verdict.status, hidden.text(message), told, entry)
    return element


def _rule(
    header: Header,
    summary: Summary,
    told: list[tuple[Selected, Case, Verdict]],
    kind: AppKind,
    verdict: RuleVerdict,
) -> ET.Element:
    element, rule = _case(verdict.identifier, kind, 0.0), _RULES[verdict.identifier]
    _properties(element, rule.requirement, kind, verdict.status)
    hidden = Hidden((), _secrets(summary.apps))
    text, message = "", "No login of the run could have broken it."
    if verdict.first is not None and verdict.status in ("failed", "warned"):
        again = failure.first_seen(verdict, kind, (case for _, case, _ in told), header)
        text = failure.of_rule(rule, verdict, APP_KINDS[kind], summary.entries, again, hidden).text()
        message = hidden.text(verdict.first.actual)
    entry = summary.terms.expects(verdict.identifier, kind, verdict.status)
    _outcome(element, summary, verdict.status, message, text, entry)
    return element


def _stale(summary: Summary) -> Iterator[ET.Element]:
    for stale in summary.compared.stale:
        element = _case(stale.entry.id, stale.entry.app_kind, 0.0, topic="baseline")
        _child(element, "failure", "\n".join(tally.stale_entry(stale)), type="stale", message=stale.cause)
        yield element


def _unfinished(header: Header, summary: Summary) -> Iterator[ET.Element]:
    """A case for a run that tells less than its other cases seem to."""
    cause = ""
    if summary.interrupted:
        cause = f"interrupted: {header.selected - len(summary.verdicts)} scenarios were not performed"
    elif not any(verdict.status in JUDGED for _, verdict in summary.verdicts):
        cause = "nothing was judged"
    if cause:
        element = ET.Element("testcase", classname="run", name="the run is whole", time="0.000")
        _child(element, "error", f"{cause}\n", type="incomplete", message=cause)
        yield element


def _case(identifier: str, app_kind: AppKind, seconds: float, topic: str = "") -> ET.Element:
    named = {"classname": topic or identifier.partition("/")[0], "name": f"{identifier} ({APP_KINDS[app_kind]})"}
    return ET.Element("testcase", named | {"time": f"{seconds:.3f}"})


def _properties(element: ET.Element, requirement: Requirement, app_kind: AppKind, status: Status) -> None:
    told = [("level", requirement.level.value), *(("clause", str(clause)) for clause in requirement.clauses)]
    found = ET.SubElement(element, "properties")
    for name, value in [*told, ("verdict", status), ("app kind", app_kind)]:
        ET.SubElement(found, "property", name=name, value=value)


def _outcome(
    element: ET.Element, summary: Summary, status: Status, message: str, told: str, entry: Entry | None
) -> None:
    """What makes the case a failure, an error or skipped; a case with neither has passed."""
    if entry is not None:
        why = f"expected by the baseline to be {entry.verdict}: {entry.reason} {entry.link}"
        _child(element, "skipped", "", type="expected", message=why.rstrip())
        _child(element, "system-out", told)
    elif status in ("failed", summary.terms.fail_on):
        _child(element, "failure", told, type=status, message=message)
    elif status == "warned":
        _child(element, "system-out", told)
    elif status in ("inconclusive", "errored"):
        _child(element, "error", told, type=status, message=message)
    elif status == "not_applicable":
        _child(element, "skipped", "", type=status, message=message)


def _secrets(apps: Mapping[AppKind, Iterable[App]]) -> list[str]:
    return [app.client_secret for known in apps.values() for app in known if app.client_secret]


def _child(element: ET.Element, name: str, text: str, **attributes: str) -> None:
    child = ET.SubElement(element, name, {key: _legal(value) for key, value in attributes.items()})
    child.text = _legal(text) or None


def _legal(text: str) -> str:
    return _ILLEGAL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)

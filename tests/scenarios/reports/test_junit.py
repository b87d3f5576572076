"""JUnit's XML: of the shape that CI systems read, whole, legal and without a secret."""

from __future__ import annotations

import asyncio
import re
from xml.etree import ElementTree as ET

import pytest

from scenarios.baseline import Baseline, Entry
from scenarios.collection import performances
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.model.verdict import Verdict
from scenarios.reports import failure, junit
from scenarios.reports.junit import JUnit
from scenarios.running import Plan, run
from scenarios.summary import Summary, Terms

from .runs import CATALOGUE, Heard, header, reported

FEW = ("callback/state-changed", "callback/genuine-callback", "token-request/secret-in-the-header-alone")
# What JUnit's schemas allow: attributes (a ? may be missing) and children of each element.
SHAPE = {
    "testsuites": ("name tests failures errors skipped time", {"testsuite"}),
    "testsuite": ("name tests failures errors skipped time", {"testcase"}),
    "testcase": ("name classname time", {"properties", "failure", "error", "skipped", "system-out"}),
    "properties": ("", {"property"}),
    "property": ("name value", set()),
    "failure": ("type message", set()),
    "error": ("type message", set()),
    "skipped": ("type message", set()),
    "system-out": ("", set()),
}

pytestmark = pytest.mark.slow


def parsed(content: bytes) -> ET.Element:
    root = ET.fromstring(content)
    problems = list(against_the_shape(root))
    assert not problems, problems
    return root


def against_the_shape(root):
    for element in root.iter():
        attributes, children = SHAPE.get(element.tag, (None, ()))
        if attributes is None or set(element.attrib) != set(attributes.split()):
            yield f"<{element.tag}> with {sorted(element.attrib)}"
        yield from (f"<{child.tag}> in <{element.tag}>" for child in element if child.tag not in children)
        outcomes = [child.tag for child in element if child.tag in ("failure", "error", "skipped")]
        if len(outcomes) > 1:
            yield f"{outcomes} in one case"
    for suite in [root, *root]:
        cases = list(suite.iter("testcase"))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if int(suite.get(attribute)) != sum(case.find(tag) is not None for case in cases):
                yield f"{attribute}={suite.get(attribute)} of {suite.get('name')}"
        if int(suite.get("tests")) != len(cases):
            yield f"tests={suite.get('tests')}"
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    if len(set(names)) != len(names):
        yield "two cases of one name"


def written(client, **terms):
    told = reported(client, FEW)
    summary = Summary(**vars(told.summary))
    summary.terms = Terms(**terms)
    return told, parsed(junit.document(told.header, told.judgements, summary))


def case(root, name):
    (found,) = (each for each in root.iter("testcase") if each.get("name") == name)
    return found


def test_the_check_of_the_shape_sees_what_is_wrong():
    _, root = written("flawed:state-ignored")
    root[0][0].set("result", "x")
    root[0].set("tests", "1")
    root[0][1].append(ET.Element("skipped", type="", message=""))
    root[0][1].append(ET.Element("error", type="", message=""))
    assert len(list(against_the_shape(root))) >= 4


def test_a_case_for_each_scenario_and_each_rule():
    told, root = written("flawed:state-ignored")
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"scenarios", "rules"}
    assert len(suites["scenarios"]) == len(told.judgements)
    assert len(suites["rules"]) == len(told.summary.rules)


def test_a_failure_holds_the_whole_message():
    told, root = written("flawed:state-ignored")
    failed = [each for each in told.judgements if each[2].status == "failed"]
    assert failed
    for selected, performed, verdict in failed:
        element = case(root, f"{verdict.identifier} (Basic app)")
        text = failure.of_scenario(selected.scenario, performed, verdict, told.header).text()
        assert element.find("failure").text == text
        assert text in told.console
        assert element.get("classname") == verdict.identifier.partition("/")[0]
        properties = [(each.get("name"), each.get("value")) for each in element.iter("property")]
        requirement = selected.scenario.requirement
        assert ("level", requirement.level.value) in properties
        assert [("clause", str(each)) for each in requirement.clauses] == [p for p in properties if p[0] == "clause"]
        assert ("verdict", "failed") in properties
        assert ("app kind", "basic") in properties


def test_a_rule_that_was_broken_is_a_failure_with_its_message():
    _, root = written("flawed:code-sent-twice")
    element = case(root, "rule/code-is-sent-once (Basic app)").find("failure")
    assert "requirement  MUST NOT" in element.text
    assert "oauthspec run --select" in element.text


def test_a_warning_passes_unless_it_is_to_fail():
    told, root = written("flawed:secret-in-body-too")
    warned = [v.identifier for _, _, v in told.judgements if v.status == "warned"]
    assert warned, "nothing was looked at"
    element = case(root, f"{warned[0]} (Basic app)")
    assert element.find("failure") is None
    assert element.find("system-out").text.startswith("WARNED")
    _, strict = written(told.header.flags[1], fail_on="warned")
    assert case(strict, f"{warned[0]} (Basic app)").find("failure").text.startswith("WARNED")


def test_what_the_baseline_expects_is_skipped_and_what_no_longer_holds_fails():
    known = Entry("callback/state-changed[missing]", "basic", "failed", "#12", "https://example.com/12")
    gone = Entry("callback/genuine-callback", "basic", "failed", "#13")
    _, root = written("flawed:state-ignored", baseline=Baseline((known, gone)))
    element = case(root, "callback/state-changed[missing] (Basic app)")
    assert element.find("skipped").get("message") == (
        "expected by the baseline to be failed: #12 https://example.com/12"
    )
    assert element.find("system-out").text.startswith("FAILED")
    (stale,) = next(suite for suite in root if suite.get("name") == "baseline")
    assert stale.find("failure").text.startswith("STALE  callback/genuine-callback")


@pytest.mark.parametrize(
    ("status", "tag"), [("inconclusive", "error"), ("errored", "error"), ("not_applicable", "skipped")]
)
def test_what_could_not_be_judged_is_no_pass(status, tag):
    (one,) = performances(CATALOGUE, ["basic"], ["callback/genuine-callback"])
    told = reported("reference", FEW)
    _, performed, _ = next(each for each in told.judgements if each[0].identifier == one.identifier)
    bad = "a \x00 b \x1b[31m \ufffe \udc80 <&>"
    verdict = Verdict(one.identifier, "basic", status, code="A_CODE", cause=bad, next_step="Do this.")
    root = parsed(junit.document(told.header, [(one, performed, verdict)], Summary([(one, verdict)])))
    element = case(root, "callback/genuine-callback (Basic app)").find(tag)
    assert element.get("message").startswith(r"A_CODE: a \x00 b")
    assert r"\ufffe" in element.get("message")
    assert "<&>" in element.get("message")
    if tag == "error":
        assert "Do this." in element.text
        assert "oauthspec run --select" in element.text
    assert case(root, "the run is whole").find("error").get("message") == "nothing was judged"


def test_no_secret_is_in_it():
    told, root = written("flawed:state-ignored")
    text = ET.tostring(root, encoding="unicode")
    entries = told.summary.entries
    secrets = {app.client_secret for apps in told.summary.apps.values() for app in apps}
    for entry in entries:
        for name in ("code", "state", "code_verifier"):
            body = getattr(getattr(entry, "request", None), "body", b"").decode("utf-8", "replace")
            secrets.update(re.findall(rf"(?:^|&){name}=([^&]{{20,}})", body))
    assert len(secrets) > 10
    assert not [secret for secret in secrets if secret and secret in text]


async def test_an_interrupted_run_is_on_file_and_says_so(tmp_path):
    selected = performances(CATALOGUE, ["basic"], ["callback/state-changed"])
    path = tmp_path / "junit.xml"
    path.write_text("an older one")
    told = asyncio.Event()

    class Watches(Heard):
        def judged(self, *_told):
            told.set()

    plan = Plan(InProcessDriver(load_factory("reference")), selected)
    with JUnit(path, header("reference", len(selected))) as report:
        task = asyncio.create_task(run(plan, [report, Watches()]))
        await told.wait()
        assert path.read_text() == "an older one"
        task.cancel()
        await task
    root = parsed(path.read_bytes())
    assert re.match(r"interrupted: \d scenarios were not", case(root, "the run is whole").find("error").get("message"))
    assert [file.name for file in tmp_path.iterdir()] == ["junit.xml"]


def test_a_run_that_never_ends_leaves_the_older_file(tmp_path):
    path = tmp_path / "junit.xml"
    path.write_text("an older one")
    with pytest.raises(ZeroDivisionError), JUnit(path, header("reference", 1)):
        raise ZeroDivisionError
    assert path.read_text() == "an older one"
    assert [file.name for file in tmp_path.iterdir()] == ["junit.xml"]

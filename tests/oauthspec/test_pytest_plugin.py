"""Each scenario is an item of pytest: its name, what becomes of its verdict, and what is wrong with a marker."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from tests.oauthspec.conftest import FEW, marked

pytestmark = pytest.mark.slow

RULES = 19
"""Of a Basic app."""


def outcomes(result) -> dict[str, int]:
    """What pytest counted, the rules left out where they passed, or had nothing to look at."""
    told = result.parseoutcomes()
    told["passed"] = told.get("passed", 0) + told.pop("skipped", 0) - RULES
    return {name: number for name, number in told.items() if number}


def test_items_are_named_after_scenarios_and_the_rules_come_last(project):
    project.write(marked("reference"))
    result = project.run("--collect-only", "-q")
    names = [line for line in result.outlines if "::" in line]
    assert names[:2] == [f"test_client.py::test_client[{each}-basic]" for each in FEW]
    assert all(name.startswith("test_client.py::test_client[rule/") for name in names[2:])
    assert len(names) == 2 + RULES


def test_a_right_client_passes(project):
    project.write(marked("reference"))
    result = project.run()
    assert result.ret == 0
    assert outcomes(result) == {"passed": 2}


def test_a_failure_teaches_and_shows_no_line_of_ours(project):
    project.write(marked("flawed('state-ignored')"))
    result = project.run("-rf")
    assert result.ret == 1
    assert outcomes(result) == {"passed": 1, "failed": 1}
    result.stdout.fnmatch_lines(
        [
            "FAILED  callback/state-changed?missing?  (Basic app)",
            "  requirement  PROSE: compare state exactly*",
            "  expected     the client refuses, without any token request",
            "  actual       it sent a token request with the code",
            "  fix          compare the whole value*",
            "  again        pytest 'test_client.py::test_client?callback/state-changed?missing?-basic?'",
            "FAILED test_client.py::test_client?callback/state-changed?missing?-basic?*",
        ]
    )
    assert not re.search(r"Traceback|scenarios/|pytest_plugin|items\.py", result.stdout.str())


def test_the_line_that_repeats_a_failure_does(project):
    project.write(marked("flawed('state-ignored')"))
    result = project.run("test_client.py::test_client[callback/state-changed[missing]-basic]")
    assert result.parseoutcomes() == {"failed": 1}


@pytest.mark.parametrize(
    ("settings", "words", "expected"),
    [
        ({}, ("-W", "default"), {"passed": 1, "warnings": 1}),
        ({"fail_on": "warned"}, (), {"failed": 1}),
        ({}, ("-W", "error"), {"failed": 1}),
        ({}, ("-W", "error::oauthspec.pytest_plugin.ClientWarned"), {"failed": 1}),
        ({}, ("-W", "ignore::oauthspec.pytest_plugin.ClientWarned"), {"passed": 1}),
    ],
)
def test_what_is_warned_of_is_a_warning_of_pytest(project, settings, words, expected):
    project.write(marked("flawed('state-absent')", ["authorization-request/state-of-the-request"], **settings))
    result = project.run(*words)
    assert outcomes(result) == expected
    if expected != {"passed": 1}:
        result.stdout.fnmatch_lines(["*WARNED  authorization-request/state-of-the-request  (Basic app)"])
    assert "Traceback" not in result.stdout.str()


def test_what_does_not_apply_is_skipped_with_its_reason_at_the_test(project):
    project.write(marked("reference", ["callback-pages/*"]))
    result = project.run("-rs")
    result.stdout.fnmatch_lines(["SKIPPED * test_client.py:*: CAPABILITY_ABSENT: It needs an application where*"])


NOBODY = """
class Nobody:
    def begin(self, session):
        raise RuntimeError("not today")
    def land(self, session, url):
        raise RuntimeError("not today")
"""


def test_what_cannot_be_judged_is_a_failure_with_its_cause(project):
    project.write(marked("lambda assignment: Nobody()"), head=NOBODY)
    result = project.run("-k", "callback")
    assert result.parseoutcomes() == {"failed": 2, "deselected": RULES}
    result.stdout.fnmatch_lines(["INCONCLUSIVE  callback/*  (Basic app)", "  CANNOT_LOG_IN: *not today*"])


def test_a_client_that_cannot_be_made_is_an_error_of_the_set_up(project):
    project.write(marked("lambda assignment: 1 / 0"))
    result = project.run("-k", "callback or repeats")
    assert result.parseoutcomes() == {"errors": 4, "deselected": RULES - 2}
    result.stdout.fnmatch_lines(["oauthspec: FACTORY_RAISED: The factory raised ZeroDivisionError*"])
    assert not re.search("Traceback|^ZeroDivisionError", result.stdout.str(), re.MULTILINE)


def test_a_client_that_refuses_wrong_settings_passes(project):
    project.write(marked("reference", ["cleartext/token-endpoint-of-another-machine", "metadata/issuer-of-another"]))
    result = project.run("-k", "cleartext or metadata")
    assert result.parseoutcomes() == {"passed": 2, "deselected": RULES}


UNTOLD = """
def untold(assignment):
    client = reference(assignment)
    client.capabilities = ("refresh", "call_api")
    return client
"""


def test_settings_that_are_not_for_this_client_are_skipped(project):
    project.write(marked("untold", ["cleartext/endpoints-of-this-machine", "metadata/*"]), head=UNTOLD)
    result = project.run("-k", "cleartext or metadata")
    assert set(result.parseoutcomes()) == {"skipped", "deselected"}


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("", "NO_CLIENT: Nothing says which client to judge. Give client=factory*"),
        ("7", "BAD_ARGUMENT: 7 stands there without a name. Write client=*"),
        ("client=reference, selct='x'", "UNKNOWN_ARGUMENT: *'selct'. Did you mean 'select'?"),
        ("client=reference, adapter=['x']", "TWO_SEATS: client and adapter are two ways*"),
        ("client=7", "CLIENT_NOT_CALLABLE: client is int. Give a function*"),
        ("client='nowhere:factory'", "CLIENT_NOT_IMPORTABLE: nowhere:factory cannot be imported*"),
        ("client='nowhere'", "BAD_CLIENT_NAME: 'nowhere' names no factory.*"),
        ("command=['app']", "NO_LOGIN: *nothing says where its login begins. Add login=*"),
        ("asgi=reference, login='/login'", "BAD_ARGUMENT: asgi is function. Give 'module:app'."),
        ("asgi='main', login='/login'", "BAD_APP_NAME: 'main' names no application.*"),
        ("command='python app.py', login='/login'", "BAD_ARGUMENT: command is 'python app.py'. It is a list*"),
        ("command=['app'], login='/login', signed_in='nonsense'", "BAD_PROBE: *"),
        ("client=reference, select='callback/nothing'", "NOTHING_SELECTED: *matches no scenario*"),
        ("client=reference, signed_in='GET /me is 200'", "FLAG_OF_ANOTHER_SEAT: signed_in says something of a web*"),
        ("client=reference, select=7", "BAD_ARGUMENT: select is 7. It is a list of strings*"),
        ("client=reference, app_kind='public'", "BAD_ARGUMENT: app_kind is 'public'. Known: both, basic, pkce."),
        ("client=reference, provider='nobody'", "BAD_ARGUMENT: provider is 'nobody'. Known: frameio,*"),
        ("client=reference, timeout=0", "BAD_ARGUMENT: timeout is 0.*"),
        ("client=reference, fail_on='never'", "BAD_ARGUMENT: fail_on is 'never'. Known: failed, warned."),
        ("client=reference, baseline='absent.toml'", "NO_BASELINE: *absent.toml cannot be read*"),
    ],
)
def test_a_mistake_in_the_marker_is_one_line_of_collection(project, marker, said):
    project.write(marker)
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([f"oauthspec: {said}"])
    assert "Traceback" not in result.stdout.str()


def test_a_test_without_the_marker_is_told_of_it(project):
    project.write_file("def test_client(oauthspec_case): pass")
    project.run().stdout.fnmatch_lines(["oauthspec: NO_MARKER: *Add @pytest.mark.oauthspec(client=factory)*"])


def test_the_fixture_cannot_be_asked_for_while_a_test_runs(project):
    project.write_file("def test_client(request): request.getfixturevalue('oauthspec_case')")
    project.run().stdout.fnmatch_lines(["oauthspec: NO_ITEM: *"])


def test_last_failed_first_failure_and_a_choice_by_name_work_as_always(project):
    project.write(marked("flawed('state-ignored')", ["callback/genuine-callback", "callback/state-changed"]))
    assert project.run("-x").parseoutcomes() == {"passed": 1, "failed": 1}
    assert outcomes(project.run()) == {"passed": 1, "failed": 8}
    assert project.run("--lf").parseoutcomes() == {"failed": 8}
    assert project.run("-k", "state-changed and (missing or forged)").parseoutcomes() == {
        "failed": 2,
        "deselected": RULES + 7,
    }


def test_a_report_for_ci_holds_the_message(project):
    project.write(marked("flawed('state-ignored')"))
    project.run("--junitxml=junit.xml", "-k", "state-changed")
    (case,) = ET.parse(project.path / "junit.xml").iter("testcase")
    assert case.get("name") == "test_client[callback/state-changed[missing]-basic]"
    assert "it sent a token request with the code" in case.find("failure").text


ENTRY = '[[expected]]\nid = "{}"\napp-kind = "basic"\nverdict = "{}"\nreason = "ticket 7"\n{}\n'
MISSING = "callback/state-changed[missing]"


@pytest.mark.parametrize(
    ("client", "entry", "expected", "said"),
    [
        ("flawed('state-ignored')", (MISSING, "failed", ""), {"passed": 1, "xfailed": 1}, "XFAIL * ticket 7"),
        ("reference", (MISSING, "failed", ""), {"passed": 1, "failed": 1}, "?XPASS(strict)? *passed*"),
        ("flawed('state-ignored')", (MISSING, "warned", ""), {"passed": 1, "failed": 1}, "?XPASS(strict)? *"),
        (
            "flawed('state-ignored')",
            (MISSING, "failed", "expires = 2020-12-31"),
            {"passed": 1, "failed": 1},
            "?XPASS(strict)? *it expired on 2020-12-31*",
        ),
        ("reference", ("callback/code-missing[empty]", "failed", ""), {"passed": 2}, "*"),
    ],
)
def test_a_baseline_is_a_strict_xfail(project, client, entry, expected, said):
    (project.path / "known.toml").write_text(ENTRY.format(*entry))
    project.write(marked(client, baseline="known.toml"))
    result = project.run("-rx")
    assert outcomes(result) == expected
    result.stdout.fnmatch_lines([said])


def test_a_broken_rule_is_an_item_that_fails_also_when_it_is_asked_for_alone(project):
    project.write(marked("flawed('state-constant')"))
    assert outcomes(project.run())["failed"] == 2
    result = project.run("-k", "state-never-repeats")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(
        ["FAILED  rule/state-never-repeats  (Basic app)", "*again *pytest 'test_client.py::test_client?rule/state-*"]
    )


COUNTED = """
def counted(assignment):
    with open("started.txt", "a") as file:
        file.write(f"{assignment.app_kind}\\n")
    return reference(assignment)
"""


def test_items_of_one_function_share_an_application(project):
    project.write(marked("counted", app_kind="both"), head=COUNTED)
    assert project.run().ret == 0
    assert (project.path / "started.txt").read_text().split() == ["basic", "pkce"]


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_with_pytest_asyncio(project, mode):
    test = "import asyncio; await asyncio.sleep(0); oauthspec_case.check()"
    head = "pytestmark = pytest.mark.asyncio\n" if mode == "strict" else ""
    project.write(marked("reference"), head=head, word="async def", test=test)
    config = f"asyncio_mode = {mode}\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error"
    assert outcomes(project.run("-p", "pytest_asyncio.plugin", config=config)) == {"passed": 2}


def test_a_mock_for_each_test(project):
    project.write_file(
        """
import urllib.request

def allowed(server):
    query = f"response_type=code&client_id={server.pkce_app.client_id}&state=of-this-test"
    query += f"&redirect_uri={server.pkce_app.redirect_uris[0]}&scope=account.read"
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *arguments): return None
    try:
        urllib.request.build_opener(Stay).open(f"{server.authorization_endpoint}?{query}")
    except urllib.error.HTTPError as answer:
        answer.close()
        return answer.headers["Location"]

def test_one(oauthspec_server):
    assert "code=" in allowed(oauthspec_server)
    assert len(oauthspec_server.transcript.exchanges) == 1

def test_two(oauthspec_server):
    assert not oauthspec_server.transcript.exchanges
"""
    )
    assert project.run("-W", "error").parseoutcomes() == {"passed": 2}

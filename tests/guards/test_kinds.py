"""A missing kind skips with its reason, and fails where the run has promised it."""

import pytest

from tests.guards import kinds

GUARDED = """
import pytest

@pytest.mark.requires("node")
def test_needs_node():
    pass

@pytest.mark.requires("node")
def test_skips_by_itself():
    pytest.skip("no network")

@pytest.mark.requires("node")
@pytest.mark.xfail(raises=ZeroDivisionError)
def test_expected_to_fail():
    1 / 0

def test_needs_nothing():
    pass
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run test source under the guard; `node` is how the machine answers for that kind."""

    def run(source, *, node=None, require=""):
        monkeypatch.setattr(kinds, "KINDS", {**kinds.KINDS, "node": lambda: node})
        monkeypatch.setenv("REQUIRE", require)
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        kinds.why_missing.cache_clear()
        pytester.makeini("[pytest]\nmarkers = requires(kind)\naddopts = --strict-markers -ra")
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess("-p", "tests.guards.kinds")

    yield run
    kinds.why_missing.cache_clear()


def test_present_kind_runs(run):
    run(GUARDED).assert_outcomes(passed=2, skipped=1, xfailed=1)


def test_missing_kind_skips_with_reason_and_remedy(run):
    result = run(GUARDED, node="no node; get it: buy one")
    result.assert_outcomes(passed=1, skipped=3)
    result.stdout.fnmatch_lines(["SKIPPED*requires node: no node; get it: buy one"])


@pytest.mark.parametrize("require", ["node", "go node", "go,node"])
def test_required_kind_may_not_be_missing(run, require):
    result = run(GUARDED, node="no node; get it: buy one", require=require)
    result.assert_outcomes(passed=1, errors=3)
    result.stdout.fnmatch_lines(["*REQUIRE names node, so this may not be skipped.*no node; get it: buy one*"])


def test_required_kind_may_not_be_skipped_by_the_test_itself(run):
    result = run(GUARDED, require="node")
    result.assert_outcomes(passed=2, failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["*REQUIRE names node*no network*"])


def test_another_required_kind_changes_nothing(run):
    run(GUARDED, node="no node", require="go").assert_outcomes(passed=1, skipped=3)


@pytest.mark.parametrize(("require", "outcome"), [("", "skipped"), ("node", "skipped"), ("node time", "passed")])
def test_there_is_time_where_it_is_promised(run, require, outcome):
    result = run('import pytest\n@pytest.mark.requires("time")\ndef test_it(): pass', require=require)
    result.assert_outcomes(**{outcome: 1})
    if outcome == "skipped":
        result.stdout.fnmatch_lines(["SKIPPED*requires time: it takes too long for every run; REQUIRE=time has it run"])


def test_unknown_kind_in_the_environment_is_a_usage_error(run):
    result = run(GUARDED, require="node cobol")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*REQUIRE in the environment: unknown kind cobol; known are node, go, *"])


@pytest.mark.parametrize("mark", ['requires("cobol")', "requires()", 'requires(kind="node")'])
def test_mark_that_names_no_known_kind_is_a_usage_error(run, mark):
    result = run(f"import pytest\n@pytest.mark.{mark}\ndef test_it(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_it*node, go, ruby, browser, redis*"])


def test_detection_does_not_trust_a_stub_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=None)
    assert "on the path" in (kinds.KINDS["go"]() or "")
    stub = tmp_path / "go"
    stub.write_text("#!/bin/sh\nexit 1\n")
    stub.chmod(0o755)
    assert "fails" in (kinds.KINDS["go"]() or "")
    stub.write_text("#!/bin/sh\nexit 0\n")
    assert kinds.KINDS["go"]() is None


def test_a_command_without_its_library_is_of_no_use(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=None)
    stub = tmp_path / "ruby"
    stub.write_text('#!/bin/sh\ntest "$1" = --version\n')
    stub.chmod(0o755)
    assert "-roauth2" in (kinds.KINDS["ruby"]() or "")
    stub.write_text("#!/bin/sh\nexit 0\n")
    assert kinds.KINDS["ruby"]() is None

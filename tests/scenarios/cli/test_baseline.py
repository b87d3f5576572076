"""`oauthspec baseline`, and the flags that a run and a record are held against: in this process, on one record."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from oauthspec.__main__ import main
from scenarios.baseline import entries_of

SELECT = ("--select", "callback/state-changed[missing]", "--select", "callback/state-changed[empty]")
CLIENT = ("--client", "flawed:state-ignored", "--app-kind", "basic")

pytestmark = pytest.mark.slow


def oauthspec(*words):
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="oauthspec")


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        assert oauthspec("run", *CLIENT, *SELECT, "--record", path).exit_code == 1
    return path


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def code_of(result):
    assert result.exit_code == 2, result.output
    assert re.fullmatch(r"oauthspec: [A-Z_]+: .+[.?!`]\n", result.stderr), result.stderr
    return result.stderr.split(": ")[1]


def test_what_is_written_is_taken_when_it_has_reasons(record, here):
    result = oauthspec("baseline", record)
    assert result.exit_code == 0
    assert result.stderr == (
        "Wrote baseline.toml: 2 entries.\n2 of them need a reason before --baseline takes the file.\n"
    )
    path = here / "baseline.toml"
    assert "# it sent a token request with the code\n" in path.read_text()
    assert code_of(oauthspec("judge", record, "--baseline", path)) == "NO_REASON"
    path.write_text(path.read_text().replace('reason = ""', 'reason = "#12"'))
    judged = oauthspec("judge", record, "--baseline", path)
    assert judged.exit_code == 0, judged.stderr
    assert "baseline: 2 of 2 entries came as expected (2 failed)" in judged.stderr
    assert "login CSRF" not in judged.stderr, "what is expected is not told in full"


def test_a_file_that_is_there_is_replaced_by_force_alone_and_keeps_its_reasons(record, here):
    path = here / "baseline.toml"
    assert oauthspec("baseline", record).exit_code == 0
    path.write_text(path.read_text().replace('reason = ""', 'reason = "written by hand"', 1))
    before = path.read_text()
    assert code_of(oauthspec("baseline", record)) == "BASELINE_EXISTS"
    assert path.read_text() == before
    assert oauthspec("baseline", record, "--force", "--reason", "the rest").exit_code == 0
    assert sorted(entry.reason for entry in entries_of(path)) == ["the rest", "written by hand"]


def test_reasons_are_not_lost_to_a_mistake(record, here):
    path = here / "baseline.toml"
    path.write_text("[[expected")
    assert code_of(oauthspec("baseline", record, "--force")) == "BAD_BASELINE"
    assert path.read_text() == "[[expected"


def test_a_place_that_cannot_be_written_is_named(record, here):
    assert code_of(oauthspec("baseline", record, "--output", "no/such/folder")) == "BASELINE_NOT_WRITABLE"


def test_a_run_in_which_nothing_was_judged_has_no_baseline(here):
    (here / "broken.py").write_text("def factory(assignment):\n    raise RuntimeError('no')\n")
    result = oauthspec("run", "--client", "broken:factory", *SELECT, "--record", "run.jsonl")
    assert result.exit_code == 3
    assert code_of(oauthspec("baseline", "run.jsonl")) == "NOTHING_JUDGED"
    assert not (here / "baseline.toml").exists()


def test_a_run_beside_its_baseline(record, here):
    assert oauthspec("baseline", record, "--reason", "#12").exit_code == 0
    run = oauthspec("run", *CLIENT, *SELECT, "--baseline", "baseline.toml", "--record", "again.jsonl")
    assert run.exit_code == 0, run.stderr
    assert "as the baseline expects it" in run.stderr
    judged = oauthspec("judge", "again.jsonl")
    assert judged.exit_code == 0, "the record has the baseline of its run"
    assert "baseline: 2 of 2 entries came as expected" in judged.stderr

    right = ("--client", "reference", "--app-kind", "basic")
    mended = oauthspec("run", *right, *SELECT, "--baseline", "baseline.toml", "--junit", "j.xml")
    assert mended.exit_code == 1
    assert "STALE  callback/state-changed[missing]  (Basic app)" in mended.stderr
    assert "2 entries of the baseline no longer hold." in mended.stderr
    assert 'name="baseline"' in (here / "j.xml").read_text()


def test_what_failed_last_time_is_run_again(here):
    first = oauthspec("run", *CLIENT, *SELECT, "--select", "callback/genuine-callback", "--last-failed")
    assert "Nothing of it is known to have failed" in first.stderr
    assert "3 scenarios" in first.stderr
    second = oauthspec("run", *CLIENT, "--last-failed")
    assert "What did not pass last time: 2 of" in second.stderr
    assert "oauthspec 0.1.0: 2 scenarios" in second.stderr
    assert second.exit_code == 1


def test_the_terms_may_stand_in_the_settings_file(record, here):
    assert oauthspec("baseline", record, "--reason", "#12").exit_code == 0
    (here / "oauthspec.toml").write_text(
        '[client]\nclient = "flawed:state-ignored"\napp-kind = "basic"\n'
        '[run]\nselect = ["callback/state-changed[missing]"]\nbaseline = "baseline.toml"\n'
        'fail-on = "warn"\njunit = "junit.xml"\nlast-failed = false\n'
    )
    run = oauthspec("run")
    assert run.exit_code == 0, run.stderr
    assert "  settings  oauthspec.toml\n  baseline  2 expected verdicts\n" in run.stderr
    assert (here / "junit.xml").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--baseline", "nowhere.toml"), "NO_BASELINE"),
        (("--fail-on", "passed"), "BAD_COMMAND_LINE"),
        (("--junit", "."), "JUNIT_NOT_WRITABLE"),
        (("--junit", "/dev/null/x"), "JUNIT_NOT_WRITABLE"),
    ],
)
def test_mistakes(record, here, words, code):
    assert code_of(oauthspec("run", *CLIENT, *words)) == code
    assert code_of(oauthspec("judge", record, *words)) == code


@pytest.mark.parametrize(("word", "exit_code"), [("failed", 0), ("fail", 0), ("warned", 1), ("warn", 1)])
def test_warnings_may_fail(here, word, exit_code):
    client = ("--client", "flawed:scope-sent-empty", "--app-kind", "basic")
    select = ("--select", "authorization-request/no-scope-configured")
    run = oauthspec("run", *client, *select, "--fail-on", word)
    assert run.exit_code == exit_code, run.stderr
    assert ("1 warning, which --fail-on makes a failure" in run.stderr) is bool(exit_code)

"""What did not pass last time: remembered for each client by itself, and never a reason to fail."""

from __future__ import annotations

import pytest

from scenarios.baseline import Baseline, Entry
from scenarios.collection import collect, performances
from scenarios.model.case import Case
from scenarios.model.verdict import Finding, RuleVerdict, Verdict
from scenarios.reports.last_failed import LastFailed, again, remembered
from scenarios.summary import Summary, Terms

SELECTED = performances(collect(), ["basic"], ["callback/state-changed"])
ONE, TWO, THREE = SELECTED[:3]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / ".oauthspec"


def ran(folder, client, *told, rules=(), expected=()):
    listener = LastFailed(client, folder)
    verdicts = []
    for selected, status in told:
        verdict = Verdict(selected.identifier, "basic", status)
        verdicts.append((selected, verdict))
        listener.judged(selected, Case(selected.scenario.identifier, selected.row, "basic"), verdict)
    listener.ended(Summary(verdicts, list(rules), terms=Terms(Baseline(tuple(expected)))))


def names(*selected):
    return {(each.identifier, "basic") for each in selected}


@pytest.mark.parametrize("status", ["failed", "warned", "inconclusive", "errored"])
def test_what_did_not_pass_is_run_again(folder, status):
    ran(folder, "mine", (ONE, status), (TWO, "passed"), (THREE, "not_applicable"))
    assert remembered("mine", folder) == names(ONE)
    assert again(SELECTED, "mine", folder) == (ONE,)


def test_each_client_has_its_own(folder):
    ran(folder, "mine", (ONE, "failed"))
    ran(folder, "another", (TWO, "failed"))
    assert again(SELECTED, "mine", folder) == (ONE,)
    assert again(SELECTED, "another", folder) == (TWO,)
    assert again(SELECTED, "a third", folder) == ()


def test_what_was_not_performed_stays_as_it_was(folder):
    ran(folder, "mine", (ONE, "failed"), (TWO, "failed"))
    ran(folder, "mine", (ONE, "passed"))
    assert again(SELECTED, "mine", folder) == (TWO,)
    ran(folder, "mine", (TWO, "passed"))
    assert again(SELECTED, "mine", folder) == ()


def test_what_the_baseline_expects_is_not_run_again(folder):
    ran(folder, "mine", (ONE, "failed"), (TWO, "failed"), expected=[Entry(ONE.identifier, "basic", "failed", "x")])
    assert remembered("mine", folder) == names(TWO)


def test_a_broken_rule_is_looked_for_where_it_was_seen(folder, monkeypatch):
    broken = RuleVerdict("rule/code-is-sent-once", "failed", 1, Finding("a", "b", 7))

    class Number:
        number = 7

    case = Case(TWO.scenario.identifier, TWO.row, "basic", entries=(Number(),))
    listener = LastFailed("mine", folder)
    verdict = Verdict(TWO.identifier, "basic", "passed")
    listener.judged(TWO, case, verdict)
    listener.ended(Summary([(TWO, verdict)], [("basic", broken)]))
    assert remembered("mine", folder) == names(TWO)


def test_no_version_control_takes_the_folder_in(folder):
    ran(folder, "mine", (ONE, "failed"))
    assert (folder / ".gitignore").read_text().splitlines()[-1] == "*"
    assert {file.name for file in folder.iterdir()} == {".gitignore", "last-failed.json"}


@pytest.mark.parametrize("content", ["", "[]", '{"mine": 3}', '{"mine": [["x", "y"]]}', "\ud800"])
def test_a_damaged_file_is_as_none(folder, content):
    folder.mkdir()
    (folder / "last-failed.json").write_text(content, errors="surrogatepass")
    assert remembered("mine", folder) == frozenset()
    ran(folder, "mine", (ONE, "failed"))
    assert again(SELECTED, "mine", folder) == (ONE,)


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path):
    (tmp_path / "file").write_text("")
    ran(tmp_path / "file" / ".oauthspec", "mine", (ONE, "failed"))
    ran(tmp_path / "file", "mine", (ONE, "failed"))


def test_no_more_clients_are_kept_than_a_folder_has(folder):
    for number in range(60):
        ran(folder, f"client {number}", (ONE, "failed"))
    assert not remembered("client 0", folder)
    assert remembered("client 59", folder)

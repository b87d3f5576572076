"""A baseline: read whole or not at all, and what is wrong with one is said in one line."""

from __future__ import annotations

import re
from datetime import date

import pytest

from scenarios.baseline import Baseline, BaselineError, Entry, entries_of, read, written

ENTRY = """
[[expected]]
id = "callback/state-changed[missing]"
app-kind = "basic"
verdict = "failed"
reason = "#12 mends it"
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "baseline.toml"


def refused(path, text):
    path.write_text(text)
    with pytest.raises(BaselineError) as caught:
        read(path)
    said = str(caught.value)
    assert re.fullmatch(r"[A-Z_]+: .+[.?!`]", said), said
    assert "baseline.toml" in said
    return said


def test_an_entry_is_found_by_identifier_and_kind_of_app(path):
    path.write_text(ENTRY + 'link = "https://example.com/12"\nexpires = 2031-12-31\n')
    baseline = read(path)
    entry = baseline.expected("callback/state-changed[missing]", "basic")
    assert entry is not None
    assert (entry.verdict, entry.reason, entry.link) == ("failed", "#12 mends it", "https://example.com/12")
    assert baseline.expected("callback/state-changed[missing]", "pkce") is None
    assert baseline.expected("callback/state-changed[empty]", "basic") is None
    assert Baseline().expected("callback/state-changed[missing]", "basic") is None


def test_an_entry_holds_on_the_day_on_which_it_expires():
    entry = Entry("x", "basic", "failed", "why", expires=date(2031, 12, 31))
    assert not entry.expired(date(2031, 12, 31))
    assert entry.expired(date(2032, 1, 1))
    assert not Entry("x", "basic", "failed", "why").expired(date(9999, 1, 1))


def test_rules_can_be_expected_and_keys_may_have_underscores(path):
    path.write_text(ENTRY.replace("callback/state-changed[missing]", "rule/code-is-sent-once").replace("-k", "_k"))
    assert read(path).expected("rule/code-is-sent-once", "basic")


def test_an_empty_file_expects_nothing(path):
    path.write_text("")
    assert read(path) == Baseline()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"#12 mends it"', '""', "NO_REASON: .* No reason is given for callback/state-changed.missing. .basic.. Write"),
        ('"#12 mends it"', '" "', "NO_REASON"),
        ('reason = "#12 mends it"', "", "NO_REASON"),
        ('"#12 mends it"', "12", r"BAD_BASELINE: .* entry 1 \(callback/.*: reason: expected str, got int"),
        ("reason", "raeson", "BAD_BASELINE: .* has no key 'raeson'. Did you mean 'reason'"),
        ('id = "callback/state-changed[missing]"', "", "BAD_BASELINE: .* entry 1: it lacks id"),
        ("[missing]", "[misssing]", r"UNKNOWN_ID: .* Near it: callback/state-changed\[missing\]"),
        ("[missing]", "", "UNKNOWN_ID: .* It has rows"),
        ("state-changed[missing]", "*", "UNKNOWN_ID"),
        ("failed", "errored", "BAD_BASELINE: .* 'errored', it is one of failed, warned, inconclusive"),
        ('"basic"', '"implicit"', "BAD_BASELINE: .* app-kind: .* it is one of basic, pkce"),
        ("callback/state-changed[missing]", "rule/basic-app-authenticates", "NOTHING"),
        ("[[expected]]", "[expected]", "BAD_BASELINE: .* no list of tables"),
        ("[[expected]]", "[[expect]]", "BAD_BASELINE: .* holds 'expect'"),
        ("[[expected]]", "[[expected", "BAD_BASELINE: .* is not TOML"),
    ],
)
def test_what_is_no_baseline_is_refused_in_one_line(path, old, new, said):
    assert old in ENTRY
    text = ENTRY.replace(old, new)
    if said == "NOTHING":
        said, text = "BAD_BASELINE: .* is never asked of a pkce app", text.replace('"basic"', '"pkce"')
    assert re.match(said, refused(path, text))


def test_several_entries_without_a_reason_are_counted(path):
    silent = ENTRY.replace("#12 mends it", "")
    said = refused(path, silent + silent.replace("[missing]", "[empty]"))
    assert "2 entries give no reason, the first is callback/state-changed[missing]" in said


def test_an_entry_stands_once(path):
    assert "has two entries" in refused(path, ENTRY + ENTRY)


def test_a_file_that_is_not_there_names_the_verb_that_writes_one(path):
    with pytest.raises(BaselineError, match=r"NO_BASELINE.*`oauthspec baseline RECORD`"):
        read(path)


@pytest.mark.parametrize("reason", ["plain", 'a "quote" and a \\', "two\nlines", "\x7f\x1b\u2028 ü", "[[expected]]"])
def test_what_is_written_is_read_again(path, reason):
    entry = Entry("rule/code-is-sent-once", "pkce", "warned", reason, "https://example.com/1", date(2031, 1, 2))
    path.write_text(written([(entry, "it sent a code twice"), (Entry("rule/x", "basic", "inconclusive"), "")]))
    first, second = entries_of(path)
    assert first == entry
    assert second == Entry("rule/x", "basic", "inconclusive")

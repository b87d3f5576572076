"""The stored kill matrix as the installed package reads it."""

from __future__ import annotations

import msgspec
import pytest

from scenarios import kill_matrix
from scenarios.kill_matrix import Caught, Flaw, Kills, read

TEXT = """
[[flaws]]
name = "state-ignored"
breaks = "The state is not looked at."
families = ["S-CB-01"]

[flaws.both]
failed = ["callback/state-changed[empty]", "callback/state-changed[missing]"]
warned = ["callback/odd"]

[flaws.pkce]
failed = ["callback/odd-one", "rule/code-is-sent-once"]

[[alike]]
flaws = ["a", "b"]
reason = "They are one."

[[unseen]]
flaw = "c"
reason = "Nobody looks."
"""


@pytest.fixture
def stored(monkeypatch):
    monkeypatch.setattr(kill_matrix, "kill_matrix", lambda: read(TEXT))


def test_what_catches_a_flaw_as_one_kind_of_app():
    (flaw,) = read(TEXT).flaws
    assert flaw.as_app("basic").failed == ("callback/state-changed[empty]", "callback/state-changed[missing]")
    assert "rule/code-is-sent-once" in flaw.as_app("pkce").failed
    assert flaw.as_app("pkce").warned == ("callback/odd",)
    assert len(flaw.identifiers) == 5


def test_a_login_that_is_forgiven_or_refused():
    flaw = Flaw("a", "b", both=Kills(forgiven=("x",)), basic=Kills(locked_out=True))
    assert (flaw.as_app("basic").locked_out, flaw.as_app("pkce").locked_out) == (True, False)
    assert flaw.as_app("pkce").forgiven == ("x",)


@pytest.mark.parametrize(
    ("identifier", "rows"),
    [
        ("callback/state-changed", [("empty", "missing")]),
        ("callback/state-changed[missing]", [("missing",)]),
        ("callback/state-changed[other]", []),
        ("callback/odd", [()]),
        ("callback/odd-one", [()]),
        ("rule/code-is-sent-once", [()]),
        ("callback/nothing", []),
    ],
)
def test_the_flaws_that_a_check_catches(stored, identifier, rows):
    expected = [Caught("state-ignored", "The state is not looked at.", each) for each in rows]
    assert kill_matrix.caught_by(identifier) == tuple(expected)


def test_what_is_stored_can_be_read():
    assert kill_matrix.kill_matrix().flaws
    assert kill_matrix.caught_by("callback/state-of-another-session")


@pytest.mark.parametrize("text", ["[[flaws]]", "flaws = 1", "[[flaws]]\nname = 'a'\nbreaks = 'b'\nmore = 1"])
def test_what_is_damaged_is_refused(text):
    with pytest.raises(msgspec.ValidationError):
        read(text)

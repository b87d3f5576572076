"""Mistakes on the command line: one line with code, cause and next step, exit code 2, and nothing is run."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from oauthspec.__main__ import main

pytestmark = pytest.mark.slow


def called(*words: object):
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="oauthspec")


def one_line(result, exit_code: int = 2) -> str:
    assert result.exit_code == exit_code, result.output
    assert result.stdout == ""
    assert re.fullmatch(r"oauthspec: [A-Z_]+: .+[.?!`]\n", result.stderr), result.stderr
    return result.stderr.split(": ")[1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "NO_CLIENT"),
        ("-- python app.py", "NO_SEAT"),
        ("--client reference --login /login -- python app.py", "TWO_SEATS"),
        ("--client reference --adapter", "TWO_SEATS"),
        ("--login /login --adapter -- python app.py", "TWO_SEATS"),
        ("--client reference -- python app.py", "TWO_SEATS"),
        ("--login /login", "COMMAND_MISSING"),
        ("--adapter --", "COMMAND_MISSING"),
        ("--login /login python app.py", "BAD_COMMAND_LINE"),
        ("--client refrence", "BAD_CLIENT_NAME"),
        ("--client flawed:not-there", "UNKNOWN_FLAW"),
        ("--client reference --select callback/not-there", "NOTHING_SELECTED"),
        ("--client reference --select callback/state-changed --select x*", "NOTHING_SELECTED"),
        ("--client reference --provider nobody", "UNKNOWN_PROVIDER"),
        ("--client reference --record /dev/null/x", "RECORD_NOT_WRITABLE"),
        ("--client reference --record .", "RECORD_NOT_WRITABLE"),
        ("--client reference --output /dev/null/x", "OUTPUT_NOT_WRITABLE"),
        ("--client reference --signed-in x", "FLAG_OF_ANOTHER_SEAT"),
        ("--adapter --env A=1 -- python app.py", "FLAG_OF_ANOTHER_SEAT"),
        ("--login /login --signed-in nonsense -- python app.py", "BAD_PROBE"),
        ("--asgi main:app", "LOGIN_MISSING"),
        ("--asgi main:app --wsgi main:app --login /login", "TWO_SEATS"),
        ("--wsgi main:app --client reference --login /login", "TWO_SEATS"),
        ("--asgi main:app --login /login -- python app.py", "TWO_SEATS"),
        ("--wsgi main --login /login", "BAD_APP_NAME"),
        ("--login two\u00a0words -- python app.py", "BAD_ADDRESS"),
        ("--login /login --env 1=x -- python app.py", "BAD_VARIABLE"),
        ("--client reference --lanes 0", "BAD_COMMAND_LINE"),
        ("--client reference --timeout 0", "BAD_COMMAND_LINE"),
        ("--client reference --app-kind implicit", "BAD_COMMAND_LINE"),
        ("--cliend reference", "BAD_COMMAND_LINE"),
    ],
)
def test_mistakes_on_the_command_line(words, code):
    assert one_line(called("run", *words.split(" ") if words else [])) == code


def test_a_selector_that_matches_nothing_names_the_nearest():
    result = called("run", "--client", "reference", "--select", "callback/state-changd")
    assert one_line(result) == "NOTHING_SELECTED"
    assert "Near it: callback/state-changed" in result.stderr


def test_a_forgotten_double_dash_is_named():
    result = called("run", "--login", "/login", "python", "app.py")
    assert "Put -- before the client's command." in result.stderr


def test_everything_after_the_double_dash_is_the_client():
    result = called("run", "--adapter", "--select", "none", "--", "a", "--help", "--", "b c")
    assert one_line(result) == "NOTHING_SELECTED"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["explain", "callback/not-there"], "UNKNOWN_SUBJECT"),
        (["explain", "provider", "nobody"], "UNKNOWN_PROVIDER"),
        (["list", "not-there"], "NOTHING_SELECTED"),
        (["judge", "not-there"], "RECORD_NOT_READABLE"),
        (["judge"], "BAD_COMMAND_LINE"),
    ],
)
def test_mistakes_with_other_verbs(words, code):
    assert one_line(called(*words)) == code


def test_a_bug_of_ours_is_reported_as_ours(monkeypatch):
    def broken():
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("scenarios.cli.listing.collect", broken)
    result = called("list")
    assert result.exit_code == 3
    assert "ZeroDivisionError: a bug" in result.stderr
    assert result.stderr.endswith("Report it with the lines above.\n")


@pytest.mark.parametrize("verb", ["serve", "run", "judge", "list", "explain"])
def test_each_verb_is_listed_and_helps(verb):
    assert f"  {verb} " in called("--help").stdout
    assert "Usage: oauthspec" in called(verb, "--help").stdout

"""`oauthspec doctor` as its users see it: what it prints, and with which exit code."""

from __future__ import annotations

import re
import sys

import pytest

from tests.scenarios.drivers.apps.assigned import CLIENT

from .test_usage import called, one_line

pytestmark = pytest.mark.slow

WEB = ("doctor", "--login", "/login", "--signed-in", "GET /me is 200")


def command(*habits):
    return ("--", sys.executable, "-S", "-E", CLIENT, *habits)


def test_0_it_can_be_judged():
    result = called(*WEB, *command())
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    assert "As a Basic app\n  listens at         127.0.0.1:" in result.stderr
    assert "\n  authenticates      client_secret_basic: an Authorization: Basic header\n" in result.stderr
    assert result.stderr.endswith("It can be judged: `oauthspec run` takes the same words. Exit code 0.\n")


def test_1_the_mock_forgives_it_something():
    result = called(*WEB, *command("secret-in-body"))
    assert result.exit_code == 1
    assert re.search(r"\n  SECRET_IN_BODY\n    cause            It sends .+\n    next step        Tell ", result.stderr)
    assert result.stderr.endswith("Exit code 1.\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("doctor",), "NO_CLIENT"),
        (("doctor", "--login", "/login", "--signed-in", "whoever", *command()), "BAD_PROBE"),
        (("doctor", "python", "app.py"), "BAD_COMMAND_LINE"),
    ],
)
def test_2_a_mistake_on_the_command_line(words, code):
    assert one_line(called(*words)) == code


def test_3_nobody_gets_in_and_no_secret_is_shown():
    result = called(*WEB, *command("other-client-id"))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "\n  WRONG_CLIENT_ID\n" in result.stderr
    assert result.stderr.endswith("Not everything can be judged before that is mended. Exit code 3.\n")


def test_3_no_such_command():
    result = called(*WEB, "--", "there-is-no-such-command")
    assert result.exit_code == 3
    assert "\n  COMMAND_NOT_FOUND\n" in result.stderr
    assert "Traceback" not in result.stderr


def test_each_kind_of_app_is_examined():
    result = called("doctor", "--client", "reference")
    assert result.exit_code == 0
    assert re.findall(r"(?m)^As a .+", result.stderr) == ["As a Basic app", "As a PKCE app"]


def test_run_names_the_same_mistake():
    words = ("--login", "/login", "--select", "callback/genuine-callback", *command("other-scope"))
    result = called("run", *words)
    assert result.exit_code == 3
    assert "CANNOT_LOG_IN" in result.stderr
    assert "SCOPE_NOT_REGISTERED: The login asks for the scope 'openid profile'" in result.stderr
    assert "Have it take the scope from SCOPE" in result.stderr

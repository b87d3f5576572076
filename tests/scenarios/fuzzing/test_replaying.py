"""Counterexamples on disk: fuzz writes them, replay says FIXED or STILL FAILING, a test file holds one."""

from __future__ import annotations

import sys

import msgspec
import pytest

from scenarios.checks.pages import MARK
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.drivers.web_app import WebAppDriver
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.campaign import Fuzzer
from scenarios.fuzzing.examples import Begins, CallsApi, Example, Lands, UnreadableExample
from scenarios.fuzzing.mutations import Adds
from scenarios.fuzzing.replaying import replay
from tests.architecture.tree import ROOT
from tests.processes import environment, finished
from tests.scenarios.fuzzing.test_messages import counterexample

pytestmark = pytest.mark.slow


def seat(name, **settings):
    return InProcessDriver(load_factory(name), **settings)


def test_a_mended_client_is_told_from_one_that_is_not():
    assert replay(counterexample(), seat("reference")).fixed
    result = replay(counterexample(), seat("flawed:state-compared-when-present"))
    assert not result.fixed
    assert "token request" in result.seen


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"invariant": "callback/what-nobody-knows"}, "UNKNOWN_INVARIANT"),
        ({"app_kind": "pkce"}, "OTHER_APP_KIND"),
        ({"example": Example((Lands("user", "user"),))}, "NOT_UNDERSTOOD"),
    ],
)
def test_what_cannot_be_performed_any_more_is_not_fixed(changes, code):
    with pytest.raises(UnreadableExample, match=code):
        replay(counterexample(**changes), seat("reference", app_kinds=("basic",)))


def test_a_step_that_the_client_lacks_is_not_fixed():
    class Fewer:
        def __init__(self, assignment):
            client = load_factory("reference")(assignment)
            self.begin, self.land = client.begin, client.land

    example = Example((Begins("user"), Lands("user", "user"), CallsApi("user")))
    with pytest.raises(UnreadableExample, match="CAPABILITY_ABSENT"):
        replay(counterexample(example=example), InProcessDriver(Fewer))


def oauthspec(tmp_path, *words):
    return finished([sys.executable, "-m", "oauthspec", *words], cwd=tmp_path, env=environment(tmp_path))


def test_the_commands_from_finding_to_fixed(tmp_path):
    flawed = ["--client", "flawed:state-compared-when-present"]
    fuzz = ["fuzz", "--target", "callback", "--examples", "60", "--seed", "3", "--app-kind", "basic"]
    result = oauthspec(tmp_path, *fuzz, *flawed)
    assert result.returncode == 1, result.stdout
    file = "oauthspec-findings/callback-state-missing-basic.json"
    for line in ("FAILED  callback/state-missing", "MUST refuse an answer", f"Again: oauthspec replay {file}"):
        assert line in result.stdout
    assert "ory_ac_" not in result.stdout
    again = oauthspec(tmp_path, "replay", file, *flawed)
    assert (again.returncode, again.stdout.split("  ")[0]) == (1, "STILL FAILING")
    fixed = oauthspec(tmp_path, "replay", file, "--client", "reference")
    assert (fixed.returncode, fixed.stdout.split("  ")[0]) == (0, "FIXED")
    assert oauthspec(tmp_path, "replay", file, *flawed, "--as-pytest", "test_found.py").returncode == 0
    test = finished([sys.executable, "-m", "pytest", "-q", "test_found.py"], cwd=tmp_path, env=environment(tmp_path))
    assert test.returncode == 1
    assert "1 failed" in test.stdout


def test_a_file_that_is_none_ends_in_3(tmp_path):
    (tmp_path / "old.json").write_text("{}")
    result = oauthspec(tmp_path, "replay", "old.json", "--client", "reference")
    assert result.returncode == 3
    assert "NOT_A_COUNTEREXAMPLE" in result.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--seed", "1", "--database", "redis://localhost:1/0"], "SEED_WITH_DATABASE"),
        (["--database", "sqlite://x"], "UNKNOWN_DATABASE"),
        (["--database", "redis://127.0.0.1:1/0"], "DATABASE_UNREACHABLE"),
        (["--for", "soon"], "BAD_COMMAND_LINE"),
    ],
)
def test_mistakes_on_the_command_line_end_in_2(tmp_path, words, code):
    result = oauthspec(tmp_path, "fuzz", *words, "--client", "reference")
    assert result.returncode == 2
    assert code in result.stdout


def application(flaw=""):
    env = {"CLIENT_REF_FLAW": flaw} if flaw else {}
    return WebAppDriver([sys.executable, "-m", "client_ref"], login="/login", signed_in="GET /me is 200", env=env)


def sample(name):
    return WebAppDriver([sys.executable, str(ROOT / "examples" / "apps" / name / "app.py")], login="/login")


@pytest.mark.requires("time")
def test_the_weakness_of_the_guides_sample_is_found_and_seen_to_be_mended():
    with Arena(sample("guide-sample"), "basic") as arena:
        all_found = Fuzzer(arena, "callback", seed=2).run(200, most=1).found
    found = next(each for name, each in all_found.items() if name.startswith("callback/state-"))
    assert found.example.mutations <= 1
    stored = counterexample(invariant=found.violation.identifier, example=found.example)
    assert not replay(stored, sample("guide-sample")).fixed
    assert replay(stored, sample("guide-sample-mended")).fixed


MARKUP = Lands("user", "user", mutations=(Adds("error", "<b id=oauthspec-echo>"),))
SCRIPT = Lands("user", "user", mutations=(Adds("error", "x"), Adds("error_uri", f"javascript:{MARK}()")))
EVIL = Lands("user", "user", mutations=(Adds("next", "//oauthspec-evil.example/"),))


@pytest.mark.requires("time")
@pytest.mark.parametrize(
    ("flaw", "invariant", "step"),
    [
        ("markup-echoed", "callback/markup-echoed", MARKUP),
        ("open-redirect", "callback/open-redirect", EVIL),
        ("error-uri-linked", "callback/script-behind-a-link", SCRIPT),
    ],
)
def test_pages_are_judged(flaw, invariant, step):
    stored = counterexample(invariant=invariant, example=Example((Begins("user"), step)))
    assert msgspec.json.decode(msgspec.json.encode(stored.example), type=Example) == stored.example
    assert not replay(stored, application(flaw)).fixed
    assert replay(stored, application()).fixed

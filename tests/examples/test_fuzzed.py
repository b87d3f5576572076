"""The fuzzer on a real library's app, and on an adapter: a finding is replayed until the app is mended."""

from __future__ import annotations

import sys

import pytest

from scenarios.drivers.web_app import WebAppDriver
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.campaign import Fuzzer
from scenarios.fuzzing.replaying import replay
from tests.examples import expected
from tests.examples.runs import oauthspec, prepared
from tests.scenarios.fuzzing.test_messages import counterexample

pytestmark = pytest.mark.slow


def web_app(folder):
    return WebAppDriver([sys.executable, "app.py"], login="/login", signed_in="GET /me is 200", folder=folder)


@pytest.mark.requires("time")
def test_the_weakness_of_the_app_on_authlib_is_found_and_seen_to_be_mended(tmp_path):
    """An empty code is sent on: expected.toml has it of `oauthspec run`, and nobody tells the fuzzer."""
    app = expected.read("authlib")
    with Arena(web_app(app.folder), "basic") as arena:
        found = Fuzzer(arena, "callback", seed=1).run(120).found["callback/code-missing"]
    assert found.example.mutations == 1
    stored = counterexample(invariant="callback/code-missing", example=found.example)
    assert not replay(stored, web_app(app.folder)).fixed
    assert replay(stored, web_app(prepared(app, tmp_path, mended=True))).fixed


def test_an_adapter_is_fuzzed_too(tmp_path):
    few = ["--target", "callback", "--target", "token-response", "--examples", "25", "--seed", "1"]
    adapter = [sys.executable, "-m", "client_ref.adapter"]
    ended = oauthspec("fuzz", *few, "--app-kind", "pkce", "--adapter", "--", *adapter, home=tmp_path, folder=tmp_path)
    assert ended.returncode == 0, ended.stdout

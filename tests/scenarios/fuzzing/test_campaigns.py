"""Whole campaigns: the strict client comes through, and each kind of flaw is found and made small."""

from __future__ import annotations

import gc

import pytest

from client_ref.exchange import verified
from scenarios.drivers.in_process import InProcessDriver, load_factory
from scenarios.fuzzing.arena import Arena
from scenarios.fuzzing.authorization_requests import many_logins
from scenarios.fuzzing.campaign import Fuzzer
from scenarios.fuzzing.examples import TARGETS
from scenarios.fuzzing.performance import Performance
from tests.scenarios.fuzzing import clients

pytestmark = pytest.mark.slow


@pytest.fixture
def arena():
    opened = []

    def enter(factory, app_kind="basic", *, step_timeout=5.0):
        factory = load_factory(factory) if isinstance(factory, str) else factory
        driver = factory if isinstance(factory, clients.Dying) else InProcessDriver(factory, step_timeout=step_timeout)
        opened.append(Arena(driver, app_kind).__enter__())
        return opened[-1]

    yield enter
    for each in opened:
        each.__exit__(None, None, None)
    gc.collect()


@pytest.mark.parametrize("app_kind", ["basic", "pkce"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("examples", [50, pytest.param(500, marks=pytest.mark.requires("time"))])
def test_the_strict_client_comes_through(arena, examples, target, app_kind):
    if target == "authorization-request":
        campaign = many_logins(arena("reference", app_kind), examples)
    else:
        campaign = Fuzzer(arena("reference", app_kind), target, seed=11).run(examples)
        assert not campaign.not_deterministic
    assert {name: str(found.violation) for name, found in campaign.found.items()} == {}
    assert campaign.examples >= examples


@pytest.mark.parametrize(
    ("flaw", "target", "invariant", "mutations"),
    [
        ("state-in-shared-cache", "callback", "callback/state-of-another-session", 0),
        ("state-compared-when-present", "callback", "callback/state-missing", 1),
        ("empty-code-posted", "callback", "callback/code-missing", 1),
        ("error-before-state", "callback", "callback/forged-one-ends-the-login", 3),
        ("code-decoded-twice", "callback", "callback/code-changed", 1),
        ("state-decoded-twice", "callback", "callback/state-altered", 1),
        ("error-described-oddly-ignored", "callback", "callback/error-overlooked", 2),
        ("verifier-of-latest-login", "callback", "callback/verifier-of-another-login", 0),
        ("token-type-ignored", "token-response", "token/type-unknown", 1),
        ("expires-in-milliseconds", "token-response", "token/lifetime-not-as-said", 1),
        ("refresh-token-dropped", "refresh-response", "token/refresh-token-invented", 1),
    ],
)
def test_a_flaw_is_found_and_made_small(arena, flaw, target, invariant, mutations):
    campaign = Fuzzer(arena(f"flawed:{flaw}"), target, seed=1).run(2_000, most=1)
    found = campaign.found[invariant]
    assert found.example.mutations <= mutations
    assert found.reproducible


def test_the_same_seed_makes_the_same_examples(arena, monkeypatch):
    made, end = [], Performance.end

    async def ended(self):
        made.append(tuple(self.steps))
        return await end(self)

    monkeypatch.setattr(Performance, "end", ended)
    runs = []
    for seed in (5, 5, 6):
        made.clear()
        Fuzzer(arena("reference"), "callback", seed=seed).run(60)
        runs.append(list(made))
    assert runs[0] == runs[1] != runs[2]


def test_a_client_that_hangs_is_counted_and_left(arena):
    verified(None)  # made once in a process, in a time that may be longer than this client is given
    campaign = Fuzzer(arena(clients.hanging, step_timeout=0.1), "callback", seed=1).run(20)
    assert campaign.found["any/answers-in-time"].reproducible
    assert campaign.examples >= 20


def test_a_client_that_dies_is_started_again(arena):
    entered = arena(clients.Dying())
    campaign = Fuzzer(entered, "callback", seed=2).run(40)
    assert campaign.found["any/lives-on"].example.mutations <= 1
    assert entered.restarts > 0
    assert campaign.examples >= 40


def test_who_locks_everybody_out_is_found_among_the_last_examples(arena):
    campaign = Fuzzer(arena(clients.locking), "callback", seed=1).run(300)
    found = campaign.found["any/genuine-login-afterwards"]
    assert found.example.mutations == 1
    assert "server_error" in str(found.example)
    assert set(campaign.found) == {"any/genuine-login-afterwards"}


def test_a_client_that_changes_its_mind_is_said_to(arena):
    campaign = Fuzzer(arena(clients.moody), "callback", seed=1).run(60)
    assert campaign.not_deterministic


def test_states_are_compared_where_nobody_has_seeded_anything(arena):
    assert not many_logins(arena("reference"), 200).found
    found = many_logins(arena("flawed:state-constant"), 50).found
    assert "rule/state-never-repeats" in found


def test_garbage_is_looked_for_as_ever_when_a_run_is_over(arena):
    before = gc.get_threshold()
    during = []
    Fuzzer(arena("reference"), "callback", seed=1, told=lambda _campaign: during.append(gc.get_threshold())).run(30)
    assert during[0] != before
    assert gc.get_threshold() == before

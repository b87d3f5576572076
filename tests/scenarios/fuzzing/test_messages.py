"""What generated messages are, and that they can be written down: no client, no server."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, unquote

import msgspec
import pytest
from hypothesis import given, settings

from mock_server.transcript import Answer
from scenarios.fuzzing import answer_changes, answers, mutations, redirect_mutations, strategies
from scenarios.fuzzing.examples import (
    VERSION,
    Begins,
    Counterexample,
    Example,
    Lands,
    UnreadableExample,
    read,
    written,
)
from scenarios.fuzzing.invariants import INVARIANTS
from scenarios.fuzzing.redirect_mutations import evenly
from scenarios.fuzzing.strategies import answered, applied

OWN = "http://localhost:5050/callback?code=ory_ac_own&scope=offline&state=state-of-my-own-session-1"
OTHER = "http://localhost:5050/callback?code=ory_ac_other&scope=offline&state=state-of-another-session"


@pytest.mark.parametrize(
    ("mutation", "kind", "word"),
    [
        ((), "valid", "genuine"),
        ((mutations.Reorders(),), "valid", "genuine"),
        ((mutations.Reencodes("state"),), "valid", "genuine"),
        ((mutations.Reencodes("code", "lower-hex"),), "valid", "genuine"),
        ((mutations.Drops("scope"),), "valid", "genuine"),
        ((mutations.Adds("session_state", "1"),), "valid", "genuine-with-unknown"),
        ((mutations.SwapsCase("state"), mutations.SwapsCase("state")), "valid", "genuine"),
        ((mutations.Adds("next", "//evil.example"),), "free", "genuine-with-more"),
        ((mutations.Adds("iss", "x"),), "free", "genuine-with-more"),
        ((mutations.Repeats("code"),), "free", "repeated"),
        ((mutations.Repeats("code", "x"),), "invalid", "repeated"),
        ((mutations.Adds("error", "access_denied"),), "invalid", "error"),
        ((mutations.Adds("error", ""),), "free", "genuine-with-more"),
        ((mutations.Adds("error", "access denied\x00"),), "invalid", "error"),
        ((mutations.Sets("error", "x"), mutations.Adds("error_description", "\x00")), "invalid", "error"),
        ((mutations.Sets("error_uri", "http://["),), "free", "genuine-with-more"),
        ((mutations.Drops("state"),), "invalid", "state-missing"),
        ((mutations.Sets("state", ""),), "invalid", "state-missing"),
        ((mutations.Cuts("state", 8),), "invalid", "state-altered"),
        ((mutations.Reencodes("state", "twice"),), "invalid", "state-altered"),
        ((mutations.Extends("state", "x"),), "invalid", "state-altered"),
        ((mutations.Borrows("state", "other"),), "invalid", "state-foreign"),
        ((mutations.Borrows("code", "other"),), "invalid", "code-foreign"),
        ((mutations.Borrows("code", "who never began"),), "valid", "genuine"),
        ((mutations.Sets("code", "a%2Bb"),), "invalid", "code-altered"),
        ((mutations.Reencodes("code", "twice"),), "invalid", "code-altered"),
        ((mutations.Renames("code", "code[]"),), "invalid", "code-missing"),
        ((mutations.MovesToFragment(),), "invalid", "state-missing"),
        ((mutations.Moves("/extra"),), "free", "elsewhere"),
    ],
    ids=str,
)
def test_a_landing_is_labelled_by_what_it_is(mutation, kind, word):
    label = applied(OWN, mutation, other=OTHER).label
    assert (label.kind, label.word) == (kind, word)


@pytest.mark.parametrize(
    ("changes", "kind", "word"),
    [
        ((answers.ReversesMembers(),), "valid", "token-answer"),
        ((answers.DropsMember("expires_in"),), "valid", "token-answer"),
        ((answers.SetsMember("token_type", '"bEaReR"'),), "valid", "token-answer"),
        ((answers.SetsMember("error_free", "true"),), "valid", "token-answer"),
        ((answers.SetsMember("scope", '"offline admin"'),), "valid", "token-answer"),
        ((answers.SetsMediaType("Application/JSON; charset=utf-8"),), "valid", "token-answer"),
        ((answers.SetsMember("expires_in", '"soon"'),), "free", "expires-in-odd"),
        ((answers.SetsMember("scope", '""'),), "free", "scope-empty"),
        ((answers.Recodes("utf-16"),), "free", "encoding"),
        ((answers.Recodes("form"),), "invalid", "not-json"),
        ((answers.CutsBody(10),), "invalid", "not-json"),
        ((answers.SetsHeader("retry-after", "soon"),), "valid", "token-answer"),
        ((answers.SetsHeader("content-type", "text/html"),), "invalid", "media-type"),
        ((answers.SetsStatus(201),), "invalid", "status-2xx"),
        ((answers.Redirects(307),), "invalid", "status-3xx"),
        ((answers.SetsStatus(503),), "invalid", "status-5xx"),
        ((answers.SetsMember("error", '"invalid_grant"'),), "invalid", "error-under-200"),
        ((answers.DropsMember("access_token"),), "invalid", "access-token-missing"),
        ((answers.SetsMember("token_type", '"mac"'),), "invalid", "token-type-unknown"),
        ((answers.SetsMediaType("text/html"),), "invalid", "media-type"),
        ((answers.RepeatsMember("token_type", '"bearer"'),), "invalid", "member-repeated"),
    ],
    ids=str,
)
def test_an_answer_is_labelled_by_what_it_is(changes, kind, word):
    label = answered(changes).label
    assert (label.kind, label.word) == (kind, word)


def test_what_is_encoded_twice_is_the_same_to_whoever_decodes_twice():
    url = applied(OWN, (mutations.Reencodes("state", "twice"),)).url
    assert dict(parse_qsl(unquote(url.partition("?")[2])))["state"] == "state-of-my-own-session-1"


def test_each_kind_has_as_large_a_part_of_a_table():
    assert evenly(("a", "b", "c"), ("x",)) == ("a", "x", "b", "x", "c", "x")
    for kinds in (redirect_mutations.KINDS, answer_changes.KINDS):
        assert all(len(set(kind)) == len(kind) for kind in kinds.values())
        assert {each for kind in kinds.values() for each in kind} == set(evenly(*kinds.values()))


@pytest.mark.parametrize("change", answer_changes.REDIRECTS, ids=str)
def test_a_redirect_is_a_delivery_of_the_mock(change):
    made = answers.delivery((change,))
    assert (made.how.status, made.how.to, made.endpoint) == (change.status, change.to, "token")
    assert made.applies("token", 2) == (change.to == "itself")
    assert answers.deviation((change,), 1) is None
    assert answers.delivery((answers.SetsStatus(302),)) is None


@settings(max_examples=60)
@given(strategies.callbacks(fetched="http://localhost/me"))
def test_a_mutated_url_can_be_sent_and_written_down(mutation):
    landing = applied(OWN, mutation, other=OTHER)
    assert landing.url.isascii()
    assert landing.url.isprintable()
    example = Example((Begins("user"), Lands("user", "user", mutations=mutation)))
    assert msgspec.json.decode(msgspec.json.encode(example), type=Example) == example


@settings(max_examples=60)
@given(strategies.token_answers())
def test_a_changed_answer_is_a_deviation_of_the_mock(changes):
    spoils = answers.deviation(changes, 2)
    assert not spoils.applies("token_response", 1)
    assert spoils.applies("token_response", 2)
    genuine = Answer(200, (("content-type", "application/json"),), b'{"access_token": "a"}')
    assert spoils.encoded(genuine) == answers.changed_answer(genuine, changes)


def counterexample(**changes):
    example = Example((Begins("user"), Lands("user", "user", mutations=(mutations.Drops("state"),))))
    given = Counterexample("oauthspec counterexample", VERSION, "callback/state-missing", "basic", "callback", example)
    return msgspec.structs.replace(given, **changes)


def test_a_counterexample_is_one_readable_file():
    text = written(counterexample())
    assert read(text) == counterexample()
    assert json.loads(text)["example"]["steps"][1]["mutations"] == [{"do": "drops", "parameter": "state"}]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"{", "NOT_JSON"),
        (b"[]", "NOT_A_COUNTEREXAMPLE"),
        (b'{"format": "another"}', "NOT_A_COUNTEREXAMPLE"),
        (written(counterexample(version=2)), "OTHER_VERSION"),
        (written(counterexample()).replace(b'"drops"', b'"does_what_nobody_knows"'), "NOT_UNDERSTOOD"),
    ],
)
def test_what_cannot_be_read_any_more_has_a_name(text, code):
    with pytest.raises(UnreadableExample, match=code):
        read(text)


def test_every_invariant_says_what_and_why():
    for identifier, invariant in INVARIANTS.items():
        assert invariant.identifier == identifier
        assert invariant.requirement.clauses, identifier
        assert invariant.risk, identifier
        assert invariant.fix, identifier

"""The store: three indexes that follow the grants, a bound, and a dump that is read back."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.protocol.records import App, Credential, Grant, Status
from mock_server.store import Store
from tests.mock_server.in_memory import BASIC, CHALLENGE, InMemory, members


def grant(number, **changed):
    facts = {"redirect_uri": "", "scopes": ("offline",), "code_challenge": "", **changed}
    code = Credential(f"code-{number}", 10.5)
    return Grant(identifier=number, flow=f"flow-{number}", client_id="app", code=code, **facts)


def with_tokens(number, *names):
    made = grant(number)
    for name in names:
        made = made.issued(Credential(f"access-{name}", 10), Credential(f"refresh-{name}", 10))
    return made


def test_each_value_finds_its_grant():
    store = Store()
    store.put(with_tokens(1, "a", "b"))
    assert store.by_code("code-1") == store.by_access_token("access-b") == store.by_refresh_token("refresh-a")
    # A replaced access token is forgotten at once, a replaced refresh token is remembered: its reuse is noticed.
    assert store.by_access_token("access-a") is None
    assert store.by_refresh_token("refresh-b").refresh_token("refresh-a").status is Status.USED
    for unknown in ("", "code-2", "access-b", "refresh-a"):
        assert store.by_code(unknown) is None


def test_replacing_a_grant_leaves_no_old_entry():
    store = Store()
    store.put(with_tokens(1, "a"))
    store.put(grant(1))
    assert store.by_access_token("access-a") is store.by_refresh_token("refresh-a") is None
    assert len(store) == 1


def test_the_oldest_is_forgotten_whole():
    store = Store(capacity=3)
    for number in range(1, 10):
        store.put(with_tokens(number, str(number)))
    assert len(store) == 3
    assert [len(index) for index in (store._codes, store._access_tokens, store._refresh_tokens)] == [3, 3, 3]
    assert store.by_code("code-6") is None
    assert store.by_code("code-7") is not None


def test_a_change_does_not_make_a_grant_young():
    store = Store(capacity=2)
    store.put(grant(1))
    store.put(grant(2))
    store.put(with_tokens(1, "a"))
    store.put(grant(3))
    assert store.by_code("code-1") is None


@pytest.mark.parametrize(("flow", "moved"), [(None, {1, 2}), ("flow-1", {1}), ("other", set())])
def test_advance(flow, moved):
    store = Store()
    for number in (1, 2):
        store.put(with_tokens(number, str(number)))
    store.advance(4, flow)
    for number in (1, 2):
        assert store.by_code(f"code-{number}").code.expires_at == (6.5 if number in moved else 10.5)
        assert store.by_access_token(f"access-{number}").access_token.expires_at == (6 if number in moved else 10)


def test_reset_keeps_the_first_apps():
    store = Store((BASIC,))
    store.register(App("late", (), ()))
    store.register(App(BASIC.client_id, (), (), "renamed"))
    store.put(grant(1))
    store.reset()
    assert dict(store.apps) == {BASIC.client_id: BASIC}
    assert len(store) == 0
    assert store.by_code("code-1") is None


def test_an_app_is_forgotten():
    store = Store((BASIC,))
    assert store.unregister(BASIC.client_id) == BASIC
    assert dict(store.apps) == {}
    with pytest.raises(KeyError):
        store.unregister(BASIC.client_id)


text = st.binary(max_size=8).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
credentials = st.builds(Credential, text, st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(Status))
grants = st.builds(
    Grant,
    identifier=st.integers(1, 1000),
    flow=text,
    client_id=text,
    redirect_uri=text,
    scopes=st.lists(text, max_size=2).map(tuple),
    code=credentials,
    code_challenge=text,
    pkce_pending=st.booleans(),
    code_challenge_method=text,
    access_token=st.none() | credentials,
    refresh_tokens=st.lists(credentials, max_size=3).map(tuple),
)


@pytest.mark.slow
@settings(max_examples=30)
@given(st.lists(grants, max_size=4, unique_by=lambda each: each.identifier))
def test_what_is_dumped_is_loaded(kept):
    store = Store()
    for each in kept:
        store.put(each)
    other = Store()
    assert other.load(store.dump()) == kept
    assert other._grants == store._grants
    assert other.new_identifier() > max((each.identifier for each in kept), default=0)


def test_a_whole_life_goes_on_after_a_restart():
    one, two = InMemory(), InMemory()
    token = one.login()
    code = one.code(code_challenge=CHALLENGE, code_challenge_method="S256")
    two.core.store.load(one.core.store.dump())
    assert two.me(token["access_token"]).answer.status == 200
    assert "access_token" in members(two.refresh(token["refresh_token"]))
    assert members(two.redeem(code))["error"] == "invalid_grant"  # its verifier is asked for still
    assert two.login()
    assert len(two.core.store) == 3


def test_loading_beside_what_is_there():
    store = Store()
    store.put(grant(7))
    other = Store()
    other.put(grant(3))
    store.load(other.dump())
    assert store.new_identifier() == 8


@pytest.mark.parametrize(
    "bad",
    [b"", b"{", b"\xff", b"null", b"{}", b"[1]", b'[{"identifier": "x"}]', b"[" * 100_000, b'[{"identifier": 1}]'],
)
def test_what_is_no_dump_is_told(bad):
    store = Store()
    with pytest.raises(msgspec.DecodeError):
        store.load(bad)
    assert len(store) == 0


def test_a_dump_is_json():
    store = Store()
    store.put(grant(1, code_challenge="\udcff"))
    assert repr("\udcff") in repr(json.loads(store.dump()))

"""Credentials and grants: the transition table is all that there is, and no secret is shown."""

import pytest

from mock_server.protocol.records import (
    REMEMBERED_REFRESH_TOKENS,
    TRANSITIONS,
    Credential,
    Event,
    Grant,
    Status,
)
from tests.mock_server.in_memory import BASIC

GRANT = Grant(1, "flow-1", "app", "", (), Credential("the-code", 10), "")


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("event", Event)
def test_only_listed_transitions_happen(status, event):
    before = Credential("secret", 10, status)
    after = before.after(event)
    assert after.status is TRANSITIONS.get((status, event), status)
    assert (after.value, after.expires_at) == ("secret", 10)


@pytest.mark.parametrize("status", [Status.USED, Status.REVOKED, Status.GONE])
def test_nothing_comes_back_to_life(status):
    assert Status.LIVE not in {Credential("x", 1, status).after(event).status for event in Event}


@pytest.mark.parametrize(("now", "usable"), [(9.9, True), (10, False), (11, False)])
def test_expiry_is_the_first_second_that_is_too_late(now, usable):
    assert Credential("x", 10).is_usable(now) is usable
    assert not Credential("x", 10, Status.USED).is_usable(now)


def issued(grant, number):
    return grant.issued(Credential(f"access-{number}", 10), Credential(f"refresh-{number}", 10))


def test_a_family_remembers_its_dead_up_to_a_bound():
    grant = GRANT
    for number in range(100):
        grant = issued(grant, number)
    assert len(grant.refresh_tokens) == REMEMBERED_REFRESH_TOKENS
    assert grant.refresh_token("refresh-99").status is Status.LIVE
    assert grant.refresh_token("refresh-98").status is Status.USED
    assert grant.refresh_token("refresh-0") is None
    assert [t.status for t in grant.refresh_tokens].count(Status.LIVE) == 1


def test_revoking_takes_both_tokens_and_leaves_the_code():
    grant = issued(GRANT, 1).revoked()
    assert grant.access_token.status is grant.refresh_tokens[-1].status is Status.REVOKED
    assert grant.code == issued(GRANT, 1).code
    assert GRANT.revoked() == GRANT


def test_what_buys_tokens_is_used_up():
    grant = issued(GRANT, 1)
    assert (grant.code.status, grant.pkce_pending) == (Status.USED, False)
    assert (issued(grant, 2).code, issued(grant, 2).pkce_pending) == (grant.code, False)


def test_the_latest_tokens():
    assert GRANT.latest_tokens == ()
    assert issued(issued(GRANT, 1), 2).latest_tokens == ("access-2", "refresh-2")
    assert GRANT.issued(Credential("access", 10), None).latest_tokens == ("access",)


def test_a_dead_token_is_recognised_once():
    grant = issued(issued(GRANT, 1), 2)
    assert grant.presented("refresh-1").refresh_token("refresh-1") is None
    assert grant.presented("refresh-2") == grant
    assert grant.presented("never-seen") == grant


def test_time_moves_for_everything_in_a_grant():
    grant = issued(GRANT, 1).shifted(3)
    assert {grant.code.expires_at, grant.access_token.expires_at, grant.refresh_tokens[0].expires_at} == {7}
    assert GRANT.shifted(3).access_token is None


def test_no_secret_is_shown():
    shown = repr(issued(GRANT, 1)) + repr(BASIC)
    for secret in ("the-code", "access-1", "refresh-1", BASIC.client_secret):
        assert secret not in shown

"""Revocation: whose token it is, what goes with it, and what is nobody's business."""

import pytest

from tests.mock_server.in_memory import BASIC, OTHER, PUBLIC, InMemory, basic, error, members, post


@pytest.fixture
def server():
    return InMemory()


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("app", [BASIC, PUBLIC])
def test_either_token_takes_both(server, which, app):
    token = server.login(app)
    outcome = server.revoke(token[which], app)
    assert (outcome.answer.status, outcome.answer.body) == (200, b"")
    assert server.me(token["access_token"]).answer.status == 401
    assert error(server.refresh(token["refresh_token"], app)) == "token_inactive"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_foreign_and_unknown_tokens_are_no_error_and_no_harm(server, which):
    token = server.login()
    assert server.revoke(token[which], OTHER).answer.status == 200
    assert server.revoke("unknown").answer.status == 200
    assert server.revoke("").answer.status == 200
    assert server.me(token["access_token"]).answer.status == 200


def test_replaced_token_takes_nothing_down(server):
    first = server.login()
    second = members(server.refresh(first["refresh_token"]))
    for token in first["refresh_token"], first["access_token"]:
        assert server.revoke(token).answer.status == 200
    assert server.me(second["access_token"]).answer.status == 200


def test_revoking_twice_is_no_error(server):
    token = server.login()
    for _ in range(2):
        assert server.revoke(token["access_token"]).answer.status == 200


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        ("", (), "invalid_request"),
        ("token=x", (), "invalid_request"),
        ("token=x", (basic(BASIC, "wrong"),), "invalid_client"),
    ],
)
def test_refusals_are_bare(server, body, headers, code):
    outcome = server.core.revocation(post("/oauth2/revoke", body, *headers))
    assert error(outcome) == code
    assert server.last.error == code

"""The API: a bearer token in the header, Frame.io's words for everything else."""

import json
from dataclasses import replace

import pytest

from mock_server.protocol.provider import FRAMEIO
from mock_server.protocol.resource import User, bearer_token, signed_in
from tests.mock_server.in_memory import InMemory, get


@pytest.fixture
def server():
    return InMemory()


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER  abc ", "abc"), ("Basic abc", ""), ("abc", ""), ("", ""),
     ("Bearer", ""), ("Bearer ", "")],
)  # fmt: skip
def test_bearer_token(header, token):
    assert bearer_token(header) == token


def test_good_token(server):
    outcome = server.me(server.login()["access_token"])
    assert outcome.answer.status == 200
    told = json.loads(outcome.answer.body)
    assert told["_type"] == "user"
    assert told["email"] == User().email
    assert outcome.answer.header("content-type") == "application/json; charset=utf-8"


def test_the_same_person_has_the_same_ids(server):
    first, second = (json.loads(server.me(server.login()["access_token"]).answer.body) for _ in range(2))
    assert first == second
    assert first["id"] != first["account_id"]


@pytest.mark.parametrize(
    "request_",
    [
        get("/v2/me"),
        get("/v2/me", ("authorization", "Bearer unknown")),
        get("/v2/me", ("authorization", "Bearer")),
        get("/v2/me", ("authorization", "Basic dTpw")),
    ],
)
def test_refusal_in_the_words_of_frameio(server, request_):
    outcome = server.core.resource(request_)
    assert outcome.answer.status == 401
    assert json.loads(outcome.answer.body) == {
        "code": 401,
        "errors": [
            {
                "code": 401,
                "detail": "You are not allowed to access that resource",
                "status": 401,
                "title": "Not Authorized",
            }
        ],
        "message": "Not Authorized",
    }
    assert server.last.error == "invalid_token"


def test_rate_headers_are_on_every_answer(server):
    for outcome in (server.me("unknown"), server.me(server.login()["access_token"])):
        assert outcome.answer.header("x-ratelimit-limit") == "50"
        assert outcome.answer.header("x-ratelimit-remaining") == "49"
        assert outcome.answer.header("x-ratelimit-window") == "1000"


def test_token_in_the_query_is_refused(server):
    token = server.login()["access_token"]
    assert server.core.resource(get(f"/v2/me?access_token={token}")).answer.status == 401


def test_what_is_no_access_token_is_refused(server):
    code = server.code()
    login = server.login()
    assert server.me(code).answer.status == 401
    assert server.me(login["refresh_token"]).answer.status == 401


def test_expired_token(server):
    token = server.login()["access_token"]
    server.clock.now += 3599
    assert server.me(token).answer.status == 200
    server.clock.now += 1
    assert server.me(token).answer.status == 401


@pytest.mark.parametrize(
    ("email", "name"),
    [("ada.lovelace@example.org", "Ada Lovelace"), ("bob", "Bob"), ("@x", "@x"), ("a_b-c@d", "A B C")],
)
def test_whoever_signed_in_has_a_name(email, name):
    assert signed_in(email) == User(email, name)


def test_a_limit_of_nothing_leaves_nothing():
    server = InMemory(replace(FRAMEIO, api_rate_limit=0))
    assert server.me("x").answer.header("x-ratelimit-remaining") == "0"

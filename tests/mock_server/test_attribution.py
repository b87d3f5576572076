"""To which flow a request belongs: each of the four ways, and what must not be taken for one of them."""

import json

import pytest

from mock_server.attribution import _REMEMBERED, Attribution
from mock_server.protocol.form import serialize
from mock_server.protocol.provider import FRAMEIO
from mock_server.transcript import ReceivedRequest
from tests.mock_server.in_memory import (
    BASIC,
    CHALLENGE,
    PUBLIC,
    VERIFIER,
    InMemory,
    basic,
    error,
    get,
    members,
    post,
)


@pytest.fixture
def server():
    return InMemory()


def attributed(server):
    return server.last.flow, server.last.attributed_by


# 1. The header of our own user agent.


def test_by_header(server):
    flow = server.flow(identifier="mine")
    server.authorize(flow=flow)
    assert attributed(server) == ("mine", "header")


def test_an_authorization_request_without_a_name_begins_a_flow(server):
    server.flow(identifier="mine")
    server.authorize()
    assert attributed(server) == ("flow-1", "new")
    server.authorize(flow="never-opened")
    assert attributed(server) == ("flow-2", "new")


def test_a_client_cannot_name_its_flow(server):
    flow = server.flow()
    server.core.token(post("/oauth2/token", "code=", ("oauthspec-flow", flow)))
    assert attributed(server) == ("", "stray")


# 2. A value that one flow alone knows.


@pytest.fixture
def logged_in(server):
    """Two flows; what the first one knows."""
    flow = server.flow(identifier="mine")
    code = server.code(PUBLIC, flow=flow, code_challenge=CHALLENGE, code_challenge_method="S256", state="my own state")
    server.core.attribution.open_step(flow)
    other = server.flow(identifier="other")
    server.code(flow=other)
    server.core.attribution.open_step(other)
    return code


@pytest.mark.parametrize("name", ["code", "refresh_token", "token", "access_token"])
@pytest.mark.parametrize(
    "written",
    [
        lambda code: code,
        # A client that encodes again sends dots as they are; whatever it escapes must not matter.
        lambda code: code.replace(".", "%2E"),
        lambda code: code.replace(".", "%252E"),
    ],
    ids=["as sent", "decoded once", "decoded twice"],
)
def test_by_a_code_wherever_it_stands(server, logged_in, name, written):
    server.core.token(post("/oauth2/token", serialize([("grant_type", "x"), (name, written(logged_in))])))
    assert attributed(server) == ("mine", "value")


@pytest.mark.parametrize(
    "body",
    [
        "code=first&code={code}",
        "code={code}&code=second",
        "code=%5B%27first%27%2C+%27{code}%27%5D",  # a list's printed form
        "code=first,{code}",
    ],
)
def test_by_one_of_several(server, logged_in, body):
    server.core.token(post("/oauth2/token", body.format(code=logged_in)))
    assert attributed(server) == ("mine", "value")


@pytest.mark.parametrize("verifier", [VERIFIER, VERIFIER.replace("-", "%2D"), VERIFIER.replace("-", "%252D")])
def test_by_the_verifier_of_a_challenge(server, logged_in, verifier):
    body = serialize([("grant_type", "authorization_code"), ("code", ""), ("code_verifier", verifier)])
    server.core.token(post("/oauth2/token", body))
    assert attributed(server) == ("mine", "value")


def test_by_the_verifier_that_is_its_own_challenge():
    server = InMemory(FRAMEIO.changed({"pkce_plain_allowed": True}))
    server.code(flow=server.flow(identifier="mine"), code_challenge=VERIFIER, code_challenge_method="plain")
    server.core.token(post("/oauth2/token", f"grant_type=x&code_verifier={VERIFIER}"))
    assert attributed(server) == ("mine", "value")


@pytest.mark.parametrize("state", ["my own state", "my%20own%20state"])
def test_by_the_state_in_the_body(server, logged_in, state):
    server.core.token(post("/oauth2/token", serialize([("grant_type", "x"), ("state", state)])))
    assert attributed(server) == ("mine", "value")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", lambda code: json.dumps({"code": code})),
        ("application/json", lambda code: json.dumps({"request": {"codes": ["x", code]}})),
        ("text/plain", lambda code: f"grant_type=authorization_code&code={code}"),
        ("", lambda code: f"grant_type=authorization_code&code={code}"),
        ("application/xml", lambda code: f"<code>{code}</code>"),
        ("multipart/form-data; boundary=x", lambda code: f'--x\r\nname="code"\r\n\r\n{code}\r\nbroken'),
        (
            "multipart/form-data; boundary=x",
            lambda code: f'--x\r\nContent-Disposition: form-data; name="code"\r\n\r\n{code}\r\n--x--\r\n',
        ),
    ],
)
def test_by_a_value_in_a_body_of_another_kind(server, logged_in, content_type, body):
    server.core.token(post("/oauth2/token", body(logged_in), ("content-type", content_type)))
    assert attributed(server) == ("mine", "value")


def test_by_a_value_in_the_query(server, logged_in):
    server.core.token(post(f"/oauth2/token?code={logged_in}", ""))
    assert attributed(server) == ("mine", "value")


def test_by_tokens_at_every_endpoint(server):
    flow = server.flow(identifier="mine")
    token = server.login(flow=flow)
    second = members(server.refresh(token["refresh_token"]))
    for outcome in (
        server.refresh(token["refresh_token"]),
        server.revoke(second["access_token"]),
        server.me(second["access_token"]),
        server.core.resource(get("/v2/me", ("authorization", second["access_token"]))),
        server.core.resource(get("/v2/me", ("authorization", f"token={second['access_token']}"))),
        server.core.resource(get(f"/v2/me?access_token={second['access_token']}")),
        server.core.resource(get(f"/v2/me?key={second['access_token']}")),
    ):
        assert outcome.flow == "mine"
        assert server.last.attributed_by == "value"


def test_a_state_of_two_flows_names_neither(server):
    for name in ("one", "two"):
        server.authorize(flow=server.flow(identifier=name), state="the same state")
    server.core.token(post("/oauth2/token", "state=the+same+state"))
    assert attributed(server) == ("", "stray")


def test_the_code_still_names_a_flow_whose_state_does_not(server):
    codes = [server.code(flow=server.flow(identifier=name), state="the same state") for name in ("one", "two")]
    server.core.token(post("/oauth2/token", serialize([("state", "the same state"), ("code", codes[1])])))
    assert attributed(server) == ("two", "value")


# 3. The only flow with an open step.


def test_an_empty_code_while_eight_flows_are_open(server):
    """It is a request of one of them, and nobody can say whose: a stray. Alone it is that flow's."""
    flows = [server.flow() for _ in range(8)]
    for flow in flows:
        server.code(flow=flow)
        server.core.attribution.open_step(flow)
    assert error(server.redeem("")) == "invalid_grant"
    assert attributed(server) == ("", "stray")
    for flow in flows[:-1]:
        server.core.attribution.settle(flow)
    assert error(server.redeem("")) == "invalid_grant"
    assert attributed(server) == (flows[-1], "open_step")


def test_by_the_only_open_step(server):
    flow = server.flow()
    server.core.attribution.open_step(flow)
    for outcome in (server.redeem("wrong"), server.me("wrong"), server.revoke("wrong")):
        assert (outcome.flow, server.last.attributed_by) == (flow, "open_step")
    server.core.attribution.settle(flow)
    assert server.redeem("wrong").flow == ""


@pytest.mark.parametrize(
    ("body", "headers", "whose"),
    [
        (f"client_id={PUBLIC.client_id}", (), ""),
        ("", (basic(BASIC),), "open_step"),
        (f"client_id={BASIC.client_id}", (), "open_step"),
        ("client_id=of-nobody", (), "open_step"),
        ("", (), "open_step"),
    ],
)
def test_what_another_app_sends_while_a_step_is_open_is_not_that_flows(server, body, headers, whose):
    """An app that was started while another is judged, and asks for a token that names no flow."""
    server.core.attribution.open_step(server.flow(), BASIC.client_id)
    server.core.token(post("/oauth2/token", f"grant_type=client_credentials&{body}", *headers))
    assert server.last.attributed_by == (whose or "stray")


def test_a_value_counts_more_than_an_open_step(server):
    mine, other = server.flow(), server.flow()
    code = server.code(flow=mine)
    server.core.attribution.open_step(other)
    assert server.redeem(code).flow == mine


@pytest.fixture
def short(server):
    """A flow whose code is one character, as a scenario may have it."""
    flow = server.flow(identifier="short")
    server.core.attribution.learn(flow, ["b"])
    return flow


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/json", ""])
def test_a_short_value_within_another_names_no_flow(server, short, content_type):
    """Part of some client's id it may be: `a&b=c` has the code of the other flow in it."""
    server.core.token(post("/oauth2/token", "client_id=a%26b%3Dc&scope=b+c", ("content-type", content_type)))
    assert attributed(server) == ("", "stray")


def test_a_short_value_names_a_flow_whose_step_is_open(server, short):
    for flow in (short, server.flow()):
        server.core.attribution.open_step(flow)
    assert (server.redeem("b").flow, server.last.attributed_by) == (short, "value")


def test_a_short_value_of_a_flow_whose_step_has_ended_is_the_open_flows(server, short):
    """A client that sends `code=null` for want of a code does so whatever code was once given to others."""
    flow = server.flow()
    server.core.attribution.open_step(flow)
    assert (server.redeem("b").flow, server.last.attributed_by) == (flow, "open_step")


def test_where_nobody_takes_steps_a_short_value_names_its_flow(server, short):
    """As with `oauthspec serve`."""
    assert (server.redeem("b").flow, server.last.attributed_by) == (short, "value")


# 4. Strays.


def test_strays(server):
    for outcome in (server.redeem("x"), server.me("x"), server.revoke("x"), server.token(grant_type="x")):
        assert (outcome.flow, server.last.attributed_by) == ("", "stray")


def test_an_evicted_flow_is_a_stray_and_answered_as_the_provider_would():
    server = InMemory(grants=2)
    code = server.code(flow=server.flow(identifier="old"))
    for _ in range(2):
        server.flow()
    outcome = server.redeem(code)
    assert outcome.answer.status == 200  # its grant is there still
    assert attributed(server) == ("", "stray")


def test_an_evicted_flow_with_an_open_step_is_nobodys_guess():
    server = InMemory(grants=1)
    server.core.attribution.open_step(server.flow())
    server.flow()
    server.redeem("x")
    assert attributed(server) == ("", "stray")


# The index itself.


def test_forgetting_leaves_nothing_behind():
    index = Attribution()
    for flow in ("one", "two", "three"):
        index.learn(flow, ["shared", f"own-{flow}", "", "shared"])
        index.open_step(flow)
    for flow in ("two", "one", "three", "unknown"):
        index.forget(flow)
    assert not any((index._flow_of, index._values_of, index._shared, index._open_steps))


def test_a_shared_value_stays_shared_while_anybody_knows_it():
    index = Attribution()
    index.learn("one", ["state"])
    index.learn("two", ["state"])
    index.forget("one")
    index.learn("three", ["state"])
    assert index.attribute(["state"]) == ("", "stray")
    index.forget("two")
    index.forget("three")
    index.learn("four", ["state"])
    assert index.attribute(["state"]) == ("four", "value")


def test_a_flow_that_goes_on_for_ever_is_bounded():
    index = Attribution()
    for number in range(3 * _REMEMBERED):
        index.learn("flow", [f"value-{number}"])
    assert len(index._flow_of) == len(index._values_of["flow"]) == _REMEMBERED
    assert index.attribute([f"value-{3 * _REMEMBERED - 1}"]) == ("flow", "value")
    assert index.attribute(["value-0"]) == ("", "stray")


def test_what_it_reads_is_bounded(server):
    flow = server.flow()
    code = server.code(flow=flow)
    server.core.token(post("/oauth2/token", "x " * 10_000 + code, ("content-type", "text/plain")))
    assert attributed(server) == ("", "stray")


def test_open_flows():
    index = Attribution()
    for flow in ("one", "two"):
        index.open_step(flow)
    assert index.open_flows == ("one", "two")
    index.settle("one")
    assert index.open_flows == ("two",)
    index.clear()
    assert index.open_flows == ()


def test_headers_of_all_kinds_do_no_harm(server):
    request = ReceivedRequest("POST", "/oauth2/token?%zz", (basic(BASIC), ("authorization", "\xff")), b"\xff\xfe%")
    assert server.core.token(request).answer.status == 400


def test_the_whole_of_a_login_is_one_flow(server):
    token = server.redeem(server.code(flow=server.flow(identifier="mine")))
    server.me(members(token)["access_token"])
    assert {exchange.flow for exchange in server.core.transcript.exchanges} == {"mine"}

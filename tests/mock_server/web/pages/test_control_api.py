"""The control API: apps, flows, and every change that Python can name."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_server import delivery
from mock_server.changes import DEVIATIONS, Changes
from mock_server.protocol.provider import LENIENCIES
from mock_server.protocol.resource_owner import Allow
from mock_server.web import misbehaving, written
from tests.mock_server.web.pages.remote import checked_problem
from tests.mock_server.web.pages.visitor import EMAIL


def test_health(remote, server):
    told = remote.did("GET", "/health")
    assert (told["status"], told["mock"], told["issuer"], told["apps"]) == ("ok", True, server.url, 2)


# Apps.


def test_apps(remote, visitor, server):
    made = remote.did("POST", "/apps", {"name": "By API", "redirect_uris": ["http://localhost:1/x"], "pkce": True})
    assert made["client_secret"] is None
    assert "CLIENT_SECRET" not in made["env"]
    path = f"/apps/{made['client_id']}"
    assert remote.did("GET", path) == made
    assert len(remote.did("GET", "/apps")["apps"]) == 3
    changed = remote.did("PUT", path, {"name": "Other", "scopes": ["offline"], "pkce": True})
    assert (changed["name"], changed["scopes"]) == ("Other", ["offline"])
    assert changed["redirect_uris"] == made["redirect_uris"]
    remote.did("DELETE", path)
    assert remote.problem("GET", path) == "unknown_app"
    assert visitor.authorize(client_id=made["client_id"]).headers["location"].startswith(server.url)


def test_apps_with_id_and_secret_of_their_own(remote):
    made = remote.did("POST", "/apps", {"name": "x", "client_id": "a/b changes", "client_secret": "s3cret"})
    assert (made["client_id"], made["env"]["CLIENT_SECRET"]) == ("a/b changes", "s3cret")
    path = f"/apps/{quote('a/b changes', safe='')}"
    assert remote.did("PUT", path, {"name": "x", "client_secret": "other"})["client_secret"] == "other"
    assert remote.problem("POST", "/apps", {"name": "y", "client_id": "a/b changes"}) == "app_exists"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/apps", {"name": "x", "redirect_uris": ["nowhere"]}),
        ("POST", "/apps", {"name": "x", "scopes": ["two words"]}),
        ("PUT", "/apps/7b1f4a52-7a5e-4d54-9a0e-1f7c6f1d2b01", {"name": "x", "pkce": True}),
        ("PUT", "/apps/7b1f4a52-7a5e-4d54-9a0e-1f7c6f1d2b02", {"name": "x", "pkce": True, "client_secret": "x"}),
        ("PUT", "/apps/7b1f4a52-7a5e-4d54-9a0e-1f7c6f1d2b01", {"name": "x", "client_id": "other"}),
    ],
)
def test_apps_that_cannot_be(remote, method, path, body):
    assert remote.problem(method, path, body) == "bad_app"


# Flows and their changes.


def test_flow_is_named_by_its_header(remote, visitor, server):
    server.resource_owner = Allow()
    change = {"deviation": {"name": "authorization_response.omits", "arguments": ["state"]}}
    flow = remote.did("POST", "/flows", {"identifier": "mine", "changes": change})
    name, _, value = flow["header"].partition(": ")
    query = {"response_type": "code", "client_id": server.basic_app.client_id, "state": "12345678",
             "redirect_uri": server.basic_app.redirect_uris[0]}  # fmt: skip
    answer = visitor.get("/oauth2/auth", params=query, headers={name: value})
    assert "state=" not in answer.headers["location"]
    assert remote.problem("POST", "/flows", {"identifier": "mine"}) == "flow_exists"


def test_next_login_takes_part_without_a_header(remote, visitor, server):
    server.resource_owner = Allow()
    change = {"deviation": {"name": "authorization_response.replaces", "arguments": ["state", "forged"]}}
    for name in ("first", "second"):
        remote.did("POST", "/flows", {"identifier": name, "changes": change, "next_login": True})
    states = ["state=forged" in visitor.authorize().headers["location"] for _ in range(3)]
    assert states == [True, True, False]
    assert [e.flow for e in server.transcript.exchanges] == ["first", "second", "flow-1"]


def test_awaited_flow_that_was_closed_or_changed_is_not_what_the_login_gets(remote, visitor, server):
    server.resource_owner = Allow()
    for name in ("closed", "changed"):
        remote.did("POST", "/flows", {"identifier": name, "next_login": True})
    remote.did("DELETE", "/flows/closed")
    change = {"deviation": {"name": "authorization_response.omits", "arguments": ["state"]}}
    remote.did("PUT", "/flows/changed/changes", change)
    assert "state=" not in visitor.authorize().headers["location"]
    assert "state=" in visitor.authorize().headers["location"]


def test_flow_is_changed_in_the_middle(remote, visitor):
    redirect = visitor.decide()
    change = {"deviation": {"name": "token_response.errs", "arguments": ["temporarily_unavailable", "", 503]}}
    changed = remote.did("PUT", "/flows/flow-1/changes", change)
    assert (changed["changes"], changed["email"]) == (change, EMAIL)
    assert visitor.redeem(redirect["code"]).status_code == 503
    assert remote.did("GET", "/flows/flow-1") == changed
    assert remote.did("GET", "/flows")["total"] == 1
    remote.did("DELETE", "/flows/flow-1")
    assert remote.problem("GET", "/flows/flow-1") == "unknown_flow"


def every_change() -> list[dict[str, object]]:
    """Each change that Python can name, written down."""
    found: list[dict[str, object]] = []
    for choices in misbehaving.deviations().values():
        for choice in choices:
            fields = tuple((argument.name, argument.at_first) for argument in choice.arguments)
            found.append(misbehaving.document(misbehaving.Parameters((("deviation", choice.name), *fields))))
    for choice in misbehaving.delivery_choices():
        fields = tuple((argument.name, argument.at_first) for argument in choice.arguments)
        found.append(misbehaving.document(misbehaving.Parameters((("delivery", choice.name), *fields))))
    found += [{"leniencies": [name]} for name in LENIENCIES]
    found += [{"variation": {"code_lifetime": 5, "response_modes": ["query"]}}]
    found += [{"resource_owner": {"decision": d}} for d in ("allow", "deny", "deny_by_server", "ask")]
    return found


@pytest.mark.parametrize("change", every_change(), ids=lambda change: str(next(iter(change.values())))[:60])
def test_every_change_that_python_can_name_can_be_named_here(remote, server, change):
    flow = remote.did("POST", "/flows", {"changes": change})
    assert written.changes_from(flow["changes"]) is not None
    assert server.core.flows[flow["identifier"]].changes != Changes()


def test_every_name_is_listed(remote):
    told = remote.did("GET", "/changes")
    assert {each["name"] for each in told["deviations"]} == set(DEVIATIONS)
    assert {each["name"] for each in told["deliveries"]} == set(delivery._KINDS)
    assert set(told["leniencies"]) == set(LENIENCIES)
    assert all(each["text"] for each in told["deviations"] + told["deliveries"])


BAD_CHANGES = [
    {"deviation": {"name": "token_response.invents"}},
    {"deviation": {"name": "token_response.omits"}},
    {"deviation": {"name": "token_response.omits", "arguments": [1]}},
    {"deviation": {"name": "token_response.omits", "arguments": ["a", "b"]}},
    {"deviation": {"name": "token_response.truncates", "arguments": [-1]}},
    {"deviation": {"name": "token_response.omits", "arguments": ["a"], "occasions": [0]}},
    {"deviation": {"name": "resource.sets_header", "arguments": ["a b", "c"]}},
    {"deviation": {"name": "resource.sets_header", "arguments": ["a", "\u20ac"]}},
    {"delivery": {"name": "pigeon"}},
    {"delivery": {"name": "delay"}},
    {"delivery": {"name": "delay", "arguments": {"seconds": 1e9}}},
    {"delivery": {"name": "drip", "arguments": {"size": "x"}}},
    {"delivery": {"name": "redirect", "arguments": {"to": "mars"}}},
    {"delivery": {"name": "redirect", "arguments": {"from": "mars"}}},
    {"delivery": {"name": "half_body", "times": -1}},
    {"leniencies": ["everything"]},
    {"variation": {"code_lifetime": "x"}},
    {"variation": {"name": "x"}},
    {"resource_owner": {"decision": "allow", "error": "x"}},
    {"resource_owner": {"decision": "allow", "scopes": ["a b"]}},
]


@pytest.mark.parametrize("change", BAD_CHANGES, ids=str)
def test_changes_that_cannot_be(remote, server, change):
    assert remote.problem("POST", "/flows", {"changes": change}) == "bad_change"
    assert not server.core.flows


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=st.fixed_dictionaries({}, optional={
    "deviation": st.fixed_dictionaries({"name": st.sampled_from(sorted(DEVIATIONS)), "arguments": st.lists(
        st.none() | st.booleans() | st.integers(-5, 999) | st.text(max_size=5) | st.just("first"), max_size=4)}),
    "delivery": st.fixed_dictionaries({"name": st.sampled_from(sorted(delivery._KINDS)), "times": st.integers(-1, 2),
        "arguments": st.dictionaries(st.sampled_from(["seconds", "size", "status", "to", "after"]),
                                     st.none() | st.integers(-2, 600) | st.text(max_size=3), max_size=2)}),
    "variation": st.dictionaries(st.text(max_size=5) | st.just("code_lifetime"), st.none() | st.integers(), max_size=2),
}))  # fmt: skip
def test_a_change_is_taken_or_refused_and_never_breaks_an_answer(remote, visitor, server, change):
    """What is taken can be sent: no flow ends in an answer that the server fails to write."""
    server.resource_owner = Allow()
    # Deliveries are not performed here: they take their time. So none may wait for the login of a later example.
    performed = not change.get("delivery")
    answer = remote.call("POST", "/flows", {"changes": change, "next_login": performed})
    if answer.status_code != 201:
        assert checked_problem(answer) in ("bad_change", "bad_body")
        return
    if not performed:
        return
    redirect = visitor.authorize()
    assert 200 <= redirect.status_code < 600
    code = redirect.headers.get("location", "").partition("code=")[2].partition("&")[0]
    visitor.redeem(code)

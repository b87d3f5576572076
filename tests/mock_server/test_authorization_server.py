"""The server with a life: flows and their bounds, logins that wait, time, reset, and what the transcript keeps."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from mock_server.changes import NONE, Changes
from mock_server.delivery import Delivery, Redirect, TurnAway
from mock_server.deviations import metadata
from mock_server.protocol.metadata import issuer_of, url_of
from mock_server.protocol.provider import FRAMEIO
from mock_server.protocol.records import App
from mock_server.protocol.resource_owner import Allow, Ask, Deny, DenyByServer
from mock_server.transcript import Exchange
from tests.mock_server.in_memory import BASIC, InMemory, answered, error, get, members


@pytest.fixture
def server():
    return InMemory()


@pytest.fixture
def asking():
    return InMemory(owner=Ask())


def ticket(outcome):
    location = outcome.answer.header("location")
    assert location.startswith("http://127.0.0.1:4444/login?ticket=")
    return location.partition("ticket=")[2]


# The resource owner.


def test_somebody_has_to_be_asked(asking):
    waiting = ticket(asking.authorize())
    assert asking.core.pending(waiting).checked.scopes == ("offline", "account.read")
    outcome = asking.core.consent(waiting, Allow(("account.read",)), get("/consent"))
    assert answered(outcome)["scope"] == "account.read"
    assert asking.redeem(answered(outcome)["code"]).answer.status == 200


def test_a_decision_is_taken_once(asking):
    waiting = ticket(asking.authorize())
    assert error(asking.core.consent(waiting, Deny(), get("/consent"))) == "access_denied"
    with pytest.raises(KeyError):
        asking.core.consent(waiting, Allow(), get("/consent"))
    assert asking.core.pending(waiting) is None


def test_both_halves_belong_to_the_same_flow(asking):
    flow = asking.flow(identifier="mine")
    waiting = ticket(asking.authorize(flow=flow))
    asking.core.consent(waiting, Allow(), get("/consent"))
    assert {(e.flow, e.attributed_by) for e in asking.core.transcript.exchanges} == {("mine", "header")}


def test_a_wrong_request_is_refused_before_anybody_is_asked(asking):
    assert error(asking.authorize(state="x")) == "invalid_state"
    assert asking.authorize(client_id="nobody").answer.header("location").startswith("http://127.0.0.1:4444/oauth2/f")


def test_the_flow_may_decide_for_itself(asking):
    for owner, code in ((Deny("denied", ""), "denied"), (DenyByServer(), "access_denied"), (Allow(), "")):
        assert error(asking.authorize(flow=asking.flow(Changes(resource_owner=owner)))) == code


def test_changes_may_be_chosen_at_consent(asking):
    waiting = ticket(asking.authorize())
    changes = Changes(variation={"token_type": "Bearer"})
    outcome = asking.core.consent(waiting, Allow(), get("/consent"), changes)
    assert members(asking.redeem(answered(outcome)["code"]))["token_type"] == "Bearer"


def test_the_strict_answer_outlives_the_pages(asking):
    flow = asking.flow(Changes(leniencies=("accepts_short_state",)))
    waiting = ticket(asking.authorize(flow=flow, state="x"))
    for decision in (Allow(), Deny()):
        waiting = ticket(asking.authorize(flow=flow, state="x"))
        asking.core.consent(waiting, decision, get("/consent"))
        assert "error=invalid_state" in asking.last.strict.header("location")


def test_waiting_logins_are_bounded(asking):
    first = ticket(asking.authorize())
    for _ in range(1000):
        last = ticket(asking.authorize())
    assert asking.core.pending(first) is None
    assert asking.core.pending(last) is not None


def test_a_flow_that_was_forgotten_while_it_waited_begins_anew():
    server = InMemory(owner=Ask(), grants=2)
    for _ in range(20):
        waiting = ticket(server.authorize())
        server.flow()
        server.flow()
        outcome = server.core.consent(waiting, Allow(), get("/consent"))
        assert server.redeem(answered(outcome)["code"]).answer.status == 200
        assert server.last.attributed_by == "value"
    assert len(server.core.flows) <= 2
    assert len(server.core.attribution._values_of) <= 2


# Flows.


def test_names_of_flows(server):
    assert server.flow(identifier="flow-1") == "flow-1"
    assert server.flow() == "flow-2"  # not the one that somebody else has named
    assert set(server.core.flows) == {"flow-1", "flow-2"}


def test_flows_and_what_they_know_are_bounded():
    server = InMemory(grants=3)
    for _ in range(30):
        server.login()
    assert len(server.core.flows) == len(server.core.store) == 3
    index = server.core.attribution
    assert len(index._values_of) == 3
    assert len(index._flow_of) <= 3 * 4 + 1


def test_naming_a_flow_again_costs_nobody_else():
    server = InMemory(grants=2)
    server.flow(identifier="one")
    server.flow(identifier="two")
    server.flow(identifier="two")
    assert set(server.core.flows) == {"one", "two"}


def test_oldest_grants_are_forgotten_and_their_holders_are_told():
    server = InMemory(grants=2)
    token = server.login()
    code = server.code()
    server.login()
    assert server.redeem(code).answer.status == 200
    server.login()
    assert server.me(token["access_token"]).answer.status == 401
    assert error(server.refresh(token["refresh_token"])) == "invalid_grant"
    waiting = server.code()
    server.code()
    server.code()
    assert error(server.redeem(waiting)) == "invalid_grant"
    assert "has forgotten it" in server.last.explanation


def test_changes_count_for_their_flow_alone(server):
    changed = server.flow(Changes(variation={"access_token_lifetime": 5}))
    assert server.login(flow=changed)["expires_in"] == 5
    assert server.login(flow=server.flow())["expires_in"] == 3600


def test_an_unknown_point_is_refused_when_the_flow_is_opened(server):
    with pytest.raises(ValueError, match="unknown point"):
        server.flow(Changes(variation={"bogus": 1}))
    with pytest.raises(ValueError, match="unknown leniency"):
        server.flow(Changes(leniencies=("bogus",)))


def test_a_provider_is_changed_for_the_flows_to_come(server):
    old = server.flow()
    server.core.provider = replace(FRAMEIO, redirect_status=303)
    assert server.authorize(flow=old).answer.status == 302
    assert server.authorize(flow=server.flow()).answer.status == 303
    assert server.core.provider.redirect_status == 303


def test_awaited_flows_are_taken_in_order_and_closed_ones_skipped(server):
    flows = [server.core.open_flow() for _ in range(3)]
    for flow in flows:
        server.core.await_flow(flow)
    server.core.close_flow(flows[0].identifier)
    assert server.authorize().flow == flows[1].identifier
    assert server.authorize(flow=server.flow(identifier="named")).flow == "named"
    assert server.authorize().flow == flows[2].identifier
    assert server.authorize().flow not in {flow.identifier for flow in flows}


def test_changing_an_open_flow(server):
    flow = server.core.open_flow()
    server.core.await_flow(flow)
    server.core.change_flow(flow.identifier, Changes(resource_owner=Deny()))
    assert error(server.authorize()) == "access_denied"
    with pytest.raises(KeyError):
        server.core.change_flow("unknown", NONE)


def test_metadata_is_the_flows(server):
    flow = server.flow(Changes(variation={"metadata": True}))
    document = get("/.well-known/oauth-authorization-server")
    assert server.core.metadata(document).answer.status == 404
    server.core.attribution.open_step(flow)
    assert server.core.metadata(document).answer.status == 200
    assert (server.last.flow, server.last.attributed_by) == (flow, "open_step")


def test_a_flow_may_be_an_issuer_of_its_own(server):
    """Whoever asks for its metadata is known by their address, before any login."""
    one = server.core.open_flow(Changes(variation={"metadata": True}))
    other = server.core.open_flow(Changes(deviation=metadata.omits("issuer"), variation={"metadata": True}))
    assert issuer_of(server.core.issuer, one.identifier) == "http://127.0.0.1:4444/flow-1"
    for flow, issuer in ((one, issuer_of(server.core.issuer, one.identifier)), (other, None)):
        url = url_of(server.core.issuer, flow.identifier)
        assert url == f"http://127.0.0.1:4444/.well-known/oauth-authorization-server/{flow.identifier}"
        told = members(server.core.metadata(get(urlsplit(url).path)))
        assert (server.last.flow, server.last.attributed_by) == (flow.identifier, "value")
        assert told.get("issuer") == issuer
        assert told["token_endpoint"] == "http://127.0.0.1:4444/oauth2/token"


# Time, and starting again.


@pytest.mark.parametrize("named", [True, False])
def test_time_passes_for_one_flow_or_for_all(server, named):
    flow = server.flow()
    mine, other = server.login(flow=flow), server.login()
    server.core.advance(3600, flow if named else None)
    assert server.me(mine["access_token"]).answer.status == 401
    assert server.me(other["access_token"]).answer.status == (200 if named else 401)


def test_reset_forgets_all_but_the_apps_of_the_start(server):
    server.core.store.register(App("late", ("https://late.example/",), ("offline",), client_secret="s"))
    flow = server.flow()
    token = server.login(flow=flow)
    code = server.code(flow=flow)
    server.core.attribution.open_step(flow)
    server.core.reset()
    assert len(server.core.transcript) == len(server.core.flows) == len(server.core.store) == 0
    assert error(server.redeem(code)) == "invalid_grant"
    assert server.me(token["access_token"]).answer.status == 401
    assert server.last.attributed_by == "stray"
    assert set(server.core.store.apps) == {app.client_id for app in server.apps}
    assert server.login()


def test_grants_of_another_life(server):
    flow = server.flow(identifier="old")
    token, code = server.login(flow=flow), server.code(flow=flow, code_challenge="\udcff", code_challenge_method="S256")
    later = InMemory()
    later.core.restore(server.core.store.dump())
    assert later.me(token["access_token"]).flow == "old"
    assert later.refresh(token["refresh_token"]).answer.status == 200
    assert later.redeem(code).flow == "old"
    assert later.authorize(flow="old").flow == "old"


# The transcript.


def test_each_exchange_is_evidence(server):
    code = server.code(flow=server.flow(identifier="mine"))
    outcome = server.redeem(code, BASIC)
    exchange = server.last
    assert isinstance(exchange, Exchange)
    assert (exchange.number, exchange.flow, exchange.endpoint) == (outcome.number, "mine", "token")
    assert f"code={code}".encode() in exchange.request.body
    assert exchange.right == exchange.sent == outcome.answer
    assert (exchange.changes, exchange.error, exchange.explanation, exchange.strict) == ((), "", "", None)


def test_a_refusal_is_explained(server):
    server.redeem("unknown")
    assert server.last.error == "invalid_grant"
    assert server.last.explanation.startswith("This server never issued that code")
    server.me("")
    assert server.last.explanation == "The request has no Authorization header with a Bearer token."


def test_the_journal_is_bounded():
    server = InMemory(journal=5)
    for _ in range(20):
        server.me("x")
    assert [exchange.number for exchange in server.core.transcript.exchanges] == [16, 17, 18, 19, 20]


def test_turned_away_means_that_nothing_happened(server):
    flow = server.flow(Changes(delivery=Delivery(TurnAway(429, "7"), times=1)))
    code = server.code(flow=flow)
    outcome = server.redeem(code)
    assert (outcome.answer.status, outcome.answer.header("retry-after")) == (429, "7")
    assert server.redeem(code).answer.status == 200


def test_a_collector_tells_whose_secret_came_there(server):
    flow = server.flow(identifier="mine")
    address = server.core.collector(flow)
    ticket = address.rpartition("/")[2]
    outcome = server.core.second_hop(ticket, get(f"/elsewhere/{ticket}"))
    assert outcome.answer.status == 200
    assert (server.last.flow, server.last.attributed_by, server.last.endpoint) == ("mine", "value", "other")


@pytest.mark.parametrize(
    ("issuer", "other"),
    [
        ("http://127.0.0.1:1", "http://localhost:1"),
        ("http://localhost:1", "http://127.0.0.1:1"),
        ("http://[::1]:1", "http://localhost:1"),
        ("https://mock.example", "https://mock.example"),
    ],
)
def test_another_host_is_this_machine_by_another_name(server, issuer, other):
    server.core.listens_at(issuer, issuer)
    flow = server.flow(Changes(delivery=Delivery(Redirect(307, "other_host"))))
    location = server.redeem(server.code(flow=flow)).answer.header("location")
    assert location.startswith(f"{other}/elsewhere/")


def test_changes_of_an_awaited_flow_that_is_closed_are_nobodys(server):
    flow = server.core.open_flow(Changes(resource_owner=Deny()))
    server.core.await_flow(flow)
    server.core.close_flow(flow.identifier)
    assert error(server.authorize()) == ""


def test_an_answer_that_did_not_arrive_is_noted(server):
    outcome = server.authorize()
    server.core.undelivered(outcome, "reset")
    event = list(server.core.transcript)[-1]
    assert (event.kind, event.flow) == ("undelivered", outcome.flow)
    assert event.detail == {"exchange": outcome.number, "reason": "reset"}


def test_a_collector_records_who_asks_there(server):
    flow = server.flow()
    address = server.core.collector(flow)
    assert address.startswith("http")
    assert server.core.second_hop(address.rpartition("/")[2], get("/elsewhere")).answer.status == 200
    assert (server.last.endpoint, server.last.flow, server.last.attributed_by) == ("other", flow, "value")

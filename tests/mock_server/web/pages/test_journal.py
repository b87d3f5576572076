"""The journal page: what a flow's line says, what it opens to, and that it stays usable."""

from __future__ import annotations

import re

import httpx
import pytest

from mock_server.findings import Finding
from mock_server.serving import serve
from mock_server.transcript import Answer, Exchange, ReceivedRequest
from tests.mock_server.web.pages.visitor import Visitor, form_to, forms, text_of


def flows_on(page: str) -> list[str]:
    return re.findall(r'data-flow="([^"]*)"', page)


def outcome_of(page: str, flow: str) -> str:
    found = re.search(rf'class="flow outcome-(\w+)[^"]*" data-flow="{flow}"', page)
    assert found, flow
    return found[1]


def test_empty_journal_says_what_to_do(visitor, server):
    seen = text_of(visitor.get("/").text)
    assert "Nothing has happened yet" in seen
    assert server.token_endpoint in seen


def test_each_flow_is_one_line_with_its_outcome(visitor):
    tokens = visitor.redeem(visitor.decide()["code"]).json()
    visitor.get("/v2/me", headers={"authorization": f"Bearer {tokens['access_token']}"})
    code = visitor.decide()["code"]
    assert [visitor.redeem(code).status_code for _ in range(2)] == [200, 400]
    visitor.decide("deny")
    visitor.decide("allow", deviation="authorization_response.omits")
    visitor.authorize()
    visitor.redeem("nobody-knows-it")
    page = visitor.get("/").text
    assert flows_on(page) == ["stray", "flow-5", "flow-4", "flow-3", "flow-2", "flow-1"]
    outcomes = {flow: outcome_of(page, flow) for flow in flows_on(page)}
    assert outcomes == {
        "stray": "refused", "flow-5": "waiting", "flow-4": "misbehaved", "flow-3": "denied", "flow-2": "refused",
        "flow-1": "fine",
    }  # fmt: skip
    assert "authorize 302 decision 302 token 200 /v2/me 200" in text_of(page)


def test_refusal_comes_with_reason_clause_and_advice(visitor):
    code = visitor.decide()["code"]
    visitor.redeem(code)
    visitor.redeem(code)
    seen = text_of(visitor.get("/flows/flow-1").text)
    assert "Refused: invalid_grant The authorization code has already been used." in seen
    assert "RFC 6749 section 4.1.2" in seen
    assert "Send it once only" in seen


def test_right_answer_stands_beside_the_sent_one(visitor):
    redirect = visitor.decide("allow", deviation="token_response.answers_with_status", **{
        "deviation:token_response.answers_with_status:status": "503"})  # fmt: skip
    visitor.redeem(redirect["code"])
    seen = text_of(visitor.get("/flows/flow-1").text)
    assert "Misbehaved on purpose: token_response.answers_with_status(503)" in seen
    assert "Answer that was sent 503 Service Unavailable" in seen
    assert "Answer that would have been right 200 OK" in seen


def test_undelivered_answer_is_told(visitor):
    redirect = visitor.decide("allow", delivery="reset", delivery_endpoint="resource")
    token = visitor.redeem(redirect["code"]).json()["access_token"]
    with pytest.raises(Exception, match=r"(?i)reset|disconnected"):
        visitor.get("/v2/me", headers={"authorization": f"Bearer {token}"})
    seen = text_of(visitor.get("/flows/flow-1").text)
    assert "Not delivered: delivery.reset" in seen
    assert outcome_of(visitor.get("/").text, "flow-1") == "undelivered"


def test_findings_of_rules_are_shown(visitor, server):
    visitor.authorize()
    finding = Finding("pkce-is-sent", "failed", "No code_challenge.", "RFC 9700 section 2.1.1", "Send one.")
    server.core.findings.add(server.transcript.exchanges[0].number, finding)
    page = visitor.get("/").text
    assert outcome_of(page, "flow-1") == "finding"
    told = "Rule failed: pkce-is-sent No code_challenge. Change Send one. Clause RFC 9700 section 2.1.1"
    assert told in text_of(page)


def test_filters(visitor, server):
    visitor.decide("deny")
    visitor.redeem(visitor.decide()["code"])
    visitor.authorize(server.pkce_app)
    pkce = server.pkce_app.client_id
    assert flows_on(visitor.get("/", params={"app": pkce}).text) == ["flow-3"]
    assert flows_on(visitor.get("/", params={"outcome": "denied"}).text) == ["flow-1"]
    assert flows_on(visitor.get("/", params={"app": pkce, "outcome": "denied"}).text) == []
    nothing = visitor.get("/", params={"app": "nobody's", "outcome": "made-up"})
    assert "Nothing here fits" in text_of(nothing.text)


def secrets_of(visitor, server) -> set[str]:
    """What one login puts into the journal and nobody may read over a shoulder."""
    redirect = visitor.decide()
    tokens = visitor.redeem(redirect["code"]).json()
    visitor.get("/v2/me", headers={"authorization": f"Bearer {tokens['access_token']}"})
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    visitor.http.post("/oauth2/token", data=form, auth=(server.basic_app.client_id, server.basic_app.client_secret))
    secrets = {redirect["code"], redirect["state"], tokens["access_token"], tokens["refresh_token"]}
    ticket = re.search(r"ticket=([\w.-]+)", str(server.transcript.exchanges[0].sent.headers))
    assert ticket
    return secrets | {server.basic_app.client_secret, ticket[1], *visitor.http.cookies.values()}


def test_secrets_are_not_shown(visitor, server):
    secrets = secrets_of(visitor, server)
    pages = ["/", "/flows/flow-1", "/journal/lines?flow=flow-1&open=flow-1", "/_oauthspec/journal"]
    pages += [f"/exchanges/{e.number}" for e in server.transcript.exchanges]
    for path in pages:
        page = visitor.get(path).text
        assert not [secret for secret in secrets if secret in page], path


def test_form_post_answer_is_redacted_too(visitor, server):
    page = visitor.consent_page(response_mode="form_post")
    visitor.send(form_to(page.text, "/login/consent"), decision="allow")
    shown = visitor.get("/flows/flow-1").text
    sent = server.transcript.exchanges[-1].sent.body.decode()
    code = re.search(r'name="code" value="([^"]+)"', sent)
    assert code
    assert code[1] not in shown
    assert "state-of-the-session" not in shown


def test_secrets_are_revealed_by_a_deliberate_click(visitor, server):
    code = visitor.decide()["code"]
    visitor.redeem(code)
    number = server.transcript.exchanges[-1].number
    page = visitor.get(f"/exchanges/{number}").text
    revealed = visitor.send(form_to(page, f"/exchanges/{number}/reveal"))
    assert revealed.status_code == 200
    assert code in revealed.text
    assert "--data-raw &#39;grant_type=authorization_code&amp;code=" in revealed.text
    assert visitor.get(f"/exchanges/{number}/reveal").status_code == 405


def test_clear(visitor, server):
    visitor.authorize()
    number = server.transcript.exchanges[0].number
    server.core.findings.add(number, Finding("rule", "failed", "text"))
    answer = visitor.send(form_to(visitor.get("/").text, "/journal/clear"))
    assert answer.headers["location"] == "/"
    assert (len(server.transcript), server.core.findings.of(number)) == (0, ())
    assert visitor.get(f"/exchanges/{number}").status_code == 404
    assert visitor.get("/flows/flow-1").status_code == 404


def test_what_is_not_there(visitor):
    for path in ("/exchanges/1", "/exchanges/x", "/flows/none", "/flows/", "/journal/x"):
        assert visitor.get(path).status_code == 404, path
    assert visitor.get("/", params={"before": "x"}).status_code == 200
    assert visitor.get("/", params={"before": "9" * 30}).status_code == 200


def exchange(number: int, flow: str, query: str) -> Exchange:
    request = ReceivedRequest("GET", f"/oauth2/auth?{query}", (("host", "127.0.0.1"),), origin="http://127.0.0.1")
    answer = Answer(302, (("location", f"http://127.0.0.1:5050/callback?code={number}&state=s{number}"),))
    return Exchange(number, number / 100, flow, "new", "authorization", request, answer, answer)


@pytest.fixture
def full(server, visitor) -> Visitor:
    """A visitor to a journal of ten thousand exchanges: many flows, one of them long, and many strays."""
    query = "client_id=" + server.basic_app.client_id + "&scope=" + "x" * 200
    for number in range(1, 10_001):
        flow = "" if number % 4 == 0 else "long" if number % 4 == 1 else f"flow-{number}"
        server.transcript.add(exchange(number, flow, query))
    return visitor


@pytest.mark.slow
def test_ten_thousand_exchanges_stay_usable(full):
    """Each page is bounded in size, whatever the journal holds, and older ones are reached page by page."""
    sizes = {path: len(full.get(path).content) for path in ("/", "/flows/long", "/flows/stray", "/?outcome=fine")}
    assert max(sizes.values()) < 500_000, sizes


@pytest.mark.slow
def test_older_flows_are_reached_page_by_page(full):
    seen: list[str] = []
    path = "/?outcome=fine"
    for _ in range(4):
        page = full.get(path).text
        seen += flows_on(page)
        older = re.search(r'href="(\?[^"]*)" rel="next"', page)
        assert older
        path = "/" + older[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 200


@pytest.mark.slow
def test_older_exchanges_of_a_long_flow_are_reached_page_by_page(full):
    page = full.get("/flows/long").text
    first = re.findall(r'id="exchange-(\d+)"', page)
    older = re.search(r'href="(\?before=\d+)"', page)
    assert older
    second = re.findall(r'id="exchange-(\d+)"', full.get("/flows/long" + older[1]).text)
    assert len(first) == len(second) == 50
    assert max(map(int, second)) < min(map(int, first))


def test_lines_are_fetched_piece_by_piece(visitor):
    visitor.authorize()
    visitor.authorize()
    piece = visitor.get("/journal/lines", params={"flow": ["flow-1", "flow-2", "none"], "open": "flow-2"}).text
    assert flows_on(piece) == ["flow-2", "flow-1"]
    assert piece.count('class="exchange"') == 1
    assert "<html" not in piece


def test_journal_shows_requests_that_came_before_anybody_looked():
    with serve(auto_allow=True) as server:
        httpx.get(server.authorization_endpoint)
        assert "flow-1" in flows_on(httpx.get(server.url).text)


def test_reveal_form_is_on_every_exchange(visitor):
    visitor.decide()
    page = visitor.get("/").text
    assert {"/exchanges/1/reveal", "/exchanges/2/reveal"} <= {form.action for form in forms(page)}
